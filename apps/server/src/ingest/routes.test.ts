import { gzipSync } from 'node:zlib';
import type { Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../testing.ts';

let test: TestServer;
let admin: Client;

beforeAll(async () => {
  test = await startTestServer({ settings: { collectHost: 'off', spoolSegmentAge: '50 ms' } });
  await test.server.domains.ingest.start();
  admin = test.browser();
  await makeAdministrator(test, admin);
  // The rules over an upload are a job.
  await test.platform.jobs.launch();
}, 120_000);
afterAll(async () => {
  await test.platform.jobs.stop(0);
  await test.server.domains.ingest.stop();
  await test.stop();
});

const send = async (stream: string, rows: readonly object[]) => {
  await test.server.domains.ingest.append(stream, Buffer.from(JSON.stringify(rows)));
  await test.server.domains.ingest.flush();
};

/** A file as a browser sends it. */
const upload = (name: string, content: string | Buffer) =>
  admin.uploadFile({ query: { name }, body: new Uint8Array(Buffer.from(content)).buffer });

describe('tables', () => {
  it('are made, filled through their own stream, widened and kept for other times', async () => {
    const made = await admin.createTable({ body: { name: 'Mine_CL', columns: [{ name: 'Answer', type: 'long' }] } });
    expect(made).toMatchObject({ name: 'Mine_CL', custom: true, rows: 0, totalRetentionInDays: 90 });
    await send('Custom-Mine_CL', [{ Answer: 42, TimeGenerated: '2026-01-01T00:00:00Z' }, { Answer: 'no number' }]);
    await admin.updateTable({
      params: { name: 'Mine_CL' },
      body: { totalRetentionInDays: 30, addColumns: [{ name: 'Question', type: 'string' }] },
    });
    await send('Custom-Mine_CL', [{ Answer: 7, Question: 'why' }]);
    const { tables } = await admin.listTables();
    expect(tables.find((t) => t.name === 'Mine_CL')).toMatchObject({
      rows: 3,
      retentionInDays: 30,
      totalRetentionInDays: 30,
      firstRowAt: '2026-01-01T00:00:00.0000000Z',
    });
    const { rows } = await test.platform.lake.query('SELECT Answer, Question FROM Mine_CL ORDER BY Answer');
    expect(rows).toEqual([
      [7, 'why'],
      [42, ''],
      [null, ''],
    ]);
  });

  it('have names and columns that do not clash', async () => {
    const column = (name: string) => ({ name, type: 'string' as const });
    const create = (name: string, ...columns: ReturnType<typeof column>[]) =>
      errorOf(admin.createTable({ body: { name, columns } }));
    expect(await create('Mine_CL', column('A'))).toMatchObject({ code: 'Conflict' });
    expect(await create('Other_CL', column('TenantId'))).toMatchObject({
      code: 'BadRequest',
      target: 'body.columns.0.name',
    });
    expect(await create('Other_CL', column('A'), column('A'))).toMatchObject({
      code: 'BadRequest',
      target: 'body.columns.1.name',
    });
    const update = admin.updateTable({ params: { name: 'Nothing_CL' }, body: { totalRetentionInDays: 1 } });
    expect(await errorOf(update)).toMatchObject({ code: 'NotFound' });
  });
});

describe('uploads', () => {
  const line = (n: number) =>
    `2026-02-03T04:05:0${n}Z web1 sshd[${n}]: Failed password for root from 10.0.0.${n} port 22 ssh2`;

  it('load a file, and tell what became of it', { timeout: 30_000 }, async () => {
    expect(await upload('auth.log', `${line(1)}\n${line(2)}\nnothing known\n`)).toMatchObject({
      files: 1,
      rows: 2,
      unparsed: 1,
      perFile: [{ file: 'auth.log', source: 'linux-syslog', rows: 2, unparsed: 1 }],
    });
  });

  it('unpack gzip, and name what is not read', { timeout: 30_000 }, async () => {
    expect(await upload('auth.log.gz', gzipSync(`${line(3)}\n`))).toMatchObject({ rows: 1 });
    expect(await upload('capture.pcap', Buffer.from('d4c3b2a102000400', 'hex'))).toMatchObject({
      rows: 0,
      perFile: [{ message: 'a packet capture (pcap), which is not read' }],
    });
  });

  it('leave nothing behind', async () => {
    const { readdir } = await import('node:fs/promises');
    expect(await readdir(`${test.platform.config.dataDir}/uploads`)).toEqual(['holder']);
  });

  it('show the refused lines with their reason', async () => {
    const { errors } = await admin.listIngestionErrors();
    expect(errors[0]).toMatchObject({
      stream: 'Custom-SyslogText',
      raw: 'nothing known',
      message: 'the line does not have the form that its stream accepts (file auth.log)',
    });
  });
});

describe('sources', () => {
  it('tell what they brought', async () => {
    // Counts go to the database every few seconds.
    const health = async () => (await admin.listSources()).sources.find((s) => s.id === 'linux-syslog');
    for (let turn = 0; turn < 100 && (await health())?.rowsLastDay !== 3; turn++) await test.platform.clock.sleep(100);
    expect(await health()).toMatchObject({ tables: ['Syslog'], rowsLastDay: 3, errorsLastDay: 1 });
    expect((await health())?.lastRowAt).not.toBeNull();
  });

  it('are all there, and compile', async () => {
    expect(test.server.domains.ingest.streams.problems()).toEqual([]);
    expect((await admin.listSources()).sources.map((s) => s.id)).toContain('sallyport-host');
    // Each of their transforms is compiled here, one after the other.
  }, 60_000);
});
