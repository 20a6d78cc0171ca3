import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../../hunting/index.ts';
import { createIncidents, type Incidents } from '../../incidents/index.ts';
import { manualClock } from '../../platform/clock.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import { loadState } from '../store.ts';
import { LiveRows } from './live.ts';

const clock = manualClock(new Date());
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let incidents: Incidents;
beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform);
  incidents = createIncidents(platform, { queries: hunting.queries });
});
afterAll(() => stop());

const rule = (id: string, query: string, more = ''): AnalyticsRule => {
  const parsed = parseRule(
    `id: ${id}\nname: ${id}\nkind: NRT\nseverity: High\n${more}\nquery: |\n  ${query}\n`,
    `${id}.yaml`,
  );
  if (!parsed.rule) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rule;
};
const rules = [
  rule(
    'cleared',
    'SecurityEvent | where EventID == 1102',
    'eventGroupingSettings: { aggregationKind: AlertPerResult }',
  ),
  rule(
    'whoami',
    String.raw`SecurityEvent | where EventID == 4688 and NewProcessName endswith @'\whoami.exe'`,
    'suppressionEnabled: true\nsuppressionDuration: 5m',
  ),
  // The row is no expression: the engine refuses the statement.
  rule('breaks', `SecurityEvent | where CommandLine contains 'break' and CommandLine matches regex Account`),
  rule('several', 'SecurityEvent | summarize count() by Computer'),
];
const live = (): LiveRows =>
  new LiveRows({ platform, queries: hunting.queries, incidents }, () => new Map(rules.map((one) => [one.id, one])));
const store = async (id: string, rows: readonly object[]): Promise<void> => {
  await platform.lake.insertRows(
    'SecurityEvent',
    rows.map((row) => ({ TimeGenerated: clock.now().toISOString(), Computer: 'pc1', ...row })),
    { segmentId: id },
  );
};
const alerts = async (): Promise<string[]> =>
  (await platform.database.query<{ rule_id: string }>('SELECT rule_id FROM alerts ORDER BY created_at, rule_id')).map(
    (row) => row.rule_id,
  );

it('raises alerts of rows as they arrive, once', { timeout: 120_000 }, async () => {
  const one = live();
  await store('a', [{ EventID: 1102 }, { EventID: 1102, Computer: 'pc2' }, { EventID: 4624 }]);
  await one.arrived({ id: 'a', rows: { SecurityEvent: 3 } });
  expect(await one.look()).toBe(true);
  expect(await alerts()).toEqual(['cleared', 'cleared']);
  expect(await one.look()).toBe(false);
  // Told of again, as after a crash.
  await one.arrived({ id: 'a', rows: { SecurityEvent: 3 } });
  expect(await one.look()).toBe(false);
  expect(one.runs(rules[0]!)).toBe(true);
  expect(one.runs(rules[3]!)).toBe(false);
});

it('looks at what arrived while no server was there, late rows too', { timeout: 120_000 }, async () => {
  await live().arrived({ id: 'b', rows: { SecurityEvent: 1 } });
  await store('b', [{ TimeGenerated: '2020-01-01T00:00:00Z', EventID: 1102 }]);
  const before = (await alerts()).length;
  const [first, second] = [live(), live()];
  await Promise.all([first.look(), second.look()]);
  expect((await alerts()).length).toBe(before + 1);
});

it('keeps a rule quiet that says so', { timeout: 120_000 }, async () => {
  const one = live();
  const again = async (id: string) => {
    await store(id, [{ EventID: 4688, NewProcessName: String.raw`C:\Windows\System32\whoami.exe` }]);
    await one.arrived({ id, rows: { SecurityEvent: 1 } });
    await one.look();
    return (await alerts()).filter((rule_) => rule_ === 'whoami').length;
  };
  expect(await again('c')).toBe(1);
  expect(await again('d')).toBe(1);
  clock.advance(360_000);
  expect(await again('e')).toBe(2);
});

it('runs the others when one breaks', { timeout: 120_000 }, async () => {
  const one = live();
  const before = (await alerts()).filter((id) => id === 'cleared').length;
  await store('f', [{ EventID: 1102, CommandLine: 'break this', Account: '(' }]);
  await one.arrived({ id: 'f', rows: { SecurityEvent: 1 } });
  await one.look();
  expect((await alerts()).filter((id) => id === 'cleared')).toHaveLength(before + 1);
  expect((await loadState(platform.database, 'breaks'))?.consecutive_failures).toBe(1);
  expect(await one.look()).toBe(false);
});

it('hears of rows of our own making', { timeout: 120_000 }, async () => {
  const told: string[] = [];
  platform.outbox.onDelivered(async ({ table }) => void told.push(table));
  await platform.outbox.write('SentinelHealth', [{ OperationName: 'x' }, { OperationName: 'y' }]);
  await platform.outbox.flush();
  expect(told).toContain('SentinelHealth');
});
