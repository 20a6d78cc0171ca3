import type { Binder } from '../../bind/binder.ts';
import type { ElementNames, Place } from '../../bind/place.ts';
import { child, kindOf, nameOf, type SyntaxNode } from '../../bind/kusto.ts';
import type { Graph, GraphValue } from '../../plan/graph.ts';
import { literal, type Expr, type Field, type FieldType } from '../../plan/plan.ts';

/** What names and graph functions mean in the clauses of graph operators. */

/** The functions of one node, as columns of it. */
const nodeFunctions: Readonly<Record<string, { readonly column: string; readonly type: 'long' | 'string' }>> = {
  node_degree_in: { column: '$$in', type: 'long' },
  node_degree_out: { column: '$$out', type: 'long' },
  node_id: { column: '$$id', type: 'string' },
};
/** A graph that is made in a query has no labels: the list is always empty. */
const noLabels = literal('dynamic', '[]');
const columnIn = (fields: readonly Field[], name: string): Expr | undefined => {
  const field = fields.find((f) => f.name === name);
  return field && { kind: 'column', name, type: field.type };
};
const elementCall = (
  of: 'node' | 'edge',
  name: string,
  node: SyntaxNode,
  args: readonly SyntaxNode[],
  b: Binder,
): Expr | undefined => {
  const own = Object.hasOwn(nodeFunctions, name) ? nodeFunctions[name] : undefined;
  if (!own && name !== 'labels') return undefined;
  if (args.length)
    return b.fail('InvalidArgument', `${name}() takes no argument here: it speaks of the element at hand`, node);
  if (!own) return noLabels;
  if (of === 'edge') return b.fail('InvalidArgument', `${name}() speaks of nodes, and this is an edge`, node);
  return { kind: 'column', name: own.column, type: own.type };
};

/** Names where one node or edge is at hand: its properties stand by themselves. */
export const elementNames = (of: 'node' | 'edge', graph: Graph): ElementNames => ({
  owns: () => false,
  property: () => undefined,
  name: (name) => columnIn(of === 'node' ? graph.nodeFields : graph.edgeFields, name),
  call: (name, node, args, _place, b) => elementCall(of, name, node, args, b),
});

/** A named element of a pattern. */
export type Variable =
  | { readonly kind: 'node'; readonly index: number }
  | { readonly kind: 'edge'; readonly index: number; readonly several: boolean };

/**
 * Names in `where` and `project` of a pattern. Whatever an expression says of an element becomes a value of the match, and a column of
 * that name in the expression. A property of an edge that is walked several times stands for each walked edge: `lifted` makes the list.
 */
export class PatternNames implements ElementNames {
  readonly #graph: Graph;
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly values: GraphValue[] = [];
  readonly #byKey = new Map<string, GraphValue>();
  /** Edges of varying length whose properties the expression at hand names outside of all, any and map. */
  readonly #bare = new Set<number>();
  readonly #b: Binder;

  constructor(graph: Graph, variables: ReadonlyMap<string, Variable>, b: Binder) {
    this.#graph = graph;
    this.#variables = variables;
    this.#b = b;
  }

  #variable(node: SyntaxNode): Variable | undefined {
    return kindOf(node) === 'NameReference' ? this.#variables.get(nameOf(node)) : undefined;
  }
  owns(node: SyntaxNode): boolean {
    return propertyName(node) !== undefined && this.#variable(child(node, 'Expression')) !== undefined;
  }

  property(node: SyntaxNode, _place: Place, b: Binder): Expr | undefined {
    if (!this.owns(node)) return undefined;
    const variable = this.#variable(child(node, 'Expression'))!;
    const name = propertyName(node)!;
    const fields = variable.kind === 'node' ? this.#graph.nodeFields : this.#graph.edgeFields;
    const column = columnIn(fields, name);
    if (!column)
      return b.fail('UnsupportedExpression', `no ${variable.kind} of this graph has the property ${name}`, node);
    return this.#of(variable, column);
  }
  /** What is said of the element, as a column of the match. */
  #of(variable: Variable, column: Expr): Expr {
    if (column.kind !== 'column') return column;
    if (variable.kind === 'edge' && variable.several) {
      this.#bare.add(variable.index);
      return { kind: 'column', name: column.name, type: column.type };
    }
    const key = `${variable.kind} ${variable.index} ${column.name}`;
    return this.#value(key, column.type, (name) => ({
      kind: variable.kind,
      name,
      type: column.type,
      of: variable.index,
      expr: column,
    }));
  }
  /** Something said of a pattern node. */
  nodeValue(index: number, expr: Expr): Expr {
    return this.#of({ kind: 'node', index }, expr);
  }
  #value(key: string, type: FieldType, make: (name: string) => GraphValue): Expr {
    let value = this.#byKey.get(key);
    if (!value) {
      value = make(this.#b.hidden('match'));
      this.#byKey.set(key, value);
      this.values.push(value);
    }
    return { kind: 'column', name: value.name, type };
  }

  name(name: string, node: SyntaxNode): Expr | undefined {
    if (!this.#variables.has(name)) return undefined;
    return this.#b.fail(
      'InvalidArgument',
      `${name} is an element of the pattern: say one of its properties, ${name}.…`,
      node,
    );
  }

  call(name: string, node: SyntaxNode, args: readonly SyntaxNode[], place: Place, b: Binder): Expr | undefined {
    if (name === 'all' || name === 'any' || name === 'map') return this.#over(name, node, args, place, b);
    if (name === 'inner_nodes')
      return b.fail('InvalidArgument', 'inner_nodes() stands as the first argument of all(), any() or map()', node);
    if (!Object.hasOwn(nodeFunctions, name) && name !== 'labels') return undefined;
    const variable = args[0] && this.#variable(args[0]);
    if (!variable) return b.fail('InvalidArgument', `${name}() takes an element of the pattern`, node);
    return this.#of(variable, elementCall(variable.kind, name, node, [], b)!);
  }

  /** `all(edge, …)`, `any(inner_nodes(edge), …)`, `map(…)`. */
  #over(how: 'all' | 'any' | 'map', node: SyntaxNode, args: readonly SyntaxNode[], place: Place, b: Binder): Expr {
    const [first, body] = args;
    if (!first || !body || args.length !== 2)
      return b.fail('InvalidArgument', `${how}() takes an edge of varying length and an expression`, node);
    const inner = kindOf(first) === 'FunctionCallExpression' && nameOf(child(first, 'Name')) === 'inner_nodes';
    const named = inner ? child(child(first, 'ArgumentList'), 'Expressions') : undefined;
    const target = named ? firstElement(named) : first;
    const variable = target && this.#variable(target);
    if (variable?.kind !== 'edge' || !variable.several)
      return b.fail('InvalidArgument', `${how}() goes over an edge of varying length, as in -[e*1..3]->`, first);
    const over = inner ? 'inner' : 'edges';
    const fields = inner ? this.#graph.nodeFields : this.#graph.edgeFields;
    const own = elementNames(inner ? 'node' : 'edge', this.#graph);
    // Inside, bare names are properties of the element at hand, and the pattern's own names still mean what they meant.
    const names: ElementNames = {
      owns: (n) => this.owns(n),
      property: (n, p, binder) => this.property(n, p, binder),
      name: (n, at) => own.name(n, at) ?? this.name(n, at),
      call: (n, at, given, p, binder) =>
        (given.length === 0 ? own.call(n, at, given, p, binder) : undefined) ?? this.call(n, at, given, p, binder),
    };
    const bare = new Set(this.#bare);
    const expr = b.expr(body, {
      ...place,
      graph: names,
      ...(place.input ? { input: { ...place.input, fields } } : {}),
    });
    for (const edge of this.#bare)
      if (!bare.has(edge))
        return b.fail('UnsupportedExpression', 'an edge of varying length cannot be read inside this function', body);
    const test = how === 'map' ? expr : b.cast(expr, 'bool', body);
    return this.#list(variable.index, over, how, test);
  }
  #list(of: number, over: 'edges' | 'inner', how: 'all' | 'any' | 'map', expr: Expr): Expr {
    const type = how === 'map' ? 'dynamic' : 'bool';
    const name = this.#b.hidden('match');
    this.values.push({ kind: 'list', name, type, of, over, how, expr });
    return { kind: 'column', name, type };
  }

  /** Binds an expression; where it names bare properties of a walked edge, over each of its edges: a list, or all of them true. */
  lifted(node: SyntaxNode, place: Place, how: 'map' | 'all'): Expr {
    this.#bare.clear();
    const expr = this.#b.expr(node, place);
    const [edge, ...others] = this.#bare;
    this.#bare.clear();
    if (edge === undefined) return expr;
    if (others.length)
      return this.#b.fail('UnsupportedExpression', 'one expression cannot read two edges of varying length', node);
    return this.#list(edge, 'edges', how, how === 'all' ? this.#b.cast(expr, 'bool', node) : expr);
  }
}
/** `x.name`, `x.['name']` or `x['name']`. */
function propertyName(node: SyntaxNode): string | undefined {
  if (kindOf(node) === 'PathExpression') return nameOf(child(node, 'Selector'));
  if (kindOf(node) !== 'ElementExpression') return undefined;
  const selector = child(node, 'Selector');
  const key = kindOf(selector) === 'BracketedExpression' ? child(selector, 'Expression') : selector;
  return typeof key.LiteralValue === 'string' ? key.LiteralValue : undefined;
}
const firstElement = (list: SyntaxNode): SyntaxNode | undefined => {
  const first = list.GetChild(0);
  return first ? child(first, 'Element') : undefined;
};
