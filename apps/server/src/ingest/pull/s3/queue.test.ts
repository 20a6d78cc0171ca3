import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { connectorKinds } from '@sallyport/contracts';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../../../testing.ts';
import { draft, startTestConnectors, type TestConnectors } from '../testing/connectors.ts';

let server: FauxqsServer;
let s3: S3Client;
let sqs: SQSClient;
let at: TestConnectors;
let base: string;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
  base = `http://127.0.0.1:${server.port}`;
  const client = { endpoint: base, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  s3 = new S3Client({ ...client, forcePathStyle: true });
  sqs = new SQSClient(client);
  at = await startTestConnectors({ connectorInternalHosts: `127.0.0.1:${server.port}` });
}, 300_000);
afterAll(async () => {
  await at.stop();
  s3.destroy();
  sqs.destroy();
  await server.stop();
});

const queueUrl = (name: string): string => `${base}/000000000000/${name}`;
const send = (name: string, body: unknown) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl(name),
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
const lines = (...names: readonly string[]): string =>
  names.map((name) => `${JSON.stringify({ name, marker: 'told by a queue' })}\n`).join('');

/** Puts an object; answers what S3's notification says of it. */
async function put(bucket: string, key: string, body: string) {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  const object = { key: encodeURIComponent(key), size: body.length, eTag: ETag.replaceAll('"', '') };
  return { eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: bucket }, object } };
}

const waiting = (name: string): { readonly ready: number; readonly hidden: number } => {
  const { messages } = server.inspectQueue(name) ?? expect.unreachable(`no queue ${name}`);
  return { ready: messages.ready.length, hidden: messages.inflight.length };
};
const draftOf = (name: string, more: object = {}) => {
  server.createBucket(name);
  server.createQueue(name);
  const settings = connectorKinds.s3.settings.parse({
    bucket: name,
    endpoint: base,
    pathStyle: true,
    accessKeyId: 'test',
    newObjects: 'sqs',
    queueUrl: queueUrl(name),
    lookBackDays: 0,
    ...more,
  });
  return draft('s3', settings, { name, secrets: { secretAccessKey: 'test' }, stream: 'Custom-GenericJson' });
};
const create = async (name: string, more: object = {}): Promise<string> =>
  (await at.admin.createConnector({ body: draftOf(name, more) })).id;
const names = async (prefix: string) =>
  (
    await at.rows(
      `SELECT JSONExtractString(Event, 'name') AS n FROM GenericEvents_CL WHERE startsWith(n, '${prefix}') ORDER BY n`,
    )
  ).map(([name]) => name);

describe('a bucket whose queue tells of new objects', { timeout: 300_000 }, () => {
  it('is read by what the messages say, each object once, and they are taken off the queue', async () => {
    const id = await create('told', { prefix: 'logs/' });
    const [a, b, c] = [
      await put('told', 'logs/a b=1.json', lines('t1', 't2')),
      await put('told', 'logs/b.json', lines('t3')),
      await put('told', 'logs/c.json', lines('t4')),
    ];
    await put('told', 'logs/untold.json', lines('t5'));
    await send('told', { Service: 'Amazon S3', Event: 's3:TestEvent' });
    await send('told', { Records: [a, await put('told', 'other/d.json', lines('t6'))] });
    await send('told', { Type: 'Notification', Message: JSON.stringify({ Records: [b] }) });
    await send('told', {
      Type: 'Notification',
      Message: JSON.stringify({ s3Bucket: 'told', s3ObjectKey: ['logs/c.json'] }),
    });
    // SQS may bring a message twice, and CloudTrail's word for an object that S3 has told of too.
    await send('told', { Records: [a, c] });
    expect(await at.poll(id)).toMatchObject({ error: null, note: null, rows: 4 });
    expect(await names('t')).toEqual(['t1', 't2', 't3', 't4']);

    // Of a poll whose time was over behind its last page the messages come again, too.
    await send('told', { Records: [a, b, c] });
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 4 });
    expect(waiting('told')).toEqual({ ready: 0, hidden: 0 });
  });

  it('is listed once before, and what was listed is not read again when a message tells of it', async () => {
    const id = await create('listed', { lookBackDays: 1 });
    const before = await put('listed', 'before.json', lines('l1'));
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 1 });
    await put('listed', 'untold.json', lines('l2'));
    await send('listed', { Records: [before, await put('listed', 'told.json', lines('l3'))] });
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 2 });
    expect(await names('l')).toEqual(['l1', 'l3']);
    // Back to listing: what the queue did not tell of is found, and nothing else.
    await at.admin.updateConnector({
      params: { id },
      body: draft(
        's3',
        connectorKinds.s3.settings.parse({ bucket: 'listed', endpoint: base, pathStyle: true, accessKeyId: 'test' }),
        { name: 'listed', secrets: { secretAccessKey: 'test' }, stream: 'Custom-GenericJson' },
      ),
    });
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 3 });
    expect(await names('l')).toEqual(['l1', 'l2', 'l3']);
  });

  it('leaves on the queue what is no notification, and says so; an object that was written anew is read as that', async () => {
    const id = await create('odd');
    const first = await put('odd', 'a.json', lines('o1'));
    const second = await put('odd', 'a.json', lines('o2'));
    await send('odd', { Records: [first] });
    await send('odd', 'no notification');
    await send('odd', { Records: [{ ...second, s3: { ...second.s3, bucket: { name: 'elsewhere' } } }] });
    const polled = await at.poll(id);
    expect(polled).toMatchObject({ error: null, rows: 0 });
    expect(polled.note).toContain('it was written anew meanwhile');
    expect(polled.note).toContain('a message of the queue is no notification of S3, and is left there');
    expect(polled.note).toContain('s3://elsewhere: another bucket');
    expect(waiting('odd')).toEqual({ ready: 0, hidden: 1 });
    await send('odd', { Records: [second] });
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 1 });
    expect(await names('o')).toEqual(['o2']);
  });

  it('gives messages back when their objects could not be read', async () => {
    const id = await create('broken');
    const one = await put('broken', 'a.json', lines('b1'));
    // A bucket that is gone.
    await send('broken', { Records: [one] });
    server.purgeAll();
    server.createQueue('broken');
    await send('broken', { Records: [one] });
    const polled = await at.poll(id);
    expect(polled).toMatchObject({ failures: 1, rows: 0 });
    expect(polled.error).toContain('a.json: NoSuchBucket');
    expect(waiting('broken')).toEqual({ ready: 1, hidden: 0 });
  });

  it('is tested before it is made, and its queue stays as it is', async () => {
    const body = draftOf('tried');
    await send('tried', { Records: [await put('tried', 'a.json', lines('x1'))] });
    const tested = await at.admin.testConnector({ query: {}, body });
    expect(tested).toMatchObject({ error: null });
    expect(tested.records[0]).toMatchObject({ from: 's3://tried/a.json', stream: 'Custom-GenericJson' });
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl('tried') }));
    expect(Messages).toHaveLength(1);
  });

  it('needs the address of a queue at a host that is allowed', async () => {
    const refused = async (more: object) =>
      (await errorOf(at.admin.createConnector({ body: draftOf('n-1', more) }))).message;
    expect(await refused({ queueUrl: '' })).toBe('the address of the queue is missing');
    expect(await refused({ queueUrl: 'https://sqs.eu-central-1.amazonaws.com/1/q' })).toContain('is not a host that');
  });
});
