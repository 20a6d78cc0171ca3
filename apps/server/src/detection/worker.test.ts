import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../hunting/index.ts';
import { createIncidents, type Incidents } from '../incidents/index.ts';
import { manualClock } from '../platform/clock.ts';
import type { OpenPlatform } from '../platform/create.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { historyOf, startBackfill, stopBackfill } from './backfill/index.ts';
import { forget } from './forget.ts';
import { evaluate } from './run/evaluate.ts';
import type { Parts } from './run/run.ts';
import { parseRule, type AnalyticsRule } from './rules/index.ts';
import { queueDue } from './schedule.ts';
import { setEnabled } from './store.ts';
import { takeWindows } from './window-queue.ts';
import { RuleWorker } from './worker.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = new Date('2026-01-02T12:00:00Z');
const clock = manualClock(start);
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let incidents: Incidents;
let parts: Parts;

const rule = (id: string, query: string, more = ''): AnalyticsRule => {
  const lines = `queryFrequency: 10m\nqueryPeriod: 30m\n${more}`;
  const text = `id: ${id}\nname: ${id}\nkind: Scheduled\nseverity: Low\n${lines}\nquery: |\n  ${query}\n`;
  const { rule: parsed, problems } = parseRule(text, `${id}.yaml`);
  if (!parsed) throw new Error(JSON.stringify(problems));
  return parsed;
};
const eachRow = 'eventGroupingSettings: { aggregationKind: AlertPerResult }';
const quietly = 'suppressionEnabled: true\nsuppressionDuration: 1h';
const rules = [
  rule('rows', 'SecurityEvent | where EventID == 4625', eachRow),
  rule('groups', 'SecurityEvent | summarize N = count() by Computer | where N > 1'),
  rule('other-table', 'Heartbeat | where Computer has "a"'),
  rule('never-a-row', 'DeviceInfo | summarize by DeviceName'),
  rule('either', 'union SecurityEvent, Syslog | where Computer == "host-1" | project TimeGenerated, Computer'),
  rule('both', 'SecurityEvent | join kind=inner Syslog on Computer | project Computer, TimeGenerated'),
  rule('missing', 'SecurityEvent | join kind=leftanti Syslog on Computer | distinct Computer'),
  rule('from-now', 'Syslog | where TimeGenerated > ago(15m)'),
  rule('absence', 'Syslog | where Computer == "host-1"', 'triggerOperator: eq\ntriggerThreshold: 0'),
  rule('few', 'Syslog | where Computer == "host-1"', 'triggerOperator: lt\ntriggerThreshold: 2'),
  rule('own-rows', 'union (Syslog | project Computer), (datatable(Computer:string)["x"])'),
  rule('one-count', 'Heartbeat | count | where Count == 0'),
  rule('quiet-after', 'SecurityEvent | where EventID == 4625', quietly),
  rule('broken', 'SecurityEvent | where Nonsense == 1'),
];
const byId = new Map(rules.map((one) => [one.id, one]));
const some = (...ids: string[]) => new Map(ids.map((id) => [id, byId.get(id)!]));

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform);
  incidents = createIncidents(platform, { queries: hunting.queries });
  parts = { platform, queries: hunting.queries, incidents };
  const row = (atMinute: number, more: object) => ({
    TimeGenerated: new Date(start.getTime() + atMinute * minute).toISOString(),
    ...more,
  });
  await platform.lake.insertRows(
    'SecurityEvent',
    [61, 62, 63, 64, 95].map((m) => row(m, { EventID: m % 2 ? 4625 : 4624, Computer: `host-${m % 3}` })),
  );
  await platform.lake.insertRows(
    'Syslog',
    [58, 66, 110].map((m) => row(m, { Computer: `host-${m % 3}` })),
  );
}, 600_000);
afterAll(() => stop());
beforeEach(async () => {
  await platform.database.execute(
    'TRUNCATE rule_suppressions, rule_windows, rule_runs, rule_states, rule_gaps, rule_backfills, alerts, incidents, incident_keys, incident_activities, alert_entities CASCADE',
  );
});

const drain = async (worker: RuleWorker): Promise<void> => {
  for (let rounds = 0; rounds < 1_000 && (await worker.round()); rounds++);
};
const alerts = async (): Promise<string[]> =>
  (await platform.database.query<{ id: string }>('SELECT id FROM alerts ORDER BY id')).map(({ id }) => id);
/** What an undisturbed evaluation of each window gives. */
async function expected(
  ids: Iterable<string>,
  ends: readonly number[],
): Promise<{ ids: string[]; rows: Map<string, number> }> {
  const found: string[] = [];
  const rows = new Map<string, number>();
  for (const id of ids) {
    const one = byId.get(id)!;
    let quietUntil = -Infinity;
    for (const end of ends) {
      if (end < quietUntil) continue;
      const to = new Date(end);
      const evaluated = await evaluate(hunting.queries, one, { from: new Date(end - one.queryPeriod * 1_000), to });
      found.push(...evaluated.alerts.map((alert) => alert.id));
      rows.set(`${id} ${to.toISOString()}`, evaluated.rows);
      if (one.suppression > 0 && evaluated.alerts.length > 0) quietUntil = end + one.suppression * 1_000;
    }
  }
  return { ids: found.toSorted(), rows };
}
const tenMinutes = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 10 + 1 }, (_, i) => start.getTime() + (from + i * 10) * minute);
const sound = [...byId.keys()].filter((id) => id !== 'broken');

describe('windows', { timeout: 600_000 }, () => {
  it('that need no run give what a run would have given', async () => {
    const results: string[] = [];
    const worker = new RuleWorker(
      parts,
      () => byId,
      (result) => results.push(result),
    );
    clock.set(new Date(start.getTime() + 45 * minute));
    await queueDue(parts, byId);
    clock.set(new Date(start.getTime() + 125 * minute));
    await queueDue(parts, byId);
    await drain(worker);
    const wanted = await expected(sound, tenMinutes(40, 120));
    expect(await alerts()).toEqual(wanted.ids);
    expect(wanted.ids.length).toBeGreaterThan(20);
    const runs = await platform.database.query<{ rule_id: string; window_to: Date; rows_found: number; state: string }>(
      'SELECT * FROM rule_runs',
    );
    const ran = new Map(runs.map((run) => [`${run.rule_id} ${run.window_to.toISOString()}`, run]));
    for (const [window, rows] of wanted.rows)
      expect([window, ran.get(window)?.state, ran.get(window)?.rows_found]).toEqual([window, 'succeeded', rows]);
    // What is more failed, or found nothing while its rule kept quiet anyway.
    const others = [...ran].filter(([window]) => !wanted.rows.has(window)).map(([, run]) => run);
    expect(others.filter(({ rule_id }) => !['broken', 'quiet-after'].includes(rule_id))).toEqual([]);
    expect(others.every(({ rows_found }) => rows_found === 0)).toBe(true);
    const of = (result: string) => results.filter((one) => one === result).length;
    expect(of('quiet')).toBeGreaterThan(20);
    expect(of('failed')).toBeGreaterThan(5);
  });

  it('are not lost with a server that died, nor stored by one that was only slow', async () => {
    const rule = some('rows', 'groups');
    clock.set(new Date(start.getTime() + 155 * minute));
    await platform.database.execute(
      "INSERT INTO rule_states (rule_id, scheduled_to, updated_at) SELECT unnest($1::text[]), '2026-01-02T12:50:00Z', now()",
      [[...rule.keys()]],
    );
    await queueDue(parts, rule);
    // One server has taken some and says nothing any more.
    expect(await takeWindows(platform.database, { server: 'dead', max: 4 })).toHaveLength(4);
    const [one, two] = [new RuleWorker(parts, () => rule), new RuleWorker(parts, () => rule)];
    await Promise.all([drain(one), drain(two)]);
    expect(await platform.database.query('SELECT 1 FROM rule_windows')).not.toHaveLength(0);
    await platform.database.execute("UPDATE rule_windows SET claimed_until = now() - interval '1 second'");
    await Promise.all([drain(one), drain(two)]);
    expect(await platform.database.query('SELECT 1 FROM rule_windows')).toEqual([]);
    const wanted = await expected(rule.keys(), tenMinutes(60, 150));
    expect(await alerts()).toEqual(wanted.ids);
    expect(await platform.database.query('SELECT 1 FROM rule_runs')).toHaveLength(wanted.rows.size);
  });
});

describe('a gap', { timeout: 600_000 }, () => {
  it('of a rule that was off is noted and filled once', async () => {
    const rule = some('rows', 'quiet-after');
    const set = (enabled: boolean) =>
      setEnabled(platform.database, { ruleId: 'rows', enabled, reason: null, by: 'anna', now: clock.now() });
    clock.set(new Date(start.getTime() + 155 * minute));
    await platform.database.execute(
      "INSERT INTO rule_states (rule_id, scheduled_to, updated_at) SELECT unnest($1::text[]), '2026-01-02T12:50:00Z', now()",
      [[...rule.keys()]],
    );
    await set(false);
    await set(true);
    await queueDue(parts, rule);
    const worker = new RuleWorker(parts, () => rule);
    await drain(worker);
    const history = await historyOf(platform, rule.get('rows')!);
    expect(history.gaps).toEqual([
      { after: '2026-01-02T12:50:00.000Z', upto: '2026-01-02T14:20:00.000Z', reason: 'disabled', windows: 9 },
    ]);
    const [gap] = history.gaps;
    const span = { after: new Date(gap!.after), upto: new Date(gap!.upto) };
    // Two at once over the same time, one of them longer, and each killed again and again.
    await startBackfill(platform, rule.get('rows')!, span, 'anna');
    await startBackfill(platform, rule.get('rows')!, { ...span, after: new Date('2026-01-02T12:30:00Z') }, 'anna');
    for (let kill = 0; kill < 200; kill++) {
      await new RuleWorker(parts, () => rule).round();
      await takeWindows(platform.database, { server: `dead ${kill}`, max: 3 });
      await platform.database.execute("UPDATE rule_windows SET claimed_until = now() - interval '1 second'");
      if (!(await platform.database.first("SELECT 1 FROM rule_backfills WHERE state = 'running'"))) break;
    }
    const wanted = await expected(['rows'], tenMinutes(40, 150));
    const ofQuiet = await expected(['quiet-after'], tenMinutes(60, 150));
    expect(await alerts()).toEqual([...wanted.ids, ...ofQuiet.ids].toSorted());
    const after = await historyOf(platform, rule.get('rows')!);
    expect(after.gaps).toEqual([]);
    expect(after.backfills.map(({ state, run, known, windows }) => ({ state, left: windows - run - known }))).toEqual([
      { state: 'done', left: 0 },
      { state: 'done', left: 0 },
    ]);
    expect(after.backfills.reduce((sum, { alerts: n }) => sum + n, 0)).toBe(wanted.ids.length);
  });

  it('is filled as if it had been run then, also by a rule that keeps quiet after an alert', async () => {
    const rule = some('quiet-after');
    clock.set(new Date(start.getTime() + 155 * minute));
    await platform.database.execute(
      "INSERT INTO rule_suppressions (rule_id, value, alerted_at, made_at) VALUES ('quiet-after', '', '2026-01-03T00:00:00Z', now())",
    );
    const span = { after: new Date('2026-01-02T11:50:00Z'), upto: new Date('2026-01-02T14:00:00Z') };
    await startBackfill(platform, rule.get('quiet-after')!, span, 'anna');
    await drain(new RuleWorker(parts, () => rule));
    expect(await alerts()).toEqual((await expected(['quiet-after'], tenMinutes(0, 120))).ids);
  });

  it('is left as it is when its back-fill is stopped, and what makes no sense is refused', async () => {
    const rule = byId.get('rows')!;
    clock.set(new Date(start.getTime() + 155 * minute));
    const span = { after: start, upto: new Date(start.getTime() + 24 * hour) };
    const { id, windows } = await startBackfill(platform, rule, span, 'anna');
    expect(windows).toBe(15);
    expect(await stopBackfill(platform, rule, id)).toMatchObject({ state: 'cancelled', run: 0 });
    await drain(new RuleWorker(parts, () => byId));
    expect(await alerts()).toEqual([]);
    for (const after of [new Date('2020-01-01T00:00:00Z'), clock.now()])
      await expect(startBackfill(platform, rule, { ...span, after }, 'anna')).rejects.toMatchObject({
        code: 'BadRequest',
      });
  });

  it('of a long downtime is noted', async () => {
    const rule = some('rows');
    await platform.database.execute(
      "INSERT INTO rule_states (rule_id, scheduled_to, updated_at) VALUES ('rows', '2026-01-02T14:30:00Z', now())",
    );
    clock.set(new Date(start.getTime() + 72 * hour + 155 * minute));
    await queueDue(parts, rule);
    const [downtime] = (await historyOf(platform, rule.get('rows')!)).gaps;
    expect(downtime).toMatchObject({ after: '2026-01-02T14:30:00.000Z', reason: 'downtime' });
  });
});

it('what is too old to be looked at is forgotten, and nothing else', async () => {
  clock.set(new Date('2026-06-01T00:00:00Z'));
  await platform.database.execute(
    `INSERT INTO rule_runs (rule_id, window_to, window_from, started_at, elapsed_seconds, state, rows_found, alerts)
     SELECT 'rows', at, at, at, 0, 'succeeded', 0, 0 FROM unnest($1::timestamptz[]) AS at`,
    [['2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', '2026-03-05T00:00:00Z', '2026-05-31T00:00:00Z']],
  );
  await platform.database.execute(
    `INSERT INTO incidents (number, name, title, severity, status, first_activity_at, last_activity_at, created_at, updated_at, modified_by)
     VALUES (1, gen_random_uuid(), '', 'Low', 'New', now(), now(), now(), '2026-04-01', 'x'), (2, gen_random_uuid(), '', 'Low', 'New', now(), now(), now(), '2026-05-31', 'x')`,
  );
  // Of an incident that changed lately, of one that did not, and one that an alert can still come near.
  await platform.database.execute(
    `INSERT INTO incident_keys VALUES ('a', 2, '2026-01-01', '2026-01-01'), ('b', 1, '2026-01-01', '2026-01-01'), ('c', 1, '2026-01-01', '2026-05-16')`,
  );
  expect(await forget(parts, byId)).toEqual({ runs: 2, keys: 1 });
  expect(await platform.database.query('SELECT key FROM incident_keys ORDER BY key')).toEqual([
    { key: 'a' },
    { key: 'c' },
  ]);
});
