import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../../hunting/index.ts';
import { createIncidents, type Incidents } from '../../incidents/index.ts';
import { manualClock } from '../../platform/clock.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import { windowOf } from '../run/alerts.ts';
import { runRule } from '../run/run.ts';
import { LiveRows } from './live.ts';
import { firesOnSingleRows } from './single.ts';

/** Scheduled rules that fire on single rows, looked at as these arrive and then by their windows. */
const clock = manualClock(new Date('2026-03-01T12:02:00Z'));
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let incidents: Incidents;
let live: LiveRows;
beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform);
  incidents = createIncidents(platform, { queries: hunting.queries });
  live = new LiveRows(parts(), () => new Map(rules.map((one) => [one.id, one])));
}, 120_000);
afterAll(() => stop());
beforeEach(async () => {
  await platform.database.execute('TRUNCATE rule_rows');
});

const parts = () => ({ platform, queries: hunting.queries, incidents });
const rule = (id: string, query: string, more = ''): AnalyticsRule => {
  const text = `id: ${id}\nname: ${id}\nkind: Scheduled\nseverity: High\nqueryFrequency: 10m\nqueryPeriod: 10m\ntriggerOperator: gt\ntriggerThreshold: 0\n${more}\nquery: |\n  ${query}\n`;
  const parsed = parseRule(text, `${id}.yaml`);
  if (!parsed.rule) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rule;
};
const perRow = 'eventGroupingSettings: { aggregationKind: AlertPerResult }';
const rules = [
  rule('each', 'SecurityEvent | where EventID == 1102 | project TimeGenerated, Computer', perRow),
  rule('single', 'SecurityEvent | where EventID == 4720'),
  rule('counts', 'SecurityEvent | where EventID == 1102 | summarize count() by Computer'),
  rule('since', 'SecurityEvent | where EventID == 1102 and TimeGenerated > ago(5m)'),
  rule('no-time', 'SecurityEvent | where EventID == 4726 | project Computer', perRow),
];
const [each, single] = rules as [AnalyticsRule, AnalyticsRule];

let segment = 0;
const arrive = async (
  ...rows: readonly { EventID: number; Computer: string; TimeGenerated?: string }[]
): Promise<void> => {
  const id = `s${segment++}`;
  await platform.lake.insertRows(
    'SecurityEvent',
    rows.map((row) => ({ TimeGenerated: clock.now().toISOString(), ...row })),
    { segmentId: id },
  );
  await live.arrived({ id, rows: { SecurityEvent: rows.length } });
};
const alertsOf = async (id: string): Promise<number> =>
  (await platform.database.query('SELECT 1 FROM alerts WHERE rule_id = $1', [id])).length;
/** Runs the window that ends then. */
const run = (one: AnalyticsRule, end: string) => runRule(parts(), one, windowOf(one, new Date(end)));

it('knows which rules fire on single rows', () => {
  expect(rules.filter((one) => firesOnSingleRows(parts(), one)).map(({ id }) => id)).toEqual([
    'each',
    'single',
    'no-time',
  ]);
});

it('alerts of rows as they arrive, and no window alerts of them again', { timeout: 120_000 }, async () => {
  await arrive(
    { EventID: 1102, Computer: 'pc1' },
    { EventID: 1102, Computer: 'pc2' },
    { EventID: 4726, Computer: 'pc1' },
  );
  await live.look();
  expect(await alertsOf('each')).toBe(2);
  expect(await alertsOf('counts')).toBe(0);
  expect(await alertsOf('no-time')).toBe(0);
  // A row that came before the look at it was over, say while the server was away.
  await platform.lake.insertRows(
    'SecurityEvent',
    [{ TimeGenerated: '2026-03-01T12:03:00Z', EventID: 1102, Computer: 'pc3' }],
    {
      segmentId: 'unseen',
    },
  );
  expect(await run(each, '2026-03-01T12:10:00Z')).toMatchObject({ state: 'succeeded', rows: 3, alerts: 1 });
  expect(await run(each, '2026-03-01T12:10:00Z')).toMatchObject({ state: 'succeeded', rows: 3, alerts: 0 });
  expect(await alertsOf('each')).toBe(3);
  // And the reverse: what a window told of is not told of by a look that comes late.
  await live.arrived({ id: 'unseen', rows: { SecurityEvent: 1 } });
  await live.look();
  expect(await alertsOf('each')).toBe(3);
});

it(
  'makes one alert at once of a rule with one alert a run, and leaves the rest to the window',
  { timeout: 120_000 },
  async () => {
    clock.set(new Date('2026-03-01T12:21:00Z'));
    await arrive({ EventID: 4720, Computer: 'pc1' });
    await live.look();
    expect(await alertsOf('single')).toBe(1);
    clock.set(new Date('2026-03-01T12:23:00Z'));
    await arrive({ EventID: 4720, Computer: 'pc2' });
    await arrive({ EventID: 4720, Computer: 'pc3' });
    await live.look();
    expect(await alertsOf('single')).toBe(1);
    expect(await run(single, '2026-03-01T12:30:00Z')).toMatchObject({ rows: 3, alerts: 1 });
    const last = await platform.database.query<{ start_time: Date }>(
      "SELECT start_time FROM alerts WHERE rule_id = 'single' ORDER BY start_time",
    );
    expect(last.map(({ start_time }) => start_time.toISOString())).toEqual([
      '2026-03-01T12:21:00.000Z',
      '2026-03-01T12:23:00.000Z',
    ]);
  },
);

it('leaves rows of long ago to what people ask for', { timeout: 120_000 }, async () => {
  const before = await alertsOf('each');
  await arrive({ EventID: 1102, Computer: 'old', TimeGenerated: '2026-02-01T00:00:00Z' });
  await live.look();
  expect(await alertsOf('each')).toBe(before);
});
