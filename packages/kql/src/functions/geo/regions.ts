import { edgesOfLoop } from './faults.ts';
import type { Line, Loop, Region } from './geojson.ts';
import { cut, overlay, type Cut, type Overlay } from './overlay.ts';
import type { Edge } from './pairs.ts';
import { contains, containsCorner, interpolate, origin, same, turnsLeft, type Point } from './sphere.ts';

/** Regions and lines laid over each other. */

const edgesOf = (region: Region): Edge[] => region.loops.flatMap(edgesOfLoop);
export const edgesOfLine = (line: Line): Edge[] => line.slice(1).map((b, i) => ({ a: line[i]!, b }));

/** Whether a region has a point; on borders of two regions exactly one has it. */
export const regionContains = ({ loops }: Region, p: Point): boolean =>
  loops.filter((l) => contains(l, p) === isShell(l)).length % 2 === 1;
const shells = new WeakMap<Loop, boolean>();
const isShell = (loop: Loop): boolean => {
  const known = shells.get(loop) ?? turnsLeft(loop);
  shells.set(loop, known);
  return known;
};
/** Whether a region has a corner of one of its loops. */
export function regionContainsCorner(region: Region, loop: Loop, i: number): boolean {
  const p = loop[i]!;
  const alone = region.loops.every((l) => l === loop || !l.some((q) => same(p, q)));
  if (region.loops.length > 1 || !alone) return regionContains(region, p);
  return containsCorner(loop, i) === isShell(loop);
}
const countOf = (region: Region): number => (regionContains(region, origin) ? 1 : 0);
const sizeOf = (region: Region): number => region.loops.reduce((sum, l) => sum + l.length, 0);

const laid = (a: Region, b: Region, times: number): Overlay =>
  overlay([...edgesOf(a), ...edgesOf(b)], countOf(a) + countOf(b), (count) => count >= times);

/** The union of regions: again and again of the two with fewest vertices, as S2 does it. */
export function union(regions: readonly Region[]): Region {
  const queue = regions.map((region) => ({ region, size: sizeOf(region) })).sort((a, b) => a.size - b.size);
  while (queue.length > 1) {
    const [a, b] = queue.splice(0, 2) as [(typeof queue)[0], (typeof queue)[0]];
    const size = a.size + b.size;
    const region = laid(a.region, b.region, 1).region;
    const at = queue.findIndex((q) => q.size > size);
    queue.splice(at < 0 ? queue.length : at, 0, { region, size });
  }
  return queue[0]?.region ?? { loops: [] };
}

export interface Meeting {
  readonly points: readonly Point[];
  readonly lines: readonly Line[];
  readonly region: Region;
}
/** What two regions with their borders share: also points and lines where they only touch. */
export function intersectRegions(a: Region, b: Region): Meeting {
  const first = sizeOf(a);
  const { region, cut: made, border, rest } = laid(a, b, 2);
  const isA = (id: number): boolean => id < first;
  const shared = rest.filter(({ ids, u, v }) => {
    if (!ids.some(isA) || ids.every(isA)) return false;
    const middle = interpolate(made.points[u]!, made.points[v]!, 0.5);
    return !regionContains(region, middle);
  });
  const lines = paths(
    shared.map(({ u, v, ids }) => {
      const id = Math.min(...ids);
      const chain = made.chains[id]!;
      return chain.indexOf(u) < chain.indexOf(v) ? { from: u, to: v, id } : { from: v, to: u, id };
    }),
    made.points,
  );
  const taken = new Set([...border, ...shared.flatMap((s) => [s.u, s.v])]);
  const points = touching(made, first).filter((v) => !taken.has(v) && !inside(region, made.points[v]!));
  return { points: points.map((v) => made.points[v]!), lines, region };
}
const inside = (region: Region, p: Point): boolean => region.loops.length > 0 && regionContains(region, p);
/** The points, by index, that edges before and after the first `count` have both, in the order of the first. */
function touching({ chains }: Cut, count: number): number[] {
  const later = new Set(chains.slice(count).flat());
  return [...new Set(chains.slice(0, count).flat())].filter((v) => later.has(v));
}

interface Step {
  readonly from: number;
  readonly to: number;
  readonly id: number;
}
/** Directed steps as lines that end where they fork or meet others. */
export function paths(steps: readonly Step[], points: readonly Point[]): Line[] {
  const order = steps.toSorted((a, b) => a.id - b.id);
  const out = new Map<number, Step[]>();
  const into = new Map<number, number>();
  for (const step of order) {
    out.set(step.from, [...(out.get(step.from) ?? []), step]);
    into.set(step.to, (into.get(step.to) ?? 0) + 1);
  }
  const passesOn = (v: number): boolean => out.get(v)?.length === 1 && into.get(v) === 1;
  const used = new Set<Step>();
  const walk = (start: Step): Line => {
    const line = [points[start.from]!];
    for (let step: Step | undefined = start; step && !used.has(step);) {
      used.add(step);
      line.push(points[step.to]!);
      step = passesOn(step.to) ? out.get(step.to)![0] : undefined;
    }
    return line;
  };
  const lines: Line[] = [];
  // What begins at an end or fork first, then what goes round.
  for (const step of order) if (!used.has(step) && !passesOn(step.from)) lines.push(walk(step));
  for (const step of order) if (!used.has(step)) lines.push(walk(step));
  return lines;
}

const stepsOf = (chain: readonly number[], id: number): Step[] =>
  chain.slice(1).map((to, i) => ({ from: chain[i]!, to, id }));
const keyOf = ({ from, to }: Step): string => (from < to ? `${from},${to}` : `${to},${from}`);

/** Lines as one set of lines: what several share is there once. */
export function unionLines(lines: readonly Line[]): Line[] {
  const { points, chains } = cut(lines.flatMap(edgesOfLine));
  const seen = new Set<string>();
  const steps = chains.flatMap(stepsOf).filter((s) => !seen.has(keyOf(s)) && seen.add(keyOf(s)));
  return paths(steps, points);
}
/** What two sets of lines share: lines, and points where they cross or touch. */
export function intersectLines(a: readonly Line[], b: readonly Line[]): Meeting {
  const own = a.flatMap(edgesOfLine);
  const made = cut([...own, ...b.flatMap(edgesOfLine)]);
  const theirs = new Set(made.chains.slice(own.length).flatMap(stepsOf).map(keyOf));
  const shared = unique(made.chains.slice(0, own.length).flatMap(stepsOf)).filter((s) => theirs.has(keyOf(s)));
  const taken = new Set(shared.flatMap((s) => [s.from, s.to]));
  const points = touching(made, own.length).filter((v) => !taken.has(v));
  return { points: points.map((v) => made.points[v]!), lines: paths(shared, made.points), region: { loops: [] } };
}
const unique = (steps: readonly Step[]): Step[] => [...new Map(steps.map((s) => [keyOf(s), s])).values()];
/** What lines and a region with its border share. */
export function intersectLineRegion(lines: readonly Line[], region: Region): Meeting {
  const own = lines.flatMap(edgesOfLine);
  const made = cut([...own, ...edgesOf(region)]);
  const borders = new Set(made.chains.slice(own.length).flatMap(stepsOf).map(keyOf));
  const within = unique(made.chains.slice(0, own.length).flatMap(stepsOf)).filter(
    (s) => borders.has(keyOf(s)) || regionContains(region, interpolate(made.points[s.from]!, made.points[s.to]!, 0.5)),
  );
  const taken = new Set(within.flatMap((s) => [s.from, s.to]));
  const points = touching(made, own.length).filter((v) => !taken.has(v));
  return { points: points.map((v) => made.points[v]!), lines: paths(within, made.points), region: { loops: [] } };
}

/** Whether edges of both lists cross or touch. */
export function edgesMeet(a: readonly Edge[], b: readonly Edge[]): boolean {
  const { chains } = cut([...a, ...b]);
  const later = new Set(chains.slice(a.length).flat());
  return chains.slice(0, a.length).some((c) => c.some((v) => later.has(v)));
}
export const regionsMeet = (a: Region, b: Region): boolean =>
  edgesMeet(edgesOf(a), edgesOf(b)) ||
  a.loops.some((l: Loop) => regionContains(b, l[0]!)) ||
  b.loops.some((l: Loop) => regionContains(a, l[0]!));
export const lineMeetsRegion = (lines: readonly Line[], region: Region): boolean =>
  edgesMeet(lines.flatMap(edgesOfLine), edgesOf(region)) || lines.some((l) => regionContains(region, l[0]!));
export { edgesOf };
