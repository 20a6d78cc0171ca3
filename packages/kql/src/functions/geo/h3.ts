import { sql, type Sql } from '../../sql.ts';
import { scalarWith, type Operand, type ScalarFunction } from '../registry.ts';
import { hexNumber, inSetOrder, pointJson, polygonJson, textsJson, validPoint } from './sql.ts';

/** H3 cells, by the engine's own functions. Those refuse what is no cell, so one stands in for it. */

const someCell = sql`toUInt64(576495936675512319)`;
const isToken = (t: Sql): Sql => sql`match(${t}, '^0?[0-9a-fA-F]{15}$')`;
const parsed = (t: Sql): Sql => hexNumber(sql`leftPad(${t}, 16, '0')`, isToken(t));
const isCell = (index: Sql): Sql => sql`h3IsValid(${index}) = 1`;
const safe = (index: Sql): Sql => sql`if(${isCell(index)}, ${index}, ${someCell})`;
const tokens = (cells: Sql): Sql => sql`arrayMap(c -> h3ToString(c), ${cells})`;
/** Something of a cell; null of what is none. `make` is given the cell by a name. */
const ofCell = (t: Sql, make: (cell: Sql) => Sql, otherwise: Sql, also: (cell: Sql) => Sql = () => sql`1`): Sql =>
  sql`arrayMap(i -> if(${isCell(sql`i`)} AND ${also(sql`i`)}, arrayMap(h -> ${make(sql`h`)}, [${safe(sql`i`)}])[1], ${otherwise}), [${parsed(t)}])[1]`;
const levelOf = (cell: Sql): Sql => sql`toInt32(h3GetResolution(${safe(cell)}))`;
const clamped = (n: Sql, from: Sql, to: Sql): Sql =>
  sql`assumeNotNull(greatest(least(ifNull(${n}, ${from}), ${to}), ${from}))`;

/** Ring by ring. Around a pentagon rings are shorter, and are what each disk has that the one before has not. */
function rings(cell: Sql, distance: Sql): Sql {
  const disk = sql`h3kRing(${cell}, toUInt16(${distance}))`;
  const plain = sql`arrayMap(r -> if(r = 0, [${cell}], arraySlice(disk, 3 * r * (r - 1) + 2, 6 * r)), range(toUInt16(${distance}) + 1))`;
  const ring = sql`arrayFilter(c -> r = 0 OR NOT has(h3kRing(${cell}, toUInt16(greatest(r, 1) - 1)), c), h3kRing(${cell}, toUInt16(r)))`;
  const bent = sql`arrayMap(r -> ${ring}, range(toUInt16(${distance}) + 1))`;
  const whole = sql`length(disk) = 3 * ${distance} * (${distance} + 1) + 1`;
  return sql`arrayMap(disk -> arrayMap(r -> ${textsJson(tokens(sql`r`))}, if(${whole}, ${plain}, ${bent})), [${disk}])[1]`;
}
/** `a.sql` or, where it is left out, what stands for it. */
const given = (a: Operand | undefined, otherwise: Sql): Sql => a?.sql ?? otherwise;

/** The cells whose centre lies in a polygon with straight edges, holes left out. */
function cellsIn(polygon: Sql, resolution: Sql): Sql {
  const rings1 = sql`JSONExtract(${polygon}, 'coordinates', 'Array(Array(Tuple(Float64, Float64)))')`;
  const many = sql`JSONExtract(${polygon}, 'coordinates', 'Array(Array(Array(Tuple(Float64, Float64))))')`;
  const parts = sql`if(JSONExtractString(${polygon}, 'type') = 'Polygon', [${rings1}], ${many})`;
  return sql`arrayDistinct(arrayFlatten(arrayMap(p -> h3PolygonToCells(p, toUInt8(${resolution})), ${parts})))`;
}

export const h3Functions: readonly ScalarFunction[] = [
  scalarWith(
    'geo_point_to_h3cell',
    ['real', 'real', 'int?'],
    'string',
    ([lng, lat, resolution]) => {
      const level = given(resolution, sql`6`);
      const valid = sql`${validPoint(lng!.sql, lat!.sql)} AND ${level} BETWEEN 0 AND 15`;
      const degrees = (o: Operand): Sql => sql`ifNotFinite(assumeNotNull(${o.sql}), 0.)`;
      return sql`if(${valid}, h3ToString(geoToH3(${degrees(lat!)}, ${degrees(lng!)}, toUInt8(${clamped(level, sql`0`, sql`15`)}))), '')`;
    },
    'maybe',
  ),
  scalarWith('geo_h3cell_to_central_point', ['string'], 'dynamic', ([t]) =>
    ofCell(t!.sql, (h) => pointJson(sql`(h3ToGeo(${h}).2, h3ToGeo(${h}).1)`), sql`''`),
  ),
  scalarWith('geo_h3cell_to_polygon', ['string'], 'dynamic', ([t]) =>
    ofCell(
      t!.sql,
      (h) =>
        polygonJson(sql`arrayMap(b -> arrayMap(g -> (g.2, g.1), arrayPushBack(b, b[1])), [h3ToGeoBoundary(${h})])[1]`),
      sql`''`,
    ),
  ),
  scalarWith('geo_h3cell_level', ['string'], 'int', ([t]) => ofCell(t!.sql, levelOf, sql`NULL`), 'maybe'),
  scalarWith('geo_h3cell_parent', ['string', 'int?'], 'string', ([t, resolution]) => {
    const wanted = (h: Sql): Sql => given(resolution, sql`${levelOf(h)} - 1`);
    return ofCell(
      t!.sql,
      (h) => sql`h3ToString(h3ToParent(${h}, toUInt8(${clamped(wanted(h), sql`0`, levelOf(h))})))`,
      sql`''`,
      (h) => sql`${wanted(h)} BETWEEN 0 AND ${levelOf(h)}`,
    );
  }),
  scalarWith('geo_h3cell_children', ['string', 'int?'], 'dynamic', ([t, resolution]) => {
    const wanted = (h: Sql): Sql => given(resolution, sql`${levelOf(h)} + 1`);
    const most = (h: Sql): Sql => sql`least(${levelOf(h)} + 5, 15)`;
    return ofCell(
      t!.sql,
      (h) => textsJson(tokens(sql`h3ToChildren(${h}, toUInt8(${clamped(wanted(h), levelOf(h), most(h))}))`)),
      sql`''`,
      (h) => sql`${wanted(h)} BETWEEN ${levelOf(h)} AND ${most(h)}`,
    );
  }),
  scalarWith('geo_h3cell_neighbors', ['string'], 'dynamic', ([t]) =>
    ofCell(t!.sql, (h) => textsJson(inSetOrder(tokens(sql`arrayPopFront(h3kRing(${h}, toUInt16(1)))`), 6)), sql`''`),
  ),
  scalarWith('geo_h3cell_rings', ['string', 'int'], 'dynamic', ([t, distance]) => {
    const n = clamped(distance!.sql, sql`0`, sql`142`);
    return ofCell(
      t!.sql,
      (h) => sql`concat('[', arrayStringConcat(${rings(h, n)}, ','), ']')`,
      sql`''`,
      () => sql`${distance!.sql} BETWEEN 0 AND 142`,
    );
  }),
];

/** The SQL behind `geo_polygon_to_h3cells` of a polygon that is known to be valid ('' where it is not). */
export const polygonToH3 = (polygon: Sql, wanted: Sql | undefined): Sql => {
  const resolution = wanted ?? sql`6`;
  const level = clamped(resolution, sql`0`, sql`15`);
  const cells = tokens(cellsIn(polygon, level));
  const valid = sql`${polygon} != '' AND ifNull(${resolution} BETWEEN 0 AND 15, false)`;
  return sql`if(${valid}, arrayMap(s -> if(length(s) > 61680, '', ${textsJson(inSetOrder(sql`s`))}), [${cells}])[1], '')`;
};
