import { firings } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHunting, type Hunting } from '../../hunting/index.ts';
import { manualClock } from '../../platform/clock.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { evaluate, type Evaluation } from '../run/evaluate.ts';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import { countAtOnce, windowAt } from './count.ts';
import { Simulations } from './index.ts';

const clock = manualClock(new Date('2026-01-02T12:07:00Z'));
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let simulations: Simulations;

const rule = (query: string, more: string): AnalyticsRule => {
  const yaml = `id: simulated\nname: Simulated\nkind: Scheduled\nseverity: Low\n${more}\nquery: |\n  ${query.replaceAll('\n', '\n  ')}\n`;
  return parseRule(yaml, 'rule.yaml').rule!;
};
const every = (frequency: string, period: string, more = ''): string =>
  `queryFrequency: ${frequency}\nqueryPeriod: ${period}\n${more}`;

/** The rule, and whether one query counts all windows. */
const rules: readonly (readonly [string, AnalyticsRule, 'atOnce' | 'byWindow'])[] = [
  ['single rows', rule('SecurityEvent | where EventID == 4625', every('1h', '1h')), 'atOnce'],
  ['windows that overlap', rule('SecurityEvent | where EventID == 4625', every('10m', '45m')), 'atOnce'],
  [
    'one alert a row, then quiet',
    rule(
      'SecurityEvent | where EventID == 4625',
      every(
        '30m',
        '1h',
        'suppressionEnabled: true\nsuppressionDuration: 2h\neventGroupingSettings: { aggregationKind: AlertPerResult }',
      ),
    ),
    'atOnce',
  ],
  ['groups', rule('SecurityEvent\n| summarize N = count() by Computer\n| where N > 1', every('1h', '1h')), 'atOnce'],
  [
    'groups over windows that overlap',
    rule('SecurityEvent | summarize N = count() by Computer | where N > 3', every('1h', '3h')),
    'byWindow',
  ],
  [
    'fires on absence',
    rule('SecurityEvent | where EventID == 1', every('1h', '1h', 'triggerOperator: eq\ntriggerThreshold: 0')),
    'atOnce',
  ],
  [
    'rows of nothing',
    rule('SecurityEvent | where EventID == 4625 | summarize N = count() | where N < 3', every('1h', '1h')),
    'byWindow',
  ],
  ['counts from now', rule('SecurityEvent | where TimeGenerated > ago(20m)', every('1h', '1h')), 'byWindow'],
  [
    'its time taken away',
    rule('SecurityEvent | where EventID == 4625 | project Computer', every('1h', '1h')),
    'byWindow',
  ],
];

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform);
  simulations = new Simulations({ platform, queries: hunting.queries });
  simulations.define();
  // Minutes of two days, ever more apart.
  const rows = Array.from({ length: 60 }, (_, i) => ({
    TimeGenerated: new Date(Date.parse('2026-01-02T12:00:00Z') - i * i * 48_000).toISOString(),
    EventID: i % 3 === 0 ? 4624 : 4625,
    Computer: `host-${i % 4}`,
  }));
  await platform.lake.insertRows('SecurityEvent', rows);
  await platform.jobs.launch();
}, 600_000);
afterAll(async () => {
  await platform.jobs.stop(1_000);
  await stop();
});

const finished = (id: string) =>
  vi.waitFor(
    async () => {
      const now = await simulations.get(id);
      expect(now.state).not.toBe('running');
      return now;
    },
    { timeout: 60_000, interval: 100 },
  );

describe('a simulation', { timeout: 600_000 }, () => {
  it.each(rules)('of %s is what runs would have given', async (_, one, method) => {
    const started = await simulations.start(one, { windows: 16 }, 'test');
    expect(started.method).toBe(method);
    expect(started.state).toBe(method === 'atOnce' ? 'done' : 'running');
    expect(started.cost.queries).toBe(method === 'atOnce' ? 1 : 0);
    const simulated = await finished(started.id);
    const range = { firstTo: new Date(simulated.firstTo), count: simulated.windows };
    const windows = Array.from({ length: 16 }, (__, i) => windowAt(one, range, i));
    expect(windows.at(-1)!.to.toISOString()).toBe(simulated.lastTo);
    const runs: Evaluation[] = [];
    for (const window of windows) runs.push(await evaluate(hunting.queries, one, window));
    expect(simulated.rows).toEqual(runs.map(({ rows }) => rows));
    expect(simulated.rows.some((n, i) => n !== simulated.rows[(i + 1) % 16])).toBe(one.triggerOperator !== 'Equal');
    const fired = firings(
      one,
      windows.map(({ to }, i) => ({ to: to.getTime(), rows: simulated.rows[i]! })),
    );
    expect(fired.map(({ alerts }) => alerts)).toEqual(
      fired.map(({ suppressed }, i) => (suppressed ? 0 : runs[i]!.alerts.length)),
    );
    expect(fired.some(({ suppressed }) => suppressed)).toBe(one.suppression > 0);
  });

  it('asks no window in which there is nothing to find', async () => {
    const one = rule('SecurityEvent | where EventID == 4624 | summarize N = count() by Computer', every('5m', '10m'));
    const { cost, rows } = await finished((await simulations.start(one, { windows: 200 }, 'test')).id);
    expect(rows).toHaveLength(200);
    // One for what there is none of; which windows have rows is asked beside.
    expect(cost.queries).toBeLessThanOrEqual(rows.filter((n) => n > 0).length + 1);
  });

  it('of a span has the windows that end in it, and none that rows still come to', async () => {
    const [, one] = rules[0]!;
    const span = { from: '2026-01-02T09:00:00Z', to: '2026-01-05T00:00:00Z' };
    expect(await simulations.start(one, { span }, 'test')).toMatchObject({
      firstTo: '2026-01-02T10:00:00.000Z',
      lastTo: '2026-01-02T12:00:00.000Z',
      windows: 3,
    });
    const wide = { from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
    await expect(simulations.start(one, { span: wide }, 'test')).rejects.toMatchObject({ code: 'BadRequest' });
  });

  it('says what is wrong with a query, can be stopped, and goes on after what is counted', async () => {
    const broken = rule('SecurityEvent | where Nonsense == 1 | summarize by Computer', every('1h', '2h'));
    const failed = await finished((await simulations.start(broken, {}, 'test')).id);
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringContaining('Nonsense') as string });

    const [, one] = rules[4]!;
    const { id, rows } = await finished((await simulations.start(one, { windows: 20 }, 'test')).id);
    await platform.database.execute(
      "UPDATE rule_simulations SET state = 'running', rows_found = rows_found[1:7] || 99::float8 WHERE id = $1",
      [id],
    );
    await platform.jobs.start('rule-simulation', `again:${id}`, { id });
    await platform.jobs.result(`again:${id}`);
    expect((await simulations.get(id)).rows).toEqual([...rows.slice(0, 7), 99, ...rows.slice(8)]);

    await platform.database.execute("UPDATE rule_simulations SET state = 'running', rows_found = '{}' WHERE id = $1", [
      id,
    ]);
    await simulations.cancel(id);
    await platform.jobs.start('rule-simulation', `stopped:${id}`, { id });
    await platform.jobs.result(`stopped:${id}`);
    expect(await simulations.get(id)).toMatchObject({ state: 'cancelled', rows: [] });
  });

  it('counts nothing at once that is not the same', async () => {
    const range = { firstTo: new Date('2026-01-02T10:00:00Z'), count: 3 };
    const parts = { platform, queries: hunting.queries };
    for (const [, one, method] of rules)
      expect((await countAtOnce(parts, one, range)) !== undefined).toBe(method === 'atOnce');
  });
});
