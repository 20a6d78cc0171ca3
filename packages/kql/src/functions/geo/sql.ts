import { integer, join, real, sql, string, type Sql } from '../../sql.ts';

/** Pieces of SQL that the geospatial functions share. Places are in degrees, on a sphere. */

/** The radius that distances on Earth are measured with (S2's), in metres. */
export const earthRadius = 6_371_010;
export const metres = real(earthRadius);

/** Whether these are a longitude and a latitude. False of NaN; NULL of null. */
export const validPoint = (lng: Sql, lat: Sql): Sql => sql`(abs(${lng}) <= 180 AND abs(${lat}) <= 90)`;

/** The angle between two places, in radians (haversine). */
export function angleBetween(lng1: Sql, lat1: Sql, lng2: Sql, lat2: Sql): Sql {
  const half = (a: Sql, b: Sql): Sql => sql`pow(sin(radians(${a} - ${b}) / 2), 2)`;
  return sql`2 * asin(sqrt(least(1, ${half(lat2, lat1)} + cos(radians(${lat1})) * cos(radians(${lat2})) * ${half(lng2, lng1)})))`;
}

/** Binds names to values for an expression: `let_('x', 1, x + x)` without saying the value twice. */
export const letIn = (names: Sql, values: readonly Sql[], body: Sql): Sql =>
  sql`arrayMap((${names}) -> ${body}, ${join(values.map((v) => sql`[${v}]`))})[1]`;

/** A number of degrees as JSON, with its point. */
const degrees = (x: Sql): Sql => sql`if(${x} = trunc(${x}), concat(toString(${x}), '.0'), toString(${x}))`;
/** Pairs of longitude and latitude as a JSON array of positions. */
export const positions = (pairs: Sql): Sql =>
  sql`concat('[', arrayStringConcat(arrayMap(p -> concat('[', ${degrees(sql`p.1`)}, ',', ${degrees(sql`p.2`)}, ']'), ${pairs}), ','), ']')`;
/** One pair as a GeoJSON point. */
export const pointJson = (pair: Sql): Sql =>
  sql`concat('{"type":"Point","coordinates":', substring(${positions(sql`[${pair}]`)}, 2, -1), '}')`;
/** Pairs, the first again at the end, as a GeoJSON polygon. */
export const polygonJson = (pairs: Sql): Sql =>
  sql`concat('{"type":"Polygon","coordinates":[', ${positions(pairs)}, ']}')`;
/** Texts as a JSON array. They hold nothing that JSON escapes. */
export const textsJson = (texts: Sql): Sql =>
  sql`if(empty(${texts}), '[]', concat('["', arrayStringConcat(${texts}, '","'), '"]'))`;

const primes = [
  2, 2, 2, 3, 5, 5, 7, 7, 11, 11, 11, 11, 13, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
  89, 97, 103, 109, 113, 127, 137, 139, 149, 157, 167, 179, 193, 199, 211, 227, 241, 257, 277, 293, 313, 337, 359, 383,
  409, 439, 467, 503, 541, 577, 619, 661, 709, 761, 823, 887, 953, 1031, 1109, 1193, 1289, 1381, 1493, 1613, 1741, 1879,
  2029, 2179, 2357, 2549, 2753, 2971, 3209, 3469, 3739, 4027, 4349, 4703, 5087, 5503, 5953, 6427, 6949, 7517, 8123,
  8783, 9497, 10273, 11113, 12011, 12983, 14033, 15173, 16411, 17749, 19183, 20753, 22447, 24281, 26267, 28411, 30727,
  33223, 35933, 38873, 42043, 45481, 49201, 53201, 57557, 62233, 67307,
];
/** How many chains a set of `count` texts is kept in. */
export const setSize = (count: number): number => primes.find((p, i) => p >= count && i >= 2) ?? primes.at(-1)!;
const sizeOf = (count: Sql): Sql => sql`arrayFirst(p -> p >= ${count}, [${join([...new Set(primes)].map(integer))}])`;

/** The hash that orders such a set (MurmurHash64A as the C++ library has it), of a text up to 23 bytes long. */
function textHash(t: Sql): Sql {
  const mul = sql`14313749767032793493`;
  const shifted = (v: Sql): Sql => sql`bitXor(${v}, bitShiftRight(${v}, 47))`;
  const word = (from: Sql): Sql => sql`reinterpretAsUInt64(substring(${t}, ${from}, 8))`;
  const step = (h: Sql, k: Sql): Sql => sql`bitXor(${h}, ${shifted(sql`(${k} * ${mul})`)} * ${mul}) * ${mul}`;
  const start = sql`bitXor(toUInt64(3339675911), length(${t}) * ${mul})`;
  const blocks = sql`arrayFold((h, k) -> ${step(sql`h`, sql`k`)}, arrayMap(b -> ${word(sql`8 * b + 1`)}, range(intDiv(length(${t}), 8))), toUInt64(${start}))`;
  const tail = sql`arrayMap(h -> if(length(${t}) % 8 = 0, h, bitXor(h, ${word(sql`8 * intDiv(length(${t}), 8) + 1`)}) * ${mul}), [${blocks}])`;
  return sql`arrayMap(h -> ${shifted(sql`h`)}, arrayMap(h -> ${shifted(sql`h`)} * ${mul}, ${tail}))[1]`;
}
/**
 * Distinct texts in the order in which the real engine's set gives them: that of a hash table with chains, the newest chain first and
 * the newest text of a chain first. `count` is known where the number of texts is.
 */
export function inSetOrder(texts: Sql, count?: number): Sql {
  const size = count === undefined ? sizeOf(sql`length(s)`) : integer(setSize(count));
  const chains = sql`arrayMap(t -> ${textHash(sql`t`)} % ${size}, s)`;
  const ordered = sql`arrayMap(c -> arrayReverseSort((t, i) -> (indexOf(c, c[i]), i), s, arrayEnumerate(s)), [${chains}])[1]`;
  return sql`arrayMap(s -> ${ordered}, [arrayDistinct(${texts})])[1]`;
}

/** A text as an unsigned number written in hex: `padded` says how it is made 16 digits long. '0' where it is none. */
export const hexNumber = (padded: Sql, valid: Sql): Sql =>
  sql`reinterpretAsUInt64(reverse(unhex(if(${valid}, ${padded}, ${string('0'.repeat(16))}))))`;
