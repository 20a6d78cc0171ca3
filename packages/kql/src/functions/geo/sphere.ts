import { atan2, sinCos } from './trig.ts';

/**
 * Geometry on the unit sphere. A point is a vector of length one; an edge is the shorter arc of the great circle through its ends. The
 * definitions are S2's (s2geometry.io), which the real engine computes with, so that answers agree to the last digits.
 */
export type Point = readonly [number, number, number];

export const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Point, b: Point): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const plus = (a: Point, b: Point): Point => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const times = (a: Point, k: number): Point => [a[0] * k, a[1] * k, a[2] * k];
export const norm = (a: Point): number => Math.sqrt(dot(a, a));
export function normalize(a: Point): Point {
  const n = norm(a);
  return n === 0 ? a : times(a, 1 / n);
}
export const same = (a: Point, b: Point): boolean => a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
export const negated = (a: Point): Point => [-a[0], -a[1], -a[2]];

const radian = Math.PI / 180;
export function fromDegrees(lng: number, lat: number): Point {
  const phi = lat * radian;
  const theta = lng * radian;
  const [z, c] = sinCos(phi);
  const [y, x] = sinCos(theta);
  return [x * c, y * c, z];
}
const degree = 180 / Math.PI;
/** Longitude and latitude. */
export const toDegrees = (p: Point): readonly [number, number] => [
  degree * atan2(p[1], p[0]),
  degree * atan2(p[2], Math.sqrt(p[0] * p[0] + p[1] * p[1])),
];

/** a × b, exact in direction where the points are near each other (or opposite). */
export const normalOf = (a: Point, b: Point): Point => times(cross(plus(a, b), minus(b, a)), 0.5);
export const angleOf = (a: Point, b: Point): number => Math.atan2(norm(normalOf(a, b)), dot(a, b));

/** The point at `angle` from `a` on the way to `b`. */
export function towards(a: Point, b: Point, angle: number): Point {
  const direction = normalize(cross(normalOf(a, b), a));
  return along(a, direction, angle);
}
/** The point at `angle` from `a` in a direction at right angles to it. */
export const along = (a: Point, direction: Point, angle: number): Point =>
  normalize(plus(times(a, Math.cos(angle)), times(direction, Math.sin(angle))));
export const interpolate = (a: Point, b: Point, t: number): Point =>
  t === 0 ? a : t === 1 ? b : towards(a, b, t * angleOf(a, b));
/** Some vector at right angles to a point: the same one that S2 chooses. */
export function ortho(a: Point): Point {
  const [x, y, z] = a.map(Math.abs) as [number, number, number];
  const largest = x > y ? (x > z ? 0 : 2) : y > z ? 1 : 2;
  const helper: [number, number, number] = [0.012, 0.0053, 0.00457];
  helper[(largest + 2) % 3] = 1;
  return normalize(cross(a, helper));
}

/** A number as an exact fraction over 2^1074 … kept small by a common exponent. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  return { mantissa: bits >> 63n ? -mantissa : mantissa, exponent: Math.max(exponent, 1) };
}
type Exact = readonly [bigint, bigint, bigint];
/** Points as whole numbers, all by the same scale. */
function whole(...points: readonly Point[]): Exact[] {
  const all = points.map((p) => p.map(parts));
  const least = Math.min(...all.flat().map((p) => p.exponent));
  return all.map((p) => p.map((c) => c.mantissa << BigInt(c.exponent - least)) as unknown as Exact);
}
const signOf = (value: bigint): number => (value > 0n ? 1 : value < 0n ? -1 : 0);
const exactCross = (a: Exact, b: Exact): Exact => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
function exactTurn(a: Point, b: Point, c: Point): number {
  const [x, y, z] = whole(a, b, c) as [Exact, Exact, Exact];
  const n = exactCross(x, y);
  return signOf(n[0] * z[0] + n[1] * z[1] + n[2] * z[2]);
}
/** 1 when a, b, c turn left, -1 right, 0 when they lie on one great circle; exact. */
export function turn(a: Point, b: Point, c: Point): number {
  const d = dot(cross(a, b), c);
  if (d > 8e-16) return 1;
  if (d < -8e-16) return -1;
  // Near points lose their digits above; differences keep them.
  const [u, v] = [minus(b, a), minus(c, a)];
  const e = dot(cross(u, v), a);
  if (Math.abs(e) > 2e-15 * norm(u) * norm(v) + 1e-31) return Math.sign(e);
  return exactTurn(a, b, c);
}
const before = (a: Point, b: Point): boolean =>
  a[0] !== b[0] ? a[0] < b[0] : a[1] !== b[1] ? a[1] < b[1] : a[2] < b[2];
/**
 * The same, never 0 of three distinct points: those on one great circle count as moved by infinitely little, always the same way, so
 * that of regions that share a border exactly one has each place of it (Edelsbrunner and Mücke, "Simulation of Simplicity").
 */
export function sign(a: Point, b: Point, c: Point): number {
  const plain = turn(a, b, c);
  if (plain !== 0 || same(a, b) || same(b, c) || same(a, c)) return plain;
  const order = [a, b, c];
  let permutation = 1;
  for (const [i, j] of [
    [0, 1],
    [1, 2],
    [0, 1],
  ] as const)
    if (before(order[j]!, order[i]!)) {
      [order[i], order[j]] = [order[j]!, order[i]!];
      permutation = -permutation;
    }
  const [x, y, z] = whole(...order) as [Exact, Exact, Exact];
  const [yz, zx, xy] = [exactCross(y, z), exactCross(z, x), exactCross(x, y)];
  const terms = [yz[2], yz[1], yz[0], zx[2], z[0], -z[1], zx[1], z[2], xy[2], -y[0], y[1], x[0]];
  return permutation * (terms.map(signOf).find((s) => s !== 0) ?? 1);
}
/** Whether the edges cross at a point inside both. */
export function crosses(a: Point, b: Point, c: Point, d: Point): boolean {
  const abc = turn(a, b, c);
  if (abc === 0 || turn(a, b, d) !== -abc) return false;
  const cda = turn(c, d, a);
  return cda === -abc && turn(c, d, b) === abc;
}
/** Where two edges that cross do so. */
export function crossing(a: Point, b: Point, c: Point, d: Point): Point {
  const p = normalize(cross(normalize(normalOf(a, b)), normalize(normalOf(c, d))));
  return dot(p, plus(plus(a, b), plus(c, d))) < 0 ? negated(p) : p;
}

/** Whether a, b and c come counterclockwise around `o`. */
export function ordered(a: Point, b: Point, c: Point, o: Point): boolean {
  let sum = 0;
  if (sign(b, o, a) >= 0) sum++;
  if (sign(c, o, b) >= 0) sum++;
  if (sign(a, o, c) > 0) sum++;
  return sum >= 2;
}
/** Whether edges with a common end count as crossing there: half of those around a point do. */
function crossesAtVertex(a: Point, b: Point, c: Point, d: Point): boolean {
  if (same(a, b) || same(c, d)) return false;
  if (same(a, c)) return same(b, d) || ordered(ortho(a), d, b, a);
  if (same(b, d)) return ordered(ortho(b), c, a, b);
  if (same(a, d)) return same(b, c) || ordered(ortho(a), c, b, a);
  if (same(b, c)) return ordered(ortho(b), d, a, b);
  return false;
}
function passes(a: Point, b: Point, c: Point, d: Point): boolean {
  if (same(a, c) || same(a, d) || same(b, c) || same(b, d)) return crossesAtVertex(a, b, c, d);
  const abc = sign(a, b, c);
  return sign(a, b, d) === -abc && sign(c, d, a) === -abc && sign(c, d, b) === abc;
}
/** A place that lies on no edge that people draw: what S2 counts crossings from. */
export const origin: Point = [-0.0099994664350250197, 0.0025924542609324121, 0.99994664350250195];
const oddCrossings = (loop: readonly Point[], p: Point): boolean => {
  let inside = false;
  for (let i = 0; i < loop.length; i++) if (passes(origin, p, loop[i]!, loop[(i + 1) % loop.length]!)) inside = !inside;
  return inside;
};
/** Whether the left side of a loop has one of its corners. */
export function containsCorner(loop: readonly Point[], i: number): boolean {
  const n = loop.length;
  const [v0, v1, v2] = [loop[(i + n - 1) % n]!, loop[i]!, loop[(i + 1) % n]!];
  return !same(v0, v1) && !same(v2, v1) && ordered(ortho(v1), v0, v2, v1);
}
// Loops are tested against many points.
const originInside = new WeakMap<readonly Point[], boolean>();
/** Whether the left side of a loop has a point. On its border: of two regions that share it, exactly one has it. */
export function contains(loop: readonly Point[], p: Point): boolean {
  let start = originInside.get(loop);
  if (start === undefined) {
    start = containsCorner(loop, 1) !== oddCrossings(loop, loop[1]!);
    originInside.set(loop, start);
  }
  return start !== oddCrossings(loop, p);
}

/** The point of an edge that is nearest. */
export function nearestOn(p: Point, a: Point, b: Point): Point {
  if (same(p, a) || same(p, b)) return p;
  const n = normalize(normalOf(a, b));
  const foot = normalize(minus(p, times(n, dot(p, n))));
  // Between the ends, seen from either.
  if (dot(cross(n, a), foot) > 0 && dot(cross(foot, b), n) > 0 && dot(cross(a, foot), n) > 0) return foot;
  return norm(minus(p, a)) <= norm(minus(p, b)) ? a : b;
}
/** The angle between near or far points, exact for small ones. */
export const distance = (a: Point, b: Point): number => angleOf(a, b);
/** The angle between a point and an edge. */
export const distanceTo = (p: Point, a: Point, b: Point): number => distance(p, nearestOn(p, a, b));

/** The signed area of a triangle, positive when it turns left; exact for small ones. */
export function triangleArea(a: Point, b: Point, c: Point): number {
  const volume = dot(a, cross(minus(b, a), minus(c, a)));
  return 2 * Math.atan2(volume, 1 + dot(a, b) + dot(b, c) + dot(c, a));
}
/** The area on the left of a loop, from 0 to 4π. */
export function leftArea(loop: readonly Point[]): number {
  let sum = 0;
  for (let i = 1; i + 1 < loop.length; i++) sum += triangleArea(loop[0]!, loop[i]!, loop[i + 1]!);
  const turnAround = 4 * Math.PI;
  return sum < -1e-12 ? ((sum % turnAround) + turnAround) % turnAround : Math.max(0, sum);
}

/** Whether a loop turns left on the whole: its left side is at most half of the sphere. */
export function turnsLeft(loop: readonly Point[]): boolean {
  let sum = 0;
  for (let i = 1; i + 1 < loop.length; i++) sum += triangleArea(loop[0]!, loop[i]!, loop[i + 1]!);
  return sum >= 0 ? sum <= 2 * Math.PI + 1e-12 : sum < -2 * Math.PI;
}
