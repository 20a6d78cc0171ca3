import type { Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type TestServer } from '../../testing.ts';
import { Attacker } from './generated.ts';
import { describeKept, describeNarrowed } from './narrowed.ts';
import { secretTitle, startServed, type Asker, type Served } from './served.ts';

/** Somebody who sees the devices of one group asks by every face, and sees the incidents of that group's hosts. */

/** Of each face; thousands with ALL_QUERIES=1. */
const asked = process.env['ALL_QUERIES'] === '1' ? 1_000 : 15;

let served: Served;
let test: TestServer;
let admin: Client;
let karl: Client;
let call: Asker['call'];
let numbers: Served['numbers'];

beforeAll(async () => {
  served = await startServed();
  ({ test, admin, numbers } = served);
  karl = served.karl.client;
  call = served.karl.call;
}, 240_000);
afterAll(() => test.stop());

describe('queries by each face', () => {
  const ways: Readonly<Record<string, (query: string) => Promise<{ status: number; text: string }>>> = {
    portal: (query) => call('POST', '/api/query', { query }),
    rows: (query) => call('POST', '/api/query/rows', { query }),
    live: (query) => call('POST', '/api/query/live', { query, since: new Date(Date.now() - 600_000).toISOString() }),
    check: (query) => call('POST', '/api/query/check', { query }),
    logAnalytics: (query) => call('POST', `/v1/workspaces/${test.platform.workspaces.first.id}/query`, { query }),
    severalWorkspaces: (query) =>
      call('POST', `/v1/workspaces/${test.platform.workspaces.first.id}/query`, { query, workspaces: ['other'] }),
    batch: (query) =>
      call('POST', '/v1/$batch', {
        requests: [
          { id: '1', method: 'POST', path: '/query', workspace: test.platform.workspaces.first.id, body: { query } },
        ],
      }),
    graph: (query) => call('POST', '/v1.0/security/runHuntingQuery', { Query: query, Timespan: 'P400D' }),
    kusto: (csl) => call('POST', '/v2/rest/query', { db: 'main', csl }),
    kustoV1: (csl) => call('POST', '/v1/rest/query', { db: 'other', csl }),
  };
  it.each(Object.keys(ways))('%s', { timeout: 1_200_000 }, async (name) => {
    const attacker = new Attacker(Object.keys(ways).indexOf(name) + 100, served.rows);
    let answered = 0;
    for (let i = 0; i < asked; i++) {
      const { text: query } = attacker.next();
      const { status, text } = await ways[name]!(query);
      expect(status, `${query}\n${text.slice(0, 500)}`).toBeLessThan(500);
      expect(served.toldOf('group', text, query), `${query}\n${text.slice(0, 500)}`).toEqual([]);
      if (status === 200) answered++;
    }
    expect(answered / asked).toBeGreaterThan(1 / 3);
  });

  it('rows within come back, and what the engine reads is not told', async () => {
    const answer = await karl.runQuery({
      body: { query: 'Syslog | summarize Rows = count() by Computer | order by Computer asc' },
    });
    expect(answer.rows).toEqual([
      ['', 3],
      ['in1', 3],
    ]);
    expect(answer.statistics).toMatchObject({ rowsRead: 0, bytesRead: 0 });
    expect(await errorOf(karl.explainQuery({ body: { query: 'Syslog', run: true } }))).toMatchObject({
      code: 'Forbidden',
    });
    const details = await call('POST', '/v1/rest/mgmt', { db: 'main', csl: '.show tables details' });
    const [table] = (JSON.parse(details.text) as { Tables: { Rows: unknown[][] }[] }).Tables;
    expect(table?.Rows.map((row) => row[6])).toEqual(table?.Rows.map(() => 0));
  });
});

describe('incidents', () => {
  it('are those with an alert within, and counts agree', async () => {
    const { total, incidents } = await karl.listIncidents({ query: {} });
    expect(new Set(incidents.map(({ number }) => number))).toEqual(new Set([numbers.inside, numbers.both]));
    expect(total).toBe(2);
    expect(incidents.find(({ number }) => number === numbers.both)).toMatchObject({ alertCount: 1, entityCount: 1 });
    const found = await karl.listIncidents({ query: { search: 'out2' } });
    expect(found.incidents).toEqual([]);
  });

  it('outside are not there, by any face', async () => {
    const params = { number: numbers.outside };
    expect(await errorOf(karl.getIncident({ params }))).toMatchObject({ code: 'NotFound' });
    expect(await errorOf(karl.getIncidentStory({ params }))).toMatchObject({ code: 'NotFound' });
    expect((await karl.listIncidentAlerts({ params, query: {} })).alerts).toEqual([]);
    for (const url of [
      '/v1.0/security/incidents?$expand=alerts&$count=true',
      '/v1.0/security/alerts_v2?$count=true',
      `/v1.0/security/incidents/${numbers.outside}`,
      `/v1.0/security/incidents?$filter=${encodeURIComponent(`alerts/any(a:a/title eq '${secretTitle}')`)}`,
      '/subscriptions/s/resourceGroups/sallyport/providers/Microsoft.OperationalInsights/workspaces/main/providers/Microsoft.SecurityInsights/incidents?api-version=2025-09-01',
    ]) {
      const { text, status } = await call('GET', url);
      expect([200, 404]).toContain(status);
      expect(text.replaceAll(/"@odata.(context|nextLink)":"[^"]*"/g, '')).not.toMatch(/zqincidentq|zqsharedq|out[12]/);
    }
  });

  it('in part show that part, and say so', async () => {
    const params = { number: numbers.both };
    const incident = await karl.getIncident({ params });
    expect(incident.alerts.map(({ alertName }) => alertName)).toEqual(['joint']);
    expect(incident.leftOut).toMatch(/^1 of its alerts/);
    expect(JSON.stringify(incident)).not.toMatch(/zqsharedq|out2/);
    expect(await errorOf(karl.addComment({ params, body: { message: 'x' } }))).toMatchObject({ code: 'Forbidden' });
    const whole = await karl.addComment({ params: { number: numbers.inside }, body: { message: 'seen' } });
    expect(whole.leftOut).toBeUndefined();
  });

  it('and what is about all data is refused with its reason', async () => {
    for (const refused of [
      () => karl.listDoors(),
      () => karl.listIngestionErrors(),
      () => karl.updateIncidents({ body: { numbers: [numbers.inside], change: { status: 'Active' } } }),
      () => karl.updateEntity({ params: { id: 'x' }, body: { tags: [] } }),
    ]) {
      const error = await errorOf(refused());
      expect(error.code).toBe('Forbidden');
      expect(error.message).toContain('over a part of it');
    }
  });
});

describeKept(() => served);
describeNarrowed(() => served);

describe('a rule of somebody who sees a part', () => {
  const id = 'karls-rule';
  const text = `id: ${id}
name: Anything
kind: Scheduled
severity: Low
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
entityMappings:
  - entityType: Host
    fieldMappings: [{ identifier: HostName, columnName: Computer }]
query: |
  Syslog | project TimeGenerated, Computer
`;
  it('runs as they do, changes no others, and is stopped when their rights end', { timeout: 120_000 }, async () => {
    const { database, clock } = test.platform;
    const { detection, access } = test.server.domains;
    const body = { text, version: null, note: '' };
    await karl.saveRule({ params: { id }, body });
    await detection.sweep({ rules: detection.rules.rules.filter((rule) => rule.id === id) });
    const hosts = await database.query<{ name: string }>(
      `SELECT DISTINCT e.name FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id WHERE a.rule_id = $1`,
      [id],
    );
    expect(hosts.map(({ name }) => name)).toEqual(['in1']);

    const annas = text.replace(id, 'annas-rule');
    await admin.saveRule({ params: { id: 'annas-rule' }, body: { ...body, text: annas } });
    const change = { text: annas.replace('Low', 'High'), version: 1, note: '' };
    expect(await errorOf(karl.saveRule({ params: { id: 'annas-rule' }, body: change }))).toMatchObject({
      code: 'Forbidden',
    });
    expect(await errorOf(karl.deleteRule({ params: { id: 'annas-rule' } }))).toMatchObject({ code: 'Forbidden' });

    expect(await detection.followRights()).toBe(0);
    await database.execute(
      `UPDATE role_assignments SET removed_at = $1, removed_by = 'test' WHERE created_by = 'test karl'`,
      [clock.now()],
    );
    access.effective.forget();
    expect(await detection.followRights()).toBe(1);
    const shown = (await admin.listRules()).rules.find((rule) => rule.id === id);
    expect(shown).toMatchObject({ enabled: false, disabledReason: expect.stringContaining('karl@contoso.com') });
  });
});
