import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import {
  componentsOf,
  matchesOf,
  shortestOf,
  type Cycles,
  type Match,
  type ModelGraph,
  type PatternStep,
} from '../test/golden/graph-model.ts';
import { compile, type KqlCatalogue } from './index.ts';

const catalogue: KqlCatalogue = { version: 'graph-model-1', tables: [], functions: [] };
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());
const rows = (kql: string): unknown[][] => engine.rows(compile(kql, catalogue, { now: new Date(0) }).sql);

/** Graphs of few nodes, with loops, edges side by side, and nodes without edges. */
const graphs: fc.Arbitrary<ModelGraph> = fc.integer({ min: 1, max: 6 }).chain((n) => {
  const node = fc.integer({ min: 1, max: n });
  return fc.array(fc.tuple(node, node), { minLength: 1, maxLength: 9 }).map((pairs) => ({
    nodes: Array.from({ length: n }, (_, i) => i + 1),
    edges: pairs.map(([from, to], i) => ({ id: i + 1, from, to })),
  }));
});
const made = ({ nodes, edges }: ModelGraph): string =>
  `let E = datatable(a:long, b:long, id:long)[${edges.map((e) => `${e.from},${e.to},${e.id}`).join(',')}];
  let N = datatable(n:long)[${nodes.join(',')}];
  E | make-graph a --> b with N on n`;

const name = (i: number): string => `n${i}`;
/** Paths and stars of up to three edges; a later edge may lead back to a known node. */
const patterns: fc.Arbitrary<PatternStep[]> = fc
  .array(
    fc.record({
      from: fc.nat(2),
      back: fc.nat(4),
      direction: fc.constantFrom('->' as const, '<-' as const, '--' as const),
      range: fc.option(
        fc.tuple(fc.nat(2), fc.nat(2)).map(([min, more]) => [min, Math.max(min + more, 1)] as const),
        { nil: undefined },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) =>
    list.map(({ from, back, direction, range }, i): PatternStep => ({
      left: name(Math.min(from, i)),
      right: back === 0 && i > 0 ? name(0) : name(i + 1),
      direction,
      ...(range ? { range } : {}),
    })),
  );
function patternText(steps: readonly PatternStep[]): string {
  return steps
    .map((s, i) => {
      const edge = `e${i}${s.range ? `*${s.range[0]}..${s.range[1]}` : ''}`;
      const arrow = { '->': `-[${edge}]->`, '<-': `<-[${edge}]-`, '--': `-[${edge}]-` }[s.direction];
      return `(${s.left})${arrow}(${s.right})`;
    })
    .join(', ');
}
function keepNodes(graph: ModelGraph, shut: number): ModelGraph {
  const nodes = graph.nodes.filter((n) => n !== shut && graph.edges.filter((e) => e.to === n).length < 3);
  return { nodes, edges: graph.edges.filter((e) => nodes.includes(e.from) && nodes.includes(e.to)) };
}
const keepEdges = (graph: ModelGraph, broken: number): ModelGraph => ({
  ...graph,
  edges: graph.edges.filter((e) => e.id !== broken),
});
const sorted = (list: readonly unknown[]): string[] => list.map((r) => JSON.stringify(r)).sort();

// Each run is a query or two of its own, and the engine takes longer to read one than to run it.
describe('graph operators against a plain model', { timeout: 120_000 }, () => {
  it('graph-match finds every match once', () => {
    const cycles = fc.constantFrom<Cycles>('all', 'none', 'unique_edges');
    fc.assert(
      fc.property(graphs, patterns, cycles, fc.option(fc.nat(5)), fc.nat(6), (graph, steps, kind, fixed, shut) => {
        const names = [...new Set(steps.flatMap((s) => [s.left, s.right]))];
        const last = names.at(-1)!;
        const long = steps.findIndex((s) => s.range);
        const conditions = [
          ...(fixed === null ? [] : [`${last}.n == ${fixed + 1}`]),
          ...(long < 0 ? [] : [`all(inner_nodes(e${long}), n != ${shut})`]),
        ];
        const where = conditions.length ? `where ${conditions.join(' and ')}` : '';
        const columns = [
          ...names.map((n) => `${n}.n`),
          ...steps.map((s, i) => (s.range ? `tostring(map(e${i}, id))` : `tostring(pack_array(e${i}.id))`)),
        ].map((expression, i) => `c${i} = ${expression}`);
        const kql = `${made(graph)} | graph-match cycles=${kind} ${patternText(steps)} ${where} project ${columns.join(', ')}`;
        const expected = matchesOf(graph, steps, kind)
          .filter((m) => fixed === null || m.nodes[last] === fixed + 1)
          .filter((m) => long < 0 || !m.inner[long]!.includes(shut))
          .map((m) => [...names.map((n) => m.nodes[n]), ...m.walks.map((w) => JSON.stringify(w))]);
        fc.pre(expected.length < 3000);
        expect({ kql, rows: sorted(rows(kql)) }).toEqual({ kql, rows: sorted(expected) });
      }),
      { numRuns: 14, seed: 20260101 },
    );
  });

  it('graph-shortest-paths finds the shortest of each pair', () => {
    const steps = fc.record({
      direction: fc.constantFrom('->' as const, '<-' as const, '--' as const),
      range: fc.tuple(fc.nat(2), fc.nat(3)).map(([min, more]) => [min, Math.max(min + more, 1)] as const),
    });
    const side = fc.constantFrom('a', 'b', undefined);
    fc.assert(
      fc.property(graphs, steps, side, fc.nat(5), fc.nat(6), fc.nat(9), (graph, given, end, fixed, shut, broken) => {
        const step: PatternStep = { left: 'a', right: 'b', ...given };
        const where = `where ${end === undefined ? 'true' : `${end}.n == ${fixed + 1}`} and all(inner_nodes(e0), n != ${shut}) and all(e0, id != ${broken})`;
        const query = (output: string): string =>
          `${made(graph)} | graph-shortest-paths output=${output} ${patternText([step])} ${where} project a=a.n, b=b.n, p=tostring(map(e0, id))`;
        const mayBe = (m: Match): boolean => !m.inner[0]!.includes(shut) && !m.walks[0]!.includes(broken);
        const expected = [...shortestOf(graph, step, mayBe)].filter(
          ([pair]) => end === undefined || pair.split(' ')[end === 'a' ? 0 : 1] === String(fixed + 1),
        );
        const all = expected.flatMap(([pair, walks]) => walks.map((w) => [...pair.split(' ').map(Number), w]));
        expect({ kql: query('all'), rows: sorted(rows(query('all'))) }).toEqual({
          kql: query('all'),
          rows: sorted(all),
        });
        const any = rows(query('any'));
        expect(sorted(any.map((r) => r.slice(0, 2)))).toEqual(
          sorted(expected.map(([pair]) => pair.split(' ').map(Number))),
        );
        for (const row of any) expect(sorted(all)).toContain(JSON.stringify(row));
      }),
      { numRuns: 6, seed: 20260102 },
    );
  });

  it('graph-where-nodes and graph-where-edges leave what they say', () => {
    fc.assert(
      fc.property(graphs, fc.nat(6), fc.nat(9), fc.boolean(), (graph, shut, broken, nodesFirst) => {
        const parts = [`graph-where-nodes n != ${shut} and node_degree_in() < 3`, `graph-where-edges id != ${broken}`];
        const kept = nodesFirst ? keepEdges(keepNodes(graph, shut), broken) : keepNodes(keepEdges(graph, broken), shut);
        const given = `${made(graph)} | ${(nodesFirst ? parts : parts.toReversed()).join(' | ')}`;
        expect(sorted(rows(`${given} | graph-to-table nodes`))).toEqual(sorted(kept.nodes.map((n) => [n])));
        expect(
          sorted(rows(`${given} | graph-match (x)-[e*1..1]-(y) project e = tostring(map(e, id)), x.n, y.n`)),
        ).toEqual(
          sorted(
            kept.edges.flatMap((e) => [
              [`[${e.id}]`, e.from, e.to],
              ...(e.from === e.to ? [] : [[`[${e.id}]`, e.to, e.from]]),
            ]),
          ),
        );
      }),
      { numRuns: 4, seed: 20260104 },
    );
  });

  it('graph-mark-components numbers components from 0', () => {
    fc.assert(
      fc.property(graphs, fc.boolean(), (graph, strong) => {
        const kql = `${made(graph)} | graph-mark-components kind=${strong ? 'strong' : 'weak'} | graph-to-table nodes | summarize m=make_list(n) by ComponentId | sort by ComponentId asc`;
        const found = rows(kql);
        const groups = found.map((r) => (JSON.parse(String(r[1])) as number[]).sort((a, b) => a - b));
        expect(found.map((r) => r[0])).toEqual(groups.map((_, i) => i));
        expect({ kql, groups: groups.sort((a, b) => a[0]! - b[0]!) }).toEqual({
          kql,
          groups: componentsOf(graph, strong),
        });
      }),
      { numRuns: 6, seed: 20260103 },
    );
  });
});
