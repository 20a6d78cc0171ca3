import type { Binder, Env, Place } from '../../bind/binder.ts';
import { child, childOrNone, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../../bind/kusto.ts';
import { graphFunctions } from '../../functions/graph.ts';
import type { Graph, GraphStep } from '../../plan/graph.ts';
import { columnOf, isHidden, type Expr, type Field, type NamedExpr, type Rel } from '../../plan/plan.ts';
import { applySteps } from '../expand.ts';
import { fieldOf, parametersOf, type OperatorBinder } from '../shared.ts';
import { elementNames } from './names.ts';
import { matchRel } from './match.ts';

/** Operators that make a graph, change one, or make tables of one. */

const visible = (rel: Rel): Field[] => rel.fields.filter((f) => !isHidden(f) && f.type !== 'tuple');

/** The graph that a graph operator reads. */
export function graphOf(input: Rel, node: SyntaxNode, b: Binder): Graph {
  return input.kind === 'graph' ? input.graph : b.fail('InvalidArgument', 'this operator reads a graph: make-graph makes one', node);
}
export const graphRel = (graph: Graph, node: SyntaxNode, b: Binder): Rel => ({
  kind: 'graph',
  graph,
  span: b.span(node),
  fields: [],
  order: [],
});

/** `Edges | make-graph Source --> Target [with Nodes on Id, … | with_node_id=Name] [partitioned-by Column (…)]`. */
export const makeGraph: OperatorBinder = (node, input, env, b) => {
  if (input.kind === 'graph') return b.fail('InvalidArgument', 'make-graph reads a table of edges', node);
  const clause = childOrNone(node, 'WithClause');
  const implicit = clause && kindOf(clause) === 'MakeGraphWithImplicitIdClause' ? clause : undefined;
  const tables = clause && !implicit ? elements(clause, 'TablesAndKeys') : [];
  const nodeTables = tables.map((t) => {
    const rel = b.apart(() => b.rel(child(t, 'Table'), env));
    if (rel.kind === 'graph') return b.fail('InvalidArgument', 'the nodes of a graph come from a table', t);
    return { rel, id: columnNamed(rel, child(t, 'Column'), b) };
  });
  const source = columnNamed(input, child(node, 'SourceColumn'), b);
  const idProperty = implicit && nameOf(child(implicit, 'Name'));
  const graph: Graph = {
    edges: input,
    source,
    target: columnNamed(input, child(node, 'TargetColumn'), b),
    nodeTables,
    idProperty,
    partition: undefined,
    nodeFields:
      idProperty === undefined
        ? merged(nodeTables.map((t) => t.rel), node, b)
        : [{ name: idProperty, type: input.fields.find((f) => f.name === source)!.type }],
    edgeFields: visible(input),
    steps: [],
  };
  const partition = childOrNone(node, 'PartitionedByClause');
  return partition ? partitioned(partition, graph, env, b) : graphRel(graph, node, b);
};

/** Nodes of different partitions are different nodes, so that all the graphs can be searched as one. */
function partitioned(clause: SyntaxNode, graph: Graph, env: Env, b: Binder): Rel {
  const entity = child(clause, 'Entity');
  const partition = columnNamed(graph.edges, entity, b);
  for (const table of graph.nodeTables)
    if (!table.rel.fields.some((f) => f.name === partition))
      return b.fail('InvalidArgument', `each table of nodes needs the column ${partition}, too`, entity);
  const steps = child(clause, 'Subquery');
  return applySteps(steps, graphRel({ ...graph, partition }, clause, b), env, b);
}

function columnNamed(rel: Rel, node: SyntaxNode, b: Binder): string {
  const name = nameOf(node);
  const field = rel.fields.find((f) => f.name === name);
  if (!field) return b.fail('UnsupportedExpression', `${textOf(node)} is not a column that can be read here`, node);
  if (field.type === 'dynamic' || field.type === 'tuple')
    return b.fail('InvalidArgument', `the column ${name} is dynamic: a node's identifier is a simple value`, node);
  return name;
}

/** The properties of nodes of several tables: columns of one name are one property. */
function merged(rels: readonly Rel[], node: SyntaxNode, b: Binder): Field[] {
  const fields = new Map<string, Field>();
  for (const field of rels.flatMap(visible)) {
    const known = fields.get(field.name);
    if (known && known.type !== field.type)
      return b.fail(
        'InvalidArgument',
        `the column ${field.name} is a ${known.type} in one table of nodes and a ${field.type} in another: convert one of them`,
        node,
      );
    fields.set(field.name, field);
  }
  return [...fields.values()];
}

const changed = (input: Rel, step: GraphStep, node: SyntaxNode, b: Binder, extra: readonly Field[] = []): Rel => {
  const graph = graphOf(input, node, b);
  const nodeFields = [...graph.nodeFields.filter((f) => !extra.some((e) => e.name === f.name)), ...extra];
  return graphRel({ ...graph, nodeFields, steps: [...graph.steps, step] }, node, b);
};

/** `G | graph-mark-components [kind=weak|strong] [with_component_id=Name]`: a property that numbers the components from 0. */
export const markComponents: OperatorBinder = (node, input, _env, b) => {
  const parameters = parametersOf(node);
  const kind = parameters.text('kind') ?? 'weak';
  if (kind !== 'weak' && kind !== 'strong') return b.fail('InvalidArgument', 'kind is weak or strong', node);
  const name = parameters.text('with_component_id') ?? 'ComponentId';
  const given = graphOf(input, node, b);
  if (given.nodeFields.some((f) => f.name === name))
    return b.fail('InvalidArgument', `nodes have a property ${name} already: name the component with_component_id=…`, node);
  return changed(input, { kind: 'components', strong: kind === 'strong', name }, node, b, [{ name, type: 'long' }]);
};

/** `G | graph-where-nodes Predicate`: the nodes for which it is true, and the edges between them. */
export const whereNodes: OperatorBinder = (node, input, env, b) =>
  changed(input, { kind: 'whereNodes', predicate: elementTest(node, input, 'node', env, b) }, node, b);
/** `G | graph-where-edges Predicate`: the edges for which it is true, and all nodes. */
export const whereEdges: OperatorBinder = (node, input, env, b) =>
  changed(input, { kind: 'whereEdges', predicate: elementTest(node, input, 'edge', env, b) }, node, b);

function elementTest(node: SyntaxNode, input: Rel, of: 'node' | 'edge', env: Env, b: Binder): Expr {
  const graph = graphOf(input, node, b);
  const fields = of === 'node' ? graph.nodeFields : graph.edgeFields;
  const place: Place = { env, input: { ...input, fields }, graph: elementNames(of, graph) };
  return b.expr(child(node, 'Condition'), place);
}

/** `G | graph-to-table nodes [with_node_id=Name]` or `edges [with_source_id=Name] [with_target_id=Name]`. */
export const graphToTable: OperatorBinder = (node, input, _env, b) => {
  const [output, ...others] = elements(node, 'OutputClause');
  if (!output || others.length)
    return b.fail('InvalidArgument', 'where a table is needed, say nodes or edges, not both', node);
  return tableOf(output, graphOf(input, node, b), b);
};

/** Both tables, by the names that `as` gives them. */
export function tablesOfGraph(node: SyntaxNode, input: Rel, b: Binder): { name: string; rel: Rel }[] {
  const graph = graphOf(input, node, b);
  return elements(node, 'OutputClause').map((output) => ({
    name: nameOf(child(child(output, 'AsClause'), 'Name')),
    rel: tableOf(output, graph, b),
  }));
}

function tableOf(output: SyntaxNode, graph: Graph, b: Binder): Rel {
  const parameters = parametersOf(output);
  const hash = (parameter: string, expr: Expr): NamedExpr[] => {
    const name = parameters.text(parameter);
    return name === undefined ? [] : [{ name, expr }];
  };
  if (textOf(child(output, 'EntityKeyword')) === 'nodes') {
    const items = [
      ...hash('with_node_id', { kind: 'column', name: '$$hash', type: 'long' }),
      ...graph.nodeFields.map((f) => ({ name: f.name, expr: columnOf(f) })),
    ];
    return elementTable('node', items, graph, output, b);
  }
  const id = (column: string): Expr =>
    b.call(graphFunctions.nodeHash, [columnOf(graph.edges.fields.find((f) => f.name === column)!)], 'long', output);
  const items = [
    ...hash('with_source_id', id(graph.source)),
    ...hash('with_target_id', id(graph.target)),
    ...graph.edgeFields.map((f) => ({ name: f.name, expr: columnOf(f) })),
  ];
  // While nothing was taken from the graph, its edges are the rows that it was made of.
  return graph.steps.every((s) => s.kind === 'components')
    ? distinctly(graph.edges, items, output, b)
    : elementTable('edge', items, graph, output, b);
}

/** A column that is named twice would hide another. */
function distinctly(input: Rel, items: readonly NamedExpr[], node: SyntaxNode, b: Binder): Rel {
  const twice = items.find((item, i) => items.findIndex((other) => other.name === item.name) !== i);
  if (twice) return b.fail('InvalidArgument', `there is a property ${twice.name} already: give another name`, node);
  return { kind: 'project', input, items, fields: items.map(fieldOf), order: [] };
}

function elementTable(kind: 'node' | 'edge', items: readonly NamedExpr[], graph: Graph, node: SyntaxNode, b: Binder): Rel {
  const values = items.map((item, i) => ({ kind, name: `$$${i}`, type: item.expr.type, of: 0, expr: item.expr }) as const);
  const ends = kind === 'node' ? [{ predicates: [] }] : [{ predicates: [] }, { predicates: [] }];
  const edge = { from: 0, to: 1, direction: 'right', range: undefined, predicates: [], inner: [], span: b.span(node) } as const;
  const rel = matchRel({
    graph,
    nodes: ends,
    edges: kind === 'node' ? [] : [edge],
    cycles: 'all',
    shortest: undefined,
    condition: undefined,
    values,
    span: b.span(node),
  });
  const columns = items.map((item, i): NamedExpr => ({ name: item.name, expr: { kind: 'column', name: values[i]!.name, type: values[i]!.type } }));
  return distinctly(rel, columns, node, b);
}
