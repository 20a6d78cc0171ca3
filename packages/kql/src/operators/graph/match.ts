import type { Binder } from '../../bind/binder.ts';
import type { Env } from '../../bind/env.ts';
import type { Place } from '../../bind/place.ts';
import { child, childOrNone, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../../bind/kusto.ts';
import { resultColumns, valueType } from '../../bind/types.ts';
import { binaryOperators } from '../../functions/operators.ts';
import type { GraphMatch, PatternEdge } from '../../plan/graph.ts';
import type { Expr, NamedExpr, Rel } from '../../plan/plan.ts';
import { fieldOf, nameAt, parametersOf, type OperatorBinder } from '../shared.ts';
import { graphOf, partitionItem } from './graph.ts';
import { PatternNames, type Variable } from './names.ts';
import { pushDown } from './push.ts';

/** graph-match and graph-shortest-paths. */

/** A walk of more edges is refused: the number of walks grows with each. */
export const maxWalk = 250;
/** Most edges of one pattern. */
const maxPattern = 64;

export const matchRel = (match: GraphMatch): Rel => ({
  kind: 'graphMatch',
  match,
  fields: match.values.map((v) => ({ name: v.name, type: v.type })),
  order: [],
});

interface Pattern {
  readonly nodes: number;
  readonly edges: Omit<PatternEdge, 'predicates' | 'inner'>[];
  readonly variables: ReadonlyMap<string, Variable>;
}

/** `G | graph-match [cycles=…] Pattern, … [where …] project …`. */
export const graphMatch: OperatorBinder = (node, input, env, b) => {
  const cycles = parametersOf(node).text('cycles') ?? 'unique_edges';
  if (cycles !== 'all' && cycles !== 'none' && cycles !== 'unique_edges')
    return b.fail('InvalidArgument', 'cycles is all, none or unique_edges', node);
  return bound(node, input, env, b, { cycles, shortest: undefined });
};

/** `G | graph-shortest-paths [output=any|all] Pattern [where …] project …`. */
export const graphShortestPaths: OperatorBinder = (node, input, env, b) => {
  const shortest = parametersOf(node).text('output') ?? 'any';
  if (shortest !== 'any' && shortest !== 'all') return b.fail('InvalidArgument', 'output is any or all', node);
  const patterns = elements(node, 'Patterns');
  if (patterns.length !== 1)
    return b.fail('InvalidArgument', 'graph-shortest-paths takes one sequence of nodes and edges', patterns[1] ?? node);
  const found = patternOf(node, env, b);
  if (!found.edges.some((e) => e.range))
    return b.fail(
      'InvalidArgument',
      'graph-shortest-paths needs an edge of varying length, as in -[e*1..5]->',
      patterns[0]!,
    );
  return bound(node, input, env, b, { cycles: 'none', shortest });
};

function bound(node: SyntaxNode, input: Rel, env: Env, b: Binder, how: Pick<GraphMatch, 'cycles' | 'shortest'>): Rel {
  const graph = graphOf(input, node, b);
  const pattern = patternOf(node, env, b);
  const clause = childOrNone(node, 'ProjectClause');
  if (!clause) return b.fail('InvalidArgument', 'say what to give of each match: project …', node);
  const names = new PatternNames(graph, pattern.variables, b);
  const place: Place = { env, input: { ...input, fields: [] }, graph: names };
  const where = childOrNone(node, 'WhereClause');
  const parts = where ? conjuncts(child(where, 'Condition')) : [];
  const conditions = parts.map((c) => b.cast(names.lifted(c, place, 'all'), 'bool', c));
  const columns = resultColumns(node);
  const items = elements(clause, 'Expressions').map((item, i): NamedExpr => {
    const named = kindOf(item) === 'SimpleNamedExpression';
    if (kindOf(item) === 'CompoundNamedExpression')
      return b.fail('UnsupportedExpression', 'give each column of a match its own expression', item);
    const name = columns.length ? nameAt(columns, i, item, b) : named ? nameOf(child(item, 'Name')) : undefined;
    if (name === undefined) return b.fail('UnsupportedExpression', 'this column needs a name', item);
    return { name, expr: names.lifted(named ? child(item, 'Expression') : item, place, 'map') };
  });
  const partition = partitionItem(graph).map((item) => ({ name: item.name, expr: names.nodeValue(0, item.expr) }));
  const { nodes, edges, rest } = pushDown(pattern.nodes, pattern.edges, conditions, names.values);
  const rel = matchRel({
    graph,
    nodes,
    edges,
    ...how,
    condition: how.shortest === undefined ? undefined : conjunction(rest, node, b),
    values: names.values,
    span: b.span(node),
  });
  const remaining = how.shortest === undefined ? conjunction(rest, node, b) : undefined;
  const filtered: Rel = remaining
    ? { kind: 'filter', input: rel, predicate: remaining, fields: rel.fields, order: [] }
    : rel;
  const projected = [
    ...items.map((item, i): NamedExpr => ({ name: item.name, expr: asColumn(item.expr, columns[i]?.type, b, node) })),
    ...partition,
  ];
  return { kind: 'project', input: filtered, items: projected, fields: projected.map(fieldOf), order: [] };
}

/** The library calls everything that names a walked edge dynamic; the expression knows better. */
const asColumn = (expr: Expr, type: string | undefined, b: Binder, node: SyntaxNode): Expr =>
  type === undefined || type === 'dynamic' || valueType(expr.type) === type
    ? expr
    : b.cast(expr, type as 'string', node);

/** The parts of a condition that must all be true. */
function conjuncts(node: SyntaxNode): SyntaxNode[] {
  if (kindOf(node) === 'ParenthesizedExpression') return conjuncts(child(node, 'Expression'));
  if (kindOf(node) === 'AndExpression') return [...conjuncts(child(node, 'Left')), ...conjuncts(child(node, 'Right'))];
  return [node];
}
const conjunction = (parts: readonly Expr[], node: SyntaxNode, b: Binder): Expr | undefined =>
  parts.length
    ? parts.reduce((l, r) => b.call(binaryOperators.get('AndExpression')!, [l, r], 'bool', node))
    : undefined;

/** Nodes of one name are one node; an edge has a name of its own. */
function patternOf(node: SyntaxNode, env: Env, b: Binder): Pattern {
  const variables = new Map<string, Variable>();
  const edges: Pattern['edges'] = [];
  let nodes = 0;
  const nodeIndex = (element: SyntaxNode): number => {
    const name = childOrNone(element, 'Name');
    const known = name && variables.get(nameOf(name));
    if (known?.kind === 'edge')
      return b.fail('InvalidArgument', `${nameOf(name!)} is an edge of this pattern`, element);
    if (known) return known.index;
    if (name) variables.set(nameOf(name), { kind: 'node', index: nodes });
    return nodes++;
  };
  for (const sequence of elements(node, 'Patterns')) {
    const parts = elements(sequence, 'PatternElements');
    let from = nodeIndex(parts[0]!);
    for (let i = 1; i + 1 < parts.length; i += 2) {
      const part = parts[i]!;
      const name = childOrNone(part, 'Name');
      const range = rangeOf(part, env, b);
      if (name && variables.has(nameOf(name)))
        return b.fail('InvalidArgument', `${nameOf(name)} is in this pattern already: an edge stands once`, part);
      if (name) variables.set(nameOf(name), { kind: 'edge', index: edges.length, several: range !== undefined });
      const to = nodeIndex(parts[i + 1]!);
      edges.push({ from, to, direction: directionOf(part), range, span: b.span(part) });
      from = to;
    }
  }
  if (edges.length > maxPattern) return b.fail('TooComplex', `a pattern has at most ${maxPattern} edges`, node);
  if (!connected(nodes, edges))
    return b.fail(
      'InvalidArgument',
      'the sequences of a pattern must share nodes, so that all of it hangs together',
      node,
    );
  return { nodes, edges, variables };
}

function directionOf(edge: SyntaxNode): PatternEdge['direction'] {
  const text = textOf(edge);
  const left = text.startsWith('<');
  const right = text.endsWith('>');
  return left === right ? 'any' : left ? 'left' : 'right';
}

function rangeOf(edge: SyntaxNode, env: Env, b: Binder): PatternEdge['range'] {
  const range = childOrNone(edge, 'Range');
  if (!range) return undefined;
  const bound = (name: string): number => {
    const value = b.expr(child(range, name), { env });
    if (value.kind !== 'literal' || typeof value.value !== 'bigint')
      return b.fail('InvalidArgument', 'the bounds of a walk are whole numbers, as in *1..5', range);
    return Number(value.value);
  };
  const [min, max] = [bound('RangeStart'), bound('RangeEnd')];
  if (min < 0 || max < Math.max(min, 1)) return b.fail('InvalidArgument', `*${min}..${max} is not a range`, range);
  if (max > maxWalk) return b.fail('TooComplex', `a walk has at most ${maxWalk} edges`, range);
  return { min, max };
}

function connected(nodes: number, edges: Pattern['edges']): boolean {
  const reached = new Set([0]);
  for (let before = 0; before !== reached.size;) {
    before = reached.size;
    for (const { from, to } of edges) if (reached.has(from) || reached.has(to)) reached.add(from).add(to);
  }
  return reached.size === nodes;
}
