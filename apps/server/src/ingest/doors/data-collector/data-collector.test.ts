import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDoorServer, type DoorServer } from '../../testing/door-server.ts';
import { SuffixedColumns } from './columns.ts';

let server: DoorServer;
beforeAll(async () => {
  server = await startDoorServer();
}, 120_000);
afterAll(() => server.stop());

interface Sent {
  readonly type?: string;
  readonly key?: string;
  readonly id?: string;
  readonly date?: Date;
  readonly signedLength?: number;
  readonly headers?: Record<string, string>;
  readonly query?: string;
}

/** As Microsoft's samples sign a call: https://learn.microsoft.com/previous-versions/azure/azure-monitor/logs/data-collector-api#sample-requests */
function send(records: unknown, sent: Sent = {}, body: string | Buffer = JSON.stringify(records)) {
  const length = Buffer.byteLength(body);
  const date = (sent.date ?? new Date()).toUTCString();
  const text = `POST\n${sent.signedLength ?? length}\napplication/json\nx-ms-date:${date}\n/api/logs`;
  const signature = createHmac('sha256', Buffer.from(sent.key ?? server.sharedKey, 'base64'))
    .update(text, 'utf8')
    .digest('base64');
  return server.call('POST', `/api/logs${sent.query ?? '?api-version=2016-04-01'}`, {
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(length),
      'log-type': sent.type ?? 'Mine',
      'x-ms-date': date,
      authorization: `SharedKey ${sent.id ?? server.tokenId}:${signature}`,
      ...sent.headers,
    },
  });
}

describe('records', () => {
  it('make their table and its columns as they come', async () => {
    const first = [
      {
        Name: 'a',
        Count: 1,
        Good: true,
        At: '2026-01-01T00:00:00Z',
        Id: '8809e1b9-3d0c-4d5f-8a0e-5a8a7a5ba3f1',
        Computer: 'pc1',
      },
      { Name: 'b', Count: 2.5, Deep: { x: [1] }, 'odd name!': 'y', Nothing: null },
    ];
    expect(
      await send(first, { headers: { 'time-generated-field': 'At', 'x-ms-AzureResourceId': '/subscriptions/1' } }),
    ).toMatchObject({
      status: 200,
      body: '',
    });
    expect(
      await server.rows(
        `SELECT Name_s, Count_d, Good_b, Id_g, Computer, Deep_s, odd_name__s, _ResourceId FROM Mine_CL ORDER BY Name_s`,
      ),
    ).toEqual([
      ['a', 1, true, first[0]?.Id, 'pc1', '', '', '/subscriptions/1'],
      ['b', 2.5, null, '', '', '{"x":[1]}', 'y', '/subscriptions/1'],
    ]);
    expect(await server.rows(`SELECT TimeGenerated FROM Mine_CL WHERE Name_s = 'a'`)).toEqual([
      ['2026-01-01T00:00:00.0000000Z'],
    ]);
    await Promise.all([send({ Name: '2026-01-01T00:00:00Z', Count: 'many' }), send({ Later: 1 }), send({ Later: 2 })]);
    expect(await server.rows(`SELECT Name_s FROM Mine_CL WHERE Count_s = 'many'`)).toEqual([['2026-01-01T00:00:00Z']]);
    expect(await server.rows(`SELECT sum(Later_d) FROM Mine_CL`)).toEqual([[3]]);
  });

  it('may be packed, or none', async () => {
    expect((await send(null, { headers: { 'content-encoding': 'gzip' } }, gzipSync('[{"Packed":1}]'))).status).toBe(
      200,
    );
    expect(await server.rows(`SELECT count() FROM Mine_CL WHERE Packed_d = 1`)).toEqual([[1]]);
    expect((await send([])).status).toBe(200);
  });

  it('do not widen a table for ever, but a shipped one as well', async () => {
    const wide = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`c${i}`, i]));
    expect(await send(wide, { type: 'Wide' })).toMatchObject({ status: 400, body: { Error: 'InvalidDataFormat' } });
    expect((await send({ New: 1 }, { type: 'AADUserInfo' })).status).toBe(200);
    expect(await server.rows(`SELECT New_d FROM AADUserInfo_CL`)).toEqual([[1]]);
  });

  it('keep every value, whatever its property is called', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean())),
        (record) => {
          const columns = new SuffixedColumns([]);
          const row = columns.row(record);
          expect(Object.keys(row).toSorted()).toEqual(columns.added.map(({ name }) => name).toSorted());
          expect(Object.keys(row).filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))).toEqual([]);
          const texts = Object.values(record).filter((value) => typeof value === 'string');
          const stored = Object.values(row).join('\n');
          expect(texts.filter((text) => !stored.includes(text))).toEqual([]);
        },
      ),
    );
  });
});

describe('the door', () => {
  it('takes the right signature only', async () => {
    const refused = { status: 403, body: { Error: 'InvalidAuthorization' } };
    expect(await send({ a: 1 }, { key: Buffer.alloc(64).toString('base64') })).toMatchObject(refused);
    expect(await send({ a: 1 }, { id: '00000000-0000-4000-8000-000000000000' })).toMatchObject(refused);
    expect(await send({ a: 1 }, { signedLength: 1 })).toMatchObject(refused);
    expect(await send({ a: 1 }, { date: new Date(Date.now() - 20 * 60_000) })).toMatchObject(refused);
    expect(await send({ a: 1 }, { headers: { authorization: 'SharedKey nonsense' } })).toMatchObject(refused);
  });

  it('forgets a token that is revoked', async () => {
    const { token, sharedKey = '' } = await server.admin.createToken({
      body: { name: 'old', scopes: ['data.ingest'] },
    });
    expect((await send({ a: 1 }, { id: token.id, key: sharedKey })).status).toBe(200);
    await server.admin.revokeToken({ params: { id: token.id } });
    expect((await send({ a: 1 }, { id: token.id, key: sharedKey })).status).toBe(403);
    const reader = await server.admin.createToken({ body: { name: 'reads', scopes: ['data.read'] } });
    expect(reader.sharedKey).toBeUndefined();
  });

  it.each([
    ['MissingApiVersion', { query: '' }],
    ['InvalidApiVersion', { query: '?api-version=1' }],
    ['MissingLogType', { type: '' }],
    ['InvalidLogType', { type: 'no such-type' }],
  ])('says %s', async (Error, sent) => {
    expect(await send({ a: 1 }, sent)).toMatchObject({ status: 400, body: { Error } });
  });

  it.each(['', 'x', '7', '[1]'])('refuses %j', async (body) =>
    expect(await send(null, {}, body)).toMatchObject({ status: 400, body: { Error: 'InvalidDataFormat' } }),
  );

  it('keeps a number beyond all bounds as a text', async () => {
    expect((await send(null, {}, '{"Huge":1e999}')).status).toBe(200);
    expect(await server.rows(`SELECT Huge_s FROM Mine_CL WHERE Huge_s != ''`)).toEqual([['Infinity']]);
  });
});
