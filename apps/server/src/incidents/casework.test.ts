import { randomUUID } from 'node:crypto';
import { type RoleName, serviceLevelOf, type Client, type incidentRoutes, type QueryOf } from '@sallyport/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { manualClock } from '../platform/clock.ts';
import { giveRole, errorOf, makeAdministrator, startTestServer, type TestServer } from '../testing.ts';
import { fileName } from './comments/attachments.ts';
import { alertFor } from './faces/testing.ts';

vi.setConfig({ testTimeout: 240_000 });

const clock = manualClock(new Date('2026-01-05T08:00:00Z'));
const minute = 60_000;
let test: TestServer;
let admin: Client;
let cookie = '';

const raise = (...alerts: ReturnType<typeof alertFor>[]) =>
  test.platform.database.transaction((tx) => test.server.domains.incidents.raise(alerts, tx));
const told = async (): Promise<void> => test.server.domains.incidents.tell();
const incidentOf = async (host: string, more: Parameters<typeof alertFor>[2] = {}): Promise<number> =>
  (await raise(alertFor(host, 1, more))).incidents[0]!;
/** A colleague, who does not sign in here. */
async function colleague(name: string, role: RoleName = 'Security Operator'): Promise<void> {
  const id = randomUUID();
  const made = await test.platform.database.execute(
    'INSERT INTO people (id, user_principal_name, display_name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [id, name, name.split('@')[0]],
  );
  if (made === 1) await giveRole(test.platform, id, role);
}
const toldTo = (name: string): Promise<{ kind: string; title: string; text: string }[]> =>
  test.platform.database.query(
    'SELECT kind, title, text FROM notifications n JOIN people p ON p.id = n.person_id WHERE p.user_principal_name = $1 ORDER BY n.id',
    [name],
  );

beforeAll(async () => {
  test = await startTestServer({ clock });
  admin = test.browser({ onCookie: (now) => (cookie = now) });
  await makeAdministrator(test, admin);
  await colleague('bert@contoso.com');
  await colleague('cleo@contoso.com');
  await colleague('dora@contoso.com', 'Log Sender');
}, 600_000);
afterAll(() => test.stop());
beforeEach(() =>
  test.platform.database.execute(
    'TRUNCATE incidents, alerts, entities, cases, work_events, notifications, deliveries, task_templates CASCADE',
  ),
);

// First: numbers of incidents begin anew with each test, and the lake keeps their rows.
describe('metrics', () => {
  it('are KQL over the rows of incidents', async () => {
    await test.platform.outbox.flush();
    const from = clock.now();
    clock.advance(minute);
    const numbers = [];
    for (const host of ['m1', 'm2', 'm3', 'm4'])
      numbers.push(await incidentOf(host, { severity: 'High', ruleId: 'rule-m' }));
    for (const [index, number] of numbers.slice(0, 3).entries()) {
      clock.advance(10 * minute);
      await admin.addComment({ params: { number }, body: { message: 'Looking' } });
      clock.advance(10 * minute);
      await admin.updateIncident({ params: { number }, body: { owner: 'bert@contoso.com' } });
      clock.advance(10 * minute);
      const classification = index === 0 ? 'FalsePositive' : 'TruePositive';
      await admin.updateIncident({ params: { number }, body: { status: 'Closed', classification } });
    }
    clock.advance(minute);
    await test.platform.outbox.flush();
    const { metrics } = await admin.getSocMetrics({
      query: { from: from.toISOString(), to: clock.now().toISOString() },
    });
    const row = (name: 'summary' | 'byOwner' | 'byRule' | 'bySeverity' | 'overTime') => {
      const { columns, rows } = metrics[name]!;
      return rows.map((cells) => Object.fromEntries(columns.map((column, index) => [column.name, cells[index]])));
    };
    expect(row('summary')).toMatchObject([
      {
        Incidents: 4,
        Open: 1,
        ClosedIncidents: 3,
        TriageP50: 40,
        AcknowledgeP50: 50,
        CloseP50: 60,
        CloseP90: 90,
        FalsePositives: 1,
        Classified: 3,
      },
    ]);
    expect(row('byOwner')).toMatchObject([{ Owner: 'bert@contoso.com', Incidents: 3, CloseP50: 60 }]);
    expect(row('byRule')).toMatchObject([
      { Rule: 'rule-m', Incidents: 4, FalsePositiveShare: expect.closeTo(1 / 3) as number },
    ]);
    expect(row('bySeverity')).toMatchObject([{ Severity: 'High', Incidents: 4 }]);
    expect(row('overTime')).toMatchObject([{ Incidents: 4 }]);
    // The text is complete: it gives the same where a person asks it.
    const again = await admin.runQuery({ body: { query: metrics.byOwner!.query } });
    expect(again.rows).toEqual(metrics.byOwner!.rows);
    expect(
      (await errorOf(admin.getSocMetrics({ query: { from: clock.now().toISOString(), to: from.toISOString() } }))).code,
    ).toBe('BadRequest');
  });
});

describe('tasks', () => {
  it('are added, changed, ordered and deleted, in the log and in the row of the incident', async () => {
    const number = await incidentOf('pc1');
    const parent = { kind: 'incident', number } as const;
    const first = await admin.createTask({ body: { parent, title: 'Isolate', assignee: 'bert@contoso.com' } });
    const second = await admin.createTask({ body: { parent, title: 'Report', dueAt: '2026-01-06T08:00:00.000Z' } });
    const done = await admin.updateTask({ params: { id: first.id }, body: { status: 'Completed' } });
    expect(done).toMatchObject({ status: 'Completed', completedAt: clock.now().toISOString() });
    const ids = [second.id, first.id];
    const { tasks } = await admin.orderTasks({ body: { parent, ids } });
    expect(tasks.map(({ id }) => id)).toEqual(ids);
    expect((await errorOf(admin.orderTasks({ body: { parent, ids: [first.id] } }))).code).toBe('BadRequest');
    // The newest row is told by its time.
    clock.advance(1_000);
    await admin.deleteTask({ params: { id: first.id } });
    const { activities } = await admin.getIncident({ params: { number } });
    expect(activities.map(({ text }) => text).slice(1)).toEqual([
      'Task “Isolate” added',
      'Task “Report” added',
      'Task “Isolate”: Status: New → Completed',
      'Task “Isolate” deleted',
    ]);
    await test.platform.outbox.flush();
    const { rows } = await admin.runQuery({
      body: {
        query: `SecurityIncident | where IncidentNumber == ${number} | summarize arg_max(TimeGenerated, Tasks) | project T = tostring(Tasks[0]['title'])`,
      },
    });
    expect(rows).toEqual([['Report']]);
    await told();
    expect(await toldTo('bert@contoso.com')).toEqual([
      {
        kind: 'taskAssignment',
        title: `anna@contoso.com gave a task of incident ${number} to bert@contoso.com`,
        text: 'Isolate',
      },
    ]);
  });

  it('are 40 at most', async () => {
    const parent = { kind: 'incident', number: await incidentOf('pc1') } as const;
    const id = randomUUID();
    const tasks = Array.from({ length: 40 }, (_, n) => ({ title: `Task ${n}` }));
    await admin.saveTaskTemplate({ params: { id }, body: { name: 'All', enabled: false, tasks } });
    await admin.applyTaskTemplate({ params: { id }, body: { parent } });
    expect((await errorOf(admin.createTask({ body: { parent, title: 'One more' } }))).code).toBe('BadRequest');
  });

  it('come from templates by rule and severity, once', async () => {
    const id = randomUUID();
    await admin.saveTaskTemplate({
      params: { id },
      body: {
        name: 'Credential theft',
        ruleIds: ['rule-9'],
        severities: ['High'],
        tasks: [{ title: 'Reset', dueHours: 2 }],
      },
    });
    const number = await incidentOf('pc1', { ruleId: 'rule-9', severity: 'High' });
    const other = await incidentOf('pc2', { ruleId: 'rule-9', severity: 'Low' });
    await told();
    await raise(alertFor('pc1', 2, { ruleId: 'rule-9', severity: 'High' }));
    await told();
    const tasksOf = async (of: number) => (await admin.listTasks({ query: { kind: 'incident', number: of } })).tasks;
    expect(await tasksOf(number)).toMatchObject([
      {
        title: 'Reset',
        template: 'Credential theft',
        dueAt: new Date(clock.now().getTime() + 120 * minute).toISOString(),
      },
    ]);
    expect(await tasksOf(other)).toEqual([]);
    // It is no person's first look at it.
    expect((await admin.getIncident({ params: { number } })).firstModifiedAt).toBeNull();
  });

  it('are Sentinel’s tasks, too', async () => {
    const number = await incidentOf('pc1');
    const row = await test.platform.database.first<{ name: string }>('SELECT name FROM incidents WHERE number = $1', [
      number,
    ]);
    const base = `/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/main/providers/Microsoft.SecurityInsights/incidents/${row?.name ?? ''}/tasks`;
    const call = async (method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: object, headers: object = {}) => {
      const answer = await test.server.http.app.inject({
        method,
        url: `${path}?api-version=2024-01-01-preview`,
        headers: { host: 'localhost:8443', cookie, 'x-sallyport-csrf': '1', ...headers },
        ...(payload ? { payload } : {}),
      });
      return {
        status: answer.statusCode,
        body: answer.body === '' ? undefined : (answer.json() as Record<string, unknown>),
      };
    };
    const name = randomUUID();
    const properties = { title: 'Ask the owner', description: 'By phone', status: 'New' };
    const made = await call('PUT', `${base}/${name}`, { properties });
    expect(made).toMatchObject({
      status: 201,
      body: {
        name,
        type: 'Microsoft.SecurityInsights/Incidents/Tasks',
        properties: { ...properties, createdBy: { name: 'anna@contoso.com' } },
      },
    });
    const etag = String(made.body?.['etag']);
    const changed = await call('PUT', `${base}/${name}`, { etag, properties: { ...properties, status: 'Completed' } });
    expect(changed).toMatchObject({ status: 200, body: { properties: { status: 'Completed' } } });
    expect(await call('PUT', `${base}/${name}`, { etag, properties })).toMatchObject({ status: 409 });
    expect((await call('GET', base)).body).toMatchObject({ value: [{ name }] });
    expect((await call('GET', `${base}/${randomUUID()}`)).status).toBe(404);
    expect((await call('DELETE', `${base}/${name}`)).status).toBe(200);
    expect((await call('DELETE', `${base}/${name}`)).status).toBe(204);
  });
});

describe('comments', () => {
  it('tell those they name, people and members of groups, and not who wrote them', async () => {
    await admin.saveGroup({
      params: { id: randomUUID() },
      body: { name: 'Tier 2', members: ['cleo@contoso.com', 'anna@contoso.com'] },
    });
    const number = await incidentOf('pc1');
    await admin.addComment({
      params: { number },
      body: { message: 'See @bert@contoso.com, @[Tier 2] and @nobody@contoso.com; mail x@bert@contoso.com' },
    });
    await told();
    for (const name of ['bert@contoso.com', 'cleo@contoso.com'])
      expect(await toldTo(name)).toMatchObject([
        { kind: 'mention', title: `anna@contoso.com mentioned you in incident ${number}` },
      ]);
    expect(await toldTo('anna@contoso.com')).toEqual([]);
  });

  it('are changed and deleted by who wrote them', async () => {
    const number = await incidentOf('pc1');
    const id = randomUUID();
    await admin.addComment({ params: { number }, body: { message: 'One', id } });
    const edited = await admin.editComment({ params: { number, id }, body: { message: 'Two' } });
    expect(edited.activities.at(-1)).toMatchObject({ id, text: 'Two', modifiedAt: expect.any(String) as string });
    expect((await admin.deleteComment({ params: { number, id } })).commentCount).toBe(0);
  });
});

describe('attached files', () => {
  const bytes = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer;

  it('are known by their bytes, and only ever downloaded', async () => {
    const number = await incidentOf('pc1');
    const page = '<!doctype html><script>alert(1)</script>';
    const made = await admin.addAttachment({
      query: { kind: 'incident', number, name: '../../evil\u202e<x>.html' },
      body: bytes(page),
    });
    expect(made).toMatchObject({ name: '__.._evil__x_.html', mediaType: 'text/plain', bytes: page.length });
    const answer = await test.server.http.app.inject({
      method: 'GET',
      url: `/api/attachments/${made.id}`,
      headers: { host: 'localhost:8443', cookie },
    });
    expect(answer.body).toBe(page);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename=__.._evil__x_.html',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const { entries } = await admin.listAudit({ query: { limit: 200 } });
    expect(entries.filter(({ operation }) => operation === 'downloadAttachment')).toMatchObject([
      { target: `incident ${number}` },
    ]);
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
    const picture = await admin.addAttachment({
      query: { kind: 'incident', number, name: 'invoice.pdf' },
      body: new Uint8Array(png).buffer,
    });
    expect(picture.mediaType).toBe('image/png');
    expect((await admin.listAttachments({ query: { kind: 'incident', number } })).attachments).toHaveLength(2);
    await admin.deleteAttachment({ params: { id: made.id } });
    expect((await admin.listAttachments({ query: { kind: 'incident', number } })).attachments).toHaveLength(1);
  });

  it('are bounded, and go with a comment that is there', async () => {
    const number = await incidentOf('pc1');
    const query = { kind: 'incident', number, name: 'a.bin' } as const;
    expect((await errorOf(admin.addAttachment({ query, body: bytes('') }))).code).toBe('BadRequest');
    const large = admin.addAttachment({ query, body: new Uint8Array(10 * 1024 ** 2 + 1).buffer });
    expect((await errorOf(large)).code).toBe('PayloadTooLarge');
    const loose = admin.addAttachment({ query: { ...query, comment: randomUUID() }, body: bytes('x') });
    expect((await errorOf(loose)).code).toBe('NotFound');
  });

  it('have names that are safe on every machine', () => {
    expect(fileName('a/b\\c:d.txt')).toBe('a_b_c_d.txt');
    expect(fileName('..')).toBe('_');
    expect(fileName(`${'x'.repeat(300)}.evtx`)).toHaveLength(200);
    expect(fileName(`${'x'.repeat(300)}.evtx`).endsWith('.evtx')).toBe(true);
  });
});

describe('cases', () => {
  it('hold incidents, evidence, tasks and comments, each in the log', async () => {
    const [one, two] = [await incidentOf('pc1'), await incidentOf('pc2')];
    const made = await admin.createCase({
      body: { title: 'Theft', priority: 'High', owner: 'bert@contoso.com', incidents: [one] },
    });
    expect(made).toMatchObject({ number: 1, status: 'New', incidentCount: 1, incidents: [{ number: one }] });
    const params = { number: made.number };
    await admin.linkCaseIncidents({ params, body: { numbers: [one, two] } });
    expect((await errorOf(admin.linkCaseIncidents({ params, body: { numbers: [999] } }))).code).toBe('NotFound');
    const alert = (await admin.getIncident({ params: { number: two } })).alerts[0]!.systemAlertId;
    await admin.addCaseEvidence({ params, body: { kind: 'Alert', title: 'First sign', reference: alert } });
    expect(
      (
        await errorOf(
          admin.addCaseEvidence({ params, body: { kind: 'Alert', title: 'None', reference: randomUUID() } }),
        )
      ).code,
    ).toBe('NotFound');
    await admin.createTask({ body: { parent: { kind: 'case', ...params }, title: 'Tell the works council' } });
    const { id } = await admin.addCaseComment({ params, body: { message: '@cleo@contoso.com look' } });
    await admin.addAttachment({
      query: { kind: 'case', number: 1, name: 'note.txt', comment: id },
      body: new Uint8Array(Buffer.from('note')).buffer,
    });
    const closed = await admin.updateCase({ params, body: { status: 'Closed' } });
    expect(closed).toMatchObject({
      status: 'Closed',
      closedAt: clock.now().toISOString(),
      incidentCount: 2,
      taskCount: 1,
      openTaskCount: 1,
      evidence: [{ title: 'First sign', incident: two }],
    });
    expect(closed.activities.map(({ text }) => text.split(':')[0])).toEqual([
      'Opened.',
      `Incident ${one} linked`,
      `Incident ${two} linked`,
      'Evidence added',
      'Task “Tell the works council” added',
      '@cleo@contoso.com look',
      expect.stringMatching(/^File “note.txt” attached/) as string,
      'Status',
    ]);
    await admin.unlinkCaseIncident({ params: { ...params, incident: one } });
    expect((await admin.listCases({ query: { incident: two } })).cases).toMatchObject([
      { number: 1, incidentCount: 1 },
    ]);
    expect((await admin.listCases({ query: { status: 'New,Open' } })).total).toBe(0);
    await told();
    expect(await toldTo('bert@contoso.com')).toMatchObject([
      { kind: 'assignment', title: 'anna@contoso.com gave case 1 to bert@contoso.com' },
    ]);
    expect(await toldTo('cleo@contoso.com')).toMatchObject([{ kind: 'mention' }]);
  });
});

describe('the queue', () => {
  it('is filtered by every field', async () => {
    const [one, two] = [await incidentOf('pc1', { severity: 'High', ruleId: 'rule-7' }), await incidentOf('pc2')];
    await admin.updateIncident({ params: { number: one }, body: { owner: 'Tier 2', labels: ['VIP'] } });
    await admin.updateIncident({
      params: { number: two },
      body: { status: 'Closed', classification: 'FalsePositive', determination: 'notMalicious' },
    });
    const found = async (query: Partial<QueryOf<typeof incidentRoutes.listIncidents>>) =>
      (await admin.listIncidents({ query: { ...query, sort: 'number', order: 'asc' } })).incidents.map(
        ({ number }) => number,
      );
    expect(await found({ owner: 'Tier 2' })).toEqual([one]);
    expect(await found({ owner: 'none' })).toEqual([two]);
    expect(await found({ owner: 'none,Tier 2' })).toEqual([one, two]);
    expect(await found({ label: 'VIP' })).toEqual([one]);
    expect(await found({ rule: 'rule-7' })).toEqual([one]);
    expect(await found({ tactic: 'Persistence,Impact' })).toEqual([one, two]);
    expect(await found({ technique: 'T1543' })).toEqual([one, two]);
    expect(await found({ technique: 'T154' })).toEqual([]);
    expect(await found({ classification: 'none' })).toEqual([one]);
    expect(await found({ determination: 'notMalicious' })).toEqual([two]);
    expect(await found({ alertsMin: 2 })).toEqual([]);
    const from = new Date(clock.now().getTime() + minute).toISOString();
    expect(await found({ from })).toEqual([]);
    expect(await found({ time: 'closed', to: from })).toEqual([two]);
  });

  it('keeps views of one’s own and of everyone, and one to open with', async () => {
    const id = randomUUID();
    const body = { name: 'High', shared: true, search: 'severity=High', hiddenColumns: ['tactics'] };
    await admin.saveIncidentView({ params: { id }, body });
    await admin.setDefaultIncidentView({ body: { id } });
    expect(await admin.listIncidentViews()).toMatchObject({
      views: [{ id, ...body, owner: 'anna@contoso.com' }],
      defaultId: id,
    });
    const { secret } = await admin.createToken({ body: { name: 'reader', scopes: ['securityData.read'] } });
    const reader = test.program(secret);
    expect((await reader.listIncidentViews()).views).toHaveLength(1);
    expect((await errorOf(reader.saveIncidentView({ params: { id: randomUUID() }, body }))).code).toBe('Forbidden');
    expect((await errorOf(reader.saveIncidentView({ params: { id }, body: { ...body, shared: false } }))).code).toBe(
      'Forbidden',
    );
    expect((await errorOf(reader.deleteIncidentView({ params: { id } }))).code).toBe('NotFound');
    await admin.deleteIncidentView({ params: { id } });
    expect(await admin.listIncidentViews()).toEqual({ views: [], defaultId: null });
  });

  it('is changed many at once, each by itself', async () => {
    const numbers = [await incidentOf('pc1'), await incidentOf('pc2'), 999];
    const answer = await admin.updateIncidents({
      body: { numbers, change: { status: 'Active', owner: 'bert@contoso.com' } },
    });
    expect(answer).toMatchObject({ changed: 2, failures: [{ number: 999, code: 'NotFound' }] });
    await told();
    expect(await toldTo('bert@contoso.com')).toHaveLength(2);
  });
});

describe('alerts', () => {
  it('are taken out of the incident that they are in', async () => {
    const number = await incidentOf('pc1');
    await raise(alertFor('pc1', 2, { name: 'Second' }));
    const [first, second] = (await admin.getIncident({ params: { number } })).alerts.map((one) => one.systemAlertId);
    const left = await admin.unlinkAlerts({ params: { number }, body: { alerts: [second!] } });
    expect(left.alerts.map((one) => one.systemAlertId)).toEqual([first]);
    expect(left.activities.at(-1)?.text).toBe('Alert “Second” taken out by hand.');
    const again = admin.unlinkAlerts({ params: { number }, body: { alerts: [second!] } });
    expect((await errorOf(again)).code).toBe('NotFound');
  });
});

describe('service levels', () => {
  it('say what is due, nearly late and late, the same in the list and by the shared rule', async () => {
    const { levels } = await admin.getServiceLevels();
    const number = await incidentOf('pc1', { severity: 'High' });
    const stateAt = async () => {
      const { incidents } = await admin.listIncidents({});
      const state = serviceLevelOf(incidents[0]!, levels, clock.now())?.state ?? 'none';
      for (const one of ['onTime', 'breaching', 'breached', 'missed', 'met'])
        expect([one, (await admin.listIncidents({ query: { serviceLevel: one } })).total]).toEqual([
          one,
          one === state ? 1 : 0,
        ]);
      return state;
    };
    expect(await stateAt()).toBe('onTime');
    clock.advance(13 * minute);
    expect(await stateAt()).toBe('breaching');
    clock.advance(3 * minute);
    expect(await stateAt()).toBe('breached');
    await told();
    await told();
    // Nobody's: whoever may work on it is told, once.
    expect(await toldTo('bert@contoso.com')).toMatchObject([
      { kind: 'serviceLevel', title: `Triage is late in incident ${number}` },
    ]);
    expect(await toldTo('dora@contoso.com')).toEqual([]);
    await admin.updateIncident({ params: { number }, body: { status: 'Active' } });
    expect(await stateAt()).toBe('onTime');
    await admin.updateIncident({ params: { number }, body: { status: 'Closed', classification: 'TruePositive' } });
    expect(await stateAt()).toBe('missed');
    const next = { ...levels, High: { triage: 60, acknowledge: null, close: 120 } };
    await admin.setServiceLevels({ body: { levels: next } });
    expect((await admin.getServiceLevels()).levels).toEqual(next);
    expect((await admin.listIncidents({ query: { serviceLevel: 'met' } })).total).toBe(1);
    await admin.setServiceLevels({ body: { levels } });
  });
});

describe('hand-over', () => {
  it('tells what is open, what was done and what is due, and those it is for', async () => {
    const since = clock.now().toISOString();
    const [one, two] = [await incidentOf('pc1', { severity: 'High' }), await incidentOf('pc2')];
    clock.advance(minute);
    await admin.updateIncident({ params: { number: one }, body: { status: 'Active' } });
    await admin.updateIncident({ params: { number: two }, body: { status: 'Closed', classification: 'Undetermined' } });
    await admin.createTask({
      body: {
        parent: { kind: 'incident', number: one },
        title: 'Call',
        dueAt: new Date(clock.now().getTime() + minute).toISOString(),
      },
    });
    const facts = await admin.getHandoverFacts({ query: { since } });
    expect(facts).toMatchObject({
      counts: { open: 1, unassigned: 1, opened: 2, closed: 1, breached: 0 },
      open: [{ number: one, changes: [{ text: 'Task “Call” added' }, { text: 'Status: New → Active' }] }],
      closed: [{ number: two }],
      tasks: [{ title: 'Call' }],
    });
    await admin.createHandover({ body: { since, to: ['bert@contoso.com'], text: 'Watch incident 1' } });
    expect((await admin.listHandovers()).handovers).toMatchObject([
      { to: ['bert@contoso.com'], text: 'Watch incident 1' },
    ]);
    expect(await toldTo('bert@contoso.com')).toMatchObject([
      { kind: 'handover', title: 'anna@contoso.com handed over' },
    ]);
  });
});
