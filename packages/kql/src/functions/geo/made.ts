import type { LiteralValue } from '../../plan/plan.ts';
import type { HostFunction } from '../host.ts';
import { bufferLines, bufferPoint, bufferRegion, maxRadius } from './buffer.ts';
import { densified } from './densify.ts';
import { linesOf, linesText, parseJson, polygonsOf, rawShape, regionText, type Region } from './geojson.ts';
import { simplifyLines, simplifyRegions } from './simplify.ts';
import { earthRadius } from './sql.ts';
import { unionLines } from './regions.ts';
import { host, linesIn, placeOf, realOf, regionIn, regionsIn, whenAll } from './shapes.ts';
import { fromWkt } from './wkt.ts';

/** Functions that make shapes of others: buffers, denser lines, shapes of text. */

/** An argument that may be left out; undefined where it is given and no number. */
const optional = (value: LiteralValue | undefined, otherwise: number): number | undefined =>
  value === undefined ? otherwise : realOf(value);
const within = (value: number | undefined, from: number, to: number): number | undefined =>
  value !== undefined && value >= from && value <= to ? value : undefined;
const text = (region: Region): string | null => (region.loops.length ? regionText(region) : null);

/** A buffer's radius and tolerance in metres; undefined where they are none. */
function sizes(radius: LiteralValue | undefined, tolerance: LiteralValue | undefined): [number, number] | undefined {
  const [r, t] = [realOf(radius), optional(tolerance, 10)];
  if (r === undefined || t === undefined || r <= 0 || r >= maxRadius || t <= 0) return undefined;
  if (t < r * 1e-6) return undefined;
  // A tolerance beyond the radius means the greatest below it.
  return [r, Math.min(t, r)];
}

const denser =
  (read: (value: unknown) => unknown): HostFunction['evaluate'] =>
  ([shape, tolerance, preserve]) => {
    const value = parseJson(shape);
    return whenAll(
      [rawShape(value), within(optional(tolerance, 10), 0.1, 10_000), read(value)],
      (raw, metres, _valid) => densified(raw, metres, preserve === true),
    );
  };

/** S2 snaps corners to others at most 70 degrees away. */
const tolerance = (value: LiteralValue | undefined): number | undefined => within(optional(value, 10), 0, 7_800_000);
const angle = (metres: number): number => metres / earthRadius;

export const madeFunctions: readonly HostFunction[] = [
  host('geo_line_simplify', ['dynamic', 'real?'], 'dynamic', ([l, t]) =>
    whenAll([linesIn(l), tolerance(t)], (lines, metres) => {
      // Of several lines their union is taken, as of several polygons.
      const whole = lines.length > 1 ? unionLines(lines) : lines;
      const made = metres > 0 ? simplifyLines(whole, angle(metres)) : whole;
      return made.length ? linesText(made) : null;
    }),
  ),
  host('geo_polygon_simplify', ['dynamic', 'real?'], 'dynamic', ([p, t]) =>
    whenAll([regionIn(p), tolerance(t)], (region, metres) =>
      text(metres > 0 ? simplifyRegions([region], angle(metres)) : region),
    ),
  ),
  host('geo_simplify_polygons_array', ['dynamic', 'real?'], 'dynamic', ([a, t]) =>
    whenAll([regionsIn(a), tolerance(t)], (regions, metres) =>
      text(metres > 0 ? simplifyRegions(regions, angle(metres)) : { loops: regions.flatMap((r) => r.loops) }),
    ),
  ),
  host('geo_from_wkt', ['string'], 'dynamic', ([wkt]) => (typeof wkt === 'string' ? (fromWkt(wkt) ?? null) : null)),
  host('geo_line_densify', ['dynamic', 'real?', 'bool?'], 'dynamic', denser(linesOf)),
  host('geo_polygon_densify', ['dynamic', 'real?', 'bool?'], 'dynamic', denser(polygonsOf)),
  host('geo_point_buffer', ['real', 'real', 'real', 'real?'], 'dynamic', ([x, y, r, t]) =>
    whenAll([placeOf(x, y), sizes(r, t)], (p, [metres, tolerance]) => text(bufferPoint(p, metres, tolerance))),
  ),
  host('geo_line_buffer', ['dynamic', 'real', 'real?'], 'dynamic', ([l, r, t]) =>
    whenAll([linesIn(l), sizes(r, t)], (lines, [metres, tolerance]) => text(bufferLines(lines, metres, tolerance))),
  ),
  host('geo_polygon_buffer', ['dynamic', 'real', 'real?'], 'dynamic', ([p, r, t]) =>
    whenAll([regionIn(p), sizes(r, t)], (region, [metres, tolerance]) => text(bufferRegion(region, metres, tolerance))),
  ),
];
