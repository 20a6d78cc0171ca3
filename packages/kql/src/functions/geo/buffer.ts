import { edgesOfLoop } from './faults.ts';
import type { Line, Loop, Region } from './geojson.ts';
import { overlay } from './overlay.ts';
import { regionContains } from './regions.ts';
import {
  along,
  angleOf,
  cross,
  negated,
  normalOf,
  normalize,
  origin,
  ortho,
  same,
  sign,
  times,
  turn,
  type Point,
} from './sphere.ts';
import { earthRadius } from './sql.ts';

/**
 * All places within a radius of a shape. The offset curve of the shape's border is drawn with as few vertices as the tolerance allows,
 * and the buffer is what it winds around (Chen and McMains, "Polygon Offsetting by Computing Winding Numbers", 2005). Steps and order
 * of the vertices are S2BufferOperation's, so that results agree vertex by vertex.
 */
interface Steps {
  readonly radius: number;
  /** 1 outwards, -1 inwards. */
  readonly way: number;
  readonly vertex: number;
  readonly point: number;
  /** 0 where edges play no part: buffers of 90 degrees and more. */
  readonly edge: number;
}
/** The widest step along a circle whose chords stay within the error. */
function widestStep(radius: number, error: number): number {
  const least = radius - error;
  const third = (2 * Math.PI) / 3 + 1e-15;
  if (radius < Math.PI / 2) return Math.min(third, 2 * Math.acos(Math.tan(least) / Math.tan(radius)));
  return least > Math.PI / 2 ? Math.min(third, 2 * Math.acos(Math.tan(radius) / Math.tan(least))) : third;
}
function stepsOf(metres: number, tolerance: number): Steps {
  const radius = Math.abs(metres) / earthRadius;
  const fraction = Math.min(1, Math.max(1e-6, tolerance / Math.abs(metres)));
  const error = Math.max(2.3e-16, fraction * radius);
  const vertex = widestStep(radius, error);
  const rest = Math.PI / 2 - radius;
  return {
    radius,
    way: Math.sign(metres),
    vertex,
    point: (2 * Math.PI) / Math.ceil((2 * Math.PI) / vertex) + 1e-15,
    edge: rest > error ? widestStep(rest, error) : 0,
  };
}

/** The offset curve of one chain, and how often what it sweeps over counts S2's origin. */
class Curve {
  readonly path: Point[] = [];
  count = 0;
  readonly #steps: Steps;
  // The sweeping edge goes from the shape to the curve.
  #foot: Point;
  readonly #firstFoot: Point;
  #tip: Point | undefined;

  constructor(start: Point, steps: Steps) {
    this.#foot = start;
    this.#firstFoot = start;
    this.#steps = steps;
  }
  #sweep(a: Point, b: Point, c: Point): void {
    const s = same(a, b) || same(b, c) || same(a, c) ? 0 : sign(a, b, c);
    if (s === 0) return;
    if (sign(a, b, origin) === s && sign(b, c, origin) === s && sign(c, a, origin) === s) this.count += s;
  }
  walk(foot: Point): void {
    if (this.#tip) this.#sweep(this.#foot, this.#tip, foot);
    this.#foot = foot;
  }
  draw(tip: Point): void {
    this.path.push(tip);
    if (this.#tip) this.#sweep(this.#foot, this.#tip, tip);
    this.#tip = tip;
  }
  close(): void {
    const first = this.path[0]!;
    this.#sweep(this.#foot, this.#tip!, this.#firstFoot);
    this.#sweep(this.#firstFoot, this.#tip!, first);
  }

  axis(a: Point, b: Point): Point {
    return times(normalize(normalOf(b, a)), this.#steps.way);
  }
  /** Around a vertex, up to but not to the end. */
  vertexArc(v: Point, start: Point, end: Point): void {
    const direction = times(normalize(cross(v, start)), this.#steps.way);
    const span = angleOf(start, end);
    for (let angle = 0; angle === 0 || angle < span; angle += this.#steps.vertex)
      this.draw(along(v, along(start, direction, angle), this.#steps.radius));
  }
  edgeArc(a: Point, b: Point): void {
    const axis = this.axis(a, b);
    if (this.#steps.edge === 0) this.draw(axis);
    else {
      const direction = times(normalize(cross(a, axis)), this.#steps.way);
      const span = angleOf(a, b);
      for (let angle = 0; angle === 0 || angle < span; angle += this.#steps.edge)
        this.draw(along(along(a, direction, angle), axis, this.#steps.radius));
    }
    this.walk(b);
  }
  /** The edge a-b and the corner at b. */
  edgeAndCorner(a: Point, b: Point, c: Point): void {
    const { way, edge, radius } = this.#steps;
    this.edgeArc(a, b);
    if (way * turn(a, b, c) >= 0) {
      const end = this.axis(b, c);
      this.vertexArc(b, this.axis(a, b), end);
      if (edge === 0) this.draw(along(b, end, radius));
    } else {
      // A hollow corner: the curve goes through the corner itself, so that what it winds around twice counts twice.
      if (edge !== 0) this.draw(along(b, this.axis(a, b), radius));
      this.draw(b);
    }
  }
}

function circle(centre: Point, steps: Steps): Curve {
  const curve = new Curve(centre, steps);
  let start = ortho(centre);
  let angle = 0;
  for (let quadrant = 0; quadrant < 4; quadrant++) {
    const direction = normalize(cross(centre, start));
    for (; angle < Math.PI / 2 - 1e-15; angle += steps.point)
      curve.draw(along(centre, along(start, direction, angle), steps.radius));
    angle -= Math.PI / 2;
    start = direction;
  }
  curve.close();
  return curve;
}
function aroundLine(line: Line, steps: Steps): Curve {
  const curve = new Curve(line[0]!, steps);
  const n = line.length;
  const cap = (v: Point, axis: Point): void => curve.vertexArc(v, axis, negated(axis));
  cap(line[0]!, negated(curve.axis(line[0]!, line[1]!)));
  for (let i = 0; i + 2 < n; i++) curve.edgeAndCorner(line[i]!, line[i + 1]!, line[i + 2]!);
  curve.edgeArc(line[n - 2]!, line[n - 1]!);
  cap(line[n - 1]!, curve.axis(line[n - 2]!, line[n - 1]!));
  for (let i = n - 3; i >= 0; i--) curve.edgeAndCorner(line[i + 2]!, line[i + 1]!, line[i]!);
  curve.edgeArc(line[1]!, line[0]!);
  curve.close();
  return curve;
}
function aroundLoop(loop: Loop, steps: Steps): Curve {
  const curve = new Curve(loop[0]!, steps);
  const n = loop.length;
  for (let i = 0; i < n; i++) curve.edgeAndCorner(loop[i]!, loop[(i + 1) % n]!, loop[(i + 2) % n]!);
  curve.close();
  return curve;
}
/** What the curves wind around. */
function enclosed(curves: readonly Curve[], start: number): Region {
  const count = curves.reduce((sum, c) => sum + c.count, start);
  return overlay(
    curves.flatMap((c) => edgesOfLoop(c.path)),
    count,
    (n) => n > 0,
  ).region;
}

/** Half of the Earth's circumference: buffers end before it. */
export const maxRadius = Math.PI * earthRadius;
/** The region within `metres` of a point. `metres` and `tolerance` are greater than 0. */
export const bufferPoint = (p: Point, metres: number, tolerance: number): Region =>
  enclosed([circle(p, stepsOf(metres, tolerance))], 0);
/** The region within `metres` of lines. */
export const bufferLines = (lines: readonly Line[], metres: number, tolerance: number): Region => {
  const steps = stepsOf(metres, tolerance);
  return enclosed(
    lines.map((l) => aroundLine(l, steps)),
    0,
  );
};
/** The region within `metres` of a region; less of it where they are negative. */
export const bufferRegion = (region: Region, metres: number, tolerance: number): Region => {
  const steps = stepsOf(metres, tolerance);
  return enclosed(
    region.loops.map((l) => aroundLoop(l, steps)),
    regionContains(region, origin) ? 1 : 0,
  );
};
