import type { GraphMatch, PatternEdge } from '../../plan/graph.ts';
import type { Expr } from '../../plan/plan.ts';
import { identifier, integer, join, sql, string, type Sql } from '../../sql.ts';
import type { GraphSql, Lists } from './build.ts';
import { dense, type Using } from './using.ts';
import { emptyList, listColumn, listsOver, longerList, walkedAs, type ListValue, type Matches } from './lists.ts';

export const nodeColumn = (i: number): Sql => identifier(`$$n${i}`);
export const edgeColumn = (i: number): Sql => identifier(`$$e${i}`);
export const walkColumn = (i: number): Sql => identifier(`$$p${i}`);
const passedColumn = (i: number): Sql => identifier(`$$q${i}`);
const here = identifier('$$here');
const depth = identifier('$$depth');
const step = identifier('$$step');
const none = sql`CAST([], 'Array(UInt32)')`;

/** Walks of one length that are tried; past it the query fails. */
const maxTried = 20_000_000;
const tooMany = string(
  'graph-match: too many walks; say more of the nodes and edges in the where clause, or walk fewer edges',
);

/** How selective a condition is likely to be: an equality finds few. */
function weight(expr: Expr): number {
  if (expr.kind === 'inQuery') return 2;
  if (expr.kind !== 'call') return 1;
  if (expr.fn.name === 'and') return Math.max(...expr.args.map(weight));
  return expr.fn.name === '==' || expr.fn.name.startsWith('$in') ? 3 : 1;
}
export const selectivity = (tests: readonly Expr[]): number =>
  tests.length ? Math.max(...tests.map(weight)) * 10 + tests.length : 0;
export const whereOf = (conditions: readonly Sql[]): Sql =>
  conditions.length ? sql` WHERE ${join(conditions, sql` AND `)}` : sql``;

/** What was walked so far. */
interface State {
  select: Sql;
  readonly nodes: Set<number>;
  readonly edges: Set<number>;
  /** Edges walked from right to left. */
  readonly backward: Set<number>;
  /** Walks whose nodes are kept, too. */
  readonly passed: Set<number>;
}
const carried = (s: State, match: GraphMatch): Sql[] => [
  ...[...s.nodes].map(nodeColumn),
  ...[...s.edges].flatMap((i) =>
    match.edges[i]!.range ? [walkColumn(i), ...listsOver(match, i).map(listColumn)] : [edgeColumn(i)],
  ),
  ...[...s.passed].map(passedColumn),
];

/** All matches of a pattern: from its most selective node outwards, an edge of the pattern at a time. */
export function walkPattern(graph: GraphSql, match: GraphMatch): Matches {
  const scores = match.nodes.map((n) => selectivity(n.predicates));
  const start = scores.indexOf(Math.max(...scores));
  const column = nodeColumn(start);
  const state: State = {
    select: graph.select(
      (u) =>
        sql`SELECT arrayJoin(${u.numbers()}) AS ${column}${whereOf(u.nodeMeets(match.nodes[start]!.predicates, column))}`,
    ),
    nodes: new Set([start]),
    edges: new Set(),
    backward: new Set(),
    passed: new Set(),
  };
  while (state.edges.size < match.edges.length) {
    const next = nextEdge(state, match, scores);
    const edge = match.edges[next]!;
    if (!state.nodes.has(edge.from)) state.backward.add(next);
    if (edge.range) walkEdge(graph, match, state, next);
    else state.select = stepEdge(graph, match, state, next);
    state.edges.add(next);
    state.nodes.add(edge.from).add(edge.to);
  }
  return matchesOf(match, state);
}

/** An edge between known nodes comes first, then single edges, then walks. */
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

function stepEdge(graph: GraphSql, match: GraphMatch, state: State, index: number): Sql {
  const edge = match.edges[index]!;
  const backward = state.backward.has(index);
  const [near, far] = backward ? [edge.to, edge.from] : [edge.from, edge.to];
  const as = walkedAs(edge, backward);
  const closing = state.nodes.has(far);
  return graph.select((u) => {
    const other = u.other(as, step, nodeColumn(near));
    const items = [...carried(state, match), sql`${step} AS ${edgeColumn(index)}`];
    if (!closing) items.push(sql`${other} AS ${nodeColumn(far)}`);
    const conditions = [
      ...(closing ? [sql`${other} = ${nodeColumn(far)}`] : u.nodeMeets(match.nodes[far]!.predicates, other)),
      ...u.edgeMeets(edge.predicates, step),
      ...apart(match, state, step, other, closing),
    ];
    return sql`SELECT ${join(items)} FROM (${state.select}) ARRAY JOIN ${u.list(as, nodeColumn(near))} AS ${step}${whereOf(conditions)}`;
  });
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
  const lists = listsOver(match, index);
  const walk = walkColumn(index);
  const passed = passedColumn(index);
  const keepPassed = match.cycles === 'none' || as === 'any';
  const left = closing || max < 3 ? undefined : stepsLeft(graph, match, edge, backward, far);
  const first = [
    ...before,
    sql`${nodeColumn(near)} AS ${here}`,
    sql`${none} AS ${walk}`,
    ...(keepPassed ? [sql`${none} AS ${passed}`] : []),
    ...lists.map((l) => sql`${emptyList(l)} AS ${listColumn(l)}`),
    sql`toUInt32(0) AS ${depth}`,
  ];
  const further = (self: Sql): Sql =>
    graph.select((u) => {
      const other = u.other(as, step, here);
      const items = [
        ...before,
        other,
        sql`arrayPushBack(${walk}, ${step})`,
        ...(keepPassed ? [sql`arrayPushBack(${passed}, ${other})`] : []),
        ...lists.map((l) => listStep(l, u)),
        sql`toUInt32(${depth} + 1)`,
      ];
      // With no node twice, a walk between known nodes has no edge.
      const conditions = [
        sql`${depth} < ${integer(match.cycles === 'none' && closing ? 0 : max)}`,
        ...u.edgeMeets(edge.predicates, step),
        ...apart(match, state, step, other, false),
        ...(match.cycles === 'unique_edges' ? [sql`NOT has(${walk}, ${step})`] : []),
        ...(match.cycles === 'none' ? [sql`NOT has(${passed}, ${other})`] : []),
        ...u.nodeMeets(edge.inner, here).map((inner) => sql`(${depth} = 0 OR ${inner})`),
      ];
      conditions.push(sql`throwIf(rowNumberInAllBlocks() > ${integer(maxTried)}, ${tooMany}) = 0`);
      if (left) conditions.push(sql`${depth} + 1 + ${u.constant('left', left)}[${other}] <= ${integer(max)}`);
      return sql`SELECT ${join(items)} FROM ${self} ARRAY JOIN ${u.list(as, here)} AS ${step}${whereOf(conditions)}`;
    });
  const source = state.select;
  const rows = graph.recursive((self) => sql`SELECT ${join(first)} FROM (${source}) UNION ALL ${further(self)}`);
  const items = [...before, walk, ...(keepPassed ? [passed] : []), ...lists.map(listColumn)];
  if (!closing) items.push(sql`${here} AS ${nodeColumn(far)}`);
  state.select = graph.select((u) => {
    const ends = [
      sql`${depth} >= ${integer(min)}`,
      ...(closing ? [sql`${here} = ${nodeColumn(far)}`] : u.nodeMeets(match.nodes[far]!.predicates, here)),
    ];
    return sql`SELECT ${join(items)} FROM ${rows}${whereOf(ends)}`;
  });
  if (keepPassed) state.passed.add(index);
}
/** A node is between two edges once the walk goes on from it. */
const listStep = (list: ListValue, u: Using): Sql =>
  list.over === 'edges'
    ? longerList(list, step, u)
    : sql`if(${depth} = 0, ${listColumn(list)}, ${longerList(list, here, u)})`;

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
  const [n, v] = [identifier('$$n'), identifier('$$v')];
  const ends = graph.select((u) => {
    const found = sql`SELECT arrayJoin(${u.numbers()}) AS ${n}${whereOf(u.nodeMeets(tests, n))}`;
    return sql`SELECT toUInt8(0) AS ${depth}, groupArray(${n}) AS ${front}, groupBitmapState(${n}) AS ${seen} FROM (${found})`;
  });
  const next = (self: Sql): Sql =>
    nextLevel(graph, edge, walkedAs(edge, !backward), {
      from: sql`${self} WHERE ${depth} < ${integer(edge.range!.max - 1)}`,
      by: [depth],
      inner: [],
    });
  const levels = graph.recursive((self) => sql`${ends} UNION ALL ${next(self)}`);
  const rows = sql`SELECT arrayJoin(${front}) AS ${n}, ${depth} AS ${v} FROM ${levels}`;
  return graph.constant(dense(graph, rows, (value) => sql`min(${value})`, sql`toUInt8(255)`));
}

export const front = identifier('$$front');
export const seen = identifier('$$seen');
/**
 * The next level of a breadth-first search: the nodes that the edges of the last level's nodes lead to, and that were not seen before.
 * Rows are kept apart `by` columns, the last of which is the depth; nodes that may not be inside a walk lead on from the start alone.
 */
export function nextLevel(
  graph: GraphSql,
  edge: PatternEdge,
  as: Lists,
  { from, by, inner }: { from: Sql; by: readonly Sql[]; inner: readonly Expr[] },
): Sql {
  const [n, near] = [identifier('$$n'), identifier('$$near')];
  const keys = join(by);
  return graph.select((u) => {
    const meets = [
      ...u.edgeMeets(edge.predicates, step),
      ...u.nodeMeets(inner, n).map((test) => sql`(${depth} = 0 OR ${test})`),
    ];
    const nodes = sql`SELECT ${keys}, ${seen}, arrayJoin(${front}) AS ${n} FROM ${from}`;
    const reached = sql`SELECT ${keys}, any(${seen}) AS ${seen}, groupBitmapState(${u.other(as, step, n)}) AS ${near} FROM (${nodes}) ARRAY JOIN ${u.list(as, n)} AS ${step}${whereOf(meets)} GROUP BY ${keys}`;
    const same = join([...by.slice(0, -1), sql`toUInt8(${depth} + 1)`]);
    return sql`SELECT ${same}, bitmapToArray(bitmapAndnot(${near}, ${seen})), bitmapOr(${near}, ${seen}) FROM (${reached})`;
  });
}

function matchesOf(match: GraphMatch, state: State): Matches {
  const ordered = (index: number, list: Sql): Sql => (state.backward.has(index) ? sql`arrayReverse(${list})` : list);
  return {
    select: state.select,
    node: nodeColumn,
    edge: edgeColumn,
    list: (value) => {
      if (!listsOver(match, value.of).includes(value)) return undefined;
      return value.how === 'map' ? ordered(value.of, listColumn(value)) : listColumn(value);
    },
    walk: (i) => ordered(i, walkColumn(i)),
    inner: (i, u) => {
      if (state.passed.has(i)) return ordered(i, sql`arrayPopBack(${passedColumn(i)})`);
      const as = walkedAs(match.edges[i]!, state.backward.has(i));
      const x = identifier('$$y');
      return ordered(i, sql`arrayMap(${x} -> ${u.other(as, x, x)}, arrayPopBack(${walkColumn(i)}))`);
    },
  };
}
