import { gzipSync } from 'node:zlib';
import { Client } from '@elastic/elasticsearch';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDoorServer, type DoorServer } from '../../testing/door-server.ts';
import { readBulk } from './bulk.ts';

let server: DoorServer;
let client: Client;
beforeAll(async () => {
  server = await startDoorServer({ spoolMaxBytes: '16 MiB' });
  client = new Client({
    node: `${server.url}/elastic`,
    auth: { apiKey: server.token },
    tls: { ca: server.ca },
    compression: true,
    maxRetries: 0,
  });
}, 120_000);
afterAll(async () => {
  await client.close();
  await server.stop();
});

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  server.call('POST', `/elastic${path}`, {
    body,
    headers: { authorization: `ApiKey ${server.token}`, 'content-type': 'application/x-ndjson', ...headers },
  });

interface Answer {
  readonly errors: boolean;
  readonly items: readonly Readonly<Record<string, { status: number; error?: { type: string } }>>[];
}

describe('the client of Elasticsearch', () => {
  it('finds what it asks for at start', async () => {
    expect(await client.ping()).toBe(true);
    expect((await client.info()).tagline).toBe('You Know, for Search');
    expect((await client.cluster.health()).status).toBe('green');
    expect((await client.license.get()).license.status).toBe('active');
    expect((await client.nodes.info())._nodes?.total).toBe(1);
    expect(await client.indices.existsIndexTemplate({ name: 'logs' })).toBe(true);
    expect(await client.ilm.getLifecycle({ name: 'logs' })).toHaveProperty('logs');
    expect(await client.ilm.putLifecycle({ name: 'logs', policy: { phases: {} } })).toMatchObject({
      acknowledged: true,
    });
    const put = client.indices.putIndexTemplate({ name: 'logs', index_patterns: ['logs-*'] });
    expect(await put).toMatchObject({ acknowledged: true });
    expect(await client.indices.exists({ index: 'logs-x' })).toBe(true);
  });

  it('sends documents with its bulk helper', async () => {
    const documents = Array.from({ length: 3_000 }, (_, i) => ({
      '@timestamp': new Date(Date.UTC(2026, 0, 1) + i).toISOString(),
      host: { name: `h${i % 3}` },
      event: { dataset: 'shop.orders' },
      order: i,
    }));
    const result = await client.helpers.bulk({
      datasource: documents,
      onDocument: () => ({ create: { _index: 'logs-shop' } }),
      flushBytes: 100_000,
    });
    expect(result).toMatchObject({ total: 3_000, successful: 3_000, failed: 0 });
    expect(
      await server.rows(
        `SELECT count(), uniq(Computer), min(TimeGenerated), any(SourceType), any(Door), sum(JSONExtractInt(Event, 'order'))
         FROM GenericEvents_CL WHERE Index = 'logs-shop'`,
      ),
    ).toEqual([[3_000, 3, '2026-01-01T00:00:00.0000000Z', 'shop.orders', 'elasticsearch', 4_498_500]]);
  });

  it('sends one document', async () => {
    expect(await client.index({ index: 'one', document: { a: 1 } })).toMatchObject({
      _index: 'one',
      result: 'created',
    });
    expect(await server.rows(`SELECT Event FROM GenericEvents_CL WHERE Index = 'one'`)).toEqual([['{"a":1}']]);
  });

  it('is told which documents were not taken', async () => {
    const dropped: unknown[] = [];
    const result = await client.helpers.bulk({
      datasource: [{ a: 1 }, { a: 2 }],
      onDocument: ({ a }) => (a === 1 ? { index: { _index: 'drops' } } : { delete: { _index: 'drops', _id: '7' } }),
      onDrop: ({ status }) => dropped.push(status),
    });
    expect(result).toMatchObject({ successful: 1, failed: 1 });
    expect(dropped).toEqual([400]);
  });

  it('is told that its key is no good', async () => {
    const other = new Client({
      node: `${server.url}/elastic`,
      auth: { apiKey: 'sp_nonsense' },
      tls: { ca: server.ca },
    });
    await expect(other.info()).rejects.toMatchObject({ statusCode: 401 });
    await other.close();
    const password = new Client({
      node: `${server.url}/elastic`,
      auth: { username: 'elastic', password: server.token },
      tls: { ca: server.ca },
    });
    expect(await password.ping()).toBe(true);
    await password.close();
    const reader = Buffer.from(`id:${server.reader}`).toString('base64');
    expect((await post('/_bulk', '{}', { authorization: `ApiKey ${reader}` })).status).toBe(403);
  });
});

describe('documents', () => {
  const bulk = (index: string, ...documents: object[]) =>
    documents.map((document) => `{"create":{"_index":"${index}"}}\n${JSON.stringify(document)}\n`).join('');

  it('go to the stream that the index names, whatever its case, or whose source knows them or the line in them', async () => {
    const windows = {
      System: {
        EventID: 4625,
        TimeCreated: { SystemTime: '2026-01-02T03:04:05Z' },
        Channel: 'Security',
        Computer: 'dc8',
        Provider: { Name: 'Microsoft-Windows-Security-Auditing' },
      },
    };
    const line = '<34>1 2026-01-03T22:14:15.003Z beatline su 77 - - su root failed for lonvick';
    const beat = {
      '@timestamp': '2026-01-03T22:14:16Z',
      agent: { type: 'filebeat' },
      host: { name: 'x' },
      message: line,
    };
    const body =
      bulk('custom-windowseventjson', windows) +
      bulk('winlogs', { ...windows, System: { ...windows.System, EventID: 4624 } }) +
      bulk('filebeat-8', beat, { ...beat, message: undefined, event: { original: line.replace('77', '78') } });
    expect((await post('/_bulk', gzipSync(body), { 'content-encoding': 'gzip' })).body).toMatchObject({
      errors: false,
    });
    expect(await server.rows(`SELECT EventID FROM SecurityEvent WHERE Computer = 'dc8' ORDER BY 1`)).toEqual([
      [4624],
      [4625],
    ]);
    expect(await server.rows(`SELECT ProcessID FROM Syslog WHERE HostName = 'beatline' ORDER BY 1`)).toEqual([
      [77],
      [78],
    ]);
  });

  it('that are none are told by item, and the others are stored', async () => {
    const body = '{"index":{}}\n{"a":1}\n{"create":{}}\n{"a":\n{"update":{"_id":"1"}}\n{}\n{"index":{}}\n{"a":2}';
    const { body: answer } = await post('/items/_bulk', body);
    const { errors, items } = answer as Answer;
    expect(errors).toBe(true);
    expect(items.map((item) => Object.values(item)[0]?.status)).toEqual([201, 400, 400, 201]);
    expect(await server.rows(`SELECT Event FROM GenericEvents_CL WHERE Index = 'items' ORDER BY 1`)).toEqual([
      ['{"a":1}'],
      ['{"a":2}'],
    ]);
    expect((await post('/_bulk', '{"index":{}}\n{"a":1}\n')).body).toMatchObject({
      items: [{ index: { status: 400, error: { reason: 'index is missing' } } }],
    });
  });

  it.each(['', 'nonsense\n{}\n', '{"index":{},"create":{}}\n{}\n', '{"index":{"_index":"x"}}'])(
    'are refused whole where actions can’t be told: %j',
    async (body) => {
      expect(await post('/_bulk', body)).toMatchObject({
        status: 400,
        body: { status: 400, error: { type: 'illegal_argument_exception' } },
        headers: { 'x-elastic-product': 'Elasticsearch' },
      });
    },
  );

  it('are read or refused, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (documents) => {
        const text = documents.map((one) => `{"index":{"_index":"i"}}\n${JSON.stringify(one)}\n`).join('');
        const items = documents.length === 0 ? [] : readBulk(text, undefined, () => []);
        expect(items.map(({ arrival }) => arrival?.content)).toEqual(documents.map((one) => JSON.stringify(one)));
      }),
    );
  });

  it('are to come again while the spool is full, and nothing is lost', async () => {
    const body = bulk('full', { text: 'x'.repeat(4_000_000) });
    const statuses: (number | undefined)[] = [];
    for (let call = 0; call < 6 && statuses.at(-1) !== 429; call++)
      statuses.push(((await post('/_bulk', body)).body as Answer).items[0]?.['create']?.status);
    expect(statuses.at(-1)).toBe(429);
    expect(await server.rows(`SELECT count() FROM GenericEvents_CL WHERE Index = 'full'`)).toEqual([
      [statuses.length - 1],
    ]);
    expect(((await post('/_bulk', body)).body as Answer).errors).toBe(false);
  });
});
