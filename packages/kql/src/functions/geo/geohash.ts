import { join, sql, string, type Sql } from '../../sql.ts';
import { scalarWith, type ScalarFunction } from '../registry.ts';
import { inSetOrder, pointJson, polygonJson, textsJson, validPoint } from './sql.ts';

/** Geohashes of 1 to 18 characters. The engine's own functions end at 12. */

const alphabet = string('0123456789bcdefghjkmnpqrstuvwxyz');
const pattern = string('^[0-9b-hjkmnp-z]{1,18}$');
const isHash = (h: Sql): Sql => sql`match(${h}, ${pattern})`;

// A character has five bits: 4, 2 and 0 belong to the axis whose turn it is, 3 and 1 to the other.
const threeBits = sql`[${join(Array.from({ length: 32 }, (_, c) => number(((c >> 4) & 1) * 4 + ((c >> 2) & 1) * 2 + (c & 1))))}]`;
const twoBits = sql`[${join(Array.from({ length: 32 }, (_, c) => number(((c >> 3) & 1) * 2 + ((c >> 1) & 1))))}]`;
function number(n: number): Sql {
  return sql`toUInt64(${string(String(n))})`;
}
const bitsOf = (length: Sql): readonly [Sql, Sql] => [sql`intDiv(5 * ${length} + 1, 2)`, sql`intDiv(5 * ${length}, 2)`];

/** The cell's number on either axis, as (x, y). */
function cellOf(h: Sql): Sql {
  const codes = sql`arrayMap(i -> position(${alphabet}, substring(${h}, i, 1)), range(1, length(${h}) + 1))`;
  const folded = sql`arrayFold((a, c) -> (a.2 * 4 + ${twoBits}[c], a.1 * 8 + ${threeBits}[c]), ${codes}, (toUInt64(0), toUInt64(0)))`;
  return sql`arrayMap(a -> if(length(${h}) % 2 = 0, a, (a.2, a.1)), [${folded}])[1]`;
}
/** The text of the cell (x, y), `length` characters long. */
function hashOf(x: Sql, y: Sql, length: Sql): Sql {
  const [bitsX, bitsY] = bitsOf(length);
  // Character i ends after 5i + 5 bits; its axis with three bits is x where i is even.
  const rest = (bits: Sql, seen: Sql): Sql => sql`toUInt8(${bits} - ${seen})`;
  const seenX = sql`intDiv(5 * i + 6, 2)`;
  const seenY = sql`intDiv(5 * i + 5, 2)`;
  const a = sql`bitShiftRight(${x}, ${rest(bitsX, seenX)})`;
  const b = sql`bitShiftRight(${y}, ${rest(bitsY, seenY)})`;
  const bit = (v: Sql, n: Sql): Sql => sql`bitAnd(bitShiftRight(${v}, ${n}), 1)`;
  const code = (p: Sql, q: Sql): Sql =>
    sql`${bit(p, sql`2`)} * 16 + ${bit(q, sql`1`)} * 8 + ${bit(p, sql`1`)} * 4 + ${bit(q, sql`0`)} * 2 + ${bit(p, sql`0`)}`;
  return sql`arrayStringConcat(arrayMap(i -> substring(${alphabet}, 1 + if(i % 2 = 0, ${code(a, b)}, ${code(b, a)}), 1), range(${length})))`;
}
const edgesOf = (h: Sql, corner: (x: Sql, y: Sql) => Sql): Sql => {
  const [bitsX, bitsY] = bitsOf(sql`length(${h})`);
  const x = (by: Sql): Sql => sql`(-180 + 360 * (toFloat64(c.1) + ${by}) / exp2(${bitsX}))`;
  const y = (by: Sql): Sql => sql`(-90 + 180 * (toFloat64(c.2) + ${by}) / exp2(${bitsY}))`;
  return sql`arrayMap(c -> ${corner(x(sql`d`), y(sql`e`))}, [${cellOf(h)}])[1]`;
};
const whenHash = (h: Sql, value: Sql): Sql => sql`if(${isHash(h)}, ${value}, '')`;

/** Clockwise from the north-west. */
const around = sql`[(-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0)]`;
function neighbors(h: Sql): Sql {
  const length = sql`length(${h})`;
  const [bitsX, bitsY] = bitsOf(length);
  const wide = sql`toInt64(exp2(${bitsX}))`;
  const high = sql`toInt64(exp2(${bitsY}))`;
  // East of the last column is the first one; beyond a pole there is nothing.
  const moved = sql`arrayMap(o -> (toUInt64((toInt64(c.1) + o.1 + ${wide}) % ${wide}), toInt64(c.2) + o.2), ${around})`;
  const there = sql`arrayFilter(p -> p.2 >= 0 AND p.2 < ${high}, ${moved})`;
  const texts = sql`arrayMap(p -> ${hashOf(sql`p.1`, sql`toUInt64(p.2)`, length)}, ${there})`;
  return sql`arrayMap(c -> ${texts}, [${cellOf(h)}])[1]`;
}

export const geohashFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'geo_point_to_geohash',
    ['real', 'real', 'int?'],
    'string',
    ([lng, lat, accuracy]) => {
      const length = accuracy?.sql ?? sql`5`;
      const valid = sql`${validPoint(lng!.sql, lat!.sql)} AND ${length} BETWEEN 1 AND 18`;
      const known = accuracy === undefined ? 5n : accuracy.literal?.value;
      if (typeof known === 'bigint' && known >= 1n && known <= 12n)
        return sql`if(${valid}, geohashEncode(assumeNotNull(${lng!.sql}), assumeNotNull(${lat!.sql}), toUInt8(${length})), '')`;
      const cell = (part: Sql, bits: Sql): Sql =>
        sql`toUInt64(least(floor(${part} * exp2(${bits})), exp2(${bits}) - 1))`;
      const n = sql`toUInt8(if(${length} BETWEEN 1 AND 18, ${length}, 1))`;
      const [bitsX, bitsY] = bitsOf(sql`n`);
      const x = sql`toFloat64(ifNull(${lng!.sql}, 0) + 180) / 360`;
      const y = sql`toFloat64(ifNull(${lat!.sql}, 0) + 90) / 180`;
      const inside = (v: Sql): Sql => sql`if(${v} >= 0 AND ${v} <= 1, ${v}, 0)`;
      return sql`if(${valid}, arrayMap((n, x, y) -> ${hashOf(cell(inside(sql`x`), bitsX), cell(inside(sql`y`), bitsY), sql`n`)}, [assumeNotNull(${n})], [${x}], [${y}])[1], '')`;
    },
    'maybe',
  ),
  scalarWith('geo_geohash_to_central_point', ['string'], 'dynamic', ([h]) =>
    whenHash(h!.sql, pointJson(edgesOf(h!.sql, (x, y) => sql`arrayMap((d, e) -> (${x}, ${y}), [0.5], [0.5])[1]`))),
  ),
  scalarWith('geo_geohash_to_polygon', ['string'], 'dynamic', ([h]) =>
    whenHash(
      h!.sql,
      polygonJson(edgesOf(h!.sql, (x, y) => sql`arrayMap((d, e) -> (${x}, ${y}), [0, 1, 1, 0, 0], [0, 0, 1, 1, 0])`)),
    ),
  ),
  scalarWith('geo_geohash_neighbors', ['string'], 'dynamic', ([h]) =>
    whenHash(h!.sql, textsJson(inSetOrder(neighbors(h!.sql), 8))),
  ),
];
