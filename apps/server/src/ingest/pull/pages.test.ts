import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { connectorKinds } from '@sallyport/contracts';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OpenPlatform } from '../../platform/create.ts';
import { createSealing, loadSealingKey } from '../../platform/sealing.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { sealSecrets } from './secrets.ts';
import { connectorById, insertConnector } from './store.ts';

const worker = fileURLToPath(new URL('./testing/worker.ts', import.meta.url));
const patient = { timeout: 180_000, interval: 50 };
const [bucketId, filesId, toldId] = [
  '11111111-2222-4333-8444-666666666666',
  '11111111-2222-4333-8444-777777777777',
  '11111111-2222-4333-8444-888888888888',
];

let platform: OpenPlatform;
let stop: () => Promise<void>;
let folder: string;
let amazon: FauxqsServer;
let bucket: Server;
let isStalling = true;
let stalled = 0;
let s3: S3Client;
let sqs: SQSClient;
let server: ChildProcess | undefined;

const portOf = (listening: Server): number => (listening.address() as AddressInfo).port;
const addressOf = (name: 'bucket' | 'queue'): string =>
  `http://127.0.0.1:${name === 'bucket' ? portOf(bucket) : amazon.port}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-pages-'));
  await Promise.all(['logs', 'data'].map((name) => mkdir(join(folder, name))));
  amazon = await startFauxqs({ port: 0, logger: false });
  for (const name of ['events', 'told']) amazon.createBucket(name);
  amazon.createQueue('told');
  // As the bucket is, but for objects that take their time.
  bucket = createServer((asked, answer) => {
    if (isStalling && asked.url?.includes('slow')) {
      stalled += 1;
      return;
    }
    const { method, url, headers } = asked;
    const onward = request({ host: '127.0.0.1', port: amazon.port, method, path: url, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers);
      given.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await once(bucket.listen(0, '127.0.0.1'), 'listening');
  const client = {
    endpoint: addressOf('queue'),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  s3 = new S3Client({ ...client, forcePathStyle: true });
  sqs = new SQSClient(client);
  ({ platform, stop } = await startEphemeralPlatform());
  await platform.lake.ensureTables(['GenericEvents_CL', 'DCRLogErrors']);
}, 120_000);
afterAll(async () => {
  server?.kill('SIGKILL');
  s3.destroy();
  sqs.destroy();
  bucket.closeAllConnections();
  bucket.close();
  await amazon.stop();
  await stop();
  await rm(folder, { recursive: true, force: true });
});

const records = (from: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ from, n, marker: 'once' })}\n`).join('');
const put = (key: string, count: number, name = 'events') =>
  s3.send(new PutObjectCommand({ Bucket: name, Key: key, Body: records(key, count) }));

/** Puts objects of one record each, and tells the queue of them, one message for ten. */
async function tell(keys: readonly string[]): Promise<void> {
  const notices = [];
  for (const key of keys) {
    const { ETag = '' } = await put(key, 1, 'told');
    const object = { key, size: records(key, 1).length, eTag: ETag.replaceAll('"', '') };
    notices.push({ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'told' }, object } });
  }
  for (let at = 0; at < notices.length; at += 10)
    amazon.sendMessage('told', JSON.stringify({ Records: notices.slice(at, at + 10) }));
}

const messages = () => amazon.inspectQueue('told')?.messages ?? expect.unreachable('the queue is gone');
const waiting = (): number[] => [messages().ready.length, messages().inflight.length];

async function makeConnectors(): Promise<void> {
  const now = new Date();
  const common = {
    enabled: true,
    stream: 'Custom-GenericJson',
    timeZone: 'UTC',
    workspaceId: null,
    intervalSeconds: 1,
  };
  // The schedule must not begin them: they are asked for.
  for (const [id, name] of [
    [bucketId, 'events'],
    [toldId, 'told'],
  ] as const) {
    const settings = connectorKinds.s3.settings.parse({
      bucket: name,
      endpoint: addressOf('bucket'),
      pathStyle: true,
      accessKeyId: 'test',
      ...(id === toldId && { newObjects: 'sqs', queueUrl: `${addressOf('queue')}/000000000000/told`, lookBackDays: 0 }),
    });
    const sealing = createSealing(loadSealingKey(join(folder, 'data')));
    const secrets = sealSecrets(sealing, id, { secretAccessKey: 'test' });
    await insertConnector(
      platform.database,
      { id, kind: 's3', name, settings, secrets, ...common, enabled: false },
      now,
    );
  }
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
    connectorInternalHosts: `127.0.0.1:${portOf(bucket)},127.0.0.1:${amazon.port}`,
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
  // As fifteen do.
  for (const { receiptHandle } of messages().inflight)
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: `${addressOf('queue')}/000000000000/told`,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }),
    );
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

const poll = (...ids: readonly string[]): void => {
  for (const id of ids) server!.send(id);
};

describe('a server that is killed', { timeout: 600_000 }, () => {
  it('while what it fetched waits in the spool: nothing of it is there twice, also where a file has grown since', async () => {
    await startServer();
    await put('a.json', 10);
    await put('b.json', 10);
    await tell(['a', 'b']);
    await writeFile(join(folder, 'logs', 'a.log'), records('a.log', 10));
    const release = await lock('connector_segments');
    await makeConnectors();
    poll(bucketId, toldId);
    await vi.waitFor(async () => expect([await openPages(), await spoolSegments()]).toEqual([3, 3]), patient);
    await kill(release);
    await appendFile(join(folder, 'logs', 'a.log'), records('later in a.log', 10));
    await startServer();
    await allOnce(42);
    expect(await Promise.all([bucketId, filesId, toldId].map(rowsOf))).toEqual([20, 20, 2]);
  });

  it('when everything of a page is stored and the place where reading goes on is not', async () => {
    await put('c.json', 10);
    await tell(['c']);
    const release = await lock('connector_items');
    poll(bucketId, toldId);
    await vi.waitFor(async () => expect(await stored()).toEqual([53, 53]), patient);
    expect([await openPages(), await notedSegments(), await rowsOf(bucketId), await rowsOf(toldId)]).toEqual([
      2, 2, 20, 2,
    ]);
    await kill(release);
    await startServer();
    await vi.waitFor(async () => expect([await rowsOf(bucketId), await rowsOf(toldId)]).toEqual([30, 3]), patient);
    await allOnce(53);
  });

  it('when that place is written and the lines are still in the spool, or the messages on the queue', async () => {
    // Two pages: the second is under way when the first stands, and no message is deleted before both do.
    await tell(Array.from({ length: 70 }, (_, n) => (n < 64 ? `quick-${n}` : `slow-${n}`)));
    poll(toldId);
    await vi.waitFor(async () => expect([await rowsOf(toldId), stalled > 0]).toEqual([67, true]), patient);
    await appendFile(join(folder, 'logs', 'a.log'), records('last in a.log', 10));
    await vi.waitFor(async () => expect(await rowsOf(filesId)).toBe(30), { ...patient, interval: 5 });
    expect(waiting()).toEqual([0, 7]);
    await kill();
    isStalling = false;
    await startServer();
    await allOnce(133);
    expect(await rowsOf(toldId)).toBe(73);
    await vi.waitFor(() => expect(waiting()).toEqual([0, 0]), patient);
  });
});
