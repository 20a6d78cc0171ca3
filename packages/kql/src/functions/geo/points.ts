import { sql, type Sql } from '../../sql.ts';
import { scalarWith, type ScalarFunction } from '../registry.ts';
import { angleBetween, metres, validPoint } from './sql.ts';

/** Functions of places alone: distances and directions on the sphere. Invalid places give null. */

const near = (lng: Sql, lat: Sql, lng2: Sql, lat2: Sql): Sql =>
  sql`(${lat} = ${lat2} AND (${lng} = ${lng2} OR abs(${lng} - ${lng2}) = 360 OR abs(${lat}) = 90))`;
const antipodal = (lng: Sql, lat: Sql, lng2: Sql, lat2: Sql): Sql =>
  sql`(${lat} = -(${lat2}) AND (abs(${lng} - ${lng2}) = 180 OR abs(${lat}) = 90))`;

/** Clockwise from north, -π to π. */
function bearing(lng1: Sql, lat1: Sql, lng2: Sql, lat2: Sql): Sql {
  const d = sql`radians(${lng2} - ${lng1})`;
  const [a, b] = [sql`radians(${lat1})`, sql`radians(${lat2})`];
  return sql`atan2(sin(${d}) * cos(${b}), cos(${a}) * sin(${b}) - sin(${a}) * cos(${b}) * cos(${d}))`;
}
/** An angle from 0 to 2π. */
const positive = (a: Sql): Sql => sql`arrayMap(a -> if(a < 0, a + 2 * pi(), a), [${a}])[1]`;

export const pointFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'geo_distance_2points',
    ['real', 'real', 'real', 'real', 'bool?'],
    'real',
    ([a, b, c, d, spheroid], call) =>
      spheroid && spheroid.literal?.value !== false
        ? call.fail('distances on a spheroid are not measured here: leave use_spheroid out')
        : sql`if(${validPoint(a!.sql, b!.sql)} AND ${validPoint(c!.sql, d!.sql)}, ${metres} * (${angleBetween(a!.sql, b!.sql, c!.sql, d!.sql)}), NULL)`,
    'maybe',
  ),
  scalarWith(
    'geo_point_in_circle',
    ['real', 'real', 'real', 'real', 'real'],
    'bool',
    ([a, b, c, d, r]) =>
      sql`if(${validPoint(a!.sql, b!.sql)} AND ${validPoint(c!.sql, d!.sql)} AND ${r!.sql} >= 0, ${metres} * (${angleBetween(a!.sql, b!.sql, c!.sql, d!.sql)}) <= ${r!.sql}, NULL)`,
    'maybe',
  ),
  scalarWith(
    'geo_azimuth',
    ['real', 'real', 'real', 'real'],
    'real',
    (args) => {
      const [a, b, c, d] = args.map((o) => o.sql) as [Sql, Sql, Sql, Sql];
      return sql`if(${validPoint(a, b)} AND ${validPoint(c, d)} AND NOT ${near(a, b, c, d)} AND NOT ${antipodal(a, b, c, d)}, ${positive(bearing(a, b, c, d))}, NULL)`;
    },
    'maybe',
  ),
  scalarWith(
    'geo_angle',
    ['real', 'real', 'real', 'real', 'real', 'real'],
    'real',
    (args) => {
      const [a, b, c, d, e, f] = args.map((o) => o.sql) as [Sql, Sql, Sql, Sql, Sql, Sql];
      const apart = (p: Sql, q: Sql, r: Sql, s: Sql): Sql =>
        sql`NOT ${near(p, q, r, s)} AND NOT ${antipodal(p, q, r, s)}`;
      // Clockwise from the first line to the second, seen from the point where they meet.
      const turned = positive(sql`${bearing(c, d, e, f)} - ${bearing(c, d, a, b)}`);
      return sql`if(${validPoint(a, b)} AND ${validPoint(c, d)} AND ${validPoint(e, f)} AND ${apart(a, b, c, d)} AND ${apart(c, d, e, f)}, ${turned}, NULL)`;
    },
    'maybe',
  ),
];
