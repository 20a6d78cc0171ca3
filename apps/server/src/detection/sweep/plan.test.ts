import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueries, type Queries } from '../../hunting/index.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { parseRule } from '../rules/index.ts';
import { windowOf } from '../run/alerts.ts';
import { evaluate } from '../run/evaluate.ts';
import { planRule } from './plan.ts';
import { allTime } from './sweep.ts';

let platform: OpenPlatform;
let queries: Queries;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform());
  queries = createQueries(platform.lake, [
    { name: 'Failures', parameters: '()', body: 'SecurityEvent | where EventID == 4625' },
  ]);
  // Six hours of rows, some on the edge of a window, in no order.
  const rows = Array.from({ length: 240 }, (_, i) => ({
    TimeGenerated: new Date(Date.UTC(2026, 0, 1, 0, (i * 37) % 360, i % 3 === 0 ? 0 : 59, i % 5 === 0 ? 999 : 0)),
    EventID: [4624, 4625, 4688][i % 3],
    Computer: `pc${i % 4}.contoso.com`,
    IpAddress: `203.0.113.${i % 7}`,
  }));
  await platform.lake.insertRows('SecurityEvent', rows);
  await platform.lake.insertRows(
    'Syslog',
    rows.slice(0, 60).map(({ TimeGenerated, Computer }) => ({ TimeGenerated, Computer })),
  );
});
afterAll(() => stop());

const rule = (query: string, frequency: string, period = frequency, more = '') =>
  parseRule(
    `id: r\nname: n\nseverity: Low\nqueryFrequency: ${frequency}\nqueryPeriod: ${period}\n${more}\nquery: |\n  ${query}\n`,
    'r.yaml',
  ).rule!;
const perResult = 'eventGroupingSettings: { aggregationKind: AlertPerResult }';

describe('a plan over all time', () => {
  it.each([
    [rule('SecurityEvent | where EventID == 4625', '15m'), true],
    [rule('SecurityEvent | where EventID == 4625', '15m', '15m', perResult), true],
    [rule('SecurityEvent | where EventID == 4625 | sort by TimeGenerated asc', '1h', '3h'), true],
    [rule('union (SecurityEvent | where EventID == 4688), Syslog | project TimeGenerated, Computer', '30m'), true],
    [
      rule(
        'SecurityEvent | where EventID == 4625 | summarize n = count(), ips = make_set(IpAddress) by Computer | where n > 2',
        '30m',
        '30m',
        perResult,
      ),
      true,
    ],
    [rule('Failures | summarize n = count() by Computer | where n > 2', '30m', '30m', perResult), true],
    [
      rule(
        'SecurityEvent | summarize arg_max(TimeGenerated, *) by Computer | project TimeGenerated, Computer, IpAddress',
        '1h',
      ),
      true,
    ],
    [
      rule(
        'SecurityEvent | summarize n = count() by Computer, IpAddress | summarize ips = count() by Computer | where ips > 1',
        '1h',
        '1h',
        perResult,
      ),
      true,
    ],
    [
      rule('SecurityEvent | where EventID == 4625 | summarize n = count() by Computer | where n > 3', '30m', '1h'),
      false,
    ],
    [rule('SecurityEvent | where EventID == 4625 | summarize n = count()', '1h', '1h', 'triggerThreshold: 0'), false],
    [rule('SecurityEvent | where EventID == 4625 and TimeGenerated > ago(10m)', '30m'), false],
  ] as const)('gives for each window what the window alone gives: %#', async (one, atOnce) => {
    const { tasks } = await planRule({ platform, queries }, one, allTime);
    const now = new Date('2026-02-01T00:00:00Z');
    const found = new Map<string, string[]>();
    for (const task of tasks) {
      const { alerts } = task.found ?? (await evaluate(queries, one, task.window, { now }));
      expect(task.found !== undefined).toBe(atOnce);
      if (alerts.length > 0) found.set(task.window.to.toISOString(), alerts.map((a) => a.id).toSorted());
    }
    const plain = new Map<string, string[]>();
    for (let end = one.queryFrequency; end <= 8 * 3_600; end += one.queryFrequency) {
      const window = windowOf(one, new Date(Date.UTC(2026, 0, 1) + end * 1_000));
      const { alerts } = await evaluate(queries, one, window, { now });
      if (alerts.length > 0) plain.set(window.to.toISOString(), alerts.map((a) => a.id).toSorted());
    }
    expect(found.size).toBeGreaterThan(0);
    // A sweep leaves out windows without news; what it has is the same.
    for (const [end, ids] of found) expect(plain.get(end)).toEqual(ids);
    const everyWindowHasNews = one.queryFrequency === one.queryPeriod && !one.query.endsWith('count()');
    expect(found.size).toBe(everyWindowHasNews ? plain.size : found.size);
  });
});
