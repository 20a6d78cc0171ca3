import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createHunting, type Hunting } from '../hunting/index.ts';
import { createIncidents, type Incidents } from '../incidents/index.ts';
import { manualClock } from '../platform/clock.ts';
import type { OpenPlatform } from '../platform/create.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { runLate } from './late.ts';
import { RulePlaces } from './places.ts';
import { parseRule, type AnalyticsRule } from './rules/index.ts';
import { queueDue } from './schedule.ts';
import { setEnabled } from './store.ts';
import { RuleWorker } from './worker.ts';
import { systemPrincipal } from '../platform/principal.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

// The engine says when rows arrived, by its own clock.
const hourMs = 3_600_000;
const clock = manualClock(new Date());
/** The end of the newest window that is due. */
const ended = Math.floor((clock.now().getTime() - 300_000) / hourMs) * hourMs;
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let incidents: Incidents;
let branch: Workspace;
let places: RulePlaces;
let worker: RuleWorker;

const rule = (id: string, kind: string, query: string): AnalyticsRule => {
  const schedule = kind === 'Scheduled' ? 'queryFrequency: 1h\nqueryPeriod: 1h\n' : '';
  const host =
    'entityMappings: [{ entityType: Host, fieldMappings: [{ identifier: FullName, columnName: Computer }] }]';
  const { rule: parsed } = parseRule(
    `id: ${id}\nname: ${id}\nkind: ${kind}\nseverity: High\n${schedule}query: ${query}\n${host}\n`,
    id,
  );
  if (!parsed) throw new Error(`${id} is no rule`);
  return parsed;
};
const rules = new Map(
  [
    rule('cleared', 'NRT', 'SecurityEvent | where EventID == 1102'),
    rule(
      'many',
      'Scheduled',
      'SecurityEvent | where EventID == 4625 | summarize count() by Computer | where count_ > 2',
    ),
  ].map((one) => [one.id, one]),
);
const event = (EventID: number, Computer = 'dc01.contoso.com') => ({
  TimeGenerated: new Date(ended - hourMs / 2).toISOString(),
  EventID,
  Computer,
});
const storeIn = async (workspace: Workspace, id: string, rows: readonly ReturnType<typeof event>[]): Promise<void> => {
  const lake = await platform.workspaces.lake(workspace);
  await lake.insertRows('SecurityEvent', rows, { segmentId: id });
};
const run = async (): Promise<void> => {
  await queueDue({ platform }, places.rules());
  while (await worker.round());
};
/** Rule, workspace and incident of each alert. */
const alerts = async (): Promise<string[]> => {
  const rows = await platform.database.query<{ rule_id: string; workspace_id: string | null; n: number; of: string }>(
    `SELECT a.rule_id, a.workspace_id, a.incident_number AS n, coalesce(i.workspace_id::text, 'main') AS of FROM alerts a
     JOIN incidents i ON i.number = a.incident_number ORDER BY a.rule_id, a.workspace_id NULLS FIRST, a.created_at`,
  );
  return rows.map((row) => `${row.rule_id} ${row.workspace_id ?? 'main'} ${row.of} #${row.n}`);
};

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform);
  incidents = createIncidents(platform, { queries: hunting.queries, queriesOf: hunting.queriesOf });
  branch = await platform.workspaces.create({ name: 'branch', resourceGroup: 'offices', by: 'test' });
  places = new RulePlaces(
    { platform, queries: hunting.queries, incidents },
    { rules: () => rules, queriesOf: hunting.queriesOf, onOpened: () => undefined },
  );
  await places.refresh();
  worker = new RuleWorker(places.first.parts, () => places.rules(), undefined, places.partsOf);
});
afterAll(() => stop());

it('runs each rule in each workspace, over its rows alone', async () => {
  expect([...places.rules().keys()]).toEqual(['cleared', 'many', `cleared@${branch.id}`, `many@${branch.id}`]);
  expect(places.rules()).toBe(places.rules());
  await storeIn(platform.workspaces.first, 'main-1', [event(4625), event(4625)]);
  await storeIn(branch, 'branch-1', [event(4625), event(4625), event(4625)]);
  await run();
  expect(await alerts()).toEqual([`many ${branch.id} ${branch.id} #1`]);
});

it('looks at rows as they arrive in each, and joins none of them', async () => {
  await storeIn(platform.workspaces.first, 'main-2', [event(1102)]);
  await storeIn(branch, 'branch-2', [event(1102)]);
  await places.arrived({ id: 'main-2', rows: { SecurityEvent: 1 } });
  await places.arrived({ id: 'branch-2', workspaceId: branch.id, rows: { SecurityEvent: 1 } });
  for (const { live } of places.all()) {
    expect(await live.look()).toBe(true);
    expect(await live.look()).toBe(false);
  }
  // The same machine by name, and another one: the branch's alert is in its own incident, the other in one of its own.
  expect((await alerts()).slice(0, 2)).toEqual([`cleared main main #2`, `cleared ${branch.id} ${branch.id} #1`]);
  expect(places.isLive(rules.get('cleared')!)).toBe(true);
  const unknown = places.arrived({ id: 'x', workspaceId: '00000000-0000-4000-8000-000000000000', rows: {} });
  await expect(unknown).rejects.toMatchObject({ code: 'NotFound' });
});

it('says where an alert is from in its rows, and keeps the rule’s name', async () => {
  await platform.outbox.flush();
  const { rows } = await hunting.queries.run({
    query:
      'SecurityAlert | where isnotempty(AlertName) | summarize count() by AlertType, TenantId | sort by AlertType asc, TenantId asc',
    now: clock.now(),
    as: systemPrincipal('test'),
    operation: 'hunting',
  });
  const first = platform.workspaces.first.id;
  expect(rows).toEqual(
    [
      ['cleared', first, 1],
      ['cleared', branch.id, 1],
      ['many', branch.id, 1],
    ].toSorted((a, b) => (String(a[0]) + String(a[1]) < String(b[0]) + String(b[1]) ? -1 : 1)),
  );
});

it('runs windows again for rows that came late to one', async () => {
  const late = async () => {
    for (const { parts, rules: own, workspaceId } of places.all()) await runLate(parts, own(), workspaceId);
  };
  await late();
  const before = await alerts();
  await storeIn(
    branch,
    'branch-3',
    Array.from({ length: 3 }, () => event(4625, 'late.contoso.com')),
  );
  clock.advance(120_000);
  await late();
  expect((await alerts()).slice(before.length)).toEqual([`many ${branch.id} ${branch.id} #1`]);
});

it('runs what is due in a workspace that this server has not heard of', async () => {
  const options = { rules: () => rules, queriesOf: hunting.queriesOf, onOpened: () => undefined };
  const other = new RulePlaces({ platform, queries: hunting.queries, incidents }, options);
  const second = new RuleWorker(
    places.first.parts,
    () => other.rules(),
    undefined,
    other.partsOf,
    () => other.catchUp(),
  );
  clock.advance(3_600_000);
  await queueDue({ platform }, places.rules());
  while (await second.round());
  const ran = await platform.database.query('SELECT 1 FROM rule_runs WHERE rule_id = $1 AND started_at >= $2', [
    `many@${branch.id}`,
    clock.now(),
  ]);
  expect(ran).toHaveLength(1);
});

it('switches a rule off in one, and everywhere', async () => {
  const set = (ruleId: string, enabled: boolean) =>
    setEnabled(platform.database, { ruleId, enabled, reason: null, by: 'test', now: clock.now() });
  const ran = async (): Promise<string[]> => {
    const before = new Date(clock.now());
    clock.advance(3_600_000);
    await run();
    const rows = await platform.database.query<{ rule_id: string }>(
      'SELECT rule_id FROM rule_runs WHERE started_at > $1 ORDER BY rule_id',
      [before],
    );
    return rows.map(({ rule_id }) => rule_id.replace(branch.id, 'branch')).filter((id) => id.startsWith('many'));
  };
  expect(await ran()).toEqual(['many', 'many@branch']);
  await set(`many@${branch.id}`, false);
  expect(await ran()).toEqual(['many']);
  await set('many', false);
  expect(await ran()).toEqual([]);
  await set(`many@${branch.id}`, true);
  expect(await ran()).toEqual(['many@branch']);
});
