import type { LiteralValue } from '../../plan/plan.ts';
import type { KqlType } from '../../types.ts';
import { HostRefusal, type HostFunction } from '../host.ts';
import type { Parameter } from '../registry.ts';
import {
  all,
  geometryText,
  linesOf,
  linesText,
  parseJson,
  pointText,
  polygonsOf,
  regionText,
  type Line,
  type Region,
} from './geojson.ts';
import type { Edge } from './pairs.ts';
import {
  edgesOf,
  edgesOfLine,
  edgesMeet,
  intersectLineRegion,
  intersectLines,
  intersectRegions,
  lineMeetsRegion,
  regionContains,
  regionsMeet,
  union,
  unionLines,
  type Meeting,
} from './regions.ts';
import { earthRadius } from './sql.ts';
import {
  angleOf,
  distance,
  dot,
  fromDegrees,
  leftArea,
  minus,
  nearestOn,
  norm,
  normalOf,
  normalize,
  plus,
  times,
  towards,
  turnsLeft,
  type Point,
} from './sphere.ts';

/** Functions of lines and polygons. They run outside of the engine, which has no geometry with edges on the sphere. */

/** A real argument; undefined when it is null or no finite number. */
export const realOf = (value: LiteralValue | undefined): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
export function placeOf(lng: LiteralValue | undefined, lat: LiteralValue | undefined): Point | undefined {
  const [x, y] = [realOf(lng), realOf(lat)];
  return x !== undefined && y !== undefined && Math.abs(x) <= 180 && Math.abs(y) <= 90 ? fromDegrees(x, y) : undefined;
}
const dynamicOf = (value: LiteralValue | undefined): unknown => parseJson(value);
export const linesIn = (value: LiteralValue | undefined): Line[] | undefined => linesOf(dynamicOf(value));
const lineIn = (value: LiteralValue | undefined): Line | undefined => {
  const lines = linesIn(value);
  return lines?.length === 1 ? lines[0] : undefined;
};
/** A polygon, or the union of a MultiPolygon's polygons. */
export const regionIn = (value: LiteralValue | undefined): Region | undefined => {
  const polygons = polygonsOf(dynamicOf(value));
  return polygons && union(polygons);
};
/** `made` of what is there; null when something is not. */
export const whenAll = <T extends readonly unknown[], R>(
  values: { readonly [K in keyof T]: T[K] | undefined },
  make: (...values: T) => R,
): R | null => (values.includes(undefined) ? null : make(...(values as unknown as T)));

export const host = (
  name: string,
  parameters: readonly Parameter[],
  result: KqlType,
  evaluate: HostFunction['evaluate'],
): HostFunction => ({ name, parameters, result, evaluate });

// ——— measures ———

const edgeLength = ({ a, b }: Edge): number => angleOf(a, b);
const lengthOf = (edges: readonly Edge[]): number => edges.reduce((sum, e) => sum + edgeLength(e), 0);
const areaOf = ({ loops }: Region): number =>
  loops.reduce((sum, l) => sum + (turnsLeft(l) ? leftArea(l) : -leftArea(l.toReversed())), 0);
/** The mean place of an edge, times its length. */
const edgeCentroid = ({ a, b }: Edge): Point => {
  const [sum, difference] = [plus(a, b), minus(a, b)];
  const squared = dot(sum, sum);
  return squared === 0 ? [0, 0, 0] : times(sum, Math.sqrt(dot(difference, difference) / squared));
};
/** The mean place of a region, times its area: half the sum of its edges' normals, each as long as its edge. */
function regionCentroid(region: Region): Point {
  return edgesOf(region)
    .map(({ a, b }) => times(normalize(normalOf(a, b)), angleOf(a, b) / 2))
    .reduce(plus, [0, 0, 0]);
}
const centre = (sum: Point): string | null => (norm(sum) < 1e-30 ? null : pointText(normalize(sum)));

// ——— places on lines ———

/** The nearest place on edges; the first of several. */
function nearest(p: Point, edges: readonly Edge[]): { point: Point; index: number; angle: number } {
  let best = { point: edges[0]!.a, index: 0, angle: Infinity };
  edges.forEach((e, index) => {
    const point = nearestOn(p, e.a, e.b);
    const angle = distance(p, point);
    if (angle < best.angle) best = { point, index, angle };
  });
  return best;
}
function pointAt(line: Line, fraction: number): Point {
  const edges = edgesOfLine(line);
  let rest = fraction * lengthOf(edges);
  for (const edge of edges) {
    const length = edgeLength(edge);
    if (rest < length) return towards(edge.a, edge.b, rest);
    rest -= length;
  }
  return line.at(-1)!;
}
function fractionAt(line: Line, p: Point): number {
  const edges = edgesOfLine(line);
  const { point, index } = nearest(p, edges);
  const before = lengthOf(edges.slice(0, index)) + distance(edges[index]!.a, point);
  return Math.min(1, before / lengthOf(edges));
}

const regionDistance = (p: Point, region: Region): number =>
  regionContains(region, p) ? 0 : nearest(p, edgesOf(region)).angle * earthRadius;
const meetingText = ({ points, lines, region }: Meeting): string => geometryText(points, lines, region);
/** The dynamic array's members, each read. */
const listIn = <T>(value: LiteralValue | undefined, make: (item: unknown) => T[] | undefined): T[] | undefined =>
  all(dynamicOf(value), (item) => make(typeof item === 'string' ? parseJson(item) : item))?.flat();
export const regionsIn = (value: LiteralValue | undefined): Region[] | undefined =>
  listIn(value, (item) => polygonsOf(item));
const nonEmpty = (region: Region): string | null => (region.loops.length ? regionText(region) : null);

/** What the engine also does, over the rows of a table (`prepared.ts`); here for constants, exactly as S2 does it. */
export const distanceFunctions: readonly HostFunction[] = [
  host('geo_point_in_polygon', ['real', 'real', 'dynamic'], 'bool', ([x, y, s]) =>
    whenAll([placeOf(x, y), regionIn(s)], (p, region) => regionContains(region, p)),
  ),
  host('geo_distance_point_to_line', ['real', 'real', 'dynamic'], 'real', ([x, y, l]) =>
    whenAll([placeOf(x, y), linesIn(l)], (p, lines) => nearest(p, lines.flatMap(edgesOfLine)).angle * earthRadius),
  ),
  host('geo_distance_point_to_polygon', ['real', 'real', 'dynamic'], 'real', ([x, y, s]) =>
    whenAll([placeOf(x, y), regionIn(s)], regionDistance),
  ),
];

export const shapeFunctions: readonly HostFunction[] = [
  host('geo_line_length', ['dynamic'], 'real', ([l]) =>
    whenAll([linesIn(l)], (lines) => lengthOf(lines.flatMap(edgesOfLine)) * earthRadius),
  ),
  host('geo_polygon_area', ['dynamic'], 'real', ([p]) =>
    whenAll([regionIn(p)], (region) => areaOf(region) * earthRadius * earthRadius),
  ),
  host('geo_polygon_perimeter', ['dynamic'], 'real', ([p]) =>
    whenAll([regionIn(p)], (region) => lengthOf(edgesOf(region)) * earthRadius),
  ),
  host('geo_line_centroid', ['dynamic'], 'dynamic', ([l]) =>
    whenAll([linesIn(l)], (lines) => centre(lines.flatMap(edgesOfLine).map(edgeCentroid).reduce(plus, [0, 0, 0]))),
  ),
  host('geo_polygon_centroid', ['dynamic'], 'dynamic', ([p]) =>
    whenAll([regionIn(p)], (region) => centre(regionCentroid(region))),
  ),
  host('geo_closest_point_on_line', ['real', 'real', 'dynamic'], 'dynamic', ([x, y, l]) =>
    whenAll([placeOf(x, y), linesIn(l)], (p, lines) => pointText(nearest(p, lines.flatMap(edgesOfLine)).point)),
  ),
  host('geo_closest_point_on_polygon', ['real', 'real', 'dynamic'], 'dynamic', ([x, y, s]) =>
    whenAll([placeOf(x, y), regionIn(s)], (p, region) =>
      pointText(regionContains(region, p) ? p : nearest(p, edgesOf(region)).point),
    ),
  ),
  host('geo_line_interpolate_point', ['dynamic', 'real'], 'dynamic', ([l, f]) =>
    whenAll([lineIn(l), realOf(f)], (line, fraction) =>
      fraction < 0 || fraction > 1 ? null : pointText(pointAt(line, fraction)),
    ),
  ),
  host('geo_line_locate_point', ['dynamic', 'real', 'real', 'bool?'], 'real', ([l, x, y, spheroid]) => {
    if (spheroid !== undefined && spheroid !== false)
      throw new HostRefusal('distances on a spheroid are not measured here: leave use_spheroid out');
    return whenAll([lineIn(l), placeOf(x, y)], fractionAt);
  }),
  host('geo_intersects_2lines', ['dynamic', 'dynamic'], 'bool', ([a, b]) =>
    whenAll([linesIn(a), linesIn(b)], (l, m) => edgesMeet(l.flatMap(edgesOfLine), m.flatMap(edgesOfLine))),
  ),
  host('geo_intersects_line_with_polygon', ['dynamic', 'dynamic'], 'bool', ([a, b]) =>
    whenAll([linesIn(a), regionIn(b)], lineMeetsRegion),
  ),
  host('geo_intersects_2polygons', ['dynamic', 'dynamic'], 'bool', ([a, b]) =>
    whenAll([regionIn(a), regionIn(b)], regionsMeet),
  ),
  host('geo_intersection_2lines', ['dynamic', 'dynamic'], 'dynamic', ([a, b]) =>
    whenAll([linesIn(a), linesIn(b)], (l, m) => meetingText(intersectLines(l, m))),
  ),
  host('geo_intersection_line_with_polygon', ['dynamic', 'dynamic'], 'dynamic', ([a, b]) =>
    whenAll([linesIn(a), regionIn(b)], (l, region) => meetingText(intersectLineRegion(l, region))),
  ),
  host('geo_intersection_2polygons', ['dynamic', 'dynamic'], 'dynamic', ([a, b]) =>
    whenAll([regionIn(a), regionIn(b)], (p, q) => meetingText(intersectRegions(p, q))),
  ),
  host('geo_union_polygons_array', ['dynamic'], 'dynamic', ([a]) =>
    whenAll([regionsIn(a)], (regions) => nonEmpty(union(regions))),
  ),
  host('geo_union_lines_array', ['dynamic'], 'dynamic', ([a]) =>
    whenAll([listIn(a, linesOf)], (lines) => linesText(unionLines(lines))),
  ),
];
