import { integer, join, sql, type Sql } from '../../sql.ts';
import { scalarWith, type ScalarFunction } from '../registry.ts';
import { hexNumber, inSetOrder, pointJson, polygonJson, textsJson, validPoint } from './sql.ts';

/**
 * S2 cells, as arithmetic. The sphere is put on a cube: face 0 to 5, u and v on it from -1 to 1, s and t from 0 to 1 with areas nearly
 * even, i and j the same in 2^30 steps, and a cell's number is the place of (i, j) on a Hilbert curve (s2geometry.io, "S2 cells").
 */

const size = sql`1073741824.`;
/** The components of (x, y, z) that u and v are made of, and what both are divided by, by face. */
const project = (f: Sql): { u: Sql; v: Sql; over: Sql } => ({
  u: sql`[q.2, -q.1, -q.1, q.3, q.3, -q.2][${f} + 1]`,
  v: sql`[q.3, q.3, -q.2, q.2, -q.1, -q.1][${f} + 1]`,
  over: sql`[q.1, q.2, q.3][${f} % 3 + 1]`,
});
/** The face that the direction `q` goes through. */
const faceOf = sql`multiIf(abs(q.1) > abs(q.2) AND abs(q.1) > abs(q.3), if(q.1 < 0, 3, 0), abs(q.1) <= abs(q.2) AND abs(q.2) > abs(q.3), if(q.2 < 0, 4, 1), if(q.3 < 0, 5, 2))`;
/** (x, y, z) of u and v on a face. */
const direction = (f: Sql, u: Sql, v: Sql): Sql =>
  sql`[(1., ${u}, ${v}), (-(${u}), 1., ${v}), (-(${u}), -(${v}), 1.), (-1., -(${v}), -(${u})), (${v}, -1., -(${u})), (${v}, ${u}, -1.)][${f} + 1]`;
const toS = (u: Sql): Sql => sql`if(${u} >= 0, 0.5 * sqrt(1 + 3 * (${u})), 1 - 0.5 * sqrt(1 - 3 * (${u})))`;
const toU = (s: Sql): Sql =>
  sql`if(${s} >= 0.5, (4 * (${s}) * (${s}) - 1) / 3, (1 - 4 * (1 - (${s})) * (1 - (${s}))) / 3)`;
const toI = (s: Sql): Sql => sql`toUInt32(greatest(0., least(${size} - 1, floor(${s} * ${size}))))`;
// The engine's curve of 30 steps begins along its first argument; S2's along j on an even face, along i on an odd one.
const curve = (f: Sql, i: Sql, j: Sql): Sql =>
  sql`if(${f} % 2 = 0, hilbertEncode(${j}, ${i}), hilbertEncode(${i}, ${j}))`;
const one = sql`toUInt64(1)`;
const lowestBit = (id: Sql): Sql => sql`bitAnd(${id}, bitNot(${id}) + 1)`;

/** The smallest cell of a direction `q` on face `f` with `scale` from u to s. */
const leaf = (scale: (u: Sql) => Sql): Sql => {
  const { u, v, over } = project(sql`f`);
  const number = curve(sql`f`, toI(scale(sql`u`)), toI(scale(sql`v`)));
  return sql`arrayMap(f -> arrayMap((u, v) -> bitShiftLeft(toUInt64(f), 61) + ${number} * 2 + 1, [${u} / ${over}], [${v} / ${over}])[1], [${faceOf}])[1]`;
};
/** The cell of a level that holds the smallest cell. */
const parentAt = (id: Sql, bit: Sql): Sql => sql`bitOr(bitAnd(${id}, bitNot(${bit}) + 1), ${bit})`;
const token = (id: Sql): Sql => sql`trimRight(lower(leftPad(hex(${id}), 16, '0')), '0')`;

const isToken = (t: Sql): Sql => sql`match(${t}, '^[0-9a-fA-F]{1,16}$')`;
const parsed = (t: Sql): Sql => hexNumber(sql`rightPad(${t}, 16, '0')`, isToken(t));
const isCell = sql`bitShiftRight(id, 61) < 6 AND bitAnd(${lowestBit(sql`id`)}, 1537228672809129301) != 0`;
/** Something of a cell (`f`, its lowest `i` and `j`, its width `w`, its lowest `bit`); null of what is none. */
const ofCell = (t: Sql, value: Sql): Sql => {
  const place = sql`hilbertDecode(2, bitAnd(bitShiftRight(id, 1), 1152921504606846975))`;
  const ij = sql`if(f % 2 = 0, (p.2, p.1), p)`;
  const base = (n: Sql): Sql => sql`toInt64(intDiv(ij.${n}, w) * w)`;
  const inner = sql`arrayMap((f, p, bit, w) -> arrayMap(ij -> arrayMap((i, j) -> ${value}, [${base(sql`1`)}], [${base(sql`2`)}])[1], [${ij}])[1], [bitShiftRight(id, 61)], [${place}], [${lowestBit(sql`id`)}], [toInt64(sqrt(${lowestBit(sql`id`)}))])[1]`;
  return sql`arrayMap(id -> if(${isCell}, ${inner}, ''), [${parsed(t)}])[1]`;
};
const degreesOf = (q: Sql): Sql =>
  sql`arrayMap(q -> (degrees(atan2(q.2, q.1)), degrees(atan2(q.3, sqrt(q.1 * q.1 + q.2 * q.2)))), [${q}])[1]`;
const placeAt = (i: Sql, j: Sql): Sql =>
  sql`arrayMap((u, v) -> ${degreesOf(direction(sql`f`, sql`u`, sql`v`))}, [${toU(sql`(${i}) / ${size}`)}], [${toU(sql`(${j}) / ${size}`)}])[1]`;

/** Where the real engine looks for neighbours, in its order. */
const around = [
  [-1, -1],
  [1, -1],
  [0, -1],
  [0, 1],
  [-1, 0],
  [1, 0],
  [-1, 1],
  [1, 1],
] as const;
function neighbors(): Sql {
  const offsets = join(around.map(([a, b]) => sql`(toInt64(${integer(a)}), toInt64(${integer(b)}))`));
  // Beyond the face's edge only the next face is meant, so the place is put just outside.
  const linear = (n: Sql): Sql =>
    sql`greatest(-1.0000000000000002, least(1.0000000000000002, (2 * greatest(-1., least(toFloat64(${n}), ${size})) + 1 - ${size}) / ${size}))`;
  const q = sql`arrayMap((u, v) -> ${direction(sql`f`, sql`u`, sql`v`)}, [${linear(sql`i + o.1 * w`)}], [${linear(sql`j + o.2 * w`)}])[1]`;
  const cell = sql`arrayMap(q -> ${leaf((u) => sql`0.5 * (${u} + 1)`)}, [${q}])[1]`;
  return sql`arrayMap(o -> ${token(parentAt(cell, sql`bit`))}, [${offsets}])`;
}

/** The token of a valid place's cell at a level from 0 to 30. */
export function cellToken(lng: Sql, lat: Sql, level: Sql): Sql {
  const [x, y] = [sql`radians(assumeNotNull(${lng}))`, sql`radians(assumeNotNull(${lat}))`];
  const q = sql`(cos(${y}) * cos(${x}), cos(${y}) * sin(${x}), sin(${y}))`;
  const bit = sql`bitShiftLeft(${one}, toUInt8(2 * (30 - ${level})))`;
  return token(parentAt(sql`arrayMap(q -> ${leaf(toS)}, [${q}])[1]`, bit));
}

export const s2CellFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'geo_point_to_s2cell',
    ['real', 'real', 'int?'],
    'string',
    ([lng, lat, level]) => {
      const n = level?.sql ?? sql`11`;
      const valid = sql`${validPoint(lng!.sql, lat!.sql)} AND ${n} BETWEEN 0 AND 30`;
      const known = sql`assumeNotNull(greatest(least(ifNull(${n}, 0), 30), 0))`;
      return sql`if(${valid}, ${cellToken(lng!.sql, lat!.sql, known)}, '')`;
    },
    'maybe',
  ),
  scalarWith('geo_s2cell_to_central_point', ['string'], 'dynamic', ([t]) =>
    ofCell(t!.sql, pointJson(placeAt(sql`i + w / 2`, sql`j + w / 2`))),
  ),
  scalarWith('geo_s2cell_to_polygon', ['string'], 'dynamic', ([t]) => {
    const corners = sql`[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]`;
    return ofCell(t!.sql, polygonJson(sql`arrayMap(k -> ${placeAt(sql`i + k.1 * w`, sql`j + k.2 * w`)}, ${corners})`));
  }),
  scalarWith('geo_s2cell_neighbors', ['string'], 'dynamic', ([t]) =>
    ofCell(t!.sql, textsJson(inSetOrder(neighbors(), 8))),
  ),
];
