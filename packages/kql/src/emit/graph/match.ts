import { KqlError } from '../../errors.ts';
import { toJsonElement } from '../../functions/convert.ts';
import type { GraphMatch, GraphValue, PatternEdge } from '../../plan/graph.ts';
import type { Expr } from '../../plan/plan.ts';
import { identifier, join, sql, type Sql } from '../../sql.ts';
import { columnsOf, type Block } from '../block.ts';
import type { Context, RelOf } from '../context.ts';
import { emitExpression, emitPredicate, type Scope } from '../expression.ts';
import { GraphSql } from './build.ts';
import { markComponents } from './components.ts';
import { shortestWalks } from './shortest.ts';
import { walkPattern, type Matches } from './walk.ts';

/** A graph where a table is needed. */
export function emitGraph(rel: RelOf<'graph'>): never {
  throw new KqlError(
    'InvalidArgument',
    'a graph is not a table: end with graph-match, graph-shortest-paths or graph-to-table',
    rel.span,
  );
}

/** Every expression over elements of a kind, for the columns it reads. */
function columnsRead(match: GraphMatch, values: readonly GraphValue[]): { nodes: Set<string>; edges: Set<string> } {
  const nodes = new Set<string>();
  const edges = new Set<string>();
  for (const node of match.nodes) node.predicates.forEach((p) => columnsOf(p, nodes));
  for (const edge of match.edges) {
    edge.predicates.forEach((p) => columnsOf(p, edges));
    edge.inner.forEach((p) => columnsOf(p, nodes));
  }
  for (const value of values)
    columnsOf(value.expr, value.kind === 'node' || (value.kind === 'list' && value.over === 'inner') ? nodes : edges);
  for (const step of match.graph.steps)
    if (step.kind !== 'components') columnsOf(step.predicate, step.kind === 'whereNodes' ? nodes : edges);
  // A walk may stand without edges, so its property may be a node's, too.
  return { nodes, edges };
}

/** The values needed, and those that they and the condition read. */
function valuesNeeded(match: GraphMatch, needed: ReadonlySet<string>): GraphValue[] {
  const wanted = new Set(needed);
  if (match.condition) columnsOf(match.condition, wanted);
  for (let before = -1; before !== wanted.size; ) {
    before = wanted.size;
    for (const value of match.values) if (wanted.has(value.name)) columnsOf(value.expr, wanted);
  }
  return match.values.filter((v) => wanted.has(v.name));
}

const changing = (match: GraphMatch): Set<string> =>
  new Set(['$$in', '$$out', ...match.graph.steps.flatMap((s) => (s.kind === 'components' ? [s.name] : []))]);
const isFixed = (test: Expr, unfixed: ReadonlySet<string>): boolean =>
  [...columnsOf(test)].every((name) => !unfixed.has(name));

/** SELECT of the values of all matches of a pattern. */
export function emitGraphMatch(e: Context, rel: RelOf<'graphMatch'>, needed: ReadonlySet<string>): Block {
  const { match } = rel;
  const values = valuesNeeded(match, needed);
  const read = columnsRead(match, values);
  const unfixed = changing(match);
  const usesDegrees = read.nodes.has('$$in') || read.nodes.has('$$out');
  const lonely = match.edges.length === 0 || match.edges.some((edge) => edge.range?.min === 0);
  const tested = match.edges.length > 0 && match.edges.every((edge) => edge.predicates.length > 0);
  const graph = new GraphSql(e, match.graph, {
    ...read,
    nodeTests: [...match.nodes.flatMap((n) => n.predicates), ...match.edges.flatMap((n) => n.inner)].filter((t) =>
      isFixed(t, unfixed),
    ),
    edgeTests: match.edges.flatMap((edge) => edge.predicates),
    lonely: lonely || match.graph.steps.length > 0,
    onlyTested: tested && !usesDegrees && !lonely && match.graph.steps.length === 0,
  });
  for (const step of match.graph.steps) {
    if (step.kind === 'whereNodes') graph.keepNodes(step.predicate);
    else if (step.kind === 'whereEdges') graph.keepEdges(step.predicate);
    else graph.addComponents(step.name, markComponents(graph, step.strong));
  }
  const found =
    match.shortest === undefined ? walkPattern(graph, match) : shortestWalks(graph, match, conditionSql(graph, match));
  const items = values
    .filter((v) => needed.has(v.name))
    .map((value) => sql`${valueSql(graph, match, found, value)} AS ${identifier(value.name)}`);
  const select = sql`SELECT ${items.length ? join(items) : sql`1 AS ${identifier('$$one')}`} FROM (${found.select})`;
  return e.asFrom(
    graph.statement(select),
    values.filter((v) => needed.has(v.name)).map((v) => v.name),
  );
}

/** The condition on a whole match, over the columns of the matches. */
const conditionSql =
  (graph: GraphSql, match: GraphMatch) =>
  (found: Matches): Sql | undefined =>
    match.condition && emitPredicate(match.condition, valueScope(graph, match, found));

/** Reads other values of the same match by name. */
function valueScope(graph: GraphSql, match: GraphMatch, found: Matches): Scope {
  const own: Scope = graph.nodeScope(sql`0`, {
    column: (name) => {
      const value = match.values.find((v) => v.name === name);
      if (!value) throw new Error(`no value of the match is named ${name}`);
      return valueSql(graph, match, found, value);
    },
    query: (rel) => own.query(rel),
    now: () => own.now(),
  });
  return { ...own, column: (name) => valueSql(graph, match, found, match.values.find((v) => v.name === name)!) };
}

function valueSql(graph: GraphSql, match: GraphMatch, found: Matches, value: GraphValue): Sql {
  if (value.kind === 'node') return emitExpression(value.expr, graph.nodeScope(found.node(value.of))).sql;
  if (value.kind === 'edge') return emitExpression(value.expr, graph.edgeScope(found.edge(value.of))).sql;
  const x = graph.alias();
  const outer = valueScope(graph, match, found);
  const scope = value.over === 'edges' ? graph.edgeScope(x, outer) : graph.nodeScope(x, outer);
  const list = value.over === 'edges' ? found.walk(value.of) : found.inner(value.of);
  if (value.how === 'map') {
    const element = toJsonElement(emitExpression(value.expr, scope));
    return sql`concat('[', arrayStringConcat(arrayMap(${x} -> ${element}, ${list}), ','), ']')`;
  }
  const truth = sql`ifNull(${emitPredicate(value.expr, scope)}, false)`;
  return value.how === 'all'
    ? sql`arrayAll(${x} -> ${truth}, ${list}) = 1`
    : sql`arrayExists(${x} -> ${truth}, ${list}) = 1`;
}

/** The edge as it is walked from one of its nodes: which list of neighbours is read. */
export const walkedAs = (edge: PatternEdge, backward: boolean): 'out' | 'in' | 'any' =>
  edge.direction === 'any' ? 'any' : (edge.direction === 'right') === backward ? 'in' : 'out';
