import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '@sallyport/contracts';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';
import { LiveRows } from '../rows/live.ts';
import { Exceptions } from './exceptions.ts';

let test: TestServer;
let admin: Client;
beforeAll(async () => {
  test = await startTestServer();
  admin = test.browser();
  await makeAdministrator(test, admin);
  for (const [id, more] of [
    ['logons', { grouping: 'AlertPerResult' }],
    ['counted', { query: '| summarize Hosts = dcount(Computer) by Account | where Hosts > 1' }],
    ['narrow', { query: '| project TimeGenerated, Who = Account', kind: 'NRT' }],
    ['other', { query: '| project TimeGenerated, Activity', account: 'Activity' }],
  ] as const)
    await admin.saveRule({ params: { id }, body: { text: text(id, more), version: null } });
}, 600_000);
afterAll(() => test.stop());

const text = (id: string, more: { grouping?: string; query?: string; kind?: string; account?: string }) => `id: ${id}
name: Rule ${id}
kind: ${more.kind ?? 'Scheduled'}
severity: Medium
queryFrequency: 10m\nqueryPeriod: 10m\ntriggerOperator: gt\ntriggerThreshold: 0
eventGroupingSettings: { aggregationKind: ${more.grouping ?? 'SingleAlert'} }
query: |
  SecurityEvent
  | where EventID == 4625
  ${more.query ?? ''}
entityMappings:
- entityType: Account
  fieldMappings: [{ identifier: Name, columnName: ${more.account ?? (id === 'narrow' ? 'Who' : 'Account')} }]
`;
const rule = (id: string) => test.server.domains.detection.rules.rules.find((one) => one.id === id)!;
const run = (id: string, to: string) => test.server.domains.detection.runRule(rule(id), new Date(to));
const logon = (at: string, Account: string, Computer = 'dc01') => ({
  TimeGenerated: at,
  EventID: 4625,
  Account,
  Computer,
  Activity: 'logon',
});
const insert = (rows: ReturnType<typeof logon>[]) => test.platform.lake.insertRows('SecurityEvent', rows);
const stated = { name: 'Scanner', reason: 'It tries passwords each night', owner: 'anna@x.com', expiresAt: null };
const create = (condition: string, target: string | null = 'logons', scope: 'rule' | 'table' | 'global' = 'rule') =>
  admin.createException({ body: { ...stated, condition, target, scope } });

it('rows under an exception raise no alert, are counted once, and are seen', { timeout: 240_000 }, async () => {
  await insert([
    logon('2026-02-01T00:01:00Z', 'svc-scan'),
    logon('2026-02-01T00:02:00Z', 'svc-scan', 'web01'),
    logon('2026-02-01T00:03:00Z', 'bert'),
  ]);
  for (const condition of ['Nonsense == 1', 'Account', `Account == 'a' | take 1`, `true) or (true`])
    expect(await errorOf(create(condition))).toMatchObject({ code: 'BadRequest', target: 'body.condition' });
  expect(await errorOf(create('true', 'nothing'))).toMatchObject({ code: 'BadRequest', target: 'body.target' });
  const { id } = await create(`Account_Name =~ 'SVC-scan'`);
  expect(await run('logons', '2026-02-01T00:10:00Z')).toMatchObject({ state: 'succeeded', rows: 1, alerts: 1 });
  await run('logons', '2026-02-01T00:10:00Z');
  const seen = await admin.getException({ params: { id } });
  expect(seen).toMatchObject({ state: 'active', targetName: 'Rule logons', hits: { runs: 1, rows: 2, alerts: 2 } });
  expect(seen.recent).toMatchObject([{ ruleId: 'logons', rows: 2, alerts: 2, sample: [{ Account: 'svc-scan' }, {}] }]);
  await test.platform.outbox.flush();
  const health = await admin.runQuery({
    body: {
      query: `SentinelHealth | where SentinelResourceId == 'logons' | project toint(ExtendedProperties.RowsLeftOutByExceptions)`,
    },
  });
  expect(health.rows).toContainEqual([2]);
  // The alert tells the rule's own query.
  const alerts = await admin.runQuery({ body: { query: 'SecurityAlert | project ExtendedProperties' } });
  expect(JSON.stringify(alerts.rows)).not.toContain('_ExceptionId');
  // The rule's text and what the page shows of it stay.
  expect((await admin.getRule({ params: { id: 'logons' } })).query).not.toContain('_ExceptionId');

  // A sweep leaves out and counts the same.
  await insert([logon('2026-02-01T01:01:00Z', 'svc-scan'), logon('2026-02-01T01:02:00Z', 'carl')]);
  const swept = await test.server.domains.detection.sweep({
    rules: [rule('logons')],
    from: new Date('2026-02-01T01:00:00Z'),
    to: new Date('2026-02-01T01:10:00Z'),
  });
  expect(swept).toMatchObject({ alerts: 1, failures: [] });
  expect((await admin.getException({ params: { id } })).hits).toMatchObject({ runs: 2, rows: 3 });

  await admin.updateException({ params: { id }, body: { enabled: false } });
  expect(await run('logons', '2026-02-01T00:10:00Z')).toMatchObject({ rows: 3 });
  await admin.deleteException({ params: { id } });
  expect((await admin.listExceptions()).exceptions).toEqual([]);
});

it(
  'exceptions of a table and of all rules apply where the rows have what they name, of row rules also what these drop',
  { timeout: 240_000 },
  async () => {
    await insert([logon('2026-02-02T00:01:00Z', 'svc-backup', 'a'), logon('2026-02-02T00:02:00Z', 'svc-backup', 'b')]);
    const byTable = await create(`Account =~ 'svc-backup'`, 'SecurityEvent', 'table');
    // Rows of `narrow` lack Account: it is asked of those of the table. `other` lacks it in both ways only after its projection.
    for (const id of ['logons', 'counted', 'narrow', 'other'])
      expect(await run(id, '2026-02-02T00:10:00Z')).toMatchObject({ state: 'succeeded', rows: 0 });
    expect((await admin.listExceptions({ query: { rule: 'narrow' } })).exceptions.map(({ id }) => id)).toEqual([
      byTable.id,
    ]);
    await admin.deleteException({ params: { id: byTable.id } });
    expect(await run('counted', '2026-02-02T00:10:00Z')).toMatchObject({ rows: 1 });

    await admin.createWatchlist({
      body: { alias: 'Service', name: 'Service', columns: ['User'], itemsSearchKey: 'User' },
    });
    await admin.changeWatchlistItems({ params: { alias: 'Service' }, body: { add: [{ User: 'svc-backup' }] } });
    const everywhere = await create(`Account_Name in ((_GetWatchlist('Service') | project SearchKey))`, null, 'global');
    expect(await run('logons', '2026-02-02T00:10:00Z')).toMatchObject({ rows: 0 });
    expect(await run('counted', '2026-02-02T00:10:00Z')).toMatchObject({ rows: 0 });
    expect(await run('other', '2026-02-02T00:10:00Z')).toMatchObject({ rows: 2 });
    await admin.deleteException({ params: { id: everywhere.id } });
  },
);

it('rows are left out as they arrive, also by what a rule does not give', { timeout: 240_000 }, async () => {
  const { id } = await create(`Computer == 'lab01'`, 'narrow');
  const { hunting, incidents } = test.server.domains;
  const rules = () => new Map([['narrow', rule('narrow')]]);
  const exceptions = new Exceptions({ platform: test.platform, queries: hunting.queries, rules });
  await exceptions.refresh();
  const live = new LiveRows({ platform: test.platform, queries: hunting.queries, incidents, exceptions }, rules);
  const at = test.platform.clock.now().toISOString();
  await test.platform.lake.insertRows('SecurityEvent', [logon(at, 'x', 'lab01'), logon(at, 'y', 'pc1')], {
    segmentId: 'arriving',
  });
  await live.arrived({ id: 'arriving', rows: { SecurityEvent: 2 } });
  expect(await live.look()).toBe(true);
  expect(live.runs(rule('narrow'))).toBe(true);
  expect((await admin.getException({ params: { id } })).hits).toMatchObject({ runs: 1, rows: 1 });
  const [last] = (await admin.getRule({ params: { id: 'narrow' } })).runs;
  expect(last).toMatchObject({ rows: 1, alerts: 1 });
  await admin.deleteException({ params: { id } });
});

it('a preview tells which past alerts would not have been raised', { timeout: 240_000 }, async () => {
  const at = test.platform.clock.now().getTime() - 3_600_000;
  const time = (minutes: number) => new Date(Math.floor(at / 600_000) * 600_000 + minutes * 60_000).toISOString();
  await insert([
    logon(time(1), 'svc-night'),
    logon(time(2), 'svc-night'),
    logon(time(3), 'dora'),
    logon(time(11), 'svc-night'),
  ]);
  for (const end of [10, 20]) for (const id of ['logons', 'counted']) await run(id, time(end));
  const preview = (condition: string, target: string | null, scope: 'rule' | 'global') =>
    admin.previewException({ body: { scope, target, condition, days: 1 } });
  expect(await preview(`Account == 'svc-night'`, 'logons', 'rule')).toMatchObject({
    alertsLeftOut: 3,
    trueAlertsLeftOut: 0,
    rowsLeftOut: 3,
    partial: null,
  });
  const all = await preview(`Computer == 'dc01'`, null, 'global');
  expect(all.rules.find(({ id }) => id === 'logons')!.alertsLeftOut).toBeGreaterThanOrEqual(4);
  expect(all.sample[0]).toMatchObject({ Computer: 'dc01' });
  expect(await errorOf(preview('Nonsense == 1', 'logons', 'rule'))).toMatchObject({ code: 'BadRequest' });
});

it('an exception ends by itself, and its end is audited', { timeout: 240_000 }, async () => {
  const soon = new Date(test.platform.clock.now().getTime() + 60_000);
  const { id } = await admin.createException({
    body: { ...stated, scope: 'rule', target: 'logons', condition: `Account == 'zoe'`, expiresAt: soon.toISOString() },
  });
  await insert([logon('2026-02-03T00:01:00Z', 'zoe')]);
  expect(await run('logons', '2026-02-03T00:10:00Z')).toMatchObject({ rows: 0 });
  const later = { ...test.platform.clock, now: () => new Date(soon.getTime() + 1) };
  const { queries } = test.server.domains.hunting;
  const rules = () => new Map([['logons', rule('logons')]]);
  const exceptions = new Exceptions({ platform: { ...test.platform, clock: later }, queries, rules });
  await exceptions.refresh();
  expect(exceptions.apply(rule('logons'))).toBe(rule('logons'));
  await exceptions.expire();
  await exceptions.expire();
  const audited = (await test.platform.audit.newest(50)).filter(({ operation }) => operation === 'ExpireException');
  expect(audited).toMatchObject([{ target: `exception ${id}`, actor: 'system' }]);
  await admin.deleteException({ params: { id } });
});

async function runAndClose(id: string, to: string, isFalse: boolean): Promise<void> {
  await run(id, to);
  const { incidents } = await admin.listIncidents({ query: { limit: 1 } });
  await admin.updateIncident({
    params: { number: incidents[0]!.number },
    body: {
      status: 'Closed',
      classification: isFalse ? 'FalsePositive' : 'TruePositive',
      classificationReason: isFalse ? 'IncorrectAlertLogic' : 'SuspiciousActivity',
    },
  });
}

it(
  'closed incidents tell which values false alerts have, and an exception is proposed',
  { timeout: 240_000 },
  async () => {
    const day = (n: number, minute = 1) => new Date(Date.UTC(2026, 2, n, 0, minute)).toISOString();
    const users = ['svc-a', 'svc-b', 'eva', 'svc-b', 'svc-a'];
    await insert(users.map((user, i) => logon(day(i + 1), user)));
    for (const [i, user] of users.entries()) await runAndClose('logons', day(i + 1, 10), user.startsWith('svc'));
    await test.platform.outbox.flush();
    const tuning = await admin.getRuleTuning({ params: { id: 'logons' } });
    expect(tuning).toMatchObject({ falsePositive: 4, truePositive: 1, benignPositive: 0 });
    expect(tuning.proposals).toMatchObject([
      { condition: 'Account_Name in~ ("svc-a", "svc-b")', falseRemoved: 4, trueRemoved: 0 },
      { field: 'Account Name', falseRemoved: 2, trueRemoved: 0 },
      { field: 'Account Name', falseRemoved: 2, trueRemoved: 0 },
    ]);
    expect(tuning.proposals.map(({ condition }) => condition)).toContain('Account_Name =~ "svc-a"');
    const condition = tuning.proposals[0]!.condition!;
    expect(
      await admin.previewException({ body: { scope: 'rule', target: 'logons', condition, days: 1 } }),
    ).toMatchObject({
      trueAlertsLeftOut: 0,
    });
  },
);

it('closed incidents tell below how many rows no alert of a rule was true', { timeout: 240_000 }, async () => {
  const accounts = [['one'], ['two'], ['red', 'blue', 'green']];
  for (const [i, names] of accounts.entries()) {
    const at = (minute: number) => new Date(Date.UTC(2026, 3, i + 1, 0, minute)).toISOString();
    await insert(names.flatMap((name) => [logon(at(1), name, 'a'), logon(at(2), name, 'b')]));
    await runAndClose('counted', at(10), names.length === 1);
  }
  await test.platform.outbox.flush();
  const { proposals } = await admin.getRuleTuning({ params: { id: 'counted' } });
  expect(proposals.filter(({ kind }) => kind === 'threshold')).toMatchObject([
    { threshold: 2, falseRemoved: 2, trueRemoved: 0 },
  ]);
});
