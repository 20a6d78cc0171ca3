import { HostRefusal } from '../host.ts';
import type { Raw } from './geojson.ts';
import { realText } from './number.ts';
import { distance, dot, fromDegrees, interpolate, normalOf, normalize, toDegrees, type Point } from './sphere.ts';
import { earthRadius } from './sql.ts';

/**
 * Straight edges of a map of longitudes and latitudes as chains of edges on the sphere: an edge is halved until it and its straight
 * counterpart are nowhere further apart than the tolerance. As S2EdgeTessellator estimates that, by two places where they part most.
 */
type Flat = readonly [lng: number, lat: number];

const where = 0.3121569108224831;
const scale = 0.8382999256988851;
/** Most points of one result. */
const maxPoints = 1_000_000;
/** An edge is halved at most so often. */
const maxHalvings = 40;

const between = (a: Flat, b: Flat, t: number): Flat => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
const onSphere = (p: Flat): Point => fromDegrees(p[0], p[1]);
function error(a: Flat, b: Flat): number {
  const [p, q] = [onSphere(a), onSphere(b)];
  if (dot(p, q) < -1e-14) return Infinity;
  return Math.max(...[where, 1 - where].map((t) => distance(interpolate(p, q, t), onSphere(between(a, b, t)))));
}
function halve(a: Flat, b: Flat, tolerance: number, out: Flat[], depth: number): void {
  if (depth > maxHalvings || error(a, b) <= tolerance) {
    if (out.length >= maxPoints) throw new HostRefusal('the result has too many points; take a greater tolerance');
    out.push(b);
    return;
  }
  const middle = between(a, b, 0.5);
  halve(a, middle, tolerance, out, depth + 1);
  halve(middle, b, tolerance, out, depth + 1);
}

/** The longitude nearest to `from` that means the same as `to`. */
const unwrapped = (from: number, to: number): number => to - 360 * Math.round((to - from) / 360);

/** A line with more points, as longitudes that may leave ±180. */
function densifyLine(line: readonly Flat[], tolerance: number, short: boolean): Flat[] {
  const out: Flat[] = [line[0]!];
  for (let i = 1; i < line.length; i++) {
    const from = out.at(-1)!;
    const [lng, lat] = line[i]!;
    halve(from, [short ? unwrapped(from[0], lng) : lng, lat], (scale * tolerance) / earthRadius, out, 0);
  }
  return out;
}

const edge = 179.999999999999;
/** Cuts a line where it goes over the antimeridian; the places of the cut are on the geodesic. */
function cutAtAntimeridian(line: readonly Flat[]): Flat[][] {
  const parts: Flat[][] = [[line[0]!]];
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!];
    const [from, to] = [a, b].map(([lng]) => Math.floor((lng + 180) / 360)) as [number, number];
    if (from !== to && a[0] !== b[0] && Math.abs(b[0] - a[0]) < 180) {
      const side = b[0] > a[0] ? 1 : -1;
      const n = normalize(normalOf(onSphere(a), onSphere(b)));
      // The great circle's latitude at longitude 180.
      const lat = (Math.atan2(n[0], n[2]) * 180) / Math.PI;
      parts.at(-1)!.push([side * edge, Math.abs(lat) > 90 ? lat - Math.sign(lat) * 180 : lat]);
      parts.push([[-side * edge, Math.abs(lat) > 90 ? lat - Math.sign(lat) * 180 : lat]]);
    }
    parts.at(-1)!.push(b);
  }
  return parts;
}

const lineText = (line: readonly Flat[]): string =>
  `[${line
    .map((p) => toDegrees(onSphere(p)))
    .map(([lng, lat]) => `[${realText(lng)},${realText(lat)}]`)
    .join(',')}]`;

/** The shape with more points. `preserve`: an edge goes the shorter way, over the antimeridian where that is the way. */
export function densified(raw: Raw, tolerance: number, preserve: boolean): string {
  const lines = raw.lines.map((l) => densifyLine(l, tolerance, preserve));
  if (raw.parts.length === 0) {
    const cut = preserve ? lines : lines.flatMap(cutAtAntimeridian);
    const type = cut.length === 1 && raw.type === 'LineString' ? 'LineString' : 'MultiLineString';
    const texts = cut.map(lineText);
    return `{"type":"${type}","coordinates":${type === 'LineString' ? texts[0]! : `[${texts.join(',')}]`}}`;
  }
  const texts = lines.map(lineText);
  let at = 0;
  const polygons = raw.parts.map((count) => `[${texts.slice(at, (at += count)).join(',')}]`);
  const coordinates = raw.type === 'Polygon' ? polygons[0]! : `[${polygons.join(',')}]`;
  return `{"type":"${raw.type}","coordinates":${coordinates}}`;
}
