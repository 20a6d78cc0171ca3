import { loadFunctions } from '@sallyport/lake';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../../hunting/index.ts';
import { createIncidents } from '../../incidents/index.ts';
import { manualClock } from '../../platform/clock.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { windowOf } from '../run/alerts.ts';
import { runRule, type Parts } from '../run/run.ts';
import { exportArm, exportYaml } from './export.ts';
import { readImport } from './import/read.ts';
import { parseRule } from './parse.ts';
import type { AnalyticsRule } from './rule.ts';
import { systemPrincipal } from '../../platform/principal.ts';

const clock = manualClock(new Date('2026-01-05T12:00:00Z'));
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let parts: Parts;

beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform, { functions: await loadFunctions() });
  parts = { platform, queries: hunting.queries, incidents: createIncidents(platform, { queries: hunting.queries }) };
}, 300_000);
afterAll(() => stop());

const read = (text: string): AnalyticsRule => {
  const { rule, problems, skipped } = parseRule(text, 'r.yaml');
  if (!rule) throw new Error(skipped ?? JSON.stringify(problems));
  return rule;
};
const end = new Date('2026-01-05T12:00:00Z');
const run = (rule: AnalyticsRule) => runRule(parts, rule, windowOf(rule, end));
const alertsOfRule = (id: string) =>
  platform.database.query<{ id: string; name: string; severity: string; description: string; tactics: string[] }>(
    'SELECT id, name, severity, description, tactics FROM alerts WHERE rule_id = $1 ORDER BY start_time, name',
    [id],
  );
const entitiesOfRule = async (id: string) =>
  (
    await platform.database.query<{ entity: string }>(
      `SELECT DISTINCT e.kind || ' ' || e.name AS entity FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id
       WHERE a.rule_id = $1 ORDER BY 1`,
      [id],
    )
  ).map(({ entity }) => entity);
const host = (name: string) => JSON.stringify([{ $id: '1', HostName: name, DnsDomain: 'contoso.com', Type: 'host' }]);
const alert = (id: string, at: string, more: object) => ({
  TimeGenerated: `2026-01-05T${at}:00Z`,
  StartTime: `2026-01-05T${at}:00Z`,
  EndTime: `2026-01-05T${at}:00Z`,
  SystemAlertId: id,
  VendorName: 'Microsoft',
  ...more,
});

it('Microsoft security: alerts of another product become incidents, under their own names, once', async () => {
  const product = { ProviderName: 'MDATP', ProductName: 'Microsoft Defender Advanced Threat Protection' };
  const ids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '3', '4', '5'];
  await platform.lake.insertRows('SecurityAlert', [
    alert(ids[0]!, '09:00', {
      ...product,
      AlertName: 'Mimikatz seen',
      AlertSeverity: 'High',
      Tactics: 'Credential Access',
      Entities: host('pc1'),
    }),
    // The same, as it is newer.
    alert(ids[0]!, '09:30', {
      ...product,
      AlertName: 'Mimikatz was seen',
      AlertSeverity: 'High',
      Tactics: 'Credential Access',
      Entities: host('pc1'),
    }),
    alert(ids[1]!, '09:10', { ...product, AlertName: 'Mimikatz test', AlertSeverity: 'High', Entities: host('pc2') }),
    alert(ids[2]!, '09:20', {
      ...product,
      AlertName: 'Mimikatz far away',
      AlertSeverity: 'Low',
      Entities: host('pc3'),
    }),
    alert(ids[3]!, '09:25', {
      ...product,
      ProviderName: 'MCAS',
      ProductName: 'Microsoft Cloud App Security',
      AlertName: 'Mimikatz',
      AlertSeverity: 'High',
    }),
    alert(ids[4]!, '09:26', { ...product, VendorName: 'Sallyport', AlertName: 'Mimikatz', AlertSeverity: 'High' }),
  ]);
  const rule = read(`id: defender
name: Alerts of Defender for Endpoint
kind: MicrosoftSecurityIncidentCreation
productFilter: Microsoft Defender Advanced Threat Protection
severitiesFilter: [High, Medium]
displayNamesFilter: [mimikatz]
displayNamesExcludeFilter: [test]
`);
  const arrived = { from: new Date(Date.now() - 600_000), to: new Date(Date.now() + 600_000) };
  expect(await runRule(parts, rule, arrived)).toMatchObject({ state: 'succeeded', rows: 1, alerts: 1 });
  expect(await runRule(parts, rule, arrived)).toMatchObject({ alerts: 0 });
  expect(await alertsOfRule('defender')).toMatchObject([
    { id: ids[0], name: 'Mimikatz was seen', severity: 'High', tactics: ['CredentialAccess'] },
  ]);
  expect(await entitiesOfRule('defender')).toEqual(['Host pc1.contoso.com']);
  await platform.outbox.flush();
  const { rows } = await hunting.queries.run({
    query: `SecurityAlert | where SystemAlertId == '${ids[0]}' | count`,
    now: end,
    as: systemPrincipal('test'),
    operation: 'hunting',
  });
  expect(rows).toEqual([[2]]);
}, 300_000);

it('Fusion: stages of an attack on one device, in order, become one alert of high severity that says why', async () => {
  const stage = (id: string, at: string, AlertName: string, Tactics: string, name = 'srv7', AlertSeverity = 'Low') =>
    alert(id, at, { AlertName, Tactics, AlertSeverity, Entities: host(name), ProviderName: 'Other' });
  await platform.lake.insertRows('SecurityAlert', [
    stage('f1', '07:00', 'Strange sign-in', 'InitialAccess', 'srv7', 'Medium'),
    stage('f2', '07:30', 'Encoded command', 'Execution'),
    stage('f4', '07:00', 'Strange sign-in', 'InitialAccess', 'srv8', 'Medium'),
    stage('f5', '07:30', 'Encoded command', 'Execution', 'srv8'),
  ]);
  await platform.lake.insertRows('Anomalies', [
    {
      TimeGenerated: '2026-01-05T08:00:00Z',
      StartTime: '2026-01-05T08:00:00Z',
      Id: 'n1',
      RuleName: 'Much data left',
      Score: 0.9,
      Tactics: 'Exfiltration',
      Entities: host('srv7'),
    },
  ]);
  const rule = read('id: fusion\nname: Fusion\nkind: Fusion\n');
  expect(rule).toMatchObject({ severity: 'High', queryPeriod: 604_800, suppressionFields: ['EntityKey', 'Stages'] });
  expect(await run(rule)).toMatchObject({ state: 'succeeded', rows: 1, alerts: 1 });
  const [found] = await alertsOfRule('fusion');
  expect(found).toMatchObject({
    severity: 'High',
    name: 'Multistage attack on srv7.contoso.com: InitialAccess, Execution, Exfiltration',
    tactics: ['InitialAccess', 'Execution', 'Exfiltration'],
    description: expect.stringMatching(
      /3 stages .*\n2026-01-05 07:00 InitialAccess: Strange sign-in \(Medium\)\n.*Encoded command.*\n.*Much data left/,
    ) as string,
  });
  expect(await entitiesOfRule('fusion')).toEqual(['Host srv7.contoso.com']);
  // What it has told is not told again.
  expect(await runRule(parts, rule, windowOf(rule, new Date('2026-01-05T12:15:00Z')))).toMatchObject({ alerts: 0 });
}, 300_000);

it('Fusion: what goes on is told by the alert that is there, in the incident of the alerts that it tells of', async () => {
  const step = (id: string, tactic: string) =>
    read(`id: ${id}
name: Step ${id}
kind: Scheduled
severity: Medium
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [${tactic}]
query: print TimeGenerated = datetime(2026-01-05T11:30:00Z), HostName = 'srv9', DnsDomain = 'contoso.com'
entityMappings:
  - entityType: Host
    fieldMappings: [{ identifier: HostName, columnName: HostName }, { identifier: DnsDomain, columnName: DnsDomain }]
`);
  const stored = () =>
    platform.database.query<{ incident: number; stages: number }>(
      `SELECT incident_number AS incident, cardinality(tactics) AS stages FROM alerts
       WHERE rule_id = 'fusion-2' OR rule_id LIKE 'step-%' ORDER BY cardinality(tactics)`,
    );
  for (const [id, tactic] of [
    ['step-1', 'InitialAccess'],
    ['step-2', 'Execution'],
    ['step-3', 'Exfiltration'],
  ] as const)
    expect(await run(step(id, tactic))).toMatchObject({ alerts: 1 });
  await platform.outbox.flush();
  const rule = read(`id: fusion-2
name: Fusion
kind: Fusion
query: _Fusion_MultistageAttack() | where EntityName has 'srv9'
alertDetailsOverride: { alertTacticsColumnName: Stages }
`);
  // What was stored at the end of a window is seen in the next.
  const at = (time: string) => runRule(parts, rule, windowOf(rule, new Date(`2026-01-05T${time}:00Z`)));
  expect(await at('12:15')).toMatchObject({ rows: 1, alerts: 1 });
  const before = await stored();
  expect(new Set(before.map(({ incident }) => incident)).size).toBe(1);
  expect(before.map(({ stages }) => stages)).toEqual([1, 1, 1, 3]);
  expect(await run(step('step-4', 'Impact'))).toMatchObject({ alerts: 1 });
  await platform.outbox.flush();
  expect(await at('12:30')).toMatchObject({ rows: 1, alerts: 0, incidents: [before[0]?.incident] });
  expect((await stored()).map(({ stages }) => stages)).toEqual([1, 1, 1, 1, 4]);
}, 300_000);

it('threat intelligence: what is seen is looked for in all indicators that are in force, however old', async () => {
  const indicator = (Id: string, ObservableKey: string, ObservableValue: string, more = {}) => ({
    TimeGenerated: '2025-03-01T00:00:00Z',
    Id,
    ObservableKey,
    ObservableValue,
    IsActive: true,
    IsDeleted: false,
    Revoked: false,
    Confidence: 90,
    SourceSystem: 'Feed',
    ...more,
  });
  await platform.lake.insertRows('ThreatIntelIndicators', [
    indicator('i1', 'domain-name:value', 'Bad.example'),
    indicator('i2', 'ipv4-addr:value', '198.51.100.9'),
    indicator('i3', 'domain-name:value', 'past.example', { ValidUntil: '2025-06-01T00:00:00Z' }),
  ]);
  const at = '2026-01-05T11:30:00Z';
  await platform.lake.insertRows('ASimDnsActivityLogs', [
    {
      TimeGenerated: at,
      DnsQuery: 'bad.example',
      SrcHostname: 'pc1.contoso.com',
      SrcIpAddr: '10.0.0.4',
      EventType: 'Query',
    },
    { TimeGenerated: at, DnsQuery: 'past.example', SrcHostname: 'pc1.contoso.com', EventType: 'Query' },
    { TimeGenerated: '2026-01-01T00:00:00Z', DnsQuery: 'bad.example', SrcHostname: 'pc9', EventType: 'Query' },
  ]);
  await platform.lake.insertRows('ASimNetworkSessionLogs', [
    { TimeGenerated: at, DstIpAddr: '198.51.100.9', SrcIpAddr: '10.0.0.5', EventType: 'NetworkSession' },
  ]);
  const rule = read('id: ti\nname: Intelligence\nkind: ThreatIntelligence\n');
  expect(await run(rule)).toMatchObject({ state: 'succeeded', rows: 2, alerts: 2 });
  expect((await alertsOfRule('ti')).map(({ name }) => name)).toEqual([
    'Threat intelligence: 198.51.100.9 was seen (network session)',
    'Threat intelligence: Bad.example was seen (DNS query)',
  ]);
  expect(await entitiesOfRule('ti')).toEqual(expect.arrayContaining(['Host pc1.contoso.com', 'IP 198.51.100.9']));
}, 300_000);

it('anomalies: those of a name become alerts without incidents; while they fly, only rows', async () => {
  await platform.lake.insertRows('Anomalies', [
    {
      TimeGenerated: '2026-01-05T11:40:00Z',
      Id: 'x1',
      RuleName: 'Odd hours',
      Score: 0.8,
      Description: 'Anna at 3',
      Tactics: 'InitialAccess',
      Entities: JSON.parse(host('pc5')),
    },
    {
      TimeGenerated: '2026-01-05T11:40:00Z',
      Id: 'x2',
      RuleName: 'Odd hours',
      Score: 0.2,
      Description: 'less',
      Entities: [],
    },
    { TimeGenerated: '2026-01-05T11:40:00Z', Id: 'x3', RuleName: 'Other', Score: 0.9, Entities: [] },
  ]);
  const text = 'id: odd\nname: Odd hours\nkind: Anomaly\nanomalyScoreThreshold: 0.5\n';
  expect(await run(read(`${text}settingsStatus: Flighting\n`))).toMatchObject({ rows: 1, alerts: 0 });
  expect(await run(read(text))).toMatchObject({ rows: 1, alerts: 1, incidents: [] });
  expect(await alertsOfRule('odd')).toMatchObject([
    { severity: 'Informational', description: 'Anna at 3', tactics: ['InitialAccess'] },
  ]);
}, 300_000);

it('every kind goes to ARM and YAML and comes back the same', async () => {
  const texts = [
    'id: a\nname: A\nkind: Fusion\n',
    'id: b\nname: B\nkind: ThreatIntelligence\nseverity: High\n',
    'id: c\nname: C\nkind: Anomaly\nsettingsStatus: Flighting\nanomalyScoreThreshold: 0.7\ntactics: [Impact]\n',
    'id: d\nname: D\nkind: MicrosoftSecurityIncidentCreation\nproductFilter: Azure Security Center\nseveritiesFilter: [High]\ndisplayNamesExcludeFilter: [x]\n',
    'id: e\nname: E\nkind: NRT\nseverity: Low\nquery: Syslog\nsuppressionEnabled: true\nsuppressionFields: [Computer]\n',
  ];
  const rules = texts.map(read);
  const plain = (rule: AnalyticsRule) => ({ ...rule, yaml: '', path: '' });
  const { found, problems } = await readImport([{ path: 'all.json', text: exportArm(rules) }]);
  expect(problems).toEqual([]);
  expect(found.flatMap((one) => one.rules).map(plain)).toEqual(rules.map(plain));
  expect(rules.map((rule) => plain(read(exportYaml(rule, 'sigma'))))).toEqual(rules.map(plain));
});

it('rules of Sentinel’s own kinds are read as they stand there', async () => {
  const arm = {
    resources: [
      {
        type: 'Microsoft.OperationalInsights/workspaces/providers/alertRules',
        name: "[concat('w','/Microsoft.SecurityInsights/BuiltInFusion')]",
        kind: 'Fusion',
        properties: {
          alertRuleTemplateName: 'f71aba3d-28fb-450b-b192-4e76a83015c8',
          enabled: true,
          displayName: 'Advanced Multistage Attack Detection',
        },
      },
      {
        type: 'Microsoft.SecurityInsights/securityMLAnalyticsSettings',
        name: 'anomaly',
        kind: 'Anomaly',
        properties: {
          displayName: 'Odd hours',
          enabled: true,
          anomalyVersion: '1.0',
          frequency: 'PT1H',
          settingsStatus: 'Production',
          isDefaultSettings: true,
          tactics: ['InitialAccess'],
        },
      },
    ],
  };
  const { found, problems } = await readImport([{ path: 'x.json', text: JSON.stringify(arm) }]);
  expect(problems).toEqual([]);
  expect(found.flatMap(({ rules }) => rules)).toMatchObject([
    { id: 'BuiltInFusion', kind: 'Fusion', severity: 'High' },
    { id: 'anomaly', kind: 'Anomaly', queryFrequency: 3_600 },
  ]);
});
