import { HostRefusal } from '../host.ts';
import { leafCell } from './cover.ts';
import { firstFault } from './faults.ts';
import type { Line, Region } from './geojson.ts';
import { loopsFrom, type Directed } from './overlay.ts';
import { paths } from './regions.ts';
import {
  distance,
  distanceTo,
  dot,
  minus,
  norm,
  normalOf,
  normalize,
  cross,
  ordered,
  sign,
  type Point,
} from './sphere.ts';

/**
 * Shapes with fewer corners, as S2Builder makes them: of the corners those stay ("sites") that are further from each other than the
 * tolerance, edges go through the sites that they pass, and chains of edges become one edge as long as it stays within the tolerance of
 * all corners of the chain and on the same side of all other sites.
 */

/** A chain of corners of one layer: shapes that may share borders are layers of their own. */
interface Chain {
  readonly points: readonly Point[];
  readonly closed: boolean;
  readonly layer: number;
}
interface Step {
  readonly from: number;
  readonly to: number;
  readonly layer: number;
  /** The edge of the input that it comes of. */
  readonly id: number;
}
/** Edges longer than this (of a merged chain) would leave the tolerance: 49 degrees. */
const longest = 2 * Math.acos(1 / 1.1);
/** Most corners: the work grows with their square. */
const maxCorners = 15_000;
function squared(a: Point, b: Point): number {
  const [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return x * x + y * y + z * z;
}

class Simplifier {
  readonly #radius: number;
  readonly #sites: Point[] = [];
  /** The input's corners that went to each site. */
  readonly #corners: Point[][] = [];
  readonly #edges: { readonly a: Point; readonly b: Point; readonly layer: number }[] = [];
  #steps: Step[] = [];
  #out = new Map<number, Step[]>();
  #into = new Map<number, Step[]>();
  readonly #used = new Set<Step>();
  readonly #made: Step[] = [];
  readonly #near: number[][] = [];

  constructor(chains: readonly Chain[], radius: number) {
    this.#radius = radius;
    for (const { points, closed, layer } of chains)
      points.forEach((a, i) => {
        const b = points[i + 1] ?? (closed ? points[0] : undefined);
        if (b) this.#edges.push({ a, b, layer });
      });
    this.#choose(chains.flatMap((c) => c.points));
    this.#snap();
    this.#link();
  }

  /** Corners in the order of their cells; each that is far enough from all before becomes a site. */
  #choose(corners: readonly Point[]): void {
    const keyed = corners.map((point, i) => ({ point, i, cell: leafCell(point) }));
    keyed.sort((x, y) => (x.cell < y.cell ? -1 : x.cell > y.cell ? 1 : x.i - y.i));
    if (keyed.length > maxCorners)
      throw new HostRefusal(`a shape of more than ${maxCorners} corners is not simplified here`);
    const chord = 2 * Math.sin(Math.min(this.#radius, Math.PI) / 2);
    for (const { point } of keyed)
      if (!this.#sites.some((s) => squared(s, point) <= chord * chord)) this.#sites.push(point);
    this.#sites.forEach(() => this.#corners.push([]));
    for (const { point } of keyed) this.#corners[this.#closest(point)]!.push(point);
  }
  #closest(p: Point): number {
    let [best, least] = [0, Infinity];
    this.#sites.forEach((s, i) => {
      const away = squared(s, p);
      if (away < least) [best, least] = [i, away];
    });
    return best;
  }
  /** Each edge as the sites whose surroundings it passes. */
  #snap(): void {
    this.#edges.forEach(({ a, b, layer }, id) => {
      const reach = this.#radius * 1.6;
      // Straight through the sphere nothing is further than around it: most sites are passed over by that.
      const far = reach + norm(minus(b, a));
      const near = this.#sites.flatMap((s, i) =>
        squared(s, a) <= far * far && distanceTo(s, a, b) <= reach ? [i] : [],
      );
      this.#near.push(near);
      const close = near.filter((i) => distanceTo(this.#sites[i]!, a, b) <= this.#radius);
      const through = this.#passed(a, b, close);
      for (let k = 1; k < through.length; k++) {
        const [from, to] = [through[k - 1]!, through[k]!];
        if (from !== to) this.#steps.push({ from, to, layer, id });
      }
    });
  }
  /** The sites that are the nearest somewhere along an edge, in their order. */
  #passed(a: Point, b: Point, close: readonly number[]): number[] {
    const length = distance(a, b);
    const side = normalize(cross(normalOf(a, b), a));
    const found = close.flatMap((i) => {
      let [low, high] = [0, length];
      for (const j of close) {
        if (i === j) continue;
        // Nearer to i than to j: (si - sj) · (a cos t + side sin t) ≥ 0.
        const d = minus(this.#sites[i]!, this.#sites[j]!);
        const [p, q] = [dot(d, a), dot(d, side)];
        const turnover = Math.atan2(-p, q);
        const zero = turnover < 0 ? turnover + Math.PI : turnover;
        const atEnd = p * Math.cos(length) + q * Math.sin(length);
        if (p < 0 && atEnd < 0) return [];
        if (p < 0) low = Math.max(low, zero);
        else if (atEnd < 0) high = Math.min(high, zero);
      }
      return low <= high ? [{ i, low, high }] : [];
    });
    found.sort((x, y) => x.low - y.low || x.high - y.high);
    return found.map((f) => f.i);
  }

  #link(): void {
    this.#steps.sort((x, y) => x.from - y.from || x.to - y.to || x.id - y.id);
    this.#out = Map.groupBy(this.#steps, (s) => s.from);
    this.#into = Map.groupBy(this.#steps, (s) => s.to);
  }
  #isInterior(v: number): boolean {
    const [out, into] = [this.#out.get(v) ?? [], this.#into.get(v) ?? []];
    if (out.length === 0 || out.length !== into.length) return false;
    const ends = [...new Set([...out.map((s) => s.to), ...into.map((s) => s.from)])];
    if (ends.length !== 2) return false;
    const layers = new Set([...out, ...into].map((s) => s.layer));
    return [...layers].every((layer) => {
      const o = out.filter((s) => s.layer === layer);
      const i = into.filter((s) => s.layer === layer);
      const count = (end: number): number =>
        o.filter((s) => s.to === end).length + i.filter((s) => s.from === end).length;
      return o.length === i.length && count(ends[0]!) === count(ends[1]!);
    });
  }

  run(): Step[] {
    const interior = new Set([...this.#out.keys()].filter((v) => this.#isInterior(v)));
    for (const step of this.#steps) if (!this.#used.has(step) && !interior.has(step.from)) this.#follow(step, interior);
    for (const step of this.#steps) if (!this.#used.has(step)) this.#follow(step, interior);
    return this.#made;
  }
  #follow(first: Step, interior: ReadonlySet<number>): void {
    if (!interior.has(first.to)) {
      this.#merge([first.from, first.to]);
      return;
    }
    const start = first.from;
    let [from, to] = [first.from, first.to];
    for (let done = false; !done;) {
      const chain = [from];
      const window = new Window(this.#sites[from]!);
      const simple = this.#avoid(from, from, to, window);
      for (;;) {
        chain.push(to);
        done = !interior.has(to) || to === start;
        if (done) break;
        const next = this.#after(from, to);
        [from, to] = [to, next];
        const fits =
          simple &&
          this.#corners[from]!.every((c) => window.target(c, this.#radius)) &&
          this.#avoid(chain[0]!, from, to, window) &&
          window.allows(this.#sites[to]!);
        if (!fits) break;
      }
      this.#merge(chain);
    }
  }
  #after(before: number, v: number): number {
    return this.#out.get(v)!.find((s) => s.to !== before)?.to ?? before;
  }
  /** Keeps the window on the right side of the sites near the edge v1-v2. */
  #avoid(v0: number, v1: number, v2: number, window: Window): boolean {
    const [p0, p1, p2] = [this.#sites[v0]!, this.#sites[v1]!, this.#sites[v2]!];
    const [r1, r2] = [distance(p0, p1), distance(p0, p2)];
    if (r2 < r1 || r2 >= longest) return false;
    const lists = [...(this.#out.get(v1) ?? []), ...(this.#out.get(v2) ?? [])]
      .filter((s) => (s.from === v1 && s.to === v2) || (s.from === v2 && s.to === v1))
      .map((s) => this.#near[s.id]!);
    const shortest = lists.reduce((best, l) => (l.length < best.length ? l : best), lists[0] ?? []);
    for (const v of shortest) {
      if (v === v0 || v === v1 || v === v2) continue;
      const p = this.#sites[v]!;
      const r = distance(p0, p);
      if (r <= r1 || r >= r2) continue;
      const left = v1 === v0 ? sign(p1, p2, p) > 0 : ordered(p0, p2, p, p1);
      if (!window.avoid(p, this.#radius / 2, left)) return false;
    }
    return true;
  }
  /** One edge for a chain, in each layer and direction that goes along it. */
  #merge(chain: readonly number[]): void {
    const ends = [chain[0]!, chain.at(-1)!] as const;
    for (const way of [chain, chain.toReversed()]) {
      const first = (this.#out.get(way[0]!) ?? []).filter((s) => s.to === way[1] && !this.#used.has(s));
      for (const { layer } of first) {
        const ids = way.slice(1).flatMap((to, i) => {
          const step = this.#out.get(way[i]!)?.find((s) => s.to === to && s.layer === layer && !this.#used.has(s));
          if (step) this.#used.add(step);
          return step ? [step.id] : [];
        });
        const [from, to] = way === chain ? ends : [ends[1], ends[0]];
        if (ids.length && from !== to) this.#made.push({ from, to, layer, id: Math.min(...ids) });
      }
    }
  }
  get sites(): readonly Point[] {
    return this.#sites;
  }
}

/** The directions that an edge from a place may take: an arc of a circle of angles. */
class Window {
  readonly #source: Point;
  readonly #x: Point;
  readonly #y: Point;
  // The middle and half the width; at first all directions.
  #low = -Math.PI;
  #high = Math.PI;
  #full = true;
  #waiting: { low: number; high: number; left: boolean }[] = [];

  constructor(source: Point) {
    this.#source = source;
    const [x, y, z] = source.map(Math.abs) as [number, number, number];
    const helper: Point = x <= y && x <= z ? [1, 0, 0] : y <= z ? [0, 1, 0] : [0, 0, 1];
    this.#y = normalize(cross(helper, source));
    this.#x = cross(this.#y, source);
  }
  #direction(p: Point): number {
    return Math.atan2(dot(p, this.#y), dot(p, this.#x));
  }
  /** Half the angle that a disc is seen under; π when the place lies in it. */
  #half(p: Point, radius: number): number {
    const away = distance(this.#source, p);
    return away <= radius ? Math.PI : Math.asin(Math.min(1, Math.sin(radius) / Math.sin(away)));
  }
  /** An angle as near to the window's middle as full turns allow. */
  #unwound(angle: number): number {
    const middle = (this.#low + this.#high) / 2;
    return angle - 2 * Math.PI * Math.round((angle - middle) / (2 * Math.PI));
  }
  allows(p: Point): boolean {
    if (distance(this.#source, p) > Math.PI / 2) return false;
    const d = this.#direction(p);
    const inRange = (low: number, high: number, angle: number): boolean => angle >= low && angle <= high;
    if (!this.#full && !inRange(this.#low, this.#high, this.#unwound(d))) return false;
    return !this.#waiting.some(({ low, high }) => [-2, 0, 2].some((k) => inRange(low, high, d + k * Math.PI)));
  }
  target(p: Point, radius: number): boolean {
    const half = this.#half(p, radius);
    if (half >= Math.PI) return true;
    const d = this.#direction(p);
    if (this.#full) {
      [this.#low, this.#high] = [d - half, d + half];
      this.#full = false;
    } else {
      const at = this.#unwound(d);
      [this.#low, this.#high] = [Math.max(this.#low, at - half), Math.min(this.#high, at + half)];
    }
    for (const { low, high, left } of this.#waiting.splice(0)) this.#cut(low, high, left);
    return this.#low <= this.#high;
  }
  avoid(p: Point, radius: number, left: boolean): boolean {
    const half = this.#half(p, radius);
    if (half >= Math.PI) {
      [this.#low, this.#high, this.#full] = [1, 0, false];
      return false;
    }
    const d = this.#direction(p);
    const low = d - (left ? half : Math.PI / 2);
    const high = d + (left ? Math.PI / 2 : half);
    if (this.#full) {
      this.#waiting.push({ low, high, left });
      return true;
    }
    this.#cut(low, high, left);
    return this.#low <= this.#high;
  }
  #cut(low: number, high: number, left: boolean): void {
    const shift = this.#unwound((low + high) / 2) - (low + high) / 2;
    const [a, b] = [low + shift, high + shift];
    if (b < this.#low || a > this.#high) return;
    if (a >= this.#low && b <= this.#high) {
      // What would lie beyond the range passes the site on the wrong side.
      if (left) this.#high = a;
      else this.#low = b;
    } else if (a <= this.#low && b >= this.#high) [this.#low, this.#high] = [1, 0];
    else if (a <= this.#low) this.#low = b;
    else this.#high = a;
  }
}

/**
 * Each region with fewer corners; shared borders stay shared. `radius` is the tolerance as an angle, greater than 0. Throws HostRefusal
 * where a result would cross itself: the real engine adds corners there, which is not done here.
 */
export function simplifyRegions(regions: readonly Region[], radius: number): Region {
  const chains = regions.flatMap(({ loops }, layer) => loops.map((points): Chain => ({ points, closed: true, layer })));
  const work = new Simplifier(chains, radius);
  const steps = work.run();
  const loops = regions.flatMap((_, layer) => {
    const own = steps.filter((s) => s.layer === layer);
    const back = new Set(own.map((s) => `${s.to},${s.from}`));
    const made = loopsFrom(
      own.filter((s) => !back.has(`${s.from},${s.to}`)).map(({ from, to, id }): Directed => ({ from, to, id })),
      work.sites,
    );
    if (firstFault(made))
      throw new HostRefusal('a shape would cross itself with so few corners; take a smaller tolerance');
    return made;
  });
  return { loops };
}
/** Lines with fewer corners; those shorter than the tolerance vanish. */
export function simplifyLines(lines: readonly Line[], radius: number): Line[] {
  const work = new Simplifier(
    lines.map((points): Chain => ({ points, closed: false, layer: 0 })),
    radius,
  );
  return paths(work.run(), work.sites);
}
