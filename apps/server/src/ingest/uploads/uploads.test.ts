import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client, Upload } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';

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

const line = (n: number) =>
  `2026-02-03T04:05:${String(n % 60).padStart(2, '0')}Z web1 sshd[${n}]: Failed password for root from 10.0.0.${n % 250} port 22 ssh2`;
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i)).join('\n');
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text)).buffer;
const bring = (name: string, text: string) => admin.createUpload({ query: { name }, body: bytesOf(text) });
const at = (id: string, ...states: Upload['state'][]) =>
  vi.waitFor(
    async () => {
      const upload = await admin.getUpload({ params: { id } });
      expect(states).toContain(upload.state);
      return upload;
    },
    { timeout: 30_000, interval: 50 },
  );
const stored = async (host = 'web1') =>
  (await test.platform.lake.query(`SELECT toUInt32(count()) FROM Syslog WHERE HostName = '${host}'`)).rows[0]?.[0];

describe('an upload', () => {
  it('is looked at before it is loaded, through the stream that one likes', async () => {
    const upload = await bring('auth.log', `${line(1)}\n${line(2)}\nnothing known\n`);
    expect(upload).toMatchObject({ state: 'staged', name: 'auth.log' });
    expect(upload.files).toMatchObject([
      { file: 'auth.log', source: 'linux-syslog', stream: 'Custom-SyslogText', tables: ['Syslog'], sampled: 3 },
    ]);
    const params = { id: upload.id };
    const preview = await admin.previewUpload({ params, body: { file: 'auth.log' } });
    expect(preview.tables.map(({ table, rows, records }) => [table, rows.length, records])).toEqual([
      ['Syslog', 2, [0, 1]],
    ]);
    expect(preview.refused).toMatchObject([{ record: 2, text: 'nothing known' }]);
    const other = await admin.previewUpload({ params, body: { file: 'auth.log', stream: 'Custom-NginxAccess' } });
    expect(other.refused).toHaveLength(3);
    expect(await stored()).toBe(0);
    expect(await errorOf(admin.previewUpload({ params, body: { file: 'no.log' } }))).toMatchObject({
      code: 'NotFound',
    });
    const unknown = admin.loadUpload({ params, body: { choices: { 'auth.log': 'Custom-Nothing' } } });
    expect(await errorOf(unknown)).toMatchObject({ code: 'NotFound', message: 'there is no stream `Custom-Nothing`' });
    await admin.cancelUpload({ params });
    expect(await at(upload.id, 'cancelled')).toMatchObject({ outcome: null });
  });

  it('whose file is taken away while it is looked at says so', async () => {
    const { id } = await bring('gone.log', line(1));
    await rm(join(test.platform.config.dataDir, 'uploads', id));
    expect(await errorOf(admin.previewUpload({ params: { id }, body: { file: 'gone.log' } }))).toMatchObject({
      code: 'Conflict',
    });
  });

  it('goes to the table that one chooses, and leaves out what one leaves out', async () => {
    await admin.createTable({ body: { name: 'Chosen_CL', columns: [{ name: 'Answer', type: 'long' }] } });
    const upload = await bring('rows.json', '{"Answer": 42}\n{"Answer": 43}\n');
    const params = { id: upload.id };
    const stream = 'Custom-Chosen_CL';
    const preview = await admin.previewUpload({ params, body: { file: 'rows.json', stream } });
    expect(preview.tables[0]?.rows.map((row) => row.includes(42) || row.includes(43))).toEqual([true, true]);
    await admin.loadUpload({ params, body: { choices: { 'rows.json': stream } } });
    const loaded = await at(upload.id, 'sweeping', 'done');
    expect(loaded.outcome).toMatchObject({ rows: 2, unparsed: 0, tables: [{ table: 'Chosen_CL', rows: 2 }] });
    const fresh = await bring('rows.json', '{"Fresh": 42, "Word": "a"}\n{"Fresh": 43}\n');
    const asFresh = { file: 'rows.json', stream: 'Custom-Fresh_CL' };
    const [table] = (await admin.previewUpload({ params: { id: fresh.id }, body: asFresh })).tables;
    expect([table?.table, table?.rows.length, table?.columns.map((c) => c.name).toSorted()]).toEqual([
      'Fresh_CL',
      2,
      ['Fresh_d', 'TimeGenerated', 'Word_s'],
    ]);
    await admin.loadUpload({ params: { id: fresh.id }, body: { choices: { 'rows.json': asFresh.stream } } });
    expect(await at(fresh.id, 'sweeping', 'done')).toMatchObject({
      outcome: { tables: [{ table: 'Fresh_CL', rows: 2 }] },
    });
    const none = await bring('rows.json', '{"Answer": 44}\n');
    await admin.loadUpload({ params: { id: none.id }, body: { choices: { 'rows.json': null } } });
    expect(await at(none.id, 'done')).toMatchObject({ outcome: { rows: 0, perFile: [{ message: 'left out' }] } });
  });

  it('leaves no row when it is stopped on its way', async () => {
    const upload = await bring('web2.log', lines(400_000).replaceAll('web1', 'web2'));
    await admin.loadUpload({ params: { id: upload.id }, body: {} });
    await admin.cancelUpload({ params: { id: upload.id } });
    expect(await at(upload.id, 'cancelled', 'sweeping')).toMatchObject({ state: 'cancelled' });
    expect(await stored('web2')).toBe(0);
    expect(await readdir(join(test.platform.config.dataDir, 'uploads'))).not.toContain(upload.id);
  });

  it('that a stopped server had half loaded is loaded anew, each row once', async () => {
    const upload = await bring('web3.log', lines(200_000).replaceAll('web1', 'web3'));
    await admin.loadUpload({ params: { id: upload.id }, body: {} });
    const { database } = test.platform;
    await vi.waitFor(
      async () =>
        expect(await database.query('SELECT 1 FROM upload_segments WHERE upload_id = $1', [upload.id])).not.toEqual([]),
      { timeout: 30_000, interval: 5 },
    );
    await test.server.domains.ingest.stop();
    expect(await database.query('SELECT state FROM uploads WHERE id = $1', [upload.id])).toEqual([
      { state: 'loading' },
    ]);
    await test.server.domains.ingest.start();
    expect(await at(upload.id, 'sweeping')).toMatchObject({ outcome: { rows: 200_000, unparsed: 0 } });
    expect(await stored('web3')).toBe(200_000);
  });
});

describe('the rules over an upload', () => {
  const worker = fileURLToPath(new URL('./test-worker.ts', import.meta.url));
  const workers: ChildProcess[] = [];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upload-rules-'));
    await mkdir(join(folder, 'rules/a'), { recursive: true });
    const rule = [
      'id: 2f1b5c1e-1111-4222-8333-444455556666',
      'name: Failed passwords',
      'severity: Low',
      'queryFrequency: 1h',
      'queryPeriod: 1h',
      'triggerOperator: gt',
      'triggerThreshold: 0',
      'query: Syslog | where HostName == "web4"',
      'kind: Scheduled',
    ];
    await writeFile(join(folder, 'rules/a/rule.yaml'), `${rule.join('\n')}\n`);
  });
  afterAll(async () => {
    for (const child of workers) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function startWorker(): Promise<ChildProcess> {
    const { databaseUrl, lakeUrl } = test.platform.config;
    const settings = { dataDir: join(folder, 'data'), databaseUrl, lakeUrl, collectHost: 'off' };
    const child = fork(worker, [JSON.stringify(settings), join(folder, 'rules')], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    workers.push(child);
    await once(child, 'message');
    return child;
  }

  it(
    'are taken up by another server when theirs is killed, and find each alert once',
    { timeout: 60_000 },
    async () => {
      const upload = await bring('web4.log', line(4).replace('web1', 'web4'));
      await admin.loadUpload({ params: { id: upload.id }, body: {} });
      await at(upload.id, 'sweeping');
      const { database } = test.platform;
      const released = Promise.withResolvers<void>();
      const locked = Promise.withResolvers<void>();
      // While this holds, the first server's rules come as far as storing their alert.
      const lock = database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE');
        locked.resolve();
        await released.promise;
      });
      await locked.promise;
      const first = await startWorker();
      first.send(upload.id);
      const waiting = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'alerts'::regclass`;
      await vi.waitFor(async () => expect(await database.query(waiting)).not.toEqual([]), {
        timeout: 30_000,
        interval: 50,
      });
      const gone = once(first, 'exit');
      first.kill('SIGKILL');
      await gone;
      released.resolve();
      await lock;
      expect(await admin.getUpload({ params: { id: upload.id } })).toMatchObject({ state: 'sweeping' });
      await startWorker();
      expect(await at(upload.id, 'done')).toMatchObject({ sweep: { done: 1, total: 1, alerts: 1, incidents: [1] } });
      expect(await database.query('SELECT sweep_attempts FROM uploads WHERE id = $1', [upload.id])).toEqual([
        { sweep_attempts: 2 },
      ]);
      expect(await database.query('SELECT count(*)::int AS n FROM alerts')).toEqual([{ n: 1 }]);
    },
  );
});
