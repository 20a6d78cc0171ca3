import { contains, dot, fromDegrees, same, toDegrees, turnsLeft, type Point } from './sphere.ts';
import { realText } from './number.ts';
import { firstFault } from './faults.ts';

/** GeoJSON in and out. What is no shape, or none that Kusto takes, is undefined: the functions then give null. */

export type Line = readonly Point[];
export type Loop = readonly Point[];
/** A region: loops with the region on their left, holes clockwise. */
export interface Region {
  readonly loops: readonly Loop[];
}
/** Most vertices of one shape. */
export const maxVertices = 200_000;

type Position = readonly [lng: number, lat: number];
const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null;
/** A JSON value; undefined when the text is none. */
export function parseJson(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    // Bags that stand in a bag as text are read too.
    return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
  } catch {
    return undefined;
  }
}
/** A list whose members are all there; undefined otherwise, and of what is no list or an empty one. */
export function all<T>(list: unknown, make: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const made: T[] = [];
  for (const item of list as unknown[]) {
    const value = make(item);
    if (value === undefined) return undefined;
    made.push(value);
  }
  return made;
}
const position = (value: unknown): Position | undefined => {
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const [lng, lat] = value as unknown[];
  return typeof lng === 'number' && typeof lat === 'number' && Number.isFinite(lng) && Math.abs(lat) <= 90
    ? [lng, lat]
    : undefined;
};
const pointOf = ([lng, lat]: Position): Point => fromDegrees(lng, lat);
const positions = (value: unknown): Position[] | undefined => {
  const list = all(value, position);
  return list && list.length <= maxVertices ? list : undefined;
};

/** A shape's positions as they are written: lists of lines, or of polygons' rings. */
export interface Raw {
  readonly type: string;
  readonly lines: readonly (readonly Position[])[];
  /** Of a polygon: how many of the lines are rings of each part. */
  readonly parts: readonly number[];
}
export function rawShape(value: unknown): Raw | undefined {
  if (!isObject(value)) return undefined;
  const { type, coordinates } = value;
  switch (type) {
    case 'LineString': {
      const line = positions(coordinates);
      return line && { type, lines: [line], parts: [] };
    }
    case 'MultiLineString': {
      const lines = all(coordinates, positions);
      return lines && { type, lines, parts: [] };
    }
    case 'Polygon': {
      const rings = all(coordinates, positions);
      return rings && { type, lines: rings, parts: [rings.length] };
    }
    case 'MultiPolygon': {
      const polygons = all(coordinates, (p) => all(p, positions));
      return polygons && { type, lines: polygons.flat(), parts: polygons.map((p) => p.length) };
    }
    default:
      return undefined;
  }
}

const isEdge = (a: Point, b: Point): boolean => !same(a, b) && dot(a, b) > -1 + 1e-15;

/** The lines of a LineString or MultiLineString. */
export function linesOf(value: unknown): Line[] | undefined {
  const raw = rawShape(value);
  if (!raw || raw.parts.length > 0) return undefined;
  return all(raw.lines, (l) => lineOf(l as readonly Position[]));
}
function lineOf(line: readonly Position[]): Line | undefined {
  const points = line.map(pointOf);
  if (points.length < 2) return undefined;
  return points.every((p, i) => i === 0 || isEdge(points[i - 1]!, p)) ? points : undefined;
}

/** A ring as a loop around the smaller side, in the order in which it is written or the other way round. */
function loopOf(ring: readonly Position[]): Loop | undefined {
  const [first, last] = [ring[0]!, ring.at(-1)!];
  if (ring.length < 4 || first[0] !== last[0] || first[1] !== last[1]) return undefined;
  const loop = ring.slice(0, -1).map(pointOf);
  if (!loop.every((p, i) => isEdge(p, loop[(i + 1) % loop.length]!))) return undefined;
  return turnsLeft(loop) ? loop : loop.toReversed();
}
/** How many loops have a loop inside them. */
const depthOf = (loops: readonly Loop[], loop: Loop): number =>
  loops.filter((l) => l !== loop && contains(l, loop.find((p) => !l.some((q) => same(p, q))) ?? loop[0]!)).length;

/** The polygons of a Polygon or MultiPolygon, each a region by itself. */
export function polygonsOf(value: unknown): Region[] | undefined {
  const raw = rawShape(value);
  if (!raw || raw.parts.length === 0) return undefined;
  let at = 0;
  return all(raw.parts, (count) => {
    const rings = raw.lines.slice(at, (at += count as number));
    const loops = all(rings, (r) => loopOf(r as readonly Position[]));
    if (!loops || firstFault(loops)) return undefined;
    // Loops inside an odd number of others are holes.
    return { loops: loops.map((l) => (depthOf(loops, l) % 2 ? l.toReversed() : l)) };
  });
}

// ——— out ———

const positionText = (p: Point): string => {
  const [lng, lat] = toDegrees(p);
  return `[${realText(lng)},${realText(lat)}]`;
};
const lineText = (line: Line): string => `[${line.map(positionText).join(',')}]`;
const ringText = (loop: Loop): string => lineText([...loop, loop[0]!]);
const geometry = (type: string, coordinates: string): string => `{"type":"${type}","coordinates":${coordinates}}`;

export const pointText = (p: Point): string => geometry('Point', positionText(p));
/** Points, lines and regions as one geometry: the plainest that holds them, an empty collection when there are none. */
export function geometryText(points: readonly Point[], lines: readonly Line[], region: Region): string {
  const made = [
    ...several('Point', points.map(positionText)),
    ...several('LineString', lines.map(lineText)),
    ...several(
      'Polygon',
      polygonGroups(region).map((loops) => `[${loops.map(ringText).join(',')}]`),
    ),
  ];
  return made.length === 1 ? made[0]! : `{"type":"GeometryCollection","geometries":[${made.join(',')}]}`;
}
const several = (type: string, items: readonly string[]): string[] => {
  if (items.length === 0) return [];
  return [items.length === 1 ? geometry(type, items[0]!) : geometry(`Multi${type}`, `[${items.join(',')}]`)];
};
export const linesText = (lines: readonly Line[]): string => geometryText([], lines, { loops: [] });
export const regionText = (region: Region): string => geometryText([], [], region);

/** Each shell with its holes. */
export function polygonGroups({ loops }: Region): Loop[][] {
  const outer = loops.filter((l) => turnsLeft(l)).map((l) => [l]);
  for (const hole of loops.filter((l) => !turnsLeft(l))) {
    const around = outer.filter(([l]) => contains(l!, hole.find((p) => !l!.some((q) => same(p, q))) ?? hole[0]!));
    // Of nested shells the one with the fewest around it is the outermost, and the hole belongs to the innermost.
    const inner = around.toSorted(
      (a, b) =>
        depthOf(
          outer.map((o) => o[0]!),
          b[0]!,
        ) -
        depthOf(
          outer.map((o) => o[0]!),
          a[0]!,
        ),
    )[0];
    (inner ?? outer[0])?.push(hole);
  }
  return outer;
}
