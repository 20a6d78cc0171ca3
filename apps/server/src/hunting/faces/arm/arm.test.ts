import { randomUUID } from 'node:crypto';
import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import { SecurityInsights } from '@azure/arm-securityinsight';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { credentialOf, startFaceServer, type FaceServer } from '../testing.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: FaceServer;
let sentinel: SecurityInsights;
let logs: OperationalInsightsManagementClient;
const where = ['any-group', 'main'] as const;

beforeAll(async () => {
  server = await startFaceServer();
  const { secret } = await server.admin.createToken({
    body: { name: 'arm', scopes: ['securityData.read', 'alerts.manage', 'detectionTuning.manage'] },
  });
  const endpoint = { endpoint: server.url };
  sentinel = new SecurityInsights(credentialOf(secret), randomUUID(), endpoint);
  logs = new OperationalInsightsManagementClient(credentialOf(secret), randomUUID(), endpoint);
}, 240_000);
afterAll(() => server.stop());

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}

describe('the client of Microsoft Sentinel', () => {
  it('keeps a bookmark, expands it, and puts it into an incident', async () => {
    const id = randomUUID();
    const bookmark = {
      displayName: 'Odd sign-in',
      query: 'SigninLogs',
      queryResult: JSON.stringify({ TimeGenerated: '2026-01-01T00:00:00Z', IPAddress: '198.51.100.7', n: { a: 1 } }),
      notes: 'from nowhere',
      labels: ['vip'],
      tactics: ['InitialAccess'],
      techniques: ['T1078'],
      queryStartTime: new Date('2025-12-31T00:00:00Z'),
      queryEndTime: new Date('2026-01-02T00:00:00Z'),
      entityMappings: [{ entityType: 'Ip', fieldMappings: [{ identifier: 'Address', value: '198.51.100.7' }] }],
    };
    const made = await sentinel.bookmarks.createOrUpdate(...where, id, bookmark);
    expect(made).toMatchObject({
      name: id,
      displayName: 'Odd sign-in',
      notes: 'from nowhere',
      eventTime: new Date('2026-01-01T00:00:00Z'),
      queryStartTime: bookmark.queryStartTime,
    });
    expect((await all(sentinel.bookmarks.list(...where))).map(({ name }) => name)).toEqual([id]);
    const changed = await sentinel.bookmarks.createOrUpdate(...where, id, {
      ...bookmark,
      etag: made.etag!,
      notes: 'seen',
    });
    expect(changed.notes).toBe('seen');
    const stale = sentinel.bookmarks.createOrUpdate(...where, id, { ...bookmark, etag: made.etag! });
    await expect(stale).rejects.toMatchObject({ statusCode: 409 });
    const expanded = await sentinel.bookmarkOperations.expand(...where, id, { expansionId: randomUUID() });
    expect(expanded.value?.entities).toMatchObject([{ kind: 'Ip', address: '198.51.100.7' }]);

    const incident = randomUUID();
    await sentinel.incidents.createOrUpdate(...where, incident, { title: 'Nowhere', severity: 'Low', status: 'New' });
    const { id: incidentId } = await sentinel.incidents.get(...where, incident);
    const relation = await sentinel.bookmarkRelations.createOrUpdate(...where, id, 'any', {
      relatedResourceId: incidentId!,
    });
    expect(relation.relatedResourceName).toBe(incident);
    expect((await sentinel.bookmarks.get(...where, id)).incidentInfo?.incidentId).toBe(incident);
    expect((await sentinel.incidents.listBookmarks(...where, incident)).value).toHaveLength(1);
    expect((await sentinel.incidents.listAlerts(...where, incident)).value).toMatchObject([
      { alertDisplayName: 'Odd sign-in' },
    ]);
    await sentinel.bookmarkRelations.delete(...where, id, relation.name!);
    expect(await all(sentinel.bookmarkRelations.list(...where, id))).toEqual([]);
    await sentinel.bookmarks.delete(...where, id);
    await expect(sentinel.bookmarks.get(...where, id)).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('the client of Log Analytics’ workspaces', () => {
  it('saves a query and a function, and queries call it', async () => {
    await logs.savedSearches.createOrUpdate(...where, 'failed', {
      category: 'Hunting Queries',
      displayName: 'Failed',
      query: 'SecurityEvent | where EventID == 4625',
      tags: [{ name: 'tactics', value: 'CredentialAccess' }],
    });
    const made = await logs.savedSearches.createOrUpdate(...where, 'thrice', {
      category: 'Functions',
      displayName: 'Thrice',
      query: 'n * 3',
      functionAlias: 'Thrice',
      functionParameters: 'n:long',
      version: 2,
    });
    expect(made).toMatchObject({ name: 'thrice', functionAlias: 'Thrice', functionParameters: 'n:long' });
    const { value = [] } = await logs.savedSearches.listByWorkspace(...where);
    expect(value.map(({ displayName }) => displayName)).toEqual(['Failed', 'Thrice']);
    expect((await logs.savedSearches.get(...where, 'failed')).tags).toEqual([
      { name: 'tactics', value: 'CredentialAccess' },
    ]);
    const { rows } = await server.admin.runQuery({ body: { query: 'print Thrice(14)' } });
    expect(rows).toEqual([[42]]);
    await logs.savedSearches.delete(...where, 'thrice');
    await expect(logs.savedSearches.get(...where, 'thrice')).rejects.toMatchObject({ statusCode: 404 });
  });
});
