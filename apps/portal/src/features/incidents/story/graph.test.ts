import type { Evidence, StoryEdge } from '@sallyport/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphOf, NODES_MAX, stepsOf } from './graph.ts';
import { layoutOf, nextInDirection, NODE_HEIGHT, NODE_WIDTH } from './layout.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const piece = (id: string, kind: Evidence['entity']['kind'], more: Partial<Evidence> = {}): Evidence => ({
  entity: { id, kind, name: id, identifiers: {}, strong: true },
  aliases: [],
  isAsset: false,
  verdict: 'Unknown',
  verdictReason: '',
  verdictBy: null,
  verdictAt: null,
  remediation: 'none',
  state: 'seen',
  roles: [],
  firstSeenAt: at(0),
  lastSeenAt: at(0),
  alertCount: 1,
  highestSeverity: 'Low',
  risk: { level: 'Low', reasons: [] },
  ...more,
});
const edge = (from: string, to: string, relation = 'ran'): StoryEdge => ({
  from,
  to,
  relation,
  alertIds: [],
  alertCount: 1,
  firstAt: at(0),
});

const kinds = ['Account', 'Host', 'IP', 'Process', 'File'] as const;
const stories = fc
  .record({
    evidence: fc.array(fc.record({ kind: fc.constantFrom(...kinds), alerts: fc.nat(9) }), { maxLength: 120 }),
    ties: fc.array(fc.tuple(fc.nat(119), fc.nat(119)), { maxLength: 200 }),
  })
  .map(({ evidence, ties }) => ({
    evidence: evidence.map(({ kind, alerts }, index) => piece(`e${index}`, kind, { alertCount: alerts + 1 })),
    edges: ties.flatMap(([a, b]) =>
      a < evidence.length && b < evidence.length && a !== b ? [edge(`e${a}`, `e${b}`)] : [],
    ),
  }));

describe('the graph of a story', () => {
  it('has each entity in one node, and never too many nodes', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const { nodes, links, nodeOf } = graphOf(story);
        const ids = nodes.flatMap(({ members }) => members.map(({ entity }) => entity.id)).toSorted();
        expect(ids).toEqual(story.evidence.map(({ entity }) => entity.id).toSorted());
        expect(nodes.length).toBeLessThanOrEqual(NODES_MAX);
        for (const { from, to } of links) expect(from).not.toBe(to);
        for (const { entity } of story.evidence) expect(nodeOf.has(entity.id)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same whatever order the story comes in', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const other = { evidence: story.evidence.toReversed(), edges: story.edges.toReversed() };
        const [a, b] = [graphOf(story), graphOf(other)];
        expect(b.nodes.map(({ id }) => id)).toEqual(a.nodes.map(({ id }) => id));
        expect(layoutOf(b.nodes, b.links)).toEqual(layoutOf(a.nodes, a.links));
      }),
      { numRuns: 30 },
    );
  });

  it('gathers what is tied alike, and opens it again', () => {
    const processes = Array.from({ length: 40 }, (_, index) => piece(`p${index}`, 'Process'));
    const story = {
      evidence: [piece('host', 'Host', { alertCount: 40 }), piece('anna', 'Account', { state: 'known' }), ...processes],
      edges: [edge('anna', 'host'), ...processes.map(({ entity }) => edge('host', entity.id))],
    };
    const { nodes, links } = graphOf(story);
    expect(nodes.map(({ kind, members }) => `${kind} ${members.length}`).toSorted()).toEqual([
      'Account 1',
      'Host 1',
      'Process 40',
    ]);
    expect(links).toHaveLength(2);
    const group = nodes.find(({ members }) => members.length > 1)!.id;
    expect(graphOf(story, new Set([group])).nodes).toHaveLength(2 + 24 + 1);
  });
});

describe('the layout', () => {
  it('leaves nodes where they are when others come, and nothing lies on another', () => {
    fc.assert(
      fc.property(stories, fc.nat(20), (story, later) => {
        const before = graphOf({ evidence: story.evidence.slice(later), edges: [] });
        const first = layoutOf(before.nodes, before.links);
        const after = graphOf(story);
        const second = layoutOf(after.nodes, after.links, first);
        const kept = [...first].filter(([id]) => second.has(id));
        expect(kept.map(([id]) => [id, second.get(id)])).toEqual(kept);
        const all = [...second.values()];
        for (const [index, a] of all.entries())
          for (const b of all.slice(index + 1))
            expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('knows what lies in a direction', () => {
    const places = new Map([
      ['a', { x: 0, y: 0 }],
      ['b', { x: 300, y: 10 }],
      ['c', { x: 100, y: 200 }],
    ]);
    expect(nextInDirection(places, 'a', 'ArrowRight')).toBe('b');
    expect(nextInDirection(places, 'a', 'ArrowDown')).toBe('c');
    expect(nextInDirection(places, 'a', 'ArrowLeft')).toBeUndefined();
    expect(nextInDirection(places, 'b', 'ArrowDown')).toBe('c');
  });
});

describe('the steps of a story', () => {
  it('are as many as alerts, or gather them', () => {
    const alerts = Array.from({ length: 500 }, (_, index) => ({
      id: `a${index}`,
      name: '',
      ruleId: '',
      severity: 'Low' as const,
      status: 'New' as const,
      tactics: [],
      techniques: [],
      startTime: at(index),
      endTime: at(index),
      entityIds: [],
    }));
    expect(stepsOf(alerts.slice(0, 3)).map(({ alertIds }) => alertIds)).toEqual([['a0'], ['a1'], ['a2']]);
    const steps = stepsOf(alerts);
    expect(steps.length).toBeLessThanOrEqual(60);
    expect(steps.flatMap(({ alertIds }) => alertIds)).toHaveLength(500);
    expect(steps.at(-1)?.at).toBe(at(499));
  });
});
