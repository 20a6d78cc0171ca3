import { dot, type Point } from './sphere.ts';

/** Pairs of edges that may meet, found by their boxes. */
export interface Edge {
  readonly a: Point;
  readonly b: Point;
}
interface Box {
  readonly low: readonly [number, number, number];
  readonly high: readonly [number, number, number];
}
/** The box of an edge, the bulge of the arc and a little more included. */
function boxOf({ a, b }: Edge): Box {
  const bulge = 1 - Math.sqrt(Math.max(0, (1 + dot(a, b)) / 2)) + 1e-12;
  return {
    low: [Math.min(a[0], b[0]) - bulge, Math.min(a[1], b[1]) - bulge, Math.min(a[2], b[2]) - bulge],
    high: [Math.max(a[0], b[0]) + bulge, Math.max(a[1], b[1]) + bulge, Math.max(a[2], b[2]) + bulge],
  };
}
const overlap = (a: Box, b: Box): boolean =>
  a.low[1] <= b.high[1] && b.low[1] <= a.high[1] && a.low[2] <= b.high[2] && b.low[2] <= a.high[2];

/** Calls `found` with the indexes of each pair whose boxes meet, the smaller first. Stops when it answers true. */
export function pairs(edges: readonly Edge[], found: (i: number, j: number) => boolean): void {
  const boxes = edges.map(boxOf);
  const order = boxes.map((_, i) => i).sort((i, j) => boxes[i]!.low[0] - boxes[j]!.low[0]);
  let open: number[] = [];
  for (const i of order) {
    const box = boxes[i]!;
    open = open.filter((j) => boxes[j]!.high[0] >= box.low[0]);
    for (const j of open) if (overlap(box, boxes[j]!) && found(Math.min(i, j), Math.max(i, j))) return;
    open.push(i);
  }
}
