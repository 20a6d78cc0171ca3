import type { GraphMatch } from '../../plan/graph.ts';
import { identifier, integer, join, sql, string, type Sql } from '../../sql.ts';
import { columnsOf } from '../block.ts';
import type { GraphSql } from './build.ts';
import { walkedAs } from './match.ts';
import { edgeColumn, nodeColumn, selectivity, walkColumn, walkPattern, type Matches } from './walk.ts';

/**
 * Shortest walks. One edge of varying length between two nodes is searched breadth first: from the nodes of one end, all at once, level by
 * level, with the nodes already seen as bitmaps; then each node of the other end walks back along falling distances. What this cannot
 * express (several edges, a least length, conditions on whole paths) is found among all matches.
 */

/** Starting nodes times nodes of the graph. */
const maxSearch = 100_000_000;
const [root, front, seen, near, depth, left, here, step, key, distance] = [
  'root',
  'front',
  'seen',
  'near',
  'depth',
  'left',
  'here',
  'step',
  'key',
  'distance',
].map((name) => identifier(`$$${name}`)) as [Sql, Sql, Sql, Sql, Sql, Sql, Sql, Sql, Sql, Sql];
const x = identifier('$$x');
const y = identifier('$$y');

type Condition = (found: Matches) => Sql | undefined;

export function shortestWalks(graph: GraphSql, match: GraphMatch, condition: Condition): Matches {
  const [edge, ...others] = match.edges;
  const read = match.condition ? columnsOf(match.condition) : new Set<string>();
  const ends = match.values.every((v) => v.kind === 'node' || !read.has(v.name));
  const simple = edge?.range !== undefined && edge.range.min <= 1 && others.length === 0 && edge.from !== edge.to;
  return simple && ends ? searchLevels(graph, match, condition) : searchMatches(graph, match, condition);
}

/** Of all matches without a node twice, the shortest of each pair of ends. */
function searchMatches(graph: GraphSql, match: GraphMatch, condition: Condition): Matches {
  const found = walkPattern(graph, { ...match, cycles: 'none' });
  const where = condition(found);
  const length = join(
    match.edges.map((edge, i) => (edge.range ? sql`length(${walkColumn(i)})` : sql`1`)),
    sql` + `,
  );
  const pair = join([nodeColumn(match.edges[0]!.from), nodeColumn(match.edges.at(-1)!.to)]);
  const rows = sql`SELECT *, ${length} AS ${distance} FROM (${found.select})${where ? sql` WHERE ${where}` : sql``}`;
  const select =
    match.shortest === 'any'
      ? sql`SELECT * FROM (${rows}) ORDER BY ${distance} LIMIT 1 BY ${pair}`
      : sql`SELECT * FROM (SELECT *, min(${distance}) OVER (PARTITION BY ${pair}) AS ${near} FROM (${rows})) WHERE ${distance} = ${near}`;
  return { ...found, select };
}

function searchLevels(graph: GraphSql, match: GraphMatch, condition: Condition): Matches {
  const edge = match.edges[0]!;
  const { min, max } = edge.range!;
  // The search begins at the end that has fewer nodes; the walk comes from the other.
  const scoreOf = (i: number): number => selectivity(match.nodes[i]!.predicates);
  const atTarget = scoreOf(edge.to) >= scoreOf(edge.from);
  const [begin, far] = atTarget ? [edge.to, edge.from] : [edge.from, edge.to];
  const roots = graph.constant('roots', sql`SELECT ${graph.nodesMeeting(match.nodes[begin]!.predicates)}`);
  const targets = graph.constant('targets', sql`SELECT ${graph.nodesMeeting(match.nodes[far]!.predicates)}`);
  const search = walkedAs(edge, atTarget);
  const inner = graph.nodeMeets(edge.inner, x);
  const usable = graph.edgeMeets(edge.predicates, y);
  const list = sql`${graph.edgesOf(search)}[${x}]`;
  const filtered = usable.length ? sql`arrayFilter(${y} -> ${join(usable, sql` AND `)}, ${list})` : list;
  const from = inner.length
    ? sql`if(${depth} = 0, ${front}, arrayFilter(${x} -> ${join(inner, sql` AND `)}, ${front}))`
    : front;
  const neighbours = sql`arrayFlatten(arrayMap(${x} -> arrayMap(${y} -> ${graph.other(search, y, x)}, ${filtered}), ${from}))`;
  const bounded = sql`if(throwIf(length(${roots}) * length(${graph.nodeNumbers()}) > ${integer(maxSearch)}, ${string('graph-shortest-paths: too many pairs of nodes to search; say more of the start or of the destination in the where clause')}) = 0, ${roots}, [])`;
  const levels = graph.recursive(
    (self) =>
      sql`SELECT arrayJoin(${bounded}) AS ${root}, toUInt8(0) AS ${depth}, [${root}] AS ${front}, bitmapBuild([${root}]) AS ${seen} UNION ALL SELECT ${root}, toUInt8(${depth} + 1), bitmapToArray(bitmapAndnot(${near}, ${seen})), bitmapOr(${near}, ${seen}) FROM (SELECT ${root}, ${depth}, ${seen}, bitmapBuild(${neighbours}) AS ${near} FROM ${self} WHERE ${depth} < ${integer(max)} AND notEmpty(${front}) AND NOT bitmapHasAll(${seen}, bitmapBuild(${targets})))`,
  );
  // What was reached, as constants: a pair of nodes and its distance.
  const pairs = graph.constant(
    'pairs',
    sql`SELECT groupArray((toUInt64(${root}) * 4294967296 + ${x}, ${depth})) FROM (SELECT ${root}, ${depth}, arrayJoin(${front}) AS ${x} FROM ${levels})`,
  );
  const keys = graph.constant('pairKeys', sql`SELECT tupleElement(${pairs}, 1)`);
  const distances = graph.constant('pairDistances', sql`SELECT tupleElement(${pairs}, 2)`);
  const meets = [
    sql`${distance} >= ${integer(min)}`,
    ...(graph.liveNodes ? [sql`${graph.liveNodes}[${nodeColumn(far)}]`] : []),
    ...graph.nodeMeets(match.nodes[far]!.predicates, nodeColumn(far)),
  ];
  const none = sql`CAST([], 'Array(UInt32)')`;
  const starts = sql`SELECT toUInt32(bitShiftRight(${key}, 32)) AS ${nodeColumn(begin)}, toUInt32(bitAnd(${key}, 4294967295)) AS ${nodeColumn(far)}, ${distance} FROM (SELECT ${keys} AS ${x}, ${distances} AS ${y}) ARRAY JOIN ${x} AS ${key}, ${y} AS ${distance}`;
  const both: Matches = { select: sql``, node: nodeColumn, edge: edgeColumn, walk: walkColumn, inner: walkColumn };
  const where = condition(both);
  if (where) meets.push(where);
  const as = walkedAs(edge, !atTarget);
  const candidate = graph.other(as, x, here);
  const pairKey = sql`toUInt64(${nodeColumn(begin)}) * 4294967296 + ${candidate}`;
  const falls = [
    sql`transform(${pairKey}, ${keys}, ${distances}, toUInt8(255)) = ${left} - 1`,
    ...graph.edgeMeets(edge.predicates, x),
    ...(inner.length ? [sql`(${left} = 1 OR (${join(graph.nodeMeets(edge.inner, candidate), sql` AND `)}))`] : []),
  ];
  const next = sql`arrayFilter(${x} -> ${join(falls, sql` AND `)}, ${graph.edgesOf(as)}[${here}])`;
  const chosen = match.shortest === 'any' ? sql`arraySlice(${next}, 1, 1)` : next;
  const ends = [nodeColumn(begin), nodeColumn(far)];
  const walks = graph.recursive(
    (self) =>
      sql`SELECT ${join(ends)}, ${nodeColumn(far)} AS ${here}, ${distance} AS ${left}, ${none} AS ${walkColumn(0)} FROM (${starts}) WHERE ${join(meets, sql` AND `)} UNION ALL SELECT ${join(ends)}, ${graph.other(as, step, here)}, toUInt8(${left} - 1), arrayPushBack(${walkColumn(0)}, ${step}) FROM ${self} ARRAY JOIN ${chosen} AS ${step} WHERE ${left} > 0`,
  );
  const ordered = (l: Sql): Sql => (atTarget ? l : sql`arrayReverse(${l})`);
  return {
    ...both,
    select: sql`SELECT ${join([...ends, walkColumn(0)])} FROM ${walks} WHERE ${left} = 0`,
    walk: () => ordered(walkColumn(0)),
    inner: () => innerNodes(graph, as, nodeColumn(far), ordered),
  };
}

/** The nodes between the edges of a walk, from the node where it began. */
function innerNodes(graph: GraphSql, as: 'out' | 'in' | 'any', start: Sql, ordered: (list: Sql) => Sql): Sql {
  const edges = sql`arrayPopBack(${walkColumn(0)})`;
  if (as !== 'any') return ordered(sql`arrayMap(${x} -> ${graph.other(as, x, x)}, ${edges})`);
  // Each edge leads from the node that the one before reached.
  return ordered(
    sql`arrayPopFront(arrayFold((${y}, ${x}) -> arrayPushBack(${y}, ${graph.other(as, x, sql`${y}[-1]`)}), ${edges}, [${start}]))`,
  );
}
