import type { GraphMatch } from '../../plan/graph.ts';
import { identifier, integer, join, sql, string, type Sql } from '../../sql.ts';
import { columnsOf } from '../block.ts';
import type { GraphSql } from './build.ts';
import type { Using } from './using.ts';
import { emptyList, listColumn, listsOver, longerList, walkedAs, type Matches } from './lists.ts';
import {
  edgeColumn,
  front,
  nextLevel,
  nodeColumn,
  seen,
  selectivity,
  walkColumn,
  walkPattern,
  whereOf,
} from './walk.ts';

/**
 * Shortest walks. One edge of varying length between two nodes is searched breadth first: from the nodes of one end, all at once, level by
 * level, with the nodes already seen as bitmaps; then each node of the other end walks back along falling distances. What this cannot
 * express (several edges, a least length, conditions on whole paths) is found among all matches without a node twice.
 */

/** Most pairs of a starting node and a node of the graph. */
const maxSearch = 100_000_000;
/** Nodes that 24 bits can number. */
const maxNodes = 16_000_000;
const name = (text: string): Sql => identifier(`$$${text}`);
const [root, near, depth] = [name('root'), name('near'), name('depth')];
const [left, here, step, distance, pair] = [name('left'), name('here'), name('step'), name('distance'), name('pair')];
const [x, y, begun] = [name('x'), name('y'), name('begun')];

type Condition = (found: Matches, u: Using) => Sql | undefined;

export function shortestWalks(graph: GraphSql, match: GraphMatch, condition: Condition): Matches {
  const [edge, ...others] = match.edges;
  const read = match.condition ? columnsOf(match.condition) : new Set<string>();
  const ends = match.values.every((v) => v.kind === 'node' || !read.has(v.name));
  const simple = edge?.range !== undefined && edge.range.min <= 1 && others.length === 0 && edge.from !== edge.to;
  return simple && ends ? searchLevels(graph, match, condition) : searchMatches(graph, match, condition);
}

function searchMatches(graph: GraphSql, match: GraphMatch, condition: Condition): Matches {
  const found = walkPattern(graph, { ...match, cycles: 'none' });
  const length = join(
    match.edges.map((edge, i) => (edge.range ? sql`length(${walkColumn(i)})` : sql`1`)),
    sql` + `,
  );
  const ends = join([nodeColumn(match.edges[0]!.from), nodeColumn(match.edges.at(-1)!.to)]);
  const rows = graph.select((u) => {
    const where = condition(found, u);
    return sql`SELECT *, ${length} AS ${distance} FROM (${found.select})${where ? sql` WHERE ${where}` : sql``}`;
  });
  const select =
    match.shortest === 'any'
      ? sql`SELECT * FROM (${rows}) ORDER BY ${distance} LIMIT 1 BY ${ends}`
      : sql`SELECT * FROM (SELECT *, min(${distance}) OVER (PARTITION BY ${ends}) AS ${near} FROM (${rows})) WHERE ${distance} = ${near}`;
  return { ...found, select };
}

function searchLevels(graph: GraphSql, match: GraphMatch, condition: Condition): Matches {
  const edge = match.edges[0]!;
  const { min, max } = edge.range!;
  // The search begins at the end that has fewer nodes; the walk comes from the other.
  const scoreOf = (i: number): number => selectivity(match.nodes[i]!.predicates);
  const fromTarget = scoreOf(edge.to) >= scoreOf(edge.from);
  const [begin, far] = fromTarget ? [edge.to, edge.from] : [edge.from, edge.to];
  const [beginColumn, farColumn] = [nodeColumn(begin), nodeColumn(far)];
  const pairs = distances(graph, match, { begin, far, fromTarget, max });
  const lists = listsOver(match, 0);
  const ends: Matches = {
    select: sql``,
    node: nodeColumn,
    edge: edgeColumn,
    list: () => undefined,
    walk: walkColumn,
    inner: walkColumn,
  };
  const starts = graph.select((u) => {
    const rows = sql`SELECT toUInt32(bitShiftRight(${pair}, 40)) AS ${beginColumn}, toUInt32(bitAnd(bitShiftRight(${pair}, 8), 4294967295)) AS ${farColumn}, toUInt8(bitAnd(${pair}, 255)) AS ${left} FROM (SELECT arrayJoin(${pairs}) AS ${pair})`;
    const where = condition(ends, u);
    const meets = [
      sql`${left} >= ${integer(min)}`,
      ...u.nodeMeets(match.nodes[far]!.predicates, farColumn),
      ...(where ? [where] : []),
    ];
    const empty = lists.map((l) => sql`${emptyList(l)} AS ${listColumn(l)}`);
    const items = [beginColumn, farColumn, sql`${farColumn} AS ${here}`, left, sql`toUInt8(0) AS ${begun}`];
    return sql`SELECT ${join([...items, sql`CAST([], 'Array(UInt32)') AS ${walkColumn(0)}`, ...empty])} FROM (${rows})${whereOf(meets)}`;
  });
  const as = walkedAs(edge, !fromTarget);
  const further = (self: Sql): Sql =>
    graph.select((u) => {
      const other = u.other(as, step, here);
      const known = u.constant('pairs', pairs);
      const closer = sql`toUInt64(${beginColumn}) * 1099511627776 + toUInt64(${other}) * 256 + ${left} - 1`;
      const falls = [
        sql`${left} > 0`,
        ...u.edgeMeets(edge.predicates, step),
        // Whether the pair is known at this distance: transform() keeps its array as a hash table.
        sql`transform(toUInt64(${closer}), ${known}, ${known}, toUInt64(0)) != 0`,
        ...u.nodeMeets(edge.inner, other).map((inner) => sql`(${left} = 1 OR ${inner})`),
      ];
      const made = lists.map((l) =>
        l.over === 'edges'
          ? longerList(l, step, u)
          : sql`if(${begun} = 0, ${listColumn(l)}, ${longerList(l, here, u)})`,
      );
      const items = [beginColumn, farColumn, other, sql`toUInt8(${left} - 1)`, sql`toUInt8(1)`];
      const one = match.shortest === 'any' ? sql` LIMIT 1 BY ${beginColumn}, ${farColumn}` : sql``;
      return sql`SELECT ${join([...items, sql`arrayPushBack(${walkColumn(0)}, ${step})`, ...made])} FROM ${self} ARRAY JOIN ${u.list(as, here)} AS ${step}${whereOf(falls)}${one}`;
    });
  const walks = graph.recursive((self) => sql`${starts} UNION ALL ${further(self)}`);
  const ordered = (l: Sql): Sql => (fromTarget ? l : sql`arrayReverse(${l})`);
  return {
    ...ends,
    select: sql`SELECT ${join([beginColumn, farColumn, walkColumn(0), ...lists.map(listColumn)])} FROM ${walks} WHERE ${left} = 0`,
    list: (value) => {
      if (!lists.includes(value)) return undefined;
      return value.how === 'map' ? ordered(listColumn(value)) : listColumn(value);
    },
    walk: () => ordered(walkColumn(0)),
    inner: (_, u) => innerNodes(u, as, farColumn, ordered),
  };
}

/**
 * All pairs of a starting node and a node that it reaches, with the distance, as one constant of numbers: 24 bits, 32 and 8. The engine
 * searches again for each SELECT that names it.
 */
function distances(
  graph: GraphSql,
  match: GraphMatch,
  { begin, far, fromTarget, max }: { begin: number; far: number; fromTarget: boolean; max: number },
): Sql {
  const edge = match.edges[0]!;
  const n = name('n');
  const roots = graph.select((u) => {
    const found = sql`SELECT arrayJoin(${u.numbers()}) AS ${root}${whereOf(u.nodeMeets(match.nodes[begin]!.predicates, root))}`;
    const counted = sql`SELECT ${root}, count() OVER () * length(${u.numbers()}) AS ${pair} FROM (${found})`;
    const message = string(
      'graph-shortest-paths: too many pairs of nodes to search; say more of the start or of the destination in the where clause',
    );
    return sql`SELECT ${root}, toUInt8(0) AS ${depth}, [${root}] AS ${front}, bitmapBuild([${root}]) AS ${seen} FROM (${counted}) WHERE throwIf(${pair} > ${integer(maxSearch)} OR ${root} > ${integer(maxNodes)}, ${message}) = 0`;
  });
  // Where all that is looked for has been seen, no further level is searched.
  const targets = graph.constant(
    graph.select((u) => {
      const found = sql`SELECT arrayJoin(${u.numbers()}) AS ${n}${whereOf(u.nodeMeets(match.nodes[far]!.predicates, n))}`;
      return sql`SELECT groupArray(${n}) FROM (${found})`;
    }),
  );
  const next = (self: Sql): Sql =>
    nextLevel(graph, edge, walkedAs(edge, fromTarget), {
      from: sql`${self} WHERE ${depth} < ${integer(max)} AND NOT bitmapHasAll(${seen}, bitmapBuild(${targets}))`,
      by: [root, depth],
      inner: edge.inner,
    });
  const levels = graph.recursive((self) => sql`${roots} UNION ALL ${next(self)}`);
  return graph.constant(
    sql`SELECT groupArray(toUInt64(${root}) * 1099511627776 + toUInt64(${n}) * 256 + ${depth}) FROM (SELECT ${root}, ${depth}, arrayJoin(${front}) AS ${n} FROM ${levels})`,
  );
}

/** The nodes between the edges of a walk, from the node where it began. */
function innerNodes(u: Using, as: 'out' | 'in' | 'any', start: Sql, ordered: (list: Sql) => Sql): Sql {
  const edges = sql`arrayPopBack(${walkColumn(0)})`;
  if (as !== 'any') return ordered(sql`arrayMap(${y} -> ${u.other(as, y, y)}, ${edges})`);
  // Each edge leads from the node that the one before reached.
  const reached = sql`arrayFold((${y}, ${x}) -> arrayPushBack(${y}, ${u.other(as, x, sql`${y}[-1]`)}), ${edges}, [${start}])`;
  return ordered(sql`arrayPopFront(${reached})`);
}
