import { randomUUID } from 'node:crypto';
import type { Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';
import { resolveEntities, type MappedEntity } from '../entities/index.ts';
import type { NewAlert } from '../types.ts';
import { falsePositives, loadGuides, queryOf } from './next-steps.ts';
import { attackPath, loadTechniques } from './path.ts';
import { loadFonts } from './pdf/fonts.ts';
import { pdfOf } from './pdf/index.ts';

vi.setConfig({ testTimeout: 300_000 });

let test: TestServer;
let admin: Client;
const at = (minute: number): Date => new Date(Date.UTC(2026, 2, 17, 9, minute));
const hostile = 'powershell.exe -enc "</script>\u202e\u0007' + '\' or 1=1 --" 日本 \\\\x';

const entity = (kind: MappedEntity['kind'], identifiers: MappedEntity['identifiers']): MappedEntity => ({
  kind,
  identifiers,
});
const host = entity('Host', { HostName: 'ws-07', DnsDomain: 'contoso.example' });
const anna = entity('Account', { Name: 'anna', NTDomain: 'CONTOSO' });
const address = entity('IP', { Address: '203.0.113.66' });

const alert = (
  minute: number,
  name: string,
  entities: readonly MappedEntity[],
  more: Partial<NewAlert> = {},
): NewAlert => {
  const id = randomUUID();
  return {
    id,
    ruleId: `rule ${name}`,
    name,
    description: 'What it means.\n\nFalse positives: tools of the help desk.',
    severity: 'Medium',
    tactics: ['Execution'],
    techniques: ['T1059.001'],
    startTime: at(minute),
    endTime: at(minute),
    entities: resolveEntities(entities),
    customDetails: {},
    query:
      'DeviceProcessEvents | where FileName == "powershell.exe" | project TimeGenerated, DeviceName, AccountName, ProcessCommandLine',
    queryFrom: at(0),
    queryTo: at(59),
    createIncident: true,
    grouping: undefined,
    row: { SystemAlertId: id },
    ...more,
  };
};
const started = (minute: number, pid: number, parent: number, file: string, command: string, more: object = {}) => ({
  TimeGenerated: at(minute).toISOString(),
  Timestamp: at(minute).toISOString(),
  DeviceId: 'ws-07.contoso.example',
  DeviceName: 'ws-07.contoso.example',
  ActionType: 'ProcessCreated',
  FileName: file,
  FolderPath: `C:\\Windows\\${file}`,
  ProcessId: pid,
  ProcessCommandLine: command,
  AccountName: 'anna',
  AccountDomain: 'CONTOSO',
  InitiatingProcessId: parent,
  AdditionalFields: { EventSource: 'Microsoft-Windows-Sysmon' },
  ...more,
});

beforeAll(async () => {
  test = await startTestServer({ settings: { collectHost: 'off' } });
  admin = test.browser();
  await makeAdministrator(test, admin);
  const { platform, server } = test;
  await platform.lake.insertRows('DeviceProcessEvents', [
    started(1, 100, 4, 'explorer.exe', 'explorer.exe', {
      InitiatingProcessFileName: 'userinit.exe',
      InitiatingProcessFolderPath: 'C:\\Windows\\userinit.exe',
    }),
    started(2, 200, 100, 'winword.exe', 'winword.exe invoice.docm', { InitiatingProcessFileName: 'explorer.exe' }),
    started(3, 300, 200, 'powershell.exe', hostile, { InitiatingProcessFileName: 'winword.exe' }),
    // The same number again, long after and of another name: not the parent of what follows.
    started(4, 200, 100, 'notepad.exe', 'notepad.exe'),
    started(5, 400, 300, 'cmd.exe', 'cmd.exe /c whoami', { InitiatingProcessFileName: 'powershell.exe' }),
    started(6, 500, 400, 'whoami.exe', 'whoami', { InitiatingProcessFileName: 'cmd.exe' }),
    started(7, 600, 100, 'calc.exe', 'calc.exe', { InitiatingProcessFileName: 'explorer.exe' }),
    {
      ...started(5, 900, 1, 'cmd.exe', 'cmd.exe elsewhere'),
      DeviceName: 'ws-08.contoso.example',
      DeviceId: 'ws-08.contoso.example',
    },
  ]);
  await platform.lake.insertRows('Anomalies', [
    {
      TimeGenerated: at(20).toISOString(),
      StartTime: at(20).toISOString(),
      Id: 'one',
      RuleName: 'Unusual logon',
      RuleStatus: 'Production',
      UserName: 'Anna',
      Score: 0.8,
      Description: 'First time',
    },
    {
      TimeGenerated: at(20).toISOString(),
      StartTime: at(20).toISOString(),
      Id: 'two',
      RuleName: 'Of another',
      RuleStatus: 'Production',
      UserName: 'bob',
      Score: 0.9,
    },
  ]);
  await platform.database.transaction((tx) =>
    server.domains.incidents.raise(
      [
        alert(3, 'PowerShell hides what it does', [
          host,
          anna,
          entity('Process', { ProcessId: '300', CommandLine: hostile }),
        ]),
        alert(9, 'Connection to a rare address', [host, address], {
          severity: 'High',
          tactics: ['CommandAndControl'],
          techniques: ['T1071.001'],
          query: 'Syslog | where 1 == 0',
        }),
        alert(12, 'A query that is broken', [host], { query: 'Nothing | where' }),
      ],
      tx,
    ),
  );
}, 900_000);
afterAll(() => test.stop());

const number = 1;
const params = { number };

describe('the story of an incident', () => {
  it('tells alerts, evidence, ties, the path and what to do next', async () => {
    const story = await admin.getIncidentStory({ params });
    expect(story.alerts.map(({ name }) => name)).toEqual([
      'PowerShell hides what it does',
      'Connection to a rare address',
      'A query that is broken',
    ]);
    const names = new Map(story.evidence.map((one) => [one.entity.id, one.entity.kind]));
    const ties = story.edges.map(({ from, relation, to }) => `${names.get(from)} ${relation} ${names.get(to)}`);
    expect(ties.toSorted()).toEqual(['Account started Process', 'Host connected to IP', 'Process ran on Host']);
    const of = (kind: string) => story.evidence.find((one) => one.entity.kind === kind);
    expect(of('Host')).toMatchObject({
      alertCount: 3,
      isAsset: true,
      verdict: 'Suspicious',
      state: 'suspected',
      risk: { level: 'High' },
    });
    expect(of('IP')).toMatchObject({ roles: ['commandAndControl'], verdict: 'Suspicious', highestSeverity: 'High' });
    expect(story.path.map(({ tactic, technique }) => `${tactic} ${technique}`)).toEqual([
      'Execution T1059.001',
      'CommandAndControl T1071.001',
    ]);
    expect(story.path[0]?.name).toBe('Command and Scripting Interpreter: PowerShell');
    expect(story.nextSteps.filter(({ source }) => source === 'rule')[0]?.why).toContain('tools of the help desk');
    const hunt = story.nextSteps.find(({ link, title }) => link.kind === 'hunt' && title.includes('203.0.113.66'));
    expect(hunt?.link).toMatchObject({ query: expect.stringContaining('let IP_Address = "203.0.113.66";') as string });
    for (const { link } of story.nextSteps)
      if (link.kind === 'hunt')
        await admin.runQuery({ body: { query: link.query, timespan: { from: link.from, to: link.to } } });
  });

  it('has its verdicts set by people, which its log tells and merging keeps', async () => {
    const { evidence } = await admin.getIncidentStory({ params });
    const ip = evidence.find(({ entity: { kind } }) => kind === 'IP')!;
    const entityId = ip.entity.id;
    const set = await admin.setEvidenceVerdict({
      params: { number, entityId },
      body: { verdict: 'Malicious', remediation: 'blocked', reason: 'Known to others' },
    });
    expect(set).toMatchObject({
      verdict: 'Malicious',
      verdictBy: 'anna@contoso.com',
      verdictReason: 'Known to others',
      state: 'contained',
    });
    const { activities } = await admin.getIncident({ params });
    expect(activities.at(-1)?.text).toBe(
      'IP “203.0.113.66”: Verdict: Suspicious → Malicious; Remediation: none → blocked',
    );
    expect(
      (await admin.listAudit({})).entries.some(
        ({ operation, target }) => operation === 'setEvidenceVerdict' && target === 'incident 1',
      ),
    ).toBe(true);
    expect(
      await errorOf(admin.setEvidenceVerdict({ params: { number, entityId: 'none' }, body: { verdict: 'Unknown' } })),
    ).toMatchObject({ code: 'NotFound' });
    expect(await errorOf(admin.setEvidenceVerdict({ params: { number, entityId }, body: {} }))).toMatchObject({
      code: 'BadRequest',
    });
    expect(await errorOf(admin.getIncidentStory({ params: { number: 99 } }))).toMatchObject({ code: 'NotFound' });
  });

  it('shows processes above and below those of the alerts, and no others', async () => {
    const tree = await admin.getIncidentProcesses({ params });
    const names = new Map(tree.nodes.map((node) => [node.key, node.fileName]));
    expect(
      tree.nodes.map((node) => `${node.fileName} < ${node.parentKey === null ? '' : names.get(node.parentKey)}`),
    ).toEqual([
      'userinit.exe < ',
      'explorer.exe < userinit.exe',
      'winword.exe < explorer.exe',
      'powershell.exe < winword.exe',
      'cmd.exe < powershell.exe',
      'whoami.exe < cmd.exe',
    ]);
    expect(tree.basis).toBe('alerts');
    const [unseen, explorer, , powershell] = tree.nodes;
    expect(unseen).toMatchObject({ wasSeen: false, processId: 4 });
    expect(explorer).toMatchObject({ childCount: 3, wasSeen: true });
    expect(powershell?.commandLine).toBe(hostile);
    expect(powershell?.alertIds).toHaveLength(1);
    const more = await admin.getIncidentProcesses({ params, query: { host: tree.hostId!, parent: explorer!.key } });
    expect(more.nodes.map(({ fileName }) => fileName)).toEqual(['winword.exe', 'notepad.exe', 'calc.exe']);
    await admin.runQuery({ body: { query: tree.query, timespan: { from: tree.from, to: tree.to } } });
    expect(await errorOf(admin.getIncidentProcesses({ params, query: { host: 'x' } }))).toMatchObject({
      code: 'NotFound',
    });
  });

  it('lays rows, anomalies and what could not be read beside each other', async () => {
    const first = await admin.listIncidentEvents({ params });
    expect(first.notes).toEqual([]);
    expect(first.events.map(({ title, kind, entityIds }) => [title, kind, entityIds.length])).toEqual([
      ['Unusual logon', 'anomaly', 1],
    ]);
    const rows = await admin.listIncidentEvents({ params, query: { page: first.next! } });
    expect(rows.next).toBeNull();
    // A row names host and account of the first alert.
    expect(rows.events).toMatchObject([
      { kind: 'row', at: at(3).toISOString(), title: hostile, alertIds: [expect.any(String)] },
    ]);
    expect(rows.notes.join()).toContain('“A query that is broken” could not be read');
  });

  it('finds similar incidents, with the reasons and how they ended', async () => {
    const { platform, server } = test;
    const other = entity('Host', { HostName: 'ws-99', DnsDomain: 'contoso.example' });
    const raise = (...alerts: NewAlert[]) =>
      platform.database.transaction((tx) => server.domains.incidents.raise(alerts, tx));
    const days = (n: number) => ({
      startTime: new Date(at(3).getTime() + n * 86_400_000),
      endTime: new Date(at(3).getTime() + n * 86_400_000),
    });
    await raise(alert(3, 'PowerShell hides what it does', [other], days(40)));
    await raise(
      alert(3, 'Something else', [entity('Host', { HostName: 'ws-50', DnsDomain: 'contoso.example' })], {
        ...days(80),
        techniques: ['T1190'],
        tactics: ['InitialAccess'],
      }),
    );
    await admin.updateIncident({
      params: { number: 2 },
      body: { status: 'Closed', classification: 'FalsePositive', classificationComment: 'Help desk' },
    });
    const { incidents } = await admin.listSimilarIncidents({ params });
    expect(incidents).toMatchObject([
      {
        number: 2,
        classification: 'FalsePositive',
        classificationComment: 'Help desk',
        reasons: ['Same rule: PowerShell hides what it does', 'Same technique: T1059.001'],
      },
    ]);
  });

  it('is printed as a PDF', async () => {
    const text = await admin.exportIncidentPdf({ params });
    expect(String(text).startsWith('%PDF-1.')).toBe(true);
  });
});

describe('the PDF', () => {
  it('has a font for every letter or shows its number, and a bound on its pages', async () => {
    const fonts = await loadFonts();
    const runs = fonts.runs('Ünï Ελλ Рус 日本 한 \u0e01 a\u202eb', 'bold');
    const text = runs.map((run) => run.text).join('');
    expect(text).toContain('日本 한');
    expect(text).toContain('[U+0E01]');
    expect(text).toContain('U+202E');
    for (const run of runs) for (const letter of run.text) expect(run.font.has(letter.codePointAt(0)!)).toBe(true);
    const [incident, story] = await Promise.all([admin.getIncident({ params }), admin.getIncidentStory({ params })]);
    expect(story.incidentUpdatedAt).toBe(incident.lastUpdatedAt);
    const events = Array.from({ length: 600 }, (_, index) => ({
      id: String(index),
      at: at(1).toISOString(),
      kind: 'row' as const,
      title: hostile.repeat(20),
      text: 'x'.repeat(5_000),
      alertIds: [],
      entityIds: [],
      fields: [],
    }));
    const pdf = await pdfOf({ incident, story, events, notes: [] }, fonts, {
      as: { name: 'anna@contoso.com', grants: [] },
      now: at(0),
    });
    expect(pdf.length).toBeLessThan(5_000_000);
    expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)!.length).toBeLessThan(155);
  });
});

describe('what to do next', () => {
  it('is KQL that compiles, for every guide', async () => {
    const guides = await loadGuides();
    expect(new Set(guides.map(({ id }) => id)).size).toBe(guides.length);
    for (const guide of guides) {
      const query = queryOf(guide, Object.fromEntries(guide.identifiers.map((name) => [name, hostile])))!;
      const { faults } = await admin.checkQuery({ body: { query } });
      expect(faults.map(({ message }) => `${guide.id}: ${message}`)).toEqual([]);
      expect(queryOf(guide, {})).toBeUndefined();
    }
  });

  it('reads what rules say of false positives', () => {
    expect(falsePositives('A.\n\nFalse positives: one\nand two.\n\nMore')).toBe('one and two.');
    expect(falsePositives('False positives: unknown')).toBeUndefined();
    expect(falsePositives('Nothing')).toBeUndefined();
  });
});

describe('the path over ATT&CK', () => {
  it('puts each technique under its tactics, and tactics without one by themselves', async () => {
    const one = (tactics: string[], techniques: string[]) => ({
      id: randomUUID(),
      name: '',
      ruleId: '',
      severity: 'Low' as const,
      status: 'New' as const,
      tactics,
      techniques,
      startTime: at(1).toISOString(),
      endTime: at(1).toISOString(),
      entityIds: [],
      query: 0,
    });
    const path = attackPath(
      [one(['Persistence', 'CredentialAccess'], ['T1003.001']), one(['Impact'], ['T0000'])],
      await loadTechniques(),
    );
    expect(path.map(({ tactic, technique }) => `${tactic} ${technique}`)).toEqual([
      'CredentialAccess T1003.001',
      'Impact T0000',
      'Persistence ',
    ]);
  });
});
