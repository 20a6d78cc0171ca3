import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveEntities } from '../entities/index.ts';
import { Board, decide, type AlertFacts, type Candidate, type GroupingRule } from './index.ts';

const hour = 3_600_000;
let count = 0;
const alert = (hosts: readonly string[], atHours: number, more: Partial<AlertFacts> = {}): AlertFacts => ({
  id: `alert-${count++}`,
  ruleId: 'rule',
  name: 'name',
  severity: 'High',
  startAt: atHours * hour,
  endAt: atHours * hour,
  entities: resolveEntities(
    hosts.map((h) => ({ kind: 'Host', identifiers: { HostName: h, DnsDomain: 'contoso.com' } })),
  ),
  customDetails: {},
  grouping: undefined,
  ...more,
});
const board = () => new Board({ incidents: [], spans: [], nextNumber: 1 });
/** The incident of each alert, after all of them. */
const place = (alerts: readonly AlertFacts[]) => {
  const b = board();
  const placed = alerts.map((a) => b.place(a));
  return placed.map((p) => b.resolve(p.incident));
};

describe('alerts', () => {
  it('join by a strong entity within a day', () => {
    expect(place([alert(['a'], 0), alert(['a'], 23), alert(['a'], 48), alert(['b'], 1)])).toEqual([1, 1, 2, 3]);
  });

  it('bridge two incidents into the older', () => {
    expect(place([alert(['a'], 0), alert(['b'], 1), alert(['a', 'b'], 2), alert(['b'], 3)])).toEqual([1, 1, 1, 1]);
  });

  it('without entities stay alone', () => {
    expect(place([alert([], 0), alert([], 0)])).toEqual([1, 2]);
  });

  it('beyond 150 begin a new incident', () => {
    const placed = place(Array.from({ length: 310 }, (_, i) => alert(['a'], i / 100)));
    expect([...Map.groupBy(placed, (n) => n).values()].map((group) => group.length)).toEqual([150, 150, 10]);
  });

  it('give the same incidents in any order of arrival', () => {
    const some = fc.array(
      fc.record({
        hosts: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 2 }),
        at: fc.integer({ min: 0, max: 200 }),
      }),
      { minLength: 1, maxLength: 25 },
    );
    const stories = (alerts: readonly AlertFacts[]) => {
      const numbers = place(alerts);
      const groups = Map.groupBy(alerts, (_, i) => numbers[i]);
      return [...groups.values()]
        .map((group) =>
          group
            .map((a) => a.id)
            .toSorted()
            .join(),
        )
        .toSorted();
    };
    fc.assert(
      fc.property(some, fc.infiniteStream(fc.nat()), (specs, random) => {
        const alerts = specs.map(({ hosts, at }) => alert(hosts, at));
        const order = alerts.map((a) => ({ a, r: random.next().value as number })).toSorted((x, y) => x.r - y.r);
        expect(stories(order.map(({ a }) => a))).toEqual(stories(alerts));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a rule’s grouping', () => {
  const grouping = (more: Partial<GroupingRule>): GroupingRule => ({
    lookbackSeconds: 5 * 3_600,
    matchingMethod: 'AllEntities',
    entities: [],
    alertDetails: [],
    customDetails: [],
    reopenClosedIncident: false,
    ...more,
  });
  const weak = (name: string, at: number, g: GroupingRule, ruleId = 'rule') =>
    alert([], at, {
      entities: resolveEntities([{ kind: 'Host', identifiers: { HostName: name } }]),
      grouping: g,
      ruleId,
    });

  it('by all entities, weak ones too, within its lookback', () => {
    const g = grouping({});
    expect(
      place([weak('a', 0, g), weak('a', 4, g), weak('b', 4, g), weak('a', 10, g), weak('a', 0, g, 'other')]),
    ).toEqual([1, 1, 2, 3, 4]);
  });
  it('of any of its alerts', () => {
    const g = grouping({ matchingMethod: 'AnyAlert' });
    expect(place([weak('a', 0, g), weak('b', 4, g), weak('b', 0, g, 'other')])).toEqual([1, 1, 2]);
  });
  it('by selected details', () => {
    const g = grouping({ matchingMethod: 'Selected', customDetails: ['Port'] });
    const on = (port: string) => alert([], 0, { customDetails: { Port: [port] }, grouping: g });
    expect(place([on('1'), on('2'), on('1')])).toEqual([1, 2, 1]);
  });
});

describe('the decision', () => {
  const candidate = (number: number, more: Partial<Candidate['incident']> = {}, reopens = false): Candidate => ({
    incident: { number, status: 'New', owner: null, classification: null, alertCount: 1, ...more },
    shared: ['host a'],
    reopens,
  });

  it.each([
    ['nothing shared', [], undefined, [], []],
    ['the oldest', [candidate(5), candidate(3)], 3, [5], []],
    ['not a closed one', [candidate(1, { status: 'Closed' })], undefined, [], ['closed']],
    [
      'not merged: owners',
      [candidate(1, { owner: 'a' }), candidate(2, { owner: 'b' })],
      1,
      [],
      ['assigned to different people'],
    ],
    ['nobody’s is merged', [candidate(1, { owner: 'a' }), candidate(2)], 1, [2], []],
    [
      'a third owner, through the second',
      [candidate(1), candidate(2, { owner: 'a' }), candidate(3, { owner: 'b' })],
      1,
      [2],
      ['assigned to different people'],
    ],
    [
      'not merged: classifications',
      [candidate(1, { classification: 'TruePositive' }), candidate(2, { classification: 'FalsePositive' })],
      1,
      [],
      ['classified differently'],
    ],
    [
      'not merged: too many',
      [candidate(1, { alertCount: 80 }), candidate(2, { alertCount: 80 })],
      1,
      [],
      ['together more than 150 alerts'],
    ],
    ['not a full one', [candidate(1, { alertCount: 150 }), candidate(2)], 2, [], ['full with 150 alerts']],
  ] as const)('%s', (_, candidates, target, merge, reasons) => {
    const decision = decide(candidates);
    expect(decision.target).toBe(target);
    expect(decision.merge.map((m) => m.number)).toEqual(merge);
    expect(decision.apart.map((a) => a.reason)).toEqual(reasons);
  });

  it('opens a closed one again only where the rule says so, and nothing open is there', () => {
    const closed = candidate(1, { status: 'Closed' }, true);
    expect(decide([closed])).toMatchObject({ target: 1, reopen: true });
    expect(decide([closed, candidate(2)])).toMatchObject({ target: 2, reopen: false });
  });
});
