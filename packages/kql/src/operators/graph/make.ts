import type { Binder } from '../../bind/binder.ts';
import type { Env } from '../../bind/env.ts';
import type { Place } from '../../bind/place.ts';
import { child, childOrNone, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../../bind/kusto.ts';
import { graphFunctions } from '../../functions/graph.ts';
import type { Graph, GraphValue } from '../../plan/graph.ts';
import { columnOf, isHidden, type Expr, type Field, type NamedExpr, type Rel } from '../../plan/plan.ts';
import { applySteps } from '../expand.ts';
import { fieldOf, parametersOf, type OperatorBinder } from '../shared.ts';
import { graphOf, partitionItem } from './graph.ts';
import { elementNames } from './names.ts';
import { matchRel } from './match.ts';

/** Operators that make a graph, change one, or make tables of one. */

const visible = (rel: Rel): Field[] => rel.fields.filter((f) => !isHidden(f) && f.type !== 'tuple');

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
  if (textOf(child(node, 'DirectionToken')) !== '-->')
    return b.fail(
      'InvalidArgument',
      'edges of a graph have a direction: say -->; a pattern may ignore it, as in -[e]-',
      node,
    );
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
        ? merged(
            nodeTables.map((t) => t.rel),
            node,
            b,
          )
        : [{ name: idProperty, type: input.fields.find((f) => f.name === source)!.type }],
    edgeFields: visible(input),
    steps: [],
    components: [],
  };
  const partition = childOrNone(node, 'PartitionedByClause');
  return partition ? partitioned(partition, graph, env, b) : graphRel(graph, node, b);
};

/** Nodes of different partitions are different nodes, so that all the graphs are searched as one; later steps go over each by itself. */
function partitioned(clause: SyntaxNode, graph: Graph, env: Env, b: Binder): Rel {
  const entity = child(clause, 'Entity');
  const column = columnNamed(graph.edges, entity, b);
  for (const table of graph.nodeTables)
    if (!table.rel.fields.some((f) => f.name === column))
      return b.fail('InvalidArgument', `each table of nodes needs the column ${column}, too`, entity);
  const key = b.hidden('part');
  const whole = graphRel({ ...graph, partition: { column, key } }, clause, b);
  const result = b.partitioned([key], () => applySteps(child(clause, 'Subquery'), whole, env, b));
  const items = visible(result).map(itemOf);
  return { kind: 'project', input: result, items, fields: items.map(fieldOf), order: [] };
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

/** `G | graph-mark-components [kind=weak|strong] [with_component_id=Name]`: a property that numbers the components from 0. */
export const markComponents: OperatorBinder = (node, input, _env, b) => {
  const parameters = parametersOf(node);
  const kind = parameters.text('kind') ?? 'weak';
  if (kind !== 'weak' && kind !== 'strong') return b.fail('InvalidArgument', 'kind is weak or strong', node);
  const name = parameters.text('with_component_id') ?? 'ComponentId';
  const given = graphOf(input, node, b);
  if (given.nodeFields.some((f) => f.name === name))
    return b.fail(
      'InvalidArgument',
      `nodes have a property ${name} already: name the component with_component_id=…`,
      node,
    );
  const components = [...given.components, { name, strong: kind === 'strong' }];
  return graphRel({ ...given, components, nodeFields: [...given.nodeFields, { name, type: 'long' }] }, node, b);
};

/** `G | graph-where-nodes Predicate`: the nodes for which it is true, and the edges between them. */
export const whereNodes: OperatorBinder = (node, input, env, b) => {
  const graph = plain(graphOf(input, node, b), node, b);
  const predicate = elementTest(node, graph, 'node', env, b);
  return graphRel({ ...graph, steps: [...graph.steps, { of: 'nodes', predicate }] }, node, b);
};
/** `G | graph-where-edges Predicate`: the edges for which it is true, and all nodes. */
export const whereEdges: OperatorBinder = (node, input, env, b) => {
  const graph = plain(graphOf(input, node, b), node, b);
  const predicate = elementTest(node, graph, 'edge', env, b);
  return graphRel({ ...graph, steps: [...graph.steps, { of: 'edges', predicate }] }, node, b);
};

/** The same graph with the numbers of its components as plain properties, which stay as they are whatever becomes of the graph. */
function plain(graph: Graph, node: SyntaxNode, b: Binder): Graph {
  if (graph.components.length === 0) return graph;
  if (graph.partition) return b.fail('InvalidArgument', 'this cannot stand in partitioned-by', node);
  const id: Field = { name: '$$id', type: 'string' };
  const rel = elementRows('node', [...graph.nodeFields, id].map(itemOf), graph, [], node, b);
  const edges = elementRows('edge', graph.edgeFields.map(itemOf), graph, [], node, b);
  return { ...graph, edges, nodeTables: [{ rel, id: id.name }], idProperty: undefined, steps: [], components: [] };
}
const itemOf = (f: Field): NamedExpr => ({ name: f.name, expr: columnOf(f) });
function elementTest(node: SyntaxNode, graph: Graph, of: 'node' | 'edge', env: Env, b: Binder): Expr {
  const fields = of === 'node' ? graph.nodeFields : graph.edgeFields;
  const place: Place = { env, input: { ...graph.edges, fields }, graph: elementNames(of, graph) };
  return b.cast(b.expr(child(node, 'Condition'), place), 'bool', node);
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
    const id: Expr = { kind: 'column', name: '$$hash', type: 'long' };
    const items = [...hash('with_node_id', id), ...graph.nodeFields.map(itemOf)];
    return elementRows('node', distinctly(items, output, b), graph, [], output, b);
  }
  const idOf = (column: string): Expr =>
    b.call(graphFunctions.nodeHash, [columnOf(graph.edges.fields.find((f) => f.name === column)!)], 'long', output);
  const given = graph.steps.length > 0 ? plainEdges(graph, output, b) : graph.edges;
  const items = distinctly(
    [
      ...hash('with_source_id', idOf(graph.source)),
      ...hash('with_target_id', idOf(graph.target)),
      ...graph.edgeFields.map(itemOf),
    ],
    output,
    b,
  );
  const { partition } = graph;
  if (partition)
    items.push({ name: partition.key, expr: columnOf(given.fields.find((f) => f.name === partition.column)!) });
  return { kind: 'project', input: given, items, fields: items.map(fieldOf), order: [] };
}

/** The edges of a graph are the rows that it was made of, where nothing was taken from it. */
const plainEdges = (graph: Graph, node: SyntaxNode, b: Binder): Rel =>
  elementRows('edge', graph.edgeFields.map(itemOf), graph, [], node, b);

/** A column that is named twice would hide another. */
function distinctly(items: NamedExpr[], node: SyntaxNode, b: Binder): NamedExpr[] {
  const twice = items.find((item, i) => items.findIndex((other) => other.name === item.name) !== i);
  if (twice) return b.fail('InvalidArgument', `there is a property ${twice.name} already: give another name`, node);
  return items;
}

/** A row for each node, or for each edge, of those for which the conditions on nodes are true. */
function elementRows(
  kind: 'node' | 'edge',
  items: readonly NamedExpr[],
  graph: Graph,
  predicates: readonly Expr[],
  node: SyntaxNode,
  b: Binder,
): Rel {
  const span = b.span(node);
  const all = [...items, ...partitionItem(graph)];
  const values = all.map((item): GraphValue => ({
    kind,
    name: b.hidden('match'),
    type: item.expr.type,
    of: 0,
    expr: item.expr,
  }));
  const edge = { from: 0, to: 1, direction: 'right', range: undefined, predicates: [], inner: [], span } as const;
  const input = matchRel({
    graph,
    nodes: kind === 'node' ? [{ predicates }] : [{ predicates }, { predicates }],
    edges: kind === 'node' ? [] : [edge],
    cycles: 'all',
    shortest: undefined,
    condition: undefined,
    values,
    span,
  });
  const columns = all.map((item, i): NamedExpr => {
    const { name, type } = values[i]!;
    return { name: item.name, expr: { kind: 'column', name, type } };
  });
  return { kind: 'project', input, items: columns, fields: columns.map(fieldOf), order: [] };
}
