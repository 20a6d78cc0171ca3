import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SallyportError, wholeScope } from '@sallyport/contracts';
import { createHunting, type Hunting, type QueryRequest } from '../hunting/index.ts';
import { createIncidents, type Incidents } from '../incidents/index.ts';
import { manualClock } from '../platform/clock.ts';
import type { OpenPlatform } from '../platform/create.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { createDetection, type AnalyticsRule, type Detection } from './index.ts';
import { failuresMax, runRule } from './run/run.ts';
import { queueDue } from './schedule.ts';
import { RuleWorker } from './worker.ts';
import { systemPrincipal } from '../platform/principal.ts';

const clock = manualClock(new Date('2026-01-01T02:05:00Z'));
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let incidents: Incidents;
let detection: Detection;
let folder: string;

const rules = {
  'failed.yaml': `id: failed-logons
name: Many failed logons
description: Somebody guesses
kind: Scheduled
severity: Medium
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [CredentialAccess]
relevantTechniques: [T1110]
query: |
  SecurityEvent
  | where EventID == 4625
  | summarize Count = count(), StartTimeUtc = min(TimeGenerated), EndTimeUtc = max(TimeGenerated), Accounts = make_set(TargetAccount) by Computer, IpAddress
  | where Count >= 3
entityMappings:
  - entityType: Host
    fieldMappings: [{ identifier: FullName, columnName: Computer }]
  - entityType: IP
    fieldMappings: [{ identifier: Address, columnName: IpAddress }]
customDetails: { Accounts: Accounts, Count: Count }
alertDetailsOverride: { alertDisplayNameFormat: "{{Count}} failed logons from {{IpAddress}}" }
eventGroupingSettings: { aggregationKind: AlertPerResult }
`,
  'cleared.yaml': `id: log-cleared
name: Log cleared
kind: Scheduled
severity: High
queryFrequency: 5m
queryPeriod: 5m
tactics: [DefenseEvasion]
query: SecurityEvent | where EventID == 1102
entityMappings:
  - entityType: Host
    fieldMappings: [{ identifier: FullName, columnName: Computer }]
`,
  'broken.yaml': `id: broken
name: Broken
kind: Scheduled
severity: Low
queryFrequency: 1h
queryPeriod: 1h
query: SecurityEvent | where Nonsense == 1
`,
  'nrt.yaml': `id: near-real-time
name: Sign-in
kind: NRT
severity: Informational
query: SecurityEvent | where EventID == 4624
enabled: false
`,
  'silence.yaml': `id: silence
name: No logs
kind: Scheduled
severity: Low
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: eq
triggerThreshold: 0
query: Syslog
enabled: false
`,
};
const rule = (id: string): AnalyticsRule => detection.rules.rules.find((r) => r.id === id)!;
const event = (at: string, id: number, more: object = {}) => ({
  TimeGenerated: `2026-01-01T${at}:00Z`,
  EventID: id,
  Computer: 'dc01.contoso.com',
  IpAddress: '203.0.113.9',
  TargetAccount: String.raw`CONTOSO\anna`,
  ...more,
});
const kql = async (query: string) => {
  await platform.outbox.flush();
  const { columns, rows } = await hunting.queries.run({
    query,
    now: clock.now(),
    as: systemPrincipal('test'),
    operation: 'hunting',
  });
  return rows.map((row) => Object.fromEntries(columns.map((c, i) => [c.name, row[i]])));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'));
  for (const [name, text] of Object.entries(rules)) await writeFile(join(folder, name), text);
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform);
  incidents = createIncidents(platform, { queries: hunting.queries });
  detection = await createDetection(platform, {
    queries: hunting.queries,
    incidents,
    ruleFolders: [folder],
    scheduled: false,
  });
  await platform.lake.insertRows(
    'SecurityEvent',
    [event('01:10', 4625), event('01:11', 4625), event('01:12', 4625), event('01:13', 4624)],
    { segmentId: 'segment-a' },
  );
  await platform.lake.insertRows('SecurityEvent', [event('01:30', 1102)], {
    segmentId: 'segment-b',
  });
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

describe('a rule over real rows', () => {
  it('becomes an alert, a row and an incident, once', async () => {
    const end = new Date('2026-01-01T02:00:00Z');
    expect(await detection.runRule(rule('failed-logons'), end)).toEqual({
      state: 'succeeded',
      rows: 1,
      alerts: 1,
      incidents: [1],
    });
    expect(await detection.runRule(rule('failed-logons'), end)).toMatchObject({
      state: 'succeeded',
      rows: 1,
      alerts: 0,
    });
    expect(
      await kql(
        'SecurityAlert | project AlertName, AlertSeverity, StartTime, EndTime, Entities = parse_json(Entities), Status',
      ),
    ).toEqual([
      {
        AlertName: '3 failed logons from 203.0.113.9',
        AlertSeverity: 'Medium',
        StartTime: '2026-01-01T01:10:00.0000000Z',
        EndTime: '2026-01-01T01:12:00.0000000Z',
        Entities: JSON.stringify([
          {
            $id: '1',
            HostName: 'dc01',
            DnsDomain: 'contoso.com',
            Type: 'host',
          },
          { $id: '2', Address: '203.0.113.9', Type: 'ip' },
        ]),
        Status: 'New',
      },
    ]);
    expect(await kql('SecurityIncident | project IncidentNumber, Title, Severity, Status, AlertIds')).toMatchObject([
      {
        IncidentNumber: 1,
        Title: '3 failed logons from 203.0.113.9 on dc01.contoso.com',
        Severity: 'Medium',
        Status: 'New',
      },
    ]);
    expect(await kql('SentinelHealth | summarize Runs = count() by Status')).toEqual([{ Status: 'Success', Runs: 2 }]);
  });

  it('is found by a sweep over all time, and joins by its host', async () => {
    const result = await detection.sweep();
    expect(result).toMatchObject({
      alerts: 1,
      incidents: [1],
      skipped: [],
      windows: 2,
    });
    expect(result.failures).toMatchObject([{ ruleId: 'broken' }]);
    expect([...result.alertsBySegment]).toEqual([['segment-b', 1]]);
    expect(
      await kql('SecurityIncident | summarize arg_max(TimeGenerated, Title, Severity) by IncidentNumber'),
    ).toMatchObject([
      {
        IncidentNumber: 1,
        Title: 'Multi-stage incident: defense evasion to credential access on dc01.contoso.com',
        Severity: 'High',
      },
    ]);
    expect(await detection.sweep()).toMatchObject({ alerts: 0, incidents: [] });
  });

  it('of one segment is found without the others', async () => {
    expect(await detection.sweep({ segments: ['segment-b'] })).toMatchObject({
      windows: 1,
      alerts: 0,
    });
    expect(await detection.sweep({ segments: ['segment-z'] })).toMatchObject({
      windows: 0,
    });
  });

  it('that fires on absence is run though there are no rows', async () => {
    const result = await detection.sweep({ rules: [rule('silence')] });
    // No other rule's rows, no time to look at.
    expect(result).toMatchObject({ windows: 0, alerts: 0 });
    expect(await detection.sweep({ rules: [rule('silence'), rule('log-cleared')] })).toMatchObject({ alerts: 1 });
  });
});

describe('an NRT rule', () => {
  it('looks at what arrived in its window, whatever its time', async () => {
    const arrived = new Date();
    const window = {
      from: new Date(arrived.getTime() - 600_000),
      to: new Date(arrived.getTime() + 60_000),
    };
    const parts = { platform, queries: hunting.queries, incidents };
    expect(await runRule(parts, rule('near-real-time'), window)).toMatchObject({
      state: 'succeeded',
      rows: 1,
      alerts: 1,
    });
    const early = {
      from: new Date('2026-01-01T01:00:00Z'),
      to: new Date('2026-01-01T02:00:00Z'),
    };
    expect(await runRule(parts, rule('near-real-time'), early)).toMatchObject({
      rows: 0,
      alerts: 0,
    });
  });
});

describe('the rows behind an alert', () => {
  it('are asked for again, over its window', async () => {
    const alerts = await platform.database.query<{
      id: string;
      rule_id: string;
    }>('SELECT id, rule_id FROM alerts');
    for (const id of ['log-cleared', 'near-real-time']) {
      const alert = alerts.find((one) => one.rule_id === id)!;
      const grants = [
        {
          permissions: new Set(['securityData.read'] as const),
          scope: wholeScope,
        },
      ];
      const context = {
        caller: { name: 'anna', grants },
        signal: new AbortController().signal,
      };
      const events = await incidents.handlers.getAlertEvents(context as never, { params: { id: alert.id } } as never);
      const computer = events.columns.findIndex((column) => column.name === 'Computer');
      expect(events.rows.map((row) => row[computer])).toEqual(['dc01.contoso.com']);
    }
  });
});

describe('a rule that fails', () => {
  it('says why, and is disabled after ten failures in a row', async () => {
    const end = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
    for (let n = 1; n < failuresMax; n++)
      expect(await detection.runRule(rule('broken'), end(n))).toMatchObject({
        state: 'failed',
        error: expect.stringContaining('Nonsense') as string,
      });
    const { grants } = systemPrincipal('test');
    const context = { caller: { name: 'anna', grants } } as never;
    const shown = async () =>
      detection.handlers.getRule(context, {
        params: { id: 'broken' },
      } as never);
    expect(await shown()).toMatchObject({
      enabled: true,
      lastRunState: 'failed',
    });
    await detection.runRule(rule('broken'), end(failuresMax));
    expect(await shown()).toMatchObject({
      enabled: false,
      lastError: expect.stringContaining('Nonsense') as string,
    });
    expect(await kql('SentinelHealth | where OperationName == "Rule disabled" | project SentinelResourceName')).toEqual(
      [{ SentinelResourceName: 'Broken' }],
    );
    expect(await kql('AuditLogs | where OperationName == "DisableRule" | count')).toEqual([{ Count: 1 }]);
  });
});

describe('a sweep of a part of time', () => {
  it('sees what its windows look back on, and only its windows', async () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 1, minute));
    const all = await detection.sweep({ rules: [rule('failed-logons')] });
    expect(all.windows).toBe(1);
    // The window of 01:00 to 02:00 has the three rows, though only the last lies in the time.
    const part = await detection.sweep({
      rules: [rule('failed-logons')],
      from: at(12),
      to: at(12),
    });
    expect(part).toMatchObject({ windows: 1, alerts: 0 });
    expect(
      await detection.sweep({
        rules: [rule('log-cleared')],
        from: at(0),
        to: at(29),
      }),
    ).toMatchObject({
      windows: 0,
    });
    expect(
      await detection.sweep({
        rules: [rule('log-cleared')],
        from: at(30),
        to: at(30),
      }),
    ).toMatchObject({
      windows: 1,
    });
  });
});

describe('the schedule', () => {
  const parts = () => ({ platform, queries: hunting.queries, incidents });
  const byId = () => new Map(detection.rules.rules.map((r) => [r.id, r]));
  const waiting = async () =>
    (
      await platform.database.query<{ rule_id: string; window_to: Date }>(
        'SELECT rule_id, window_to FROM rule_windows ORDER BY window_to, rule_id',
      )
    ).map(({ rule_id, window_to }) => `${rule_id} ${window_to.toISOString().slice(11, 16)}`);

  it('queues each due window once', async () => {
    await queueDue(parts(), byId());
    expect(await waiting()).toEqual(['failed-logons 02:00', 'log-cleared 02:00']);
    await queueDue(parts(), byId());
    clock.advance(10 * 60_000);
    await queueDue(parts(), byId());
    expect((await waiting()).slice(2)).toEqual(['log-cleared 02:05', 'log-cleared 02:10']);
  });

  it('runs what is queued, tries again what the lake was away for, and says what failed', async () => {
    let answers = 0;
    const run = (request: QueryRequest) => {
      answers++;
      if (answers === 1) throw new SallyportError('Unavailable', 'the lake does not answer');
      if (answers === 2) throw new SallyportError('BadRequest', 'never reached');
      return hunting.queries.run(request);
    };
    const worker = new RuleWorker({ ...parts(), queries: { ...hunting.queries, run } }, byId);
    while (await worker.round());
    // What comes after a window of its rule that is to be tried again waits for it.
    expect(await waiting()).toEqual(
      [
        expect.stringMatching(/^(failed-logons|log-cleared) 02:00$/) as string,
        'log-cleared 02:05',
        'log-cleared 02:10',
      ].slice(0, (await waiting()).length),
    );
    await platform.database.execute('UPDATE rule_windows SET not_before = NULL');
    while (await worker.round());
    expect(await waiting()).toEqual([]);
    const runs = await platform.database.query<{
      state: string;
      error: string | null;
      attempts: number;
    }>(
      `SELECT state, error, attempts FROM rule_runs WHERE window_to >= '2026-01-01T02:00:00Z' AND rule_id IN ('failed-logons', 'log-cleared')`,
    );
    expect(runs).toHaveLength(4);
    expect(runs.filter(({ state }) => state === 'failed').map(({ error }) => error)).toEqual(['never reached']);
  });
});
