import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { connectorKinds } from '@sallyport/contracts';
import pg from 'pg';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OpenPlatform } from '../../platform/create.ts';
import { createSealing, loadSealingKey } from '../../platform/sealing.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { sealSecrets } from './secrets.ts';
import { connectorById, insertConnector } from './store.ts';

const worker = fileURLToPath(new URL('./testing/worker.ts', import.meta.url));
const patient = { timeout: 180_000, interval: 50 };
const [bucketId, filesId] = ['11111111-2222-4333-8444-666666666666', '11111111-2222-4333-8444-777777777777'];

let platform: OpenPlatform;
let stop: () => Promise<void>;
let folder: string;
let bucket: S3rver;
let client: S3Client;
let port: number;
let server: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-pages-'));
  await Promise.all(['logs', 's3', 'data'].map((name) => mkdir(join(folder, name))));
  bucket = new S3rver({
    port: 0,
    address: 'localhost',
    silent: true,
    directory: join(folder, 's3'),
    configureBuckets: [{ name: 'events' }],
  });
  ({ port } = await bucket.run());
  client = new S3Client({
    endpoint: `http://localhost:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  ({ platform, stop } = await startEphemeralPlatform());
  await platform.lake.ensureTables(['GenericEvents_CL', 'DCRLogErrors']);
}, 120_000);
afterAll(async () => {
  server?.kill('SIGKILL');
  client.destroy();
  await bucket.close();
  await stop();
  await rm(folder, { recursive: true, force: true });
});

const records = (from: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ from, n, marker: 'once' })}\n`).join('');
const put = (key: string, count: number) =>
  client.send(new PutObjectCommand({ Bucket: 'events', Key: key, Body: records(key, count) }));

async function makeConnectors(): Promise<void> {
  const now = new Date();
  const common = { enabled: true, stream: 'Custom-GenericJson', timeZone: 'UTC', intervalSeconds: 1 };
  const s3 = connectorKinds.s3.settings.parse({
    bucket: 'events',
    endpoint: `http://localhost:${port}`,
    pathStyle: true,
    accessKeyId: 'S3RVER',
  });
  const secrets = sealSecrets(createSealing(loadSealingKey(join(folder, 'data'))), bucketId, {
    secretAccessKey: 'S3RVER',
  });
  // The schedule must not begin it: it is asked for.
  const bucketRow = {
    id: bucketId,
    kind: 's3' as const,
    name: 'bucket',
    settings: s3,
    secrets,
    ...common,
    enabled: false,
  };
  await insertConnector(platform.database, bucketRow, now);
  const files = connectorKinds.files.settings.parse({
    computer: hostname(),
    patterns: [join(folder, 'logs', '*.log')],
  });
  await insertConnector(
    platform.database,
    { id: filesId, kind: 'files', name: 'files', settings: files, secrets: null, ...common },
    now,
  );
}

/** Each with the same data folder: the next is the one before started again. */
async function startServer(): Promise<ChildProcess> {
  const { databaseUrl, lakeUrl } = platform.config;
  const settings = {
    dataDir: join(folder, 'data'),
    databaseUrl,
    lakeUrl,
    collectHost: 'off',
    ipLocationFile: 'off',
    spoolSegmentAge: '500 ms',
    connectorInternalHosts: `localhost:${port}`,
    connectorFolders: join(folder, 'logs'),
  };
  server = fork(worker, [JSON.stringify(settings)], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(server, 'message');
  return server;
}

async function kill(release: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const died = once(server!, 'exit');
  server!.kill('SIGKILL');
  await died;
  await release();
  // As two minutes of silence do.
  await platform.database.execute('UPDATE connectors SET lease_until = $1 WHERE id = $2', [new Date(0), filesId]);
}

/** Stops whoever writes to a table, at that very step. */
async function lock(table: string): Promise<() => Promise<void>> {
  const holder = new pg.Client({ connectionString: platform.config.databaseUrl });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  return () => holder.end();
}

const openPages = async (): Promise<number> =>
  (await platform.database.query('SELECT id FROM connector_pages WHERE taken_back_at IS NULL')).length;
const notedSegments = async (): Promise<number> =>
  (await platform.database.query('SELECT segment_id FROM connector_segments')).length;
const spoolSegments = async (): Promise<number> =>
  (await readdir(join(folder, 'data', 'spool'))).filter((name) => /\.(open|ready|loading)$/.test(name)).length;
const rowsOf = async (id: string): Promise<number> => (await connectorById(platform.database, id))?.stored_rows ?? 0;
/** Rows, and how many of them are different. */
const stored = async () =>
  (await platform.lake.query('SELECT count(), uniqExact(Event) FROM GenericEvents_CL WHERE Event LIKE \'%"once"%\''))
    .rows[0];
const allOnce = (count: number) =>
  vi.waitFor(
    async () => expect([await stored(), await openPages(), await notedSegments()]).toEqual([[count, count], 0, 0]),
    patient,
  );

describe('a server that is killed', { timeout: 600_000 }, () => {
  it('while what it fetched waits in the spool: nothing of it is there twice, also where a file has grown since', async () => {
    await startServer();
    await put('a.json', 10);
    await put('b.json', 10);
    await writeFile(join(folder, 'logs', 'a.log'), records('a.log', 10));
    const release = await lock('connector_segments');
    await makeConnectors();
    server!.send(bucketId);
    await vi.waitFor(async () => expect([await openPages(), await spoolSegments()]).toEqual([2, 2]), patient);
    await kill(release);
    await appendFile(join(folder, 'logs', 'a.log'), records('later in a.log', 10));
    await startServer();
    await allOnce(40);
    expect([await rowsOf(bucketId), await rowsOf(filesId)]).toEqual([20, 20]);
  });

  it('when everything of a page is stored and the place where reading goes on is not', async () => {
    await put('c.json', 10);
    const release = await lock('connector_items');
    server!.send(bucketId);
    await vi.waitFor(async () => expect(await stored()).toEqual([50, 50]), patient);
    expect([await openPages(), await notedSegments(), await rowsOf(bucketId)]).toEqual([1, 1, 20]);
    await kill(release);
    await startServer();
    await vi.waitFor(async () => expect(await rowsOf(bucketId)).toBe(30), patient);
    await allOnce(50);
  });

  it('when that place is written and the lines are still in the spool', async () => {
    await appendFile(join(folder, 'logs', 'a.log'), records('last in a.log', 10));
    await vi.waitFor(async () => expect(await rowsOf(filesId)).toBe(30), { ...patient, interval: 5 });
    await kill();
    await startServer();
    await allOnce(60);
  });
});
