import { randomUUID } from 'node:crypto';
import { SallyportError, type Investigation, type ProposedAction } from '@sallyport/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tokenOf } from '../incidents/faces/testing.ts';
import { resolveEntities, type NewAlert } from '../incidents/index.ts';
import { manualClock } from '../platform/clock.ts';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../testing.ts';
import { advance } from './advance.ts';
import { loadPlaybooks } from './content.ts';
import type { Parts } from './join.ts';
import { alertOf, day, rowsOf, testsOf } from './testing.ts';
import { systemPrincipal } from '../platform/principal.ts';

const clock = manualClock(new Date(day + 20 * 3_600_000));
const dayMs = 86_400_000;
let server: TestServer;
let admin: ReturnType<TestServer['browser']>;
let parts: Parts;
let rule: NewAlert;

beforeAll(async () => {
  server = await startTestServer({ clock });
  admin = server.browser();
  await makeAdministrator(server, admin);
  const { platform } = server;
  const { queries, queriesOf } = server.server.domains.hunting;
  parts = { platform, queries, queriesOf, playbooks: await loadPlaybooks() };
  const { attack } = await testsOf('inbox-rule');
  rule = alertOf(attack, randomUUID());
  const detection = {
    ActionType: 'AntivirusDetection',
    FileName: 'tool.exe',
    FolderPath: String.raw`C:\Users\ann\Downloads\tool.exe`,
    SHA256: 'c'.repeat(64),
    AdditionalFields: { ThreatName: 'Trojan:Win32/Test', WasRemediated: false, WasExecutingWhileDetected: true },
  };
  const groups = { 'auto1.contoso.com': 'Servers', 'quiet1.contoso.com': 'Lab', 'ask1.contoso.com': '' };
  const TimeGenerated = new Date(day + 10 * 3_600_000).toISOString();
  const tables = {
    ...rowsOf(attack),
    DeviceEvents: Object.keys(groups).map((DeviceName) => ({ TimeGenerated, DeviceName, ...detection })),
    DeviceInfo: Object.entries(groups).map(([DeviceName, MachineGroup]) => ({
      TimeGenerated,
      DeviceName,
      MachineGroup,
    })),
  };
  for (const [table, rows] of Object.entries(tables)) await platform.lake.insertRows(table, rows);
  for (const [name, level] of [
    ['Servers', 'full'],
    ['Lab', 'noAutomatedResponse'],
  ] as const)
    await admin.setDeviceGroupAutomation({ body: { name, level } });
}, 600_000);
afterAll(() => server.stop());

async function raise(...alerts: NewAlert[]): Promise<number> {
  const { domains } = server.server;
  const raised = await server.platform.database.transaction((tx) => domains.incidents.raise(alerts, tx));
  await domains.incidents.tell();
  while ((await domains.investigations.take()) > 0);
  return raised.incidents[0]!;
}
const malwareOn = (...hosts: string[]): NewAlert => ({
  ...rule,
  id: randomUUID(),
  ruleId: `malware on ${hosts.join()}`,
  name: 'Malware found by Microsoft Defender Antivirus',
  tactics: [],
  entities: resolveEntities(
    hosts.map((name) => ({ kind: 'Host', identifiers: { HostName: name, DnsDomain: 'contoso.com' } })),
  ),
});
const of = async (number: number): Promise<Investigation | null> =>
  (await admin.getIncidentInvestigation({ params: { number } })).investigation;
async function run(number: number): Promise<Investigation> {
  const begun = await of(number);
  if (!begun) throw new Error(`incident ${number} is not investigated`);
  await server.server.domains.investigations.run(begun.id);
  return admin.getInvestigation({ params: { id: begun.id } });
}
const actionOn = ({ actions }: Investigation, kind: ProposedAction['kind'], name: string) =>
  actions.find((action) => action.kind === kind && action.target.name === name);
const asked = async (id: string) =>
  server.platform.database.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM investigation_log WHERE investigation_id = $1 AND batch IS NOT NULL GROUP BY batch, playbook, step',
    [id],
  );
const plainEvidence = ({ evidence }: Investigation) =>
  evidence.map(({ entity, verdict, score }) => ({ name: entity.name, verdict, score }));

it('goes on after it was cut off, and counts each step once', async () => {
  const number = await raise(rule);
  const { id } = (await of(number))!;
  // The lake goes away at the second query of the run.
  let left = 1;
  const queries: Parts['queries'] = {
    ...parts.queries,
    run: (request) => {
      if (left-- > 0) return parts.queries.run(request);
      return Promise.reject(new SallyportError('Unavailable', 'the lake is away'));
    },
  };
  const failing: Parts = { ...parts, queries, queriesOf: () => Promise.resolve(queries) };
  const cut = await errorOf(
    (async () => {
      for (;;) if (!(await advance(failing, id)).more) return;
    })(),
  );
  expect(cut.code).toBe('Unavailable');
  expect((await of(number))?.state).toBe('running');
  // Two servers go on with it at once.
  await Promise.all([run(number), run(number)]);
  const resumed = await admin.getInvestigation({ params: { id } });
  expect(resumed.log.filter(({ kind }) => kind === 'ended')).toHaveLength(1);
  expect((await asked(id)).every(({ n }) => n === 1)).toBe(true);
  expect(plainEvidence(resumed)).toContainEqual({ name: 'rule1@contoso.com', verdict: 'Malicious', score: 100 });
  expect(plainEvidence(resumed)).toContainEqual({ name: 'rule2@contoso.com', verdict: 'Suspicious', score: 40 });
  expect(resumed.log.some(({ kind }) => kind === 'widened')).toBe(true);
  expect(resumed.state).toBe('pendingApproval');

  // A later alert of the incident joins, and what was asked is not asked again.
  const before = (await asked(id)).length;
  expect(await raise({ ...rule, id: randomUUID() })).toBe(number);
  const joined = await run(number);
  expect(joined).toMatchObject({ id, alertCount: 2 });
  expect((await asked(id)).length).toBe(before);
}, 120_000);

it('proposes actions as the level of the device’s group says, and decides on them once', async () => {
  const number = await raise(malwareOn('auto1', 'quiet1', 'ask1'));
  const found = await run(number);
  expect(actionOn(found, 'isolateDevice', 'auto1.contoso.com')).toMatchObject({
    state: 'approved',
    decidedBy: 'Sallyport',
  });
  expect(actionOn(found, 'isolateDevice', 'quiet1.contoso.com')).toMatchObject({ state: 'skipped' });
  const waiting = actionOn(found, 'isolateDevice', 'ask1.contoso.com')!;
  expect(waiting).toMatchObject({ state: 'pendingApproval', incident: number, inverse: 'releaseDevice' });

  const program = server.program(await tokenOf({ admin }, ['securityData.read', 'alerts.manage']));
  const decide = (decision: 'approve' | 'reject', client = admin) =>
    client.decideAction({ params: { id: waiting.id }, body: { decision } });
  expect((await errorOf(decide('approve', program))).code).toBe('Forbidden');
  const approved = await decide('approve');
  expect(approved).toMatchObject({ state: 'approved', decidedBy: 'anna@contoso.com' });
  expect(await decide('approve')).toEqual(approved);
  expect((await errorOf(decide('reject'))).code).toBe('Conflict');
  const audit = (await server.platform.audit.newest(20)).filter(({ operation }) => operation === 'decideAction');
  expect(audit.map(({ result }) => result)).toContain('success');

  // The incident's evidence has the verdict, and a person's stands above it.
  const verdictOf = async (name: string) =>
    (await admin.getIncidentStory({ params: { number } })).evidence.find(({ entity }) => entity.name === name)!;
  expect(await verdictOf('auto1.contoso.com')).toMatchObject({ verdict: 'Malicious', verdictBy: null });
  const { entity } = await verdictOf('ask1.contoso.com');
  await admin.setEvidenceVerdict({ params: { number, entityId: entity.id }, body: { verdict: 'NoThreatsFound' } });
  // A decision gives the incident all conclusions anew.
  const other = actionOn(found, 'runAntivirusScan', 'ask1.contoso.com')!;
  await admin.decideAction({
    params: { id: other.id },
    body: { decision: 'reject', comment: 'It is a test machine.' },
  });
  expect(await verdictOf('ask1.contoso.com')).toMatchObject({
    verdict: 'NoThreatsFound',
    verdictBy: 'anna@contoso.com',
  });

  // Graph's evidence has both, its alert the state of the investigation.
  const { alerts } = await admin.getIncident({ params: { number } });
  const graph = await program.graphGetAlert({ params: { id: alerts[0]!.systemAlertId }, query: {} });
  expect(graph).toMatchObject({ investigationState: 'pendingApproval' });
  expect(graph['evidence']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ hostName: 'auto1', verdict: 'malicious', remediationStatus: 'unremediated' }),
      expect.objectContaining({ hostName: 'quiet1', verdict: 'malicious', remediationStatus: 'none' }),
      expect.objectContaining({ hostName: 'ask1', verdict: 'noThreatsFound', remediationStatus: 'unremediated' }),
    ]),
  );

  // All of it is rows.
  await server.platform.outbox.flush();
  const { rows } = await parts.queries.run({
    query: `InvestigationEvidence_CL | where IncidentNumber == ${number} and EntityName == 'auto1.contoso.com' | summarize arg_max(TimeGenerated, Verdict) by EvidenceId
| extend Isolation = toscalar(InvestigationActions_CL | where EntityName == 'ask1.contoso.com' and ActionKind == 'isolateDevice' and State == 'approved' | count) | project Verdict, Isolation`,
    now: clock.now(),
    as: systemPrincipal('test'),
    operation: 'hunting',
  });
  expect(rows).toEqual([['Malicious', 1]]);
}, 120_000);

it('does not begin by itself where the device’s group has no automated response, but does by hand', async () => {
  const number = await raise(malwareOn('quiet1'));
  // The alert may have joined the incident of the device, whose investigation knows it not.
  expect((await of(number))?.alertCount ?? 0).toBeLessThan(2);
  const alertId = (await admin.getIncident({ params: { number } })).alerts.at(-1)!.systemAlertId;
  const reader = server.program(await tokenOf({ admin }, ['securityData.read']));
  const byHand = { params: { number }, body: { alertId } };
  expect((await errorOf(reader.startInvestigation(byHand))).code).toBe('Forbidden');
  const begun = await admin.startInvestigation(byHand);
  expect(begun.state).toBe('queued');
  const { alerts } = await admin.getIncident({ params: { number } });
  expect(alerts.find(({ systemAlertId }) => systemAlertId === alertId)?.investigation).toEqual({
    id: begun.id,
    state: 'queued',
  });
  const audit = (await server.platform.audit.newest(20)).filter(({ operation }) => operation === 'startInvestigation');
  expect(audit[0]).toMatchObject({ result: 'success', target: `incident ${number}`, details: { alert: alertId } });
  const stopped = await admin.stopInvestigation({ params: { id: begun.id }, body: {} });
  expect(stopped.state).toBe('terminatedByUser');
  expect((await run(number)).queries).toBe(begun.queries);
}, 120_000);

it('takes names as data, whatever is in them', async () => {
  const hostile = `a"] | union SecurityEvent //\\'\n`;
  const number = await raise({
    ...rule,
    id: randomUUID(),
    ruleId: 'hostile',
    name: 'Inbox rule of "] | take 1',
    entities: resolveEntities([{ kind: 'Account', identifiers: { Name: hostile, UPNSuffix: 'evil.example' } }]),
  });
  const found = await run(number);
  expect(found.log.filter(({ kind }) => kind === 'failed')).toEqual([]);
  expect(found.state).toBe('benign');
}, 120_000);

it('rejects what nobody decided within seven days', async () => {
  clock.advance(8 * dayMs);
  expect(await server.server.domains.investigations.expire()).toBeGreaterThan(0);
  expect(
    await server.platform.database.query(
      `SELECT DISTINCT i.state FROM investigations i JOIN investigation_actions a ON a.investigation_id = i.id
       WHERE a.state = 'pendingApproval' OR i.state = 'pendingApproval'`,
    ),
  ).toEqual([]);
}, 120_000);
