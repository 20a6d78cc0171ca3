import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../../hunting/index.ts';
import { createIncidents, type Incidents } from '../../incidents/index.ts';
import { manualClock } from '../../platform/clock.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { dayCosts, overLimit, RuleCosts } from '../costs.ts';
import { LiveRows } from '../rows/live.ts';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import { newestRuns, runsToRetry } from '../store.ts';
import { sweep } from '../sweep/sweep.ts';
import { wakeRules } from '../wake.ts';
import { windowOf } from './alerts.ts';
import { runRule, type Parts } from './run.ts';
import { systemPrincipal } from '../../platform/principal.ts';

const clock = manualClock(new Date('2026-03-01T12:00:00Z'));
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let incidents: Incidents;
let parts: Parts;

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock, settings: { ruleCpuSecondsPerDay: '5' } }));
  hunting = createHunting(platform);
  incidents = createIncidents(platform, { queries: hunting.queries });
  parts = { platform, queries: hunting.queries, incidents };
}, 120_000);
afterAll(() => stop());

const rule = (id: string, query: string, more = '', kind = 'Scheduled'): AnalyticsRule => {
  const { rule: parsed, problems } = parseRule(
    `id: ${id}\nname: ${id}\nkind: ${kind}\nseverity: Low\n${kind === 'NRT' ? '' : 'queryFrequency: 5m\nqueryPeriod: 5m\n'}query: ${query}\n${more}`,
    id,
  );
  if (!parsed) throw new Error(JSON.stringify(problems));
  return parsed;
};
const perHost = 'suppressionEnabled: true\nsuppressionDuration: 1h\nsuppressionFields: [Computer]\n';
const perRow = 'eventGroupingSettings: { aggregationKind: AlertPerResult }\n';
const hosts =
  'entityMappings: [{ entityType: Host, fieldMappings: [{ identifier: FullName, columnName: Computer }] }]\n';
const at = (minute: number): Date => new Date(Date.UTC(2026, 2, 1, 10, minute));
const store = (id: string, ...rows: readonly [minute: number, host: string, event: number][]): Promise<void> =>
  platform.lake.insertRows(
    'SecurityEvent',
    rows.map(([minute, Computer, EventID]) => ({ TimeGenerated: at(minute).toISOString(), Computer, EventID })),
    { segmentId: id },
  );
const named = async (id: string): Promise<string[]> =>
  (
    await platform.database.query<{ name: string }>(
      `SELECT coalesce(string_agg(e.name, ' ' ORDER BY e.name), '') AS name FROM alerts a LEFT JOIN alert_entities l ON l.alert_id = a.id
       LEFT JOIN entities e ON e.id = l.entity_id WHERE a.rule_id = $1 GROUP BY a.id ORDER BY a.start_time, name`,
      [id],
    )
  ).map(({ name }) => name);
const run = (one: AnalyticsRule, minute: number) => runRule(parts, one, windowOf(one, at(minute)));

it('a rule is quiet about what it alerted of, by its fields, whoever runs it and in whatever order', async () => {
  await store('s1', [1, 'a.x', 7001], [2, 'b.x', 7001], [6, 'a.x', 7001], [7, 'c.x', 7001], [11, 'b.x', 7001]);
  const one = rule('per-host', 'SecurityEvent | where EventID == 7001', perHost + hosts);
  expect(await run(one, 5)).toMatchObject({ rows: 2, alerts: 1 });
  // Of two rows the one of a new host.
  expect(await run(one, 10)).toMatchObject({ rows: 2, alerts: 1 });
  expect(await run(one, 15)).toMatchObject({ rows: 1, alerts: 0 });
  expect(await named('per-host')).toEqual(['a.x b.x', 'c.x']);
  expect((await newestRuns(platform.database, 'per-host', 1))[0]).toMatchObject({ suppressed: 1, rows_found: 1 });
  // Again, as after a crash, by two at once: the same alerts.
  await Promise.all([5, 10, 15, 5, 10].map((minute) => run(one, minute)));
  await sweep(parts, [one], { from: at(0), to: at(20) });
  expect(await named('per-host')).toEqual(['a.x b.x', 'c.x']);
  await store('s2', [70, 'a.x', 7001], [66, 'd.x', 7001]);
  // More than an hour after: loud again.
  expect(await run(one, 75)).toMatchObject({ alerts: 1 });
});

it('one alert of each value where each row is one, by whichever of several workers', async () => {
  await store('s3', [1, 'a.x', 7002], [2, 'a.x', 7002], [3, 'b.x', 7002], [6, 'a.x', 7002], [8, 'b.x', 7002]);
  const one = rule('per-row', 'SecurityEvent | where EventID == 7002', perHost + perRow + hosts);
  // Windows out of order and at once: whichever comes first is the only one.
  await Promise.all([10, 5, 10, 5].map((minute) => run(one, minute)));
  expect((await named('per-row')).toSorted()).toEqual(['a.x', 'b.x']);
});

it('a sweep and a run keep each other quiet, and the rule that is quiet as a whole is not asked', async () => {
  await store('s4', [1, 'a.x', 7003], [11, 'b.x', 7003]);
  const one = rule(
    'whole',
    'SecurityEvent | where EventID == 7003',
    'suppressionEnabled: true\nsuppressionDuration: 30m\n',
  );
  expect(await sweep(parts, [one], { from: at(0), to: at(20) })).toMatchObject({ alerts: 1 });
  expect(await run(one, 15)).toEqual({ state: 'suppressed' });
});

it('rows as they arrive: quiet by fields over passes and servers', async () => {
  const one = rule('live', 'SecurityEvent | where EventID == 7004', perHost + hosts, 'NRT');
  const live = () => new LiveRows(parts, () => new Map([[one.id, one]]));
  const arrive = async (id: string, ...rows: Parameters<typeof store>[1][]) => {
    const server = live();
    await store(id, ...rows);
    await server.arrived({ id, rows: { SecurityEvent: rows.length } });
    await server.look();
  };
  await arrive('l1', [1, 'a.x', 7004]);
  clock.advance(60_000);
  await arrive('l2', [2, 'a.x', 7004], [2, 'b.x', 7004]);
  clock.advance(60_000);
  await arrive('l3', [2, 'b.x', 7004]);
  expect(await named('live')).toEqual(['a.x', 'b.x']);
  clock.advance(3_600_000);
  await arrive('l4', [3, 'b.x', 7004]);
  expect(await named('live')).toEqual(['a.x', 'b.x', 'b.x']);
});

it('a failure that may pass is tried again later, and disables nothing', async () => {
  const queries: Parts['queries'] = {
    ...hunting.queries,
    run: (request) => hunting.queries.run({ ...request, limits: { seconds: 120, memoryBytes: 1_000_000 } }),
  };
  const one = rule('heavy', 'range N from 1 to 5000000 step 1 | summarize by N | count');
  const window = windowOf(one, at(5));
  expect(await runRule({ ...parts, queries }, one, window)).toMatchObject({ state: 'failed', failure: 'transient' });
  const now = clock.now();
  const retried = (later: number) =>
    runsToRetry(platform.database, at(0), new Date(now.getTime() + later * 60_000)).then((runs) =>
      runs.map((r) => r.rule_id),
    );
  expect(await retried(0)).toEqual([]);
  expect(await retried(2)).toEqual(['heavy']);
  await runRule({ ...parts, queries }, one, window);
  // Each time it waits longer.
  expect(await retried(1)).toEqual([]);
  const state = await platform.database.first('SELECT * FROM rule_states WHERE rule_id = $1', ['heavy']);
  expect(state).toMatchObject({ consecutive_failures: 0, failure: 'transient', enabled: null });
}, 60_000);

it('what a rule costs is counted, and one over its limit rests until the day ends', async () => {
  const one = rule('costly', 'range N from 1 to 5000000 step 1 | summarize sum(hash(N))');
  const rules = new Map([[one.id, one]]);
  const costs = new RuleCosts(platform, () => rules);
  await run(one, 5);
  await costs.flush();
  const day = (await dayCosts(platform.database, clock.now())).get('costly');
  expect(day?.cpuSeconds).toBeGreaterThan(0.01);
  expect(day?.rowsRead).toBeGreaterThan(0);
  expect((await newestRuns(platform.database, 'costly', 1))[0]?.cpu_seconds).toBeCloseTo(day!.cpuSeconds, 1);
  // As if it had taken more.
  await platform.database.execute(`UPDATE rule_costs SET cpu_seconds = 6 WHERE rule_id = 'costly'`);
  await run(one, 10);
  await costs.flush();
  expect(await run(one, 15)).toEqual({ state: 'resting' });
  await platform.outbox.flush();
  const { rows } = await hunting.queries.run({
    query: 'SentinelHealth | where OperationName == "Rule rests" | project SentinelResourceName, Reason',
    now: clock.now(),
    as: systemPrincipal('test'),
    operation: 'hunting',
  });
  expect(rows).toEqual([['costly', expect.stringContaining('the limit of a rule is 5 s')]]);
  clock.advance(24 * 3_600_000);
  await wakeRules(platform, rules, () => Promise.reject(new Error('it has windows')));
  expect(await run(one, 15)).toMatchObject({ state: 'succeeded' });
}, 60_000);

it('a rule over rows as they arrive that rests is asked what it missed when it wakes', async () => {
  // Rows arrive by the engine's clock.
  clock.set(new Date());
  const one = rule('sleeper', 'SecurityEvent | where EventID == 7005', hosts, 'NRT');
  const rules = new Map([[one.id, one]]);
  const live = new LiveRows(parts, () => rules);
  const arrive = async (id: string, host: string) => {
    await store(id, [1, host, 7005]);
    await live.arrived({ id, rows: { SecurityEvent: 1 } });
    await live.look();
  };
  await arrive('r1', 'a.x');
  clock.set(new Date());
  await platform.database.execute(
    `INSERT INTO rule_states (rule_id, resting_from, resting_to, resting_reason, updated_at) VALUES ('sleeper', $1, $2, 'why', $1)
     ON CONFLICT (rule_id) DO UPDATE SET resting_from = $1, resting_to = $2, resting_reason = 'why'`,
    [clock.now(), new Date(clock.now().getTime() + 60_000)],
  );
  await arrive('r2', 'b.x');
  expect(await named('sleeper')).toEqual(['a.x']);
  clock.advance(61_000);
  const windows: { from: Date; to: Date }[] = [];
  await wakeRules(platform, rules, (_, from, to) => Promise.resolve(void windows.push({ from, to })));
  for (const window of windows) await runRule(parts, one, window);
  expect(await named('sleeper')).toEqual(['a.x', 'b.x']);
  await arrive('r3', 'c.x');
  expect(await named('sleeper')).toEqual(['a.x', 'b.x', 'c.x']);
}, 60_000);

it('past the limit of all rules those rest that took more than their share', () => {
  const cost = (cpuSeconds: number) => ({ cpuSeconds, rowsRead: 0, bytesRead: 0 });
  const costs = new Map([
    ['', cost(10)],
    ['a', cost(60)],
    ['b', cost(1)],
  ]);
  const over = (rule_: number, workspace: number) => [
    ...overLimit(costs, ['', 'a', 'b'], { rule: rule_, workspace }).keys(),
  ];
  expect(over(0, 0)).toEqual([]);
  expect(over(100, 100)).toEqual([]);
  expect(over(50, 0)).toEqual(['a']);
  expect(over(0, 70)).toEqual(['a']);
});
