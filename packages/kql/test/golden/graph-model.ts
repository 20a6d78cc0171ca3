/** What graph operators mean, said plainly, for small graphs: every way is tried. */

export interface ModelEdge {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}
export interface ModelGraph {
  readonly nodes: readonly number[];
  readonly edges: readonly ModelEdge[];
}
export interface PatternStep {
  /** Names of pattern nodes. */
  readonly left: string;
  readonly right: string;
  readonly direction: '->' | '<-' | '--';
  readonly range?: readonly [number, number];
}
export type Cycles = 'all' | 'none' | 'unique_edges';
/** Nodes by name, the edges of each step, and the nodes between them. */
export interface Match {
  readonly nodes: Readonly<Record<string, number>>;
  readonly walks: readonly (readonly number[])[];
  readonly inner: readonly (readonly number[])[];
}

interface Walk {
  readonly end: number;
  readonly edges: readonly number[];
  readonly nodes: readonly number[];
}

function stepsFrom(
  graph: ModelGraph,
  node: number,
  direction: PatternStep['direction'],
): [edge: number, end: number][] {
  return graph.edges.flatMap((e): [number, number][] => {
    const ways: [number, number][] = [];
    if (direction !== '<-' && e.from === node) ways.push([e.id, e.to]);
    if (direction !== '->' && e.to === node && !(direction === '--' && e.from === e.to)) ways.push([e.id, e.from]);
    return ways;
  });
}

function walksFrom(graph: ModelGraph, start: number, step: PatternStep, unique: boolean): Walk[] {
  const [min, max] = step.range ?? [1, 1];
  let level: Walk[] = [{ end: start, edges: [], nodes: [] }];
  const found: Walk[] = [];
  for (let length = 0; length <= max; length++) {
    if (length >= min) found.push(...level);
    level = level.flatMap((w) =>
      stepsFrom(graph, w.end, step.direction)
        .filter(([edge]) => !unique || !w.edges.includes(edge))
        .map(([edge, end]) => ({ end, edges: [...w.edges, edge], nodes: [...w.nodes, end] })),
    );
  }
  return found;
}

const distinct = (list: readonly number[]): boolean => new Set(list).size === list.length;

/** All matches of a sequence of steps, each of which shares a node with those before. */
export function matchesOf(graph: ModelGraph, steps: readonly PatternStep[], cycles: Cycles): Match[] {
  let partial: { match: Match; visited: readonly number[] }[] = graph.nodes.map((n) => ({
    match: { nodes: { [steps[0]!.left]: n }, walks: [], inner: [] },
    visited: [n],
  }));
  for (const step of steps) {
    partial = partial.flatMap(({ match, visited }) => {
      const known = match.nodes[step.right];
      return walksFrom(graph, match.nodes[step.left]!, step, cycles !== 'all')
        .filter((w) => known === undefined || known === w.end)
        .map((w) => ({
          match: {
            nodes: { ...match.nodes, [step.right]: w.end },
            walks: [...match.walks, w.edges],
            inner: [...match.inner, w.nodes.slice(0, -1)],
          },
          visited: [...visited, ...w.nodes],
        }));
    });
  }
  return partial
    .filter(({ match, visited }) => {
      if (cycles === 'none') return distinct(visited);
      return cycles === 'all' || distinct(match.walks.flat());
    })
    .map((p) => p.match);
}

/** The shortest walks of each pair of nodes, of those that may be, by the pair. */
export function shortestOf(
  graph: ModelGraph,
  step: PatternStep,
  mayBe: (match: Match) => boolean,
): Map<string, string[]> {
  const best = new Map<string, { length: number; walks: string[] }>();
  for (const match of matchesOf(graph, [step], 'none').filter(mayBe)) {
    const pair = `${match.nodes[step.left]} ${match.nodes[step.right]}`;
    const walk = match.walks[0]!;
    const known = best.get(pair);
    if (!known || walk.length < known.length) best.set(pair, { length: walk.length, walks: [JSON.stringify(walk)] });
    else if (walk.length === known.length) known.walks.push(JSON.stringify(walk));
  }
  return new Map([...best].map(([pair, { walks }]) => [pair, walks.sort()]));
}

/** Groups of nodes, each sorted, sorted by their first. */
export function componentsOf(graph: ModelGraph, strong: boolean): number[][] {
  const reached = (from: number): Set<number> => {
    const seen = new Set([from]);
    for (const node of seen) for (const [, end] of stepsFrom(graph, node, strong ? '->' : '--')) seen.add(end);
    return seen;
  };
  const reach = new Map(graph.nodes.map((n) => [n, reached(n)]));
  const groups = new Map<string, number[]>();
  for (const n of graph.nodes) {
    const group = graph.nodes.filter((m) => reach.get(n)!.has(m) && reach.get(m)!.has(n)).sort((a, b) => a - b);
    groups.set(group.join(), group);
  }
  return [...groups.values()].sort((a, b) => a[0]! - b[0]!);
}
