import { randomUUID } from 'node:crypto';
import { SecurityInsights } from '@azure/arm-securityinsight';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { credentialOf, startFaceServer, type FaceServer } from '../../hunting/faces/testing.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: FaceServer;
let client: SecurityInsights;
const where = ['any-group', 'main'] as const;

beforeAll(async () => {
  server = await startFaceServer();
  const { secret } = await server.admin.createToken({
    body: { name: 'lists', scopes: ['securityData.read', 'detectionTuning.manage'] },
  });
  client = new SecurityInsights(credentialOf(secret), randomUUID(), { endpoint: server.url });
}, 240_000);
afterAll(() => server.stop());

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}
const list = {
  displayName: 'VIP users',
  provider: 'Contoso',
  source: 'vips.csv',
  itemsSearchKey: 'Upn',
  rawContent: 'a line to skip\nUpn,Tier\nanna@contoso.com,1\nbob@contoso.com,2\n',
  contentType: 'text/csv',
  numberOfLinesToSkip: 1,
};

describe('the client of Microsoft Sentinel', () => {
  it('makes a watchlist of a CSV, and queries know it', async () => {
    const made = await client.watchlists.createOrUpdate(...where, 'vips', list);
    expect(made).toMatchObject({
      name: 'vips',
      watchlistAlias: 'vips',
      displayName: 'VIP users',
      itemsSearchKey: 'Upn',
      uploadStatus: 'Complete',
    });
    expect((await all(client.watchlists.list(...where))).map(({ name }) => name)).toEqual(['vips']);
    const { rows } = await server.admin.runQuery({
      body: { query: "_GetWatchlist('vips') | project SearchKey, Tier | sort by SearchKey asc", maxRows: 10 },
    });
    expect(rows).toEqual([
      ['anna@contoso.com', '1'],
      ['bob@contoso.com', '2'],
    ]);
    expect(
      await client.watchlists.createOrUpdate(...where, 'vips', {
        ...made,
        description: 'Said anew',
        displayName: 'VIPs',
        provider: 'Contoso',
        itemsSearchKey: 'Upn',
      }),
    ).toMatchObject({ description: 'Said anew', displayName: 'VIPs' });
    await expect(
      client.watchlists.createOrUpdate(...where, 'vips', { ...list, etag: made.etag ?? '' }),
    ).rejects.toMatchObject({ statusCode: 409 });
  });

  it('adds, changes and deletes items', async () => {
    const id = randomUUID();
    const added = await client.watchlistItems.createOrUpdate(...where, 'vips', id, {
      itemsKeyValue: { Upn: 'eve@contoso.com', Tier: 3 },
    });
    expect(added).toMatchObject({ name: id, itemsKeyValue: { Upn: 'eve@contoso.com', Tier: '3' } });
    expect(
      await client.watchlistItems.createOrUpdate(...where, 'vips', id, { itemsKeyValue: { Tier: '4' } }),
    ).toMatchObject({ itemsKeyValue: { Upn: 'eve@contoso.com', Tier: '4' } });
    expect(await all(client.watchlistItems.list(...where, 'vips'))).toHaveLength(3);
    await client.watchlistItems.delete(...where, 'vips', id);
    await client.watchlistItems.delete(...where, 'vips', id);
    await expect(client.watchlistItems.get(...where, 'vips', id)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('is told what is wrong, with nothing left behind', async () => {
    const put = (change: object) => client.watchlists.createOrUpdate(...where, 'others', { ...list, ...change });
    await expect(put({ itemsSearchKey: 'Nothing' })).rejects.toMatchObject({ statusCode: 400, code: 'BadRequest' });
    await expect(put({ rawContent: 'Upn,Tier\n"broken', numberOfLinesToSkip: 0 })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(put({ displayName: 'x' })).rejects.toMatchObject({ statusCode: 400 });
    await expect(client.watchlists.get(...where, 'others')).rejects.toMatchObject({ statusCode: 404 });
    await client.watchlists.delete(...where, 'vips');
    expect(await all(client.watchlists.list(...where))).toEqual([]);
  });
});
