import { HostRefusal } from '../host.ts';
import { pairs, type Edge } from './pairs.ts';
import {
  along,
  crosses,
  crossing,
  distanceTo,
  interpolate,
  minus,
  norm,
  ordered,
  origin,
  ortho,
  same,
  sign,
  type Point,
} from './sphere.ts';
import type { Loop, Region } from './geojson.ts';

/**
 * Edges laid over each other: cut where they meet, and put together again as the borders of what is wanted. Loops begin, and come, as
 * S2Builder would give them: a loop ends with its edge that was written last, and loops come in the order of their first edges.
 */

/** Points nearer than this are one (25 nm on Earth): S2 merges what lies within the error of a computed crossing. */
const near = 4e-15;
/** Most crossing tests of one overlay. */
const maxWork = 100_000_000;

/** Edges cut at all places where they meet. */
export interface Cut {
  readonly points: readonly Point[];
  /** For each edge the points along it, its ends included, by index. */
  readonly chains: readonly (readonly number[])[];
}
/** Cuts edges where they cross, touch or lie on each other. */
export function cut(edges: readonly Edge[]): Cut {
  const inner = edges.map((): Point[] => []);
  const touches = (p: Point, i: number): boolean => {
    const { a, b } = edges[i]!;
    if (norm(minus(p, a)) <= near || norm(minus(p, b)) <= near) return true;
    if (distanceTo(p, a, b) > near) return false;
    inner[i]!.push(p);
    return true;
  };
  pairs(edges, (i, j) => {
    const [e, f] = [edges[i]!, edges[j]!];
    const touching = [touches(e.a, j), touches(e.b, j), touches(f.a, i), touches(f.b, i)].includes(true);
    if (!touching && crosses(e.a, e.b, f.a, f.b)) {
      const p = crossing(e.a, e.b, f.a, f.b);
      inner[i]!.push(p);
      inner[j]!.push(p);
    }
    return false;
  });
  const all = edges.flatMap((e, i) => {
    const away = (p: Point): number => norm(minus(p, e.a));
    return [e.a, ...inner[i]!.sort((p, q) => away(p) - away(q)), e.b];
  });
  const { points, indexes } = merged(all);
  let at = 0;
  const chains = edges.map((_, i) => {
    const chain = indexes.slice(at, (at += inner[i]!.length + 2));
    return chain.filter((v, k) => k === 0 || v !== chain[k - 1]);
  });
  return { points, chains };
}
/** Points with those that are near each other made one. */
function merged(all: readonly Point[]): { points: Point[]; indexes: number[] } {
  const order = all.map((_, i) => i).sort((i, j) => all[i]![0] - all[j]![0] || i - j);
  const indexes = Array.from({ length: all.length }, () => -1);
  const points: Point[] = [];
  for (let k = 0; k < order.length; k++) {
    const i = order[k]!;
    if (indexes[i]! >= 0) continue;
    const p = all[i]!;
    indexes[i] = points.length;
    for (let m = k + 1; m < order.length && all[order[m]!]![0] - p[0] <= near; m++)
      if (indexes[order[m]!]! < 0 && norm(minus(all[order[m]!]!, p)) <= near) indexes[order[m]!] = points.length;
    points.push(p);
  }
  return { points, indexes };
}

/** A piece of the overlay between two points, and which edges go along it either way. */
interface Piece {
  readonly u: number;
  readonly v: number;
  readonly forward: number[];
  readonly backward: number[];
  /** How much more often what is wanted is counted on the left than on the right. */
  step: number;
  left: number;
}
function piecesOf(chains: readonly (readonly number[])[]): Piece[] {
  const pieces = new Map<string, Piece>();
  chains.forEach((chain, id) => {
    for (let k = 1; k < chain.length; k++) {
      const [from, to] = [chain[k - 1]!, chain[k]!];
      const [u, v] = from < to ? [from, to] : [to, from];
      const key = `${u},${v}`;
      const piece = pieces.get(key) ?? { u, v, forward: [], backward: [], step: 0, left: Number.NaN };
      (from === u ? piece.forward : piece.backward).push(id);
      pieces.set(key, piece);
    }
  });
  for (const piece of pieces.values()) piece.step = piece.forward.length - piece.backward.length;
  return [...pieces.values()];
}

/** How often the place beside the middle of a piece is counted, on the side of `from`. */
function countAt(target: Point, own: Piece, from: Point, pieces: readonly Piece[], points: readonly Point[]): number {
  let count = 0;
  for (const piece of pieces) {
    if (piece === own || piece.step === 0) continue;
    const [a, b] = [points[piece.u]!, points[piece.v]!];
    const side = sign(a, b, target);
    if (side === 0 || sign(a, b, from) !== -side) continue;
    // From right to left of the piece, its beginning is on the left of the way.
    if (sign(from, target, a) === side && sign(from, target, b) === -side) count += side * piece.step;
  }
  return count;
}
/** Fills in how often the left of each piece is counted, when `start` is that of S2's origin. */
function countPieces(pieces: readonly Piece[], points: readonly Point[], start: number): void {
  const at = new Map<number, Piece[]>();
  for (const piece of pieces) for (const v of [piece.u, piece.v]) at.set(v, [...(at.get(v) ?? []), piece]);
  let work = 0;
  for (const piece of pieces) {
    if (!Number.isNaN(piece.left)) continue;
    if ((work += pieces.length) > maxWork)
      throw new HostRefusal('the shapes meet at too many places; simplify them first');
    const [u, v] = [points[piece.u]!, points[piece.v]!];
    const middle = interpolate(u, v, 0.5);
    // A way round where the middle is nearly opposite to where counting begins.
    const far = middle[0] * origin[0] + middle[1] * origin[1] + middle[2] * origin[2] < -0.95;
    const from = far ? along(origin, ortho(origin), 1.3) : origin;
    let count = start + countAt(middle, piece, from, pieces, points);
    if (far) count += countWay(origin, from, pieces, points);
    piece.left = sign(u, v, from) > 0 ? count : count + piece.step;
    spread(piece, at);
  }
}
const countWay = (from: Point, to: Point, pieces: readonly Piece[], points: readonly Point[]): number => {
  const none: Piece = { u: 0, v: 0, forward: [], backward: [], step: 0, left: 0 };
  return countAt(to, none, from, pieces, points);
};
/** Where only two pieces meet, the second has on its left what the first has. */
function spread(first: Piece, at: ReadonlyMap<number, Piece[]>): void {
  const open = [first];
  for (let piece = open.pop(); piece; piece = open.pop())
    for (const v of [piece.u, piece.v]) {
      const here = at.get(v)!;
      const next = here.length === 2 ? here.find((p) => p !== piece)! : undefined;
      if (!next || !Number.isNaN(next.left)) continue;
      const sameWay = (piece.v === v) === (next.u === v);
      next.left = sameWay ? piece.left : piece.left - piece.step;
      open.push(next);
    }
}

export interface Directed {
  readonly from: number;
  readonly to: number;
  readonly id: number;
}
/** What an overlay gives beside its region. */
export interface Overlay {
  readonly region: Region;
  readonly cut: Cut;
  /** The points of the region's border, by index. */
  readonly border: ReadonlySet<number>;
  /** Pieces that are no border of the region. */
  readonly rest: readonly { readonly u: number; readonly v: number; readonly ids: readonly number[] }[];
}
/**
 * The region whose points are counted so often that `wanted` says yes. `start` is how often S2's origin is counted. Throws HostRefusal
 * where there is too much to do.
 */
export function overlay(edges: readonly Edge[], start: number, wanted: (count: number) => boolean): Overlay {
  const made = cut(edges);
  const pieces = piecesOf(made.chains);
  countPieces(pieces, made.points, start);
  const kept: Directed[] = [];
  const rest: Overlay['rest'][number][] = [];
  for (const { u, v, left, step, forward, backward } of pieces) {
    const [onLeft, onRight] = [wanted(left), wanted(left - step)];
    const ids = [...forward, ...backward];
    if (onLeft === onRight) rest.push({ u, v, ids });
    else {
      const own = onLeft ? forward : backward;
      const id = Math.min(...(own.length ? own : ids));
      kept.push(onLeft ? { from: u, to: v, id } : { from: v, to: u, id });
    }
  }
  const border = new Set(kept.flatMap((e) => [e.from, e.to]));
  return { region: { loops: loopsFrom(kept, made.points) }, cut: made, border, rest };
}

/** Loops of edges, each turn as far left as it goes, so that loops touch but do not pass through a point twice. */
export function loopsFrom(edges: readonly Directed[], points: readonly Point[]): Loop[] {
  const out = new Map<number, number[]>();
  edges.forEach((e, i) => out.set(e.from, [...(out.get(e.from) ?? []), i]));
  const used = new Set<number>();
  const next = (e: Directed): number | undefined => {
    const ways = (out.get(e.to) ?? []).filter((i) => !used.has(i));
    const here = points[e.to]!;
    const back = points[e.from]!;
    return ways.reduce<number | undefined>((best, way) => {
      if (best === undefined) return way;
      // The first clockwise from where the edge comes from.
      const [p, q] = [points[edges[way]!.to]!, points[edges[best]!.to]!];
      return !same(p, q) && ordered(q, p, back, here) ? way : best;
    }, undefined);
  };
  const loops: Directed[][] = [];
  for (let i = 0; i < edges.length; i++) {
    const path: Directed[] = [];
    for (let at: number | undefined = i; at !== undefined && !used.has(at); at = next(edges[at]!)) {
      used.add(at);
      path.push(edges[at]!);
      const start = path.findIndex((e) => e.from === edges[at!]!.to);
      if (start >= 0) loops.push(path.splice(start));
      if (path.length === 0 && start >= 0) break;
    }
  }
  const turned = loops.filter((l) => l.length > 2).map(lastWrittenLast);
  turned.sort((a, b) => a[0]!.id - b[0]!.id);
  return turned.map((l) => l.map((e) => points[e.from]!));
}
/** The loop turned so that its edge that was written last comes last; of several such in a row the last. */
function lastWrittenLast(loop: readonly Directed[]): Directed[] {
  const most = Math.max(...loop.map((e) => e.id));
  const n = loop.length;
  let at = loop.findIndex((e, i) => e.id === most && loop[(i + 1) % n]!.id !== most);
  if (at < 0) at = n - 1;
  return [...loop.slice(at + 1), ...loop.slice(0, at + 1)];
}
