import { randomUUID } from 'node:crypto';
import { Client, PageIterator, type PageCollection } from '@microsoft/microsoft-graph-client';
import type { SecurityNamespace as Graph } from '@microsoft/microsoft-graph-types';
import { EntityKind } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFaceServer, type FaceServer } from '../../../hunting/faces/testing.ts';
import { evidenceOf } from './evidence.ts';
import { alertFor, tokenOf } from '../testing.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: FaceServer;
let manager: string;
const ids = { first: randomUUID(), second: randomUUID(), alone: randomUUID() };

const clientOf = (token: string): Client =>
  Client.initWithMiddleware({
    authProvider: { getAccessToken: () => Promise.resolve(token) },
    baseUrl: `${server.url}/`,
    customHosts: new Set(['localhost']),
  });
interface List<T> {
  readonly '@odata.count'?: number;
  readonly '@odata.nextLink'?: string;
  readonly value: readonly T[];
}
const incidents = async (filter?: string, orderBy?: string): Promise<string[]> => {
  const request = clientOf(server.token).api('/security/incidents');
  if (filter !== undefined) request.filter(filter);
  if (orderBy !== undefined) request.orderby(orderBy);
  return ((await request.get()) as List<Graph.Incident>).value.map(({ id }) => id ?? '');
};
const one = async (id: string): Promise<Graph.Incident> =>
  (await clientOf(server.token).api(`/security/incidents/${id}`).expand('alerts').get()) as Graph.Incident;
const raise = (...alerts: ReturnType<typeof alertFor>[]) =>
  server.test.platform.database.transaction((tx) => server.test.server.domains.incidents.raise(alerts, tx));

beforeAll(async () => {
  server = await startFaceServer();
  manager = await tokenOf(server, ['securityData.read', 'alerts.manage']);
  // Incidents 1 to 5 of a host each; the first has two alerts.
  await raise(
    alertFor('a', 1, { id: ids.first, name: 'First', severity: 'High' }),
    alertFor('a', 2, { id: ids.second, name: 'Second' }),
  );
  for (const [index, host] of ['b', 'c', 'd', 'e'].entries())
    await raise(alertFor(host, 10 + index, { severity: index === 0 ? 'Low' : 'Informational' }));
  await raise(alertFor('f', 20, { id: ids.alone, name: 'In no incident', createIncident: false }));
}, 240_000);
afterAll(() => server.stop());

describe('the client of Microsoft Graph', () => {
  it('reads incidents, with their alerts and evidence', async () => {
    const list = (await clientOf(server.token)
      .api('/security/incidents')
      .expand('alerts')
      .orderby('createdDateTime')
      .count(true)
      .get()) as List<Graph.Incident>;
    expect(list['@odata.count']).toBe(5);
    const [incident] = list.value;
    expect(incident).toMatchObject({
      id: '1',
      status: 'active',
      severity: 'high',
      classification: 'unknown',
      determination: 'unknown',
      assignedTo: null,
      redirectIncidentId: null,
      customTags: [],
      comments: [],
      incidentWebUrl: expect.stringMatching(/\/incidents\/1$/) as string,
    });
    expect(incident?.alerts?.map(({ title }) => title)).toEqual(['First', 'Second']);
    expect(incident?.alerts?.[0]).toMatchObject({
      id: ids.first,
      incidentId: '1',
      status: 'new',
      severity: 'high',
      serviceSource: 'microsoftSentinel',
      detectionSource: 'scheduledAlerts',
      category: 'Persistence',
      mitreTechniques: ['T1543.003'],
      firstActivityDateTime: '2026-01-01T01:00:00.000Z',
      evidence: [
        {
          '@odata.type': '#microsoft.graph.security.deviceEvidence',
          deviceDnsName: 'a.contoso.com',
          verdict: 'unknown',
        },
      ],
    });
    expect((await one('1')).alerts).toHaveLength(2);
  });

  it('filters and sorts', async () => {
    expect(await incidents(`severity eq 'high'`)).toEqual(['1']);
    expect(await incidents(`severity ge microsoft.graph.security.alertSeverity'low'`, 'severity')).toEqual(['2', '1']);
    expect(await incidents(`status eq 'active' and not (severity in ('high','low'))`, 'id desc')).toEqual([
      '5',
      '4',
      '3',
    ]);
    expect(await incidents(`createdDateTime gt 2020-01-01T00:00:00Z and contains(displayName,'on b.contoso')`)).toEqual(
      ['2'],
    );
    expect(await incidents(`alerts/any(a:a/title eq 'Second')`)).toEqual(['1']);
    expect(await incidents(`assignedTo eq null`, 'createdDateTime desc')).toHaveLength(5);
    expect(
      await incidents(`assignedTo ne 'anna@contoso.com' and startswith(tolower(displayName),'first on ')`),
    ).toEqual(['1']);
    expect(await incidents(`displayName eq 'x'' or 1 eq 1 --'`)).toEqual([]);
  });

  it('pages through all, though more come meanwhile', async () => {
    const seen: string[] = [];
    const first = (await clientOf(server.token).api('/security/incidents').top(2).get()) as PageCollection;
    expect(first['@odata.nextLink']).toContain('skipToken');
    await raise(alertFor('g', 30));
    const pages = new PageIterator(clientOf(server.token), first, (incident: Graph.Incident) => {
      seen.push(incident.id ?? '');
      return true;
    });
    await pages.iterate();
    expect(seen).toEqual(['5', '4', '3', '2', '1']);
    const skipped = (await clientOf(server.token)
      .api('/security/incidents')
      .top(2)
      .skip(4)
      .get()) as List<Graph.Incident>;
    expect(skipped.value.map(({ id }) => id)).toEqual(['2', '1']);
    expect(skipped['@odata.nextLink']).toBeUndefined();
  });

  it('changes an incident and comments on it; all is in the one store', async () => {
    const client = clientOf(manager);
    const changed = (await client.api('/security/incidents/2').patch({
      status: 'inProgress',
      assignedTo: 'anna@contoso.com',
      classification: 'TruePositive',
      determination: 'multiStagedAttack',
      severity: 'high',
      customTags: ['Demo'],
      displayName: 'Renamed',
      lastUpdateDateTime: 'is passed over',
    })) as Graph.Incident;
    expect(changed).toMatchObject({
      id: '2',
      status: 'inProgress',
      assignedTo: 'anna@contoso.com',
      classification: 'truePositive',
      determination: 'multiStagedAttack',
      severity: 'high',
      customTags: ['Demo'],
      displayName: 'Renamed',
      lastModifiedBy: 'token:alerts.manage',
    });
    expect(await incidents(`customTags/any(t:t eq 'Demo') and determination eq 'multiStagedAttack'`)).toEqual(['2']);
    const { value } = (await client.api('/security/incidents/2/comments').post({
      '@odata.type': 'microsoft.graph.security.alertComment',
      comment: 'Looked at',
    })) as List<Graph.AlertComment>;
    expect(value).toMatchObject([{ comment: 'Looked at', createdByDisplayName: 'token:alerts.manage' }]);
    const own = await server.admin.getIncident({ params: { number: 2 } });
    expect(own).toMatchObject({ status: 'Active', classification: 'TruePositive', determination: 'multiStagedAttack' });
    expect(own.activities.map(({ kind }) => kind)).toEqual(['created', 'changed', 'comment']);
    expect((await one('2')).alerts).toMatchObject([{ status: 'inProgress', assignedTo: 'anna@contoso.com' }]);
    const audited = await server.test.platform.database.query(
      `SELECT operation FROM audit_log WHERE target = 'incident 2' ORDER BY sequence`,
    );
    expect(audited).toEqual([{ operation: 'graphUpdateIncident' }, { operation: 'graphCommentIncident' }]);
  });

  it('resolves without a classification, and a new one takes the determination away', async () => {
    const patch = async (body: object) =>
      (await clientOf(manager).api('/security/incidents/3').patch(body)) as Graph.Incident;
    expect(await patch({ status: 'resolved', resolvingComment: 'Nothing' })).toMatchObject({
      status: 'resolved',
      classification: 'unknown',
      resolvingComment: 'Nothing',
    });
    expect((await one('3')).alerts).toMatchObject([
      { status: 'resolved', resolvedDateTime: expect.any(String) as string },
    ]);
    expect(await patch({ classification: 'falsePositive', determination: 'notMalicious' })).toMatchObject({
      determination: 'notMalicious',
    });
    expect(await patch({ classification: 'informationalExpectedActivity' })).toMatchObject({
      determination: 'unknown',
    });
  });

  it('follows a merged incident', async () => {
    await raise(alertFor('d', 13, { entities: ['d', 'e'] }));
    expect(await one('5')).toMatchObject({
      status: 'redirected',
      redirectIncidentId: '4',
      systemTags: ['Redirected'],
      alerts: [],
    });
    expect((await one('4')).alerts).toHaveLength(3);
    expect(await incidents(`status eq 'redirected'`)).toEqual(['5']);
    await expect(clientOf(manager).api('/security/incidents/5').patch({ status: 'active' })).rejects.toMatchObject({
      statusCode: 409,
    });
  });

  it('reads, changes and comments on alerts, in an incident or not', async () => {
    const client = clientOf(manager);
    const list = async (filter: string) =>
      ((await client.api('/security/alerts_v2').filter(filter).get()) as List<Graph.Alert>).value.map(({ id }) => id);
    expect(await list('incidentId eq null')).toEqual([ids.alone]);
    expect(await list(`mitreTechniques/any(t:t eq 'T1543.003') and title eq 'Second'`)).toEqual([ids.second]);
    expect(
      await list(`serviceSource eq 'microsoftSentinel' and firstActivityDateTime lt 2026-01-01T01:30:00+00:00`),
    ).toEqual([ids.first]);
    const changed = (await client.api(`/security/alerts_v2/${ids.first}`).patch({
      status: 'resolved',
      classification: 'truePositive',
      determination: 'malware',
      assignedTo: 'bob@contoso.com',
    })) as Graph.Alert;
    expect(changed).toMatchObject({
      status: 'resolved',
      classification: 'truePositive',
      determination: 'malware',
      assignedTo: 'bob@contoso.com',
    });
    await client.api(`/security/alerts_v2/${ids.alone}/comments`).post({ comment: 'Alone' });
    expect(await client.api(`/security/alerts_v2/${ids.alone}`).get()).toMatchObject({
      incidentId: null,
      comments: [{ comment: 'Alone' }],
    });
    const own = await server.admin.getIncident({ params: { number: 1 } });
    expect(own.activities.at(-1)?.text).toContain(
      'Alert “First”: Status: New → Resolved; Owner: none → bob@contoso.com',
    );
    const paged = (await client.api('/security/alerts_v2').top(3).select('id,title').get()) as List<Graph.Alert>;
    expect(paged.value.map((alert) => Object.keys(alert))).toEqual(Array(3).fill(['@odata.type', 'id', 'title']));
  });

  it('is told what is wrong', async () => {
    const client = clientOf(manager);
    const fault = (statusCode: number, code: string, message: string) => ({
      statusCode,
      code,
      message: expect.stringContaining(message) as string,
      requestId: expect.any(String) as string,
    });
    await expect(incidents(`severity eq 'worst'`)).rejects.toMatchObject(
      fault(400, 'BadRequest', 'Invalid filter clause'),
    );
    await expect(incidents('severity eq')).rejects.toMatchObject(fault(400, 'BadRequest', 'at position'));
    await expect(incidents(undefined, 'nothing desc')).rejects.toMatchObject(fault(400, 'BadRequest', '$orderby'));
    await expect(client.api('/security/incidents').expand('tasks').get()).rejects.toMatchObject(
      fault(400, 'BadRequest', 'tasks'),
    );
    await expect(client.api('/security/incidents/99999').get()).rejects.toMatchObject(
      fault(404, 'ResourceNotFound', '99999'),
    );
    await expect(client.api('/security/alerts_v2/nonsense').get()).rejects.toMatchObject(
      fault(404, 'ResourceNotFound', 'nonsense'),
    );
    await expect(client.api('/security/incidents/1').patch({ status: 'redirected' })).rejects.toMatchObject(
      fault(400, 'BadRequest', 'status'),
    );
    await expect(client.api('/security/incidents/1').patch({ customTags: 'x' })).rejects.toMatchObject(
      fault(400, 'BadRequest', 'customTags'),
    );
    await expect(clientOf(server.token).api('/security/incidents/1').patch({})).rejects.toMatchObject(
      fault(403, 'Forbidden', 'alerts.manage'),
    );
    await expect(clientOf(server.sender).api('/security/incidents').get()).rejects.toMatchObject({ statusCode: 403 });
  });
});

it('every kind of entity is evidence of a type of its own', () => {
  const types = EntityKind.options.map((kind) => {
    const entity = { id: 'x', kind, name: 'x', strong: true, identifiers: {} };
    return evidenceOf(entity, '2026-01-01T00:00:00.000Z')['@odata.type'];
  });
  expect(new Set(types).size).toBe(EntityKind.options.length);
  expect(types.every((type) => /^#microsoft\.graph\.security\.\w+Evidence$/.test(type))).toBe(true);
});
