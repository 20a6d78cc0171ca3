import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';
import { openIngestCore, type IngestCore } from '../core.ts';
import { createIngestMetrics } from '../metrics.ts';
import { testSizes } from '../testing/core.ts';
import { aloneEverywhere } from './alone.ts';
import { PolicyBook } from './book.ts';
import { ClockWatch } from './clocks.ts';

let test: TestServer;
let admin: Client;

beforeAll(async () => {
  test = await startTestServer({ settings: { collectHost: 'off', spoolSegmentAge: '50 ms' } });
  await test.server.domains.ingest.start();
  admin = test.browser();
  await makeAdministrator(test, admin);
}, 120_000);
afterAll(async () => {
  await test.server.domains.ingest.stop();
  await test.stop();
});

const make = (name: string) =>
  admin.createTable({
    body: {
      name,
      columns: [
        { name: 'Id', type: 'string' },
        { name: 'User', type: 'string' },
      ],
    },
  });
const send = async (table: string, rows: readonly object[]) => {
  await test.server.domains.ingest.append(`Custom-${table}`, Buffer.from(JSON.stringify(rows)));
  await test.server.domains.ingest.flush();
};
const count = async (sql: string): Promise<number> => Number((await test.platform.lake.query(sql)).rows[0]?.[0]);
const users = (n: number) => Array.from({ length: n }, (_, i) => ({ Id: `${i % 50}`, User: `u${i % 10}` }));

describe('an ingest policy', () => {
  it('is shown over the rows of the last day, set, counted and audited', async () => {
    await make('Policed_CL');
    const params = { name: 'Policed_CL' };
    await send('Policed_CL', users(100));
    const filter = "User !in ('u1', 'u2')";
    const preview = await admin.previewTablePolicy({
      params,
      body: { filter, dedupe: { by: ['Id'], withinHours: 24 } },
    });
    expect(preview).toMatchObject({
      rows: 100,
      dropped: [
        { reason: 'filter', rows: 20 },
        { reason: 'duplicate', rows: 40 },
      ],
    });
    expect(preview.bytesOnDiskSaved).toBeGreaterThan(preview.bytesOnDisk * 0.5);
    expect(preview.bytesOnDiskSaved).toBeLessThan(preview.bytesOnDisk * 0.7);

    expect(await admin.setTablePolicy({ params, body: { filter } })).toMatchObject({ policy: { filter } });
    await send('Policed_CL', users(100));
    expect(await count('SELECT count() FROM Policed_CL')).toBe(180);
    expect(await admin.getTablePolicy({ params })).toMatchObject({
      updatedBy: 'anna@contoso.com',
      savedLastDay: [{ reason: 'filter', rows: 20 }],
    });
    const info = (await admin.listTables()).tables.find(({ name }) => name === 'Policed_CL');
    expect(info).toMatchObject({ policed: true, droppedLastDay: { rows: 20 }, rowsLastDay: 180 });
    // Another server sees it.
    const other = new PolicyBook(test.platform.database);
    await other.reload();
    expect(other.of('Policed_CL')).toEqual({ filter });
    const audit = await test.platform.database.query(
      `SELECT details FROM audit_log WHERE operation = 'setTablePolicy' AND target = 'table Policed_CL'`,
    );
    expect(audit).toMatchObject([{ details: { before: {}, policy: { filter } } }]);

    expect(await admin.setTablePolicy({ params, body: {} })).toMatchObject({ policy: {}, updatedBy: null });
    await send('Policed_CL', users(100));
    expect(await count('SELECT count() FROM Policed_CL')).toBe(280);
  });

  it('says what is wrong with it', async () => {
    const params = { name: 'SecurityEvent' };
    const wrong = (body: Parameters<Client['setTablePolicy']>[0]) => errorOf(admin.setTablePolicy(body));
    expect(await wrong({ params, body: { filter: 'Nope > 1' } })).toMatchObject({ target: 'body.filter' });
    expect(await wrong({ params, body: { filter: 'EventID' } })).toMatchObject({ target: 'body.filter' });
    expect(await wrong({ params, body: { filter: 'true) | take 1 | where (true' } })).toMatchObject({
      code: 'BadRequest',
    });
    expect(await wrong({ params, body: { sample: { oneIn: 2, by: ['Nope'] } } })).toMatchObject({
      target: 'body.sample.by.0',
    });
    expect(await wrong({ params: { name: 'Nope' }, body: {} })).toMatchObject({ code: 'NotFound' });
  });

  it('of a shipped table that is sampled gives it the column that counts', async () => {
    await admin.setTablePolicy({
      params: { name: 'AuditLogs' },
      body: { sample: { oneIn: 2, by: ['CorrelationId'] } },
    });
    await test.server.domains.ingest.append(
      'Microsoft-AuditLogs',
      Buffer.from(JSON.stringify(Array.from({ length: 60 }, (_, i) => ({ CorrelationId: `c${i}` })))),
    );
    await test.server.domains.ingest.flush();
    const answer = await admin.runQuery({ body: { query: 'AuditLogs | summarize n = count(), sum(ItemCount)' } });
    const [n, stands] = answer.rows[0] as [number, number];
    expect(n).toBeGreaterThan(10);
    expect(n).toBeLessThan(50);
    expect(stands).toBe(2 * n);
  });
});

describe('duplicates', () => {
  it('are dropped exactly, whichever of two servers loads them, also when one comes back to a segment', async () => {
    await make('Once_CL');
    await admin.setTablePolicy({
      params: { name: 'Once_CL' },
      body: { dedupe: { by: ['Id'], withinHours: 24 } },
    });
    const { ingest } = test.server.domains;
    // Where the engine may read.
    const folder = join(test.platform.spool.folder, 'second');
    await mkdir(folder, { mode: 0o711 });
    const book = new PolicyBook(test.platform.database);
    await book.reload();
    const open = (): Promise<IngestCore> =>
      openIngestCore(
        { ...test.platform, spool: { ...test.platform.spool, folder } },
        { sources: [], problems: [] },
        { ...testSizes, segmentAgeMs: 20 },
        {
          metrics: createIngestMetrics({ ...test.platform.metrics, ...silent }),
          policies: book,
          alone: aloneEverywhere(test.platform.database),
        },
      );
    const second = await open();
    const batch = (n: number) =>
      Buffer.from(JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ Id: `${n + i}` }))));
    // Each id comes from both, several times, in segments that overlap.
    for (let n = 0; n < 100; n += 20)
      await Promise.all([ingest.append('Custom-Once_CL', batch(n)), second.append('Custom-Once_CL', batch(n))]);
    await Promise.all([ingest.flush(), second.flush()]);
    expect(await count('SELECT count() FROM Once_CL')).toBe(120);
    expect(await count('SELECT uniqExact(Id) FROM Once_CL')).toBe(120);
    expect(await count(`SELECT sum(Rows) FROM IngestionSavings_CL WHERE TableName = 'Once_CL'`)).toBe(400 - 120);
    await second[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
});

/** Metrics that another server of the test would have. */
const silent = {
  counter: () => ({ inc: () => undefined }),
  gauge: () => ({ set: () => undefined }),
} as unknown as TestServer['platform']['metrics'];

describe('a sender whose clock is off', () => {
  it('is a row of SentinelHealth, once an hour', async () => {
    const watch = new ClockWatch({
      ...test.platform,
      metrics: createIngestMetrics({ ...test.platform.metrics, ...silent }),
    });
    const events = [
      { Computer: 'dc1', TimeGenerated: new Date(Date.now() + 7_200_000).toISOString() },
      { Computer: 'dc1', TimeGenerated: '1970-01-01T00:00:00Z' },
      { Computer: 'dc2', TimeGenerated: new Date().toISOString() },
    ];
    const arrive = async () => {
      await test.server.domains.ingest.append('Microsoft-SecurityEvent', Buffer.from(JSON.stringify(events)));
      await test.server.domains.ingest.flush();
      watch.add({
        id: 'x',
        origin: { stream: 'Microsoft-SecurityEvent', framing: 'door', importId: undefined },
        bytes: 1,
        rows: { SecurityEvent: 3 },
      });
    };
    await arrive();
    expect(await watch.look()).toMatchObject([{ table: 'SecurityEvent', sender: 'dc1', rows: 2 }]);
    await arrive();
    expect(await watch.look()).toMatchObject([{ sender: 'dc1', rows: 2 }]);
    expect(await watch.look()).toEqual([]);
    await test.platform.outbox.flush();
    const { rows } = await admin.runQuery({
      body: {
        query:
          "SentinelHealth | where OperationName == 'Sender clock' | where SentinelResourceName == 'dc1' | summarize count(), take_any(Status)",
      },
    });
    // The server's own watch may have told of it too.
    expect([1, 2]).toContain(rows[0]?.[0]);
  });
});
