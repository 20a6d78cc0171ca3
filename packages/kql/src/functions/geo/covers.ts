import type { LiteralValue } from '../../plan/plan.ts';
import type { HostFunction, PreparedFunction } from '../host.ts';
import { scalarWith } from '../registry.ts';
import { bufferRegion } from './buffer.ts';
import { covering, wideCovering } from './cover.ts';
import { regionText, type Region } from './geojson.ts';
import { polygonToH3 } from './h3.ts';
import type { Edge } from './pairs.ts';
import { edgesOf, edgesOfLine, regionContains } from './regions.ts';
import { host, linesIn, realOf, regionIn } from './shapes.ts';
import type { Point } from './sphere.ts';
import { earthRadius } from './sql.ts';

/** Cells that cover lines and polygons. */

/** A whole number in a range, or what stands for it when it is left out; undefined when it is none. */
function levelOf(value: LiteralValue | undefined, otherwise: number, most: number): number | undefined {
  if (value === undefined) return otherwise;
  const level = typeof value === 'bigint' ? Number(value) : Number.NaN;
  return level >= 0 && level <= most ? level : undefined;
}
const radiusOf = (value: LiteralValue | undefined): number | undefined => {
  const radius = value === undefined ? 0 : realOf(value);
  return radius !== undefined && radius >= 0 ? radius : undefined;
};

function cover(
  edges: readonly Edge[] | undefined,
  has: ((p: Point) => boolean) | undefined,
  level: LiteralValue | undefined,
  radius: LiteralValue | undefined,
): string | null {
  const [n, r] = [levelOf(level, 11, 30), radiusOf(radius)];
  if (!edges || n === undefined || r === undefined) return null;
  const cells = r > 0 ? wideCovering(edges, n, r / earthRadius, has ?? (() => false)) : covering(edges, n, has);
  return cells ? JSON.stringify(cells) : null;
}
const has =
  (region: Region | undefined): ((p: Point) => boolean) =>
  (p) =>
    region !== undefined && regionContains(region, p);

/** What `geo_polygon_to_h3cells` puts cells into: the polygon, made wider by a radius. */
const widened = host('geo_polygon_to_h3cells', ['dynamic', 'real?'], 'dynamic', ([p, r]) => {
  const [region, radius] = [regionIn(p), radiusOf(r)];
  if (!region || radius === undefined) return null;
  const made = radius > 0 ? bufferRegion(region, radius, Math.min(radius, 10)) : region;
  return made.loops.length ? regionText(made) : null;
});

export const coverFunctions: readonly (HostFunction | PreparedFunction)[] = [
  host('geo_line_to_s2cells', ['dynamic', 'int?', 'real?'], 'dynamic', ([l, level, radius]) =>
    cover(linesIn(l)?.flatMap(edgesOfLine), undefined, level, radius),
  ),
  host('geo_polygon_to_s2cells', ['dynamic', 'int?', 'real?'], 'dynamic', ([p, level, radius]) => {
    const region = regionIn(p);
    return cover(region && edgesOf(region), has(region), level, radius);
  }),
  {
    name: 'geo_polygon_to_h3cells',
    parameters: ['dynamic', 'int?', 'real?'],
    // The polygon takes the radius with it.
    prepare: new Map([[0, widened]]),
    with: new Map([[0, 2]]),
    fn: {
      ...scalarWith('geo_polygon_to_h3cells', ['dynamic', 'int?', 'real?'], 'dynamic', ([p, level], call) =>
        polygonToH3(call.name(p!.sql), level?.sql),
      ),
      result: 'dynamic',
    },
  },
];
