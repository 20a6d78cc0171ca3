import type { GraphMatch, PatternEdge } from '../../plan/graph.ts';
import type { Expr } from '../../plan/plan.ts';
import { identifier, integer, join, sql, type Sql } from '../../sql.ts';
import type { GraphSql } from './build.ts';
import { walkedAs } from './match.ts';

/** Rows of matches: numbers of nodes and edges, and how to read them. */
export interface Matches {
  readonly select: Sql;
  readonly node: (index: number) => Sql;
  readonly edge: (index: number) => Sql;
  /** The edges of a walk, as the pattern reads them, from left to right. */
  readonly walk: (index: number) => Sql;
  /** The nodes between them. */
  readonly inner: (index: number) => Sql;
}

export const nodeColumn = (i: number): Sql => identifier(`$$n${i}`);
export const edgeColumn = (i: number): Sql => identifier(`$$e${i}`);
export const walkColumn = (i: number): Sql => identifier(`$$p${i}`);
const passedColumn = (i: number): Sql => identifier(`$$q${i}`);
const here = identifier('$$here');
const depth = identifier('$$depth');
const step = identifier('$$step');
const no = sql`CAST([], 'Array(UInt32)')`;

/** How selective a condition is likely to be: an equality finds few. */
function weight(expr: Expr): number {
  if (expr.kind === 'inQuery') return 2;
  if (expr.kind !== 'call') return 1;
  if (expr.fn.name === 'and') return Math.max(...expr.args.map(weight));
  return expr.fn.name === '==' || /^\$in/.test(expr.fn.name) ? 3 : 1;
}
export const selectivity = (tests: readonly Expr[]): number =>
  tests.length ? Math.max(...tests.map(weight)) * 10 + tests.length : 0;

/** What was walked so far. */
interface State {
  select: Sql;
  readonly nodes: Set<number>;
  readonly edges: Set<number>;
  readonly backward: Set<number>;
  readonly passed: Set<number>;
}
const carried = (s: State, match: GraphMatch): Sql[] => [
  ...[...s.nodes].map(nodeColumn),
  ...[...s.edges].map((i) => (match.edges[i]!.range ? walkColumn(i) : edgeColumn(i))),
  ...[...s.passed].map(passedColumn),
];

/** All matches of a pattern: from its most selective node outwards, an edge of the pattern at a time. */
export function walkPattern(graph: GraphSql, match: GraphMatch): Matches {
  const scores = match.nodes.map((n) => selectivity(n.predicates));
  const start = scores.indexOf(Math.max(...scores));
  const state: State = {
    select: sql`SELECT arrayJoin(${graph.nodesMeeting(match.nodes[start]!.predicates)}) AS ${nodeColumn(start)}`,
    nodes: new Set([start]),
    edges: new Set(),
    backward: new Set(),
    passed: new Set(),
  };
  while (state.edges.size < match.edges.length) {
    const next = nextEdge(state, match, scores);
    const edge = match.edges[next]!;
    if (!state.nodes.has(edge.from) || (state.nodes.has(edge.to) && scores[edge.to]! > scores[edge.from]!))
      state.backward.add(next);
    if (edge.range) walkEdge(graph, match, state, next);
    else stepEdge(graph, match, state, next);
    state.edges.add(next);
    state.nodes.add(edge.from).add(edge.to);
  }
  return matchesOf(graph, match, state);
}

/** Closing an edge between known nodes comes first, then single edges, then walks. */
function nextEdge(state: State, match: GraphMatch, scores: readonly number[]): number {
  let best = -1;
  let bestScore = -1;
  match.edges.forEach((edge, i) => {
    const from = state.nodes.has(edge.from);
    const to = state.nodes.has(edge.to);
    if (state.edges.has(i) || (!from && !to)) return;
    const far = Math.min(scores[from ? edge.to : edge.from]!, 50);
    const score = (edge.range ? 0 : 100) + (from && to ? 200 : 0) + far + Math.min(selectivity(edge.predicates), 50);
    if (score > bestScore) [best, bestScore] = [i, score];
  });
  return best;
}

/** Conditions that keep an edge and a node apart from what the match has already. */
function apart(match: GraphMatch, state: State, edge: Sql, node: Sql, closing: boolean): Sql[] {
  if (match.cycles === 'all') return [];
  if (match.cycles === 'unique_edges')
    return [...state.edges].map((i) =>
      match.edges[i]!.range ? sql`NOT has(${walkColumn(i)}, ${edge})` : sql`${edge} != ${edgeColumn(i)}`,
    );
  // An edge between two nodes that the match has closes a cycle.
  if (closing) return [sql`false`];
  return [
    ...[...state.nodes].map((i) => sql`${node} != ${nodeColumn(i)}`),
    ...[...state.passed].map((i) => sql`NOT has(${passedColumn(i)}, ${node})`),
  ];
}
const whereOf = (conditions: readonly Sql[]): Sql =>
  conditions.length ? sql` WHERE ${join(conditions, sql` AND `)}` : sql``;

function stepEdge(graph: GraphSql, match: GraphMatch, state: State, index: number): void {
  const edge = match.edges[index]!;
  const backward = state.backward.has(index);
  const [near, far] = backward ? [edge.to, edge.from] : [edge.from, edge.to];
  const as = walkedAs(edge, backward);
  const other = graph.other(as, step, nodeColumn(near));
  const closing = state.nodes.has(far);
  const items = [...carried(state, match), sql`${step} AS ${edgeColumn(index)}`];
  if (!closing) items.push(sql`${other} AS ${nodeColumn(far)}`);
  const conditions = [
    ...(closing ? [sql`${other} = ${nodeColumn(far)}`] : graph.nodeMeets(match.nodes[far]!.predicates, other)),
    ...graph.edgeMeets(edge.predicates, step),
    ...apart(match, state, step, other, closing),
  ];
  state.select = sql`SELECT ${join(items)} FROM (${state.select}) ARRAY JOIN ${graph.edgesOf(as)}[${nodeColumn(near)}] AS ${step}${whereOf(conditions)}`;
}

/** An edge that is walked several times: a SELECT that reads itself, one edge further each time. */
function walkEdge(graph: GraphSql, match: GraphMatch, state: State, index: number): void {
  const edge = match.edges[index]!;
  const { min, max } = edge.range!;
  const backward = state.backward.has(index);
  const [near, far] = backward ? [edge.to, edge.from] : [edge.from, edge.to];
  const as = walkedAs(edge, backward);
  const closing = state.nodes.has(far);
  const before = carried(state, match);
  const walk = walkColumn(index);
  const passed = passedColumn(index);
  const keepPassed = match.cycles === 'none' || as === 'any';
  const other = graph.other(as, step, here);
  const conditions = [
    sql`${depth} < ${integer(match.cycles === 'none' && closing ? 0 : max)}`,
    ...graph.edgeMeets(edge.predicates, step),
    ...apart(match, state, step, other, false),
    ...(match.cycles === 'unique_edges' ? [sql`NOT has(${walk}, ${step})`] : []),
    ...(match.cycles === 'none' ? [sql`NOT has(${passed}, ${other})`] : []),
  ];
  const inner = graph.nodeMeets(edge.inner, here);
  if (inner.length) conditions.push(sql`(${depth} = 0 OR (${join(inner, sql` AND `)}))`);
  const left = closing || max < 3 ? undefined : stepsLeft(graph, match, edge, backward, far);
  if (left) conditions.push(sql`${depth} + 1 + ${left}[${other}] <= ${integer(max)}`);
  const first = [
    ...before,
    sql`${nodeColumn(near)} AS ${here}`,
    sql`${no} AS ${walk}`,
    ...(keepPassed ? [sql`${no} AS ${passed}`] : []),
    sql`toUInt32(0) AS ${depth}`,
  ];
  const next = [
    ...before,
    other,
    sql`arrayPushBack(${walk}, ${step})`,
    ...(keepPassed ? [sql`arrayPushBack(${passed}, ${other})`] : []),
    sql`toUInt32(${depth} + 1)`,
  ];
  const source = state.select;
  const rows = graph.recursive(
    (self) =>
      sql`SELECT ${join(first)} FROM (${source}) UNION ALL SELECT ${join(next)} FROM ${self} ARRAY JOIN ${graph.edgesOf(as)}[${here}] AS ${step}${whereOf(conditions)}`,
  );
  const items = [...before, walk, ...(keepPassed ? [passed] : [])];
  if (!closing) items.push(sql`${here} AS ${nodeColumn(far)}`);
  const ends = [
    sql`${depth} >= ${integer(min)}`,
    ...(closing ? [sql`${here} = ${nodeColumn(far)}`] : graph.nodeMeets(match.nodes[far]!.predicates, here)),
  ];
  state.select = sql`SELECT ${join(items)} FROM ${rows}${whereOf(ends)}`;
  if (keepPassed) state.passed.add(index);
}

/**
 * For each node, how many edges at least are left from it to a node that may end the walk; 255 where there is no way. Walks that cannot
 * arrive in time are not begun, so that the work follows what is found and not what is tried.
 */
function stepsLeft(
  graph: GraphSql,
  match: GraphMatch,
  edge: PatternEdge,
  backward: boolean,
  far: number,
): Sql | undefined {
  const tests = match.nodes[far]!.predicates;
  if (!tests.length) return undefined;
  const back = walkedAs(edge, !backward);
  const [front, seen, near, n, x, y] = ['front', 'seen', 'near', 'n', 'x', 'y'].map((name) =>
    identifier(`$$${name}`),
  ) as [Sql, Sql, Sql, Sql, Sql, Sql];
  const usable = graph.edgeMeets(edge.predicates, y);
  const list = sql`${graph.edgesOf(back)}[${x}]`;
  const filtered = usable.length ? sql`arrayFilter(${y} -> ${join(usable, sql` AND `)}, ${list})` : list;
  const neighbours = sql`arrayFlatten(arrayMap(${x} -> arrayMap(${y} -> ${graph.other(back, y, x)}, ${filtered}), ${front}))`;
  const ends = graph.nodesMeeting(tests);
  const levels = graph.recursive(
    (self) =>
      sql`SELECT toUInt32(0) AS ${depth}, ${ends} AS ${front}, bitmapBuild(${ends}) AS ${seen} UNION ALL SELECT toUInt32(${depth} + 1), bitmapToArray(bitmapAndnot(${near}, ${seen})), bitmapOr(${near}, ${seen}) FROM (SELECT ${depth}, ${seen}, bitmapBuild(${neighbours}) AS ${near} FROM ${self} WHERE ${depth} < ${integer(edge.range!.max - 1)} AND notEmpty(${front}))`,
  );
  const all = sql`SELECT arrayJoin(${front}) AS ${n}, toUInt8(${depth}) AS ${depth} FROM ${levels} UNION ALL SELECT arrayJoin(${graph.nodeNumbers()}), toUInt8(255)`;
  return graph.constant(
    `left ${levels.text}`,
    sql`SELECT tupleElement(arraySort(groupArray((${n}, ${near}))), 2) FROM (SELECT ${n}, min(${depth}) AS ${near} FROM (${all}) GROUP BY ${n})`,
  );
}

function matchesOf(graph: GraphSql, match: GraphMatch, state: State): Matches {
  const ordered = (index: number, list: Sql): Sql => (state.backward.has(index) ? sql`arrayReverse(${list})` : list);
  return {
    select: state.select,
    node: nodeColumn,
    edge: edgeColumn,
    walk: (i) => ordered(i, walkColumn(i)),
    inner: (i) => {
      if (state.passed.has(i)) return ordered(i, sql`arrayPopBack(${passedColumn(i)})`);
      const as = walkedAs(match.edges[i]!, state.backward.has(i));
      const x = graph.alias();
      return ordered(i, sql`arrayMap(${x} -> ${graph.other(as, x, x)}, arrayPopBack(${walkColumn(i)}))`);
    },
  };
}
