import { identifier, integer, join, sql, string, type Sql } from '../../sql.ts';
import type { GraphSql, Lists } from './build.ts';
import { dense } from './using.ts';

/** graph-mark-components: a number for each node, from 0, the same for all nodes of a component. */

const [n, m, k, v, i, a] = ['n', 'm', 'k', 'v', 'i', 'a'].map((name) => identifier(`$$${name}`)) as [
  Sql,
  Sql,
  Sql,
  Sql,
  Sql,
  Sql,
];

/** Steps of a search for strong components; a chain of nodes takes one for each two of them. */
const maxSteps = 950;
const tooDeep = string(
  'graph-mark-components kind=strong: the graph is too deep; take long chains of nodes out of it first',
);

/** For each node its component's number, as an array. */
export function markComponents(graph: GraphSql, strong: boolean): Sql {
  return numbered(graph, strong ? strongLabels(graph) : weakLabels(graph));
}

const everyNode = (graph: GraphSql): Sql => graph.select((u) => sql`SELECT arrayJoin(${u.numbers()}) AS ${n}`);

/** Components are numbered in the order in which the edges first name one of their nodes; lonely nodes come last. */
function numbered(graph: GraphSql, labels: Sql): Sql {
  const named = graph.select((u) => {
    const label = u.constant('labels', labels);
    const end = (side: 'source' | 'target'): Sql => sql`SELECT ${u.end(side)} AS ${k}, ${u.edgeNumbers()} AS ${v}`;
    const ends = (['source', 'target'] as const).map(
      (side) => sql`SELECT ${a}, ${i} FROM (${end(side)}) ARRAY JOIN ${k} AS ${a}, ${v} AS ${i}`,
    );
    const alone = sql`SELECT arrayJoin(${u.numbers()}) AS ${a}, toUInt32(4294967295) AS ${i}`;
    return sql`SELECT ${a} AS ${n}, ${label}[${a}] AS ${k}, ${i} FROM (${join([...ends, alone], sql` UNION ALL `)})`;
  });
  // Of all nodes of a component, the one that is named first says where the component stands.
  const nodes = sql`SELECT ${n}, any(${k}) AS ${a}, min(${i}) AS ${m} FROM (${named}) GROUP BY ${n}`;
  const firsts = sql`SELECT ${n}, ${a}, min(${m}) OVER (PARTITION BY ${a}) AS ${v} FROM (${nodes})`;
  const placed = sql`SELECT ${n}, dense_rank() OVER (ORDER BY ${v}, ${a}) - 1 AS ${k} FROM (${firsts})`;
  return graph.constant(
    sql`SELECT tupleElement(arraySort(groupArray((${n}, CAST(${k}, 'Nullable(Int64)')))), 2) FROM (${placed})`,
  );
}

/** For each node, once, the nodes next to it other than itself: four times their number, and a tag. A loop tells nothing. */
function neighbours(graph: GraphSql, lists: readonly (readonly [Lists, number])[]): Sql {
  const rows = lists.map(([which, tag]) =>
    graph.select((u) => {
      const other = u.other(which, i, n);
      return sql`SELECT ${n}, [toUInt64(${other}) * 4 + ${integer(tag)}] AS ${v} FROM (SELECT arrayJoin(${u.numbers()}) AS ${n}) ARRAY JOIN ${u.list(which, n)} AS ${i} WHERE ${other} != ${n}`;
    }),
  );
  const none = sql`CAST([], 'Array(UInt64)')`;
  return graph.constant(dense(graph, join(rows, sql` UNION ALL `), (l) => sql`groupUniqArrayArray(${l})`, none));
}

/**
 * Each node points to a node, at first itself. In each step it takes the least of what its neighbours' pointers point to, tells it to the
 * node it points to, and then points there: the FastSV method (Zhang, Azad and Hu, 2020), whose steps grow with the logarithm of the
 * graph's size. A row for each node, and all of them again for each step.
 */
function weakLabels(graph: GraphSql): Sql {
  const name = (text: string): Sql => identifier(`$$${text}`);
  const [points, beyond, moved, before] = [name('points'), name('beyond'), name('moved'), name('before')];
  const lists = neighbours(graph, [['any', 1]]);
  const step = (self: Sql): Sql => {
    const told = sql`SELECT toUInt32(bitShiftRight(${a}, 2)) AS ${m}, min(${beyond}) AS ${v}, maxIf(${points}, bitAnd(${a}, 3) = 0) AS ${before} FROM (SELECT arrayJoin(arrayPushBack(${lists}[${n}], toUInt64(${n}) * 4)) AS ${a}, ${points}, ${beyond} FROM ${self} WHERE ${moved} = 1) GROUP BY ${m}`;
    const hooked = sql`SELECT ${a}.1 AS ${m}, min(${v}) AS ${points}, maxIf(${before}, ${a}.2 = 0) AS ${before} FROM (SELECT arrayJoin([(${m}, 0), (${before}, 1)]) AS ${a}, ${v}, ${before} FROM (${told})) GROUP BY ${m}`;
    // Whoever points to a node asks it where it points itself.
    const asked = sql`SELECT ${a}.1 AS ${k}, maxIf(${a}.2, ${a}.3 = 0) AS ${beyond}, groupArrayIf((${a}.2, ${a}.3), ${a}.3 != 0) AS ${v} FROM (SELECT arrayJoin([(${m}, ${points}, 0), (${points}, ${m}, ${before})]) AS ${a} FROM (${hooked})) GROUP BY ${k}`;
    return sql`SELECT ${a}.1, ${k}, ${beyond}, toUInt8(max(${k} != ${a}.2) OVER ()) FROM (${asked}) ARRAY JOIN ${v} AS ${a}`;
  };
  const first = sql`SELECT ${n}, ${n} AS ${points}, ${n} AS ${beyond}, toUInt8(1) AS ${moved} FROM (${everyNode(graph)})`;
  const steps = graph.recursive((self) => sql`${first} UNION ALL ${step(self)}`);
  return labelled(graph, sql`SELECT ${n}, ${points} AS ${k} FROM ${steps} WHERE ${moved} = 0`);
}

/** Labels of nodes as an array over all of them. */
const labelled = (graph: GraphSql, rows: Sql): Sql =>
  graph.constant(sql`SELECT tupleElement(arraySort(groupArray((${n}, ${k}))), 2) FROM (${rows})`);

/**
 * Colours, a round after the other: the greatest number that reaches a node along the edges is its colour (phase 0); the nodes from which
 * one can come to the node of that number within the colour are its component (phase 1). A node that no other reaches any more, or that
 * reaches none, is a component alone. A row for each node, and all of them again for each step (phase 2: done).
 */
function strongLabels(graph: GraphSql): Sql {
  const name = (text: string): Sql => identifier(`$$${text}`);
  const [color, back, done, phase, kind, to] = [
    name('color'),
    name('back'),
    name('done'),
    name('phase'),
    name('kind'),
    name('to'),
  ];
  const [color1, back1, done1, most, backs, alone] = [
    name('color1'),
    name('back1'),
    name('done1'),
    name('most'),
    name('backs'),
    name('alone'),
  ];
  const [moved, finished, steps] = [name('moved'), name('finished'), name('steps')];
  // Kind 0: to itself; 1: along an edge; 2: against one.
  const others = neighbours(graph, [
    ['out', 1],
    ['in', 2],
  ]);
  const messages = sql`arrayPushBack(${others}[if(${done} = 1, 0, ${n})], toUInt64(${n}) * 4)`;
  const state = join([color, back, done, phase, steps]);
  const step = (self: Sql): Sql => {
    const sent = sql`SELECT toUInt32(bitShiftRight(${a}, 2)) AS ${to}, bitAnd(${a}, 3) AS ${kind}, ${state} FROM (SELECT arrayJoin(${messages}) AS ${a}, ${state} FROM ${self} WHERE ${phase} < 2)`;
    const heard = sql`SELECT ${to} AS ${n}, maxIf(${color}, ${kind} = 0) AS ${k}, maxIf(${back}, ${kind} = 0) AS ${m}, maxIf(${done}, ${kind} = 0) AS ${v}, max(${phase}) AS ${i}, max(${steps}) AS ${steps}, maxIf(${color}, ${kind} = 1) AS ${most}, groupUniqArrayIf(${color}, ${kind} = 2 AND ${back} = 1) AS ${backs}, (countIf(${kind} = 1) = 0 OR countIf(${kind} = 2) = 0) AS ${alone} FROM (${sent}) GROUP BY ${to}`;
    const judged = sql`SELECT ${n}, ${k}, ${m}, ${v}, ${i}, ${steps}, multiIf(${v} = 1 OR ${i} = 1, ${k}, ${alone}, ${n}, greatest(${k}, ${most})) AS ${color1}, toUInt8(${m} = 1 OR (${i} = 1 AND ${v} = 0 AND has(${backs}, ${k}))) AS ${back1}, toUInt8(${v} = 1 OR (${i} = 0 AND ${alone})) AS ${done1} FROM (${heard})`;
    const known = sql`SELECT ${n}, ${i}, ${steps}, ${color1}, ${back1}, ${done1}, max(${color1} != ${k} OR ${back1} != ${m} OR ${done1} != ${v}) OVER () AS ${moved}, min(${done1}) OVER () AS ${finished} FROM (${judged})`;
    return sql`SELECT ${n}, if(${moved} = 0 AND ${i} = 1 AND ${done1} = 0 AND ${back1} = 0, ${n}, ${color1}), toUInt8(multiIf(${moved} = 1, ${back1}, ${i} = 0, ${color1} = ${n}, 0)), toUInt8(${done1} = 1 OR (${moved} = 0 AND ${i} = 1 AND ${back1} = 1)), toUInt8(multiIf(${finished} = 1, 2, ${moved} = 1, ${i}, 1 - ${i})), toUInt16(${steps} + 1 + throwIf(${steps} > ${integer(maxSteps)}, ${tooDeep})) FROM (${known})`;
  };
  const first = sql`SELECT ${n}, ${n} AS ${color}, toUInt8(0) AS ${back}, toUInt8(0) AS ${done}, toUInt8(0) AS ${phase}, toUInt16(0) AS ${steps} FROM (${everyNode(graph)})`;
  const rounds = graph.recursive((self) => sql`${first} UNION ALL ${step(self)}`);
  return labelled(graph, sql`SELECT ${n}, ${color} AS ${k} FROM ${rounds} WHERE ${phase} = 2`);
}
