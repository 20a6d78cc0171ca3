import { HostRefusal } from '../host.ts';
import type { Edge } from './pairs.ts';
import { crosses, distanceTo, distance, interpolate, normalize, type Point } from './sphere.ts';

/**
 * The S2 cells of one level that a shape touches. Cells are squares on the six faces of a cube around the sphere (s2cells.ts), where
 * edges are straight lines; the search goes from the faces down, with the edges that still meet the cell.
 */

/** Most cells of a covering; more give none. */
export const maxCells = 65_536;
const maxWork = 40_000_000;
/** How much a cell is made larger, so that what touches it counts. */
const pad = 2e-15;

/** The axes of u, v and the face's own direction. */
const faces: readonly (readonly [Point, Point, Point])[] = [
  [
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 0],
  ],
  [
    [-1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
  ],
  [
    [-1, 0, 0],
    [0, -1, 0],
    [0, 0, 1],
  ],
  [
    [0, 0, -1],
    [0, -1, 0],
    [-1, 0, 0],
  ],
  [
    [0, 0, -1],
    [1, 0, 0],
    [0, -1, 0],
  ],
  [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, -1],
  ],
];
const along = (p: Point, axis: Point): number => p[0] * axis[0] + p[1] * axis[1] + p[2] * axis[2];
const toU = (s: number): number => (s >= 0.5 ? (4 * s * s - 1) / 3 : (1 - 4 * (1 - s) * (1 - s)) / 3);

interface Segment {
  readonly u0: number;
  readonly v0: number;
  readonly u1: number;
  readonly v1: number;
}
/** The part of an edge on a face, as a straight line; undefined when there is none. */
function onFace({ a, b }: Edge, [x, y, z]: readonly [Point, Point, Point]): Segment | undefined {
  const [p, q] = [a, b].map((v) => [along(v, x), along(v, y), along(v, z)] as const) as [Point, Point];
  let [from, to] = [0, 1];
  // |u| and |v| are at most 1: linear conditions on the chord, whose every point looks in the direction of one of the edge.
  const w = (v: Point): readonly number[] => {
    const edge = v[2] * (1 + pad);
    return [edge - v[0], edge + v[0], edge - v[1], edge + v[1]];
  };
  const [start, end] = [w(p), w(q)];
  for (let i = 0; i < 4; i++) {
    const [s, e] = [start[i]!, end[i]!];
    if (s < 0 && e < 0) return undefined;
    if (s < 0) from = Math.max(from, s / (s - e));
    else if (e < 0) to = Math.min(to, s / (s - e));
  }
  if (from > to) return undefined;
  const at = (t: number): readonly [number, number] => {
    const [u, v, d] = [0, 1, 2].map((i) => p[i]! + t * (q[i]! - p[i]!)) as [number, number, number];
    return [u / d, v / d];
  };
  const [u0, v0] = at(from);
  const [u1, v1] = at(to);
  return { u0, v0, u1, v1 };
}

interface Square {
  readonly face: number;
  readonly level: number;
  readonly i: number;
  readonly j: number;
  readonly orientation: number;
  readonly position: bigint;
}
const order = [
  [0, 1, 3, 2],
  [0, 2, 3, 1],
  [3, 2, 0, 1],
  [3, 1, 0, 2],
] as const;
const turns = [1, 0, 0, 3] as const;
const children = (c: Square): Square[] =>
  [0, 1, 2, 3].map((k) => {
    const ij = order[c.orientation]![k]!;
    return {
      face: c.face,
      level: c.level + 1,
      i: 2 * c.i + (ij >> 1),
      j: 2 * c.j + (ij & 1),
      orientation: c.orientation ^ turns[k]!,
      position: c.position * 4n + BigInt(k),
    };
  });
function token({ face, level, position }: Square): string {
  const below = BigInt(60 - 2 * level);
  const id = (BigInt(face) << 61n) | (((position << 1n) | 1n) << below);
  return id.toString(16).padStart(16, '0').replace(/0+$/, '');
}
interface Bounds {
  readonly u: readonly [number, number];
  readonly v: readonly [number, number];
}
const boundsOf = ({ level, i, j }: Square): Bounds => {
  const n = 2 ** level;
  return { u: [toU(i / n), toU((i + 1) / n)], v: [toU(j / n), toU((j + 1) / n)] };
};
function meets(s: Segment, { u, v }: Bounds): boolean {
  if (Math.max(s.u0, s.u1) < u[0] - pad || Math.min(s.u0, s.u1) > u[1] + pad) return false;
  if (Math.max(s.v0, s.v1) < v[0] - pad || Math.min(s.v0, s.v1) > v[1] + pad) return false;
  // The corners on both sides of the line.
  const [du, dv] = [s.u1 - s.u0, s.v1 - s.v0];
  const sides = [u[0], u[1]].flatMap((x) => [v[0], v[1]].map((y) => du * (y - s.v0) - dv * (x - s.u0)));
  const slack = pad * (Math.abs(du) + Math.abs(dv));
  return Math.min(...sides) <= slack && Math.max(...sides) >= -slack;
}
/** A place inside a cell that lies on no line that people draw. */
const inner = ({ u, v }: Bounds): readonly [number, number] => [
  u[0] + 0.513_771 * (u[1] - u[0]),
  v[0] + 0.487_139 * (v[1] - v[0]),
];
const flatTurn = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number): boolean =>
  (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0;
function separates(s: Segment, [px, py]: readonly [number, number], [qx, qy]: readonly [number, number]): boolean {
  return (
    flatTurn(s.u0, s.v0, s.u1, s.v1, px, py) !== flatTurn(s.u0, s.v0, s.u1, s.v1, qx, qy) &&
    flatTurn(px, py, qx, qy, s.u0, s.v0) !== flatTurn(px, py, qx, qy, s.u1, s.v1)
  );
}
const pointOn = (face: number, u: number, v: number): Point => {
  const [x, y, z] = faces[face]!;
  return normalize([0, 1, 2].map((k) => x[k]! * u + y[k]! * v + z[k]!) as unknown as Point);
};

class Search {
  readonly cells: string[] = [];
  readonly #level: number;
  #work = 0;
  constructor(level: number) {
    this.#level = level;
  }
  get full(): boolean {
    return this.cells.length > maxCells;
  }
  work(amount: number): void {
    if ((this.#work += amount) > maxWork)
      throw new HostRefusal('the shape has too many corners for cells of this level; simplify it first');
  }
  /** All cells of the level in a cell that lies inside as a whole. */
  fill(cell: Square): void {
    if (this.full) return;
    if (cell.level === this.#level) this.cells.push(token(cell));
    // More than fit are as good as all.
    else if (4 ** (this.#level - cell.level) > maxCells) this.cells.length = maxCells + 1;
    else for (const c of children(cell)) this.fill(c);
  }
  /** `inside`: whether the region has the cell's inner place; undefined where edges bound none. */
  descend(cell: Square, segments: readonly Segment[], inside: boolean | undefined): void {
    if (this.full) return;
    if (segments.length === 0) {
      if (inside) this.fill(cell);
      return;
    }
    if (cell.level === this.#level) {
      this.cells.push(token(cell));
      return;
    }
    this.work(4 * segments.length);
    const here = inner(boundsOf(cell));
    for (const c of children(cell)) {
      const bounds = boundsOf(c);
      const there = inner(bounds);
      const passed = segments.filter((s) => separates(s, here, there)).length;
      this.descend(
        c,
        segments.filter((s) => meets(s, bounds)),
        inside === undefined ? undefined : inside !== (passed % 2 === 1),
      );
    }
  }
}

/** The number of the smallest cell that has a point: points near each other have numbers near each other. */
export function leafCell(p: Point): bigint {
  const sizes = p.map(Math.abs) as [number, number, number];
  const axis = sizes[0] > sizes[1] ? (sizes[0] > sizes[2] ? 0 : 2) : sizes[1] > sizes[2] ? 1 : 2;
  const face = p[axis] < 0 ? axis + 3 : axis;
  const [x, y, z] = faces[face]!;
  const toStep = (u: number): number => {
    const s = u >= 0 ? 0.5 * Math.sqrt(1 + 3 * u) : 1 - 0.5 * Math.sqrt(1 - 3 * u);
    return Math.max(0, Math.min(2 ** 30 - 1, Math.floor(s * 2 ** 30)));
  };
  const [i, j] = [toStep(along(p, x) / along(p, z)), toStep(along(p, y) / along(p, z))];
  let position = BigInt(face);
  let orientation = face & 1;
  for (let bit = 29; bit >= 0; bit--) {
    const k = order[orientation]!.findIndex((ij) => ij === ((((i >> bit) & 1) << 1) | ((j >> bit) & 1)));
    position = position * 4n + BigInt(k);
    orientation ^= turns[k]!;
  }
  return position;
}

const root = (face: number): Square => ({ face, level: 0, i: 0, j: 0, orientation: face & 1, position: 0n });
/**
 * The tokens of the cells of a level that edges meet or, when `has` is given, that the region they bound has; undefined when there are
 * more than 65,536. Throws HostRefusal where there is too much to do.
 */
export function covering(
  edges: readonly Edge[],
  level: number,
  has: ((p: Point) => boolean) | undefined,
): string[] | undefined {
  const search = new Search(level);
  for (let face = 0; face < 6; face++) {
    const segments = edges.map((e) => onFace(e, faces[face]!)).filter((s) => s !== undefined);
    const cell = root(face);
    const inside = has?.(pointOn(face, ...inner(boundsOf(cell))));
    search.descend(cell, segments, inside);
  }
  return search.full ? undefined : search.cells;
}

// ——— with a radius around ———

const gap = (e: Edge, f: Edge): number =>
  crosses(e.a, e.b, f.a, f.b)
    ? 0
    : Math.min(
        distanceTo(e.a, f.a, f.b),
        distanceTo(e.b, f.a, f.b),
        distanceTo(f.a, e.a, e.b),
        distanceTo(f.b, e.a, e.b),
      );
class WideSearch extends Search {
  readonly #level: number;
  readonly #radius: number;
  readonly #has: (p: Point) => boolean;
  constructor(level: number, radius: number, has: (p: Point) => boolean) {
    super(level);
    this.#level = level;
    this.#radius = radius;
    this.#has = has;
  }
  near(cell: Square, edges: readonly Edge[]): void {
    if (this.full) return;
    const { u, v } = boundsOf(cell);
    const corners = [
      [u[0], v[0]],
      [u[1], v[0]],
      [u[1], v[1]],
      [u[0], v[1]],
    ].map(([x, y]) => pointOn(cell.face, x!, y!));
    const centre = normalize(interpolate(corners[0]!, corners[2]!, 0.5));
    const reach = Math.max(...corners.map((c) => distance(c, centre))) + 1e-9;
    this.work(2 * edges.length);
    const close = edges.filter((e) => distanceTo(centre, e.a, e.b) <= this.#radius + reach);
    if (close.length === 0 && !this.#has(centre)) return;
    if (close.length === 0) this.fill(cell);
    else if (cell.level < this.#level) for (const c of children(cell)) this.near(c, close);
    else if (this.#has(centre) || this.#touches(corners, close)) this.cells.push(token(cell));
  }
  #touches(corners: readonly Point[], edges: readonly Edge[]): boolean {
    const sides = corners.map((a, i) => ({ a, b: corners[(i + 1) % 4]! }));
    const within = (p: Point): boolean => sides.every((s) => along(p, crossOf(s)) >= 0);
    return edges.some((e) => within(e.a) || sides.some((s) => gap(e, s) <= this.#radius));
  }
}
const crossOf = ({ a, b }: Edge): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
/** The same of all places within `radius` (an angle) of the shape. */
export function wideCovering(
  edges: readonly Edge[],
  level: number,
  radius: number,
  has: (p: Point) => boolean,
): string[] | undefined {
  const search = new WideSearch(level, radius, has);
  for (let face = 0; face < 6; face++) search.near(root(face), edges);
  return search.full ? undefined : search.cells;
}
