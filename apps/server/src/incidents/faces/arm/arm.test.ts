import { randomUUID } from 'node:crypto';
import * as arm from '@azure/arm-securityinsight';
import {
  Classification,
  ClassificationReason,
  EntityKind,
  IncidentStatus,
  Severity,
  tactics,
} from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { credentialOf, startFaceServer, type FaceServer } from '../../../hunting/faces/testing.ts';
import { alertFor, tokenOf } from '../testing.ts';
import { armKind } from './objects.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: FaceServer;
let client: arm.SecurityInsights;
const where = ['any-group', 'main'] as const;

const clientOf = (token: string): arm.SecurityInsights =>
  new arm.SecurityInsights(credentialOf(token), randomUUID(), { endpoint: server.url });
const raise = (...alerts: ReturnType<typeof alertFor>[]) =>
  server.test.platform.database.transaction((tx) => server.test.server.domains.incidents.raise(alerts, tx));
async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}
const numbers = async (filter?: string, orderby?: string): Promise<(number | undefined)[]> =>
  (
    await all(
      client.incidents.list(...where, {
        ...(filter === undefined ? {} : { filter }),
        ...(orderby === undefined ? {} : { orderby }),
      }),
    )
  ).map(({ incidentNumber }) => incidentNumber);
const numbered = async (number: number): Promise<arm.Incident & { name: string }> => {
  const [incident] = await all(client.incidents.list(...where, { filter: `properties/incidentNumber eq ${number}` }));
  if (incident?.name === undefined) throw new Error(`no incident ${number}`);
  return { ...incident, name: incident.name };
};

beforeAll(async () => {
  server = await startFaceServer();
  client = clientOf(await tokenOf(server, ['securityData.read', 'alerts.manage']));
  await raise(alertFor('a', 1, { severity: 'High' }), alertFor('a', 2, { name: 'Second' }));
  for (const [index, host] of ['b', 'c', 'd'].entries()) await raise(alertFor(host, 10 + index, { severity: 'Low' }));
}, 240_000);
afterAll(() => server.stop());

describe('the client of Microsoft Sentinel', () => {
  it('lists, filters, sorts and pages incidents', async () => {
    expect(await numbers()).toEqual([4, 3, 2, 1]);
    expect(await numbers(`properties/severity eq 'High'`)).toEqual([1]);
    expect(
      await numbers(`properties/status eq 'New' and properties/incidentNumber gt 2`, 'properties/incidentNumber asc'),
    ).toEqual([3, 4]);
    const pages: number[] = [];
    for await (const page of client.incidents.list(...where, { top: 3 }).byPage()) pages.push(page.length);
    expect(pages).toEqual([3, 1]);
    const incident = await numbered(1);
    expect(incident).toMatchObject({
      type: 'Microsoft.SecurityInsights/Incidents',
      severity: 'High',
      status: 'New',
      labels: [],
      relatedAnalyticRuleIds: [expect.stringMatching(/\/alertRules\/rule-1$/)],
      additionalData: { alertsCount: 2, commentsCount: 0, tactics: ['Persistence'], techniques: ['T1543.003'] },
      createdTimeUtc: expect.any(Date) as Date,
    });
    expect(await client.incidents.get(...where, incident.name)).toMatchObject({
      incidentNumber: 1,
      etag: incident.etag,
    });
  });

  it('changes an incident that nobody else has changed', async () => {
    const before = await numbered(2);
    const { title = '', name } = before;
    const changed = await client.incidents.createOrUpdate(...where, name, {
      ...before,
      title,
      severity: 'Medium',
      status: 'Closed',
      classification: 'FalsePositive',
      classificationReason: 'InaccurateData',
      classificationComment: 'Not so',
      labels: [{ labelName: 'Seen' }],
      owner: { userPrincipalName: 'anna@contoso.com' },
    });
    expect(changed).toMatchObject({
      status: 'Closed',
      classification: 'FalsePositive',
      classificationReason: 'InaccurateData',
      labels: [{ labelName: 'Seen', labelType: 'User' }],
      owner: { assignedTo: 'anna@contoso.com', email: 'anna@contoso.com', ownerType: 'User' },
    });
    expect(changed.etag).not.toBe(before.etag);
    const stale = client.incidents.createOrUpdate(...where, name, { ...before, status: 'Active' });
    await expect(stale).rejects.toMatchObject({ statusCode: 409, code: 'Conflict' });
    expect(await numbers(`properties/labels/any(l: l/labelName eq 'Seen')`)).toEqual([2]);
    const own = await server.admin.getIncident({ params: { number: 2 } });
    expect(own).toMatchObject({ status: 'Closed', classification: 'FalsePositive', owner: 'anna@contoso.com' });
  });

  it('makes an incident by hand, puts an alert into it, takes it out, and deletes it', async () => {
    const name = randomUUID();
    const made = await client.incidents.createOrUpdate(...where, name, {
      title: 'By hand',
      description: 'Told by phone',
      severity: 'Low',
      status: 'New',
    });
    expect(made).toMatchObject({ name, incidentNumber: 5, title: 'By hand', description: 'Told by phone' });
    const third = await numbered(3);
    const [alert] = (await client.incidents.listAlerts(...where, third.name)).value;
    expect(alert).toMatchObject({ kind: 'SecurityAlert', severity: 'Low', status: 'New', tactics: ['Persistence'] });
    await client.incidentRelations.createOrUpdate(...where, name, randomUUID(), {
      relatedResourceId: alert?.id ?? '',
    });
    const [relation] = await all(client.incidentRelations.list(...where, name));
    expect(relation).toMatchObject({ relatedResourceKind: 'SecurityAlert', relatedResourceName: alert?.name });
    expect(await client.incidents.get(...where, name)).toMatchObject({
      title: 'By hand',
      severity: 'Low',
      additionalData: { alertsCount: 1 },
    });
    expect(await numbered(3)).toMatchObject({ additionalData: { alertsCount: 0 } });
    const entities = await client.incidents.listEntities(...where, name);
    expect(entities.metaData).toEqual([{ entityKind: 'Host', count: 1 }]);
    expect(entities.entities).toMatchObject([
      { kind: 'Host', hostName: 'c', dnsDomain: 'contoso.com', friendlyName: 'c.contoso.com' },
    ]);
    const [host] = entities.entities ?? [];
    expect(await client.entities.get(...where, host?.name ?? '')).toMatchObject({ kind: 'Host', hostName: 'c' });
    expect(await client.entities.get(...where, alert?.name ?? '')).toMatchObject({ kind: 'SecurityAlert' });
    expect(await all(client.entities.list(...where))).toHaveLength(4);
    await client.incidentRelations.delete(...where, name, relation?.name ?? '');
    expect((await client.incidents.listAlerts(...where, name)).value).toEqual([]);
    await client.incidents.delete(...where, name);
    await client.incidents.delete(...where, name);
    await expect(client.incidents.get(...where, name)).rejects.toMatchObject({ statusCode: 404 });
    await raise(alertFor('z', 50));
    expect((await numbers())[0]).toBe(6);
  });

  it('comments, changes its comments, and nobody else’s', async () => {
    const { name } = await numbered(4);
    const id = randomUUID();
    const comment = await client.incidentComments.createOrUpdate(...where, name, id, { message: 'One' });
    expect(comment).toMatchObject({ name: id, message: 'One', author: { name: 'token:alerts.manage' } });
    expect(
      await client.incidentComments.createOrUpdate(...where, name, id, { ...comment, message: 'Two' }),
    ).toMatchObject({ message: 'Two' });
    await server.admin.addComment({ params: { number: 4 }, body: { message: 'A person’s' } });
    const messages = async () =>
      (await all(client.incidentComments.list(...where, name))).map(({ message }) => message);
    expect(await messages()).toEqual(['A person’s', 'Two']);
    const [theirs] = await all(client.incidentComments.list(...where, name));
    await expect(client.incidentComments.delete(...where, name, theirs?.name ?? '')).rejects.toMatchObject({
      statusCode: 403,
    });
    await client.incidentComments.delete(...where, name, id);
    expect(await messages()).toEqual(['A person’s']);
    expect(await numbered(4)).toMatchObject({ additionalData: { commentsCount: 1 } });
  });

  it('is told what is wrong', async () => {
    const { name } = await numbered(1);
    const put = (incident: arm.Incident) => client.incidents.createOrUpdate(...where, name, incident);
    await expect(put({ title: 'x', severity: 'Worst', status: 'New' })).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
    });
    await expect(put({ title: 'x', severity: 'Low', status: 'Closed' })).rejects.toMatchObject({ statusCode: 400 });
    await expect(numbers('properties/nothing eq 1')).rejects.toMatchObject({ statusCode: 400, code: 'BadRequest' });
    await expect(client.incidents.get('any-group', 'another', name)).rejects.toMatchObject({ statusCode: 404 });
    await expect(client.incidents.get(...where, 'no-guid')).rejects.toMatchObject({
      statusCode: 404,
      code: 'NotFound',
    });
    await expect(clientOf(server.token).incidents.delete(...where, name)).rejects.toMatchObject({
      statusCode: 403,
      code: 'AuthorizationFailed',
    });
    await expect(all(clientOf('nonsense').incidents.list(...where))).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe('enumerations', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['severity', Severity.options, arm.KnownIncidentSeverity],
    ['status', IncidentStatus.options, arm.KnownIncidentStatus],
    ['classification', Classification.options, arm.KnownIncidentClassification],
    ['classification reason', ClassificationReason.options, arm.KnownIncidentClassificationReason],
    ['tactics', tactics, arm.KnownAttackTactic],
  ])('%s: exactly the client’s', (_name, own, theirs) => {
    expect(new Set(own)).toEqual(new Set(Object.values(theirs)));
  });
  it('have each kind of entity', () => {
    for (const kind of EntityKind.options) expect(Object.values(arm.KnownEntityKind)).toContain(armKind(kind));
  });
});
