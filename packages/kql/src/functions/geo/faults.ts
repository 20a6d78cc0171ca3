import { pairs, type Edge } from './pairs.ts';
import { crosses, same, type Point } from './sphere.ts';

interface LoopEdge extends Edge {
  readonly loop: number;
}
export const edgesOfLoop = (loop: readonly Point[]): Edge[] =>
  loop.map((a, i) => ({ a, b: loop[(i + 1) % loop.length]! }));

/** What keeps loops from being one polygon: a vertex twice in a loop, edges that cross, an edge of two loops. Undefined when nothing. */
export function firstFault(loops: readonly (readonly Point[])[]): string | undefined {
  for (const loop of loops) {
    const seen = new Set(loop.map((p) => p.join()));
    if (seen.size < loop.length) return 'a loop has a vertex twice';
  }
  const edges = loops.flatMap((l, loop) => edgesOfLoop(l).map((e): LoopEdge => ({ ...e, loop })));
  let fault: string | undefined;
  pairs(edges, (i, j) => {
    const [e, f] = [edges[i]!, edges[j]!];
    if (crosses(e.a, e.b, f.a, f.b)) fault = 'edges cross';
    else if ((same(e.a, f.a) && same(e.b, f.b)) || (same(e.a, f.b) && same(e.b, f.a))) fault = 'two edges are one';
    return fault !== undefined;
  });
  return fault;
}
