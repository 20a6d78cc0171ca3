import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { connectorKinds } from '@sallyport/contracts';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../../../testing.ts';
import { draft, startTestConnectors, type TestConnectors } from '../testing/connectors.ts';
import { beginSweep, endSweep, firstCheckpoint, jumpOver } from './listing.ts';
import { columnsOf } from './vpc-flow.ts';

let server: S3rver;
let folder: string;
let port: number;
let client: S3Client;
let at: TestConnectors;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-s3-'));
  server = new S3rver({
    port: 0,
    address: 'localhost',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'trail' }, { name: 'flow' }, { name: 'duty' }, { name: 'local' }],
  });
  ({ port } = await server.run());
  client = new S3Client({
    endpoint: `http://localhost:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  at = await startTestConnectors({ connectorInternalHosts: `localhost:${port}` });
}, 120_000);
afterAll(async () => {
  await at.stop();
  client.destroy();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (bucket: string, key: string, body: string | Buffer) =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));

const day = (date: Date) => date.toISOString().slice(0, 10).replaceAll('-', '/');
const trailKey = (account: string, region: string, name: string, date = new Date()) =>
  `AWSLogs/${account}/CloudTrail/${region}/${day(date)}/${account}_CloudTrail_${region}_${name}.json.gz`;
const trail = (...names: readonly string[]) =>
  gzipSync(
    JSON.stringify({
      Records: names.map((eventName) => ({
        eventVersion: '1.08',
        eventTime: '2026-01-05T10:00:00Z',
        eventSource: 'iam.amazonaws.com',
        eventName,
        awsRegion: 'us-east-1',
        eventID: eventName,
        userIdentity: { type: 'IAMUser', userName: 'anna', accountId: '111122223333' },
      })),
    }),
  );

const settings = (bucket: string, more: object = {}) =>
  connectorKinds.s3.settings.parse({
    bucket,
    endpoint: `http://localhost:${port}`,
    pathStyle: true,
    accessKeyId: 'S3RVER',
    ...more,
  });
const secrets = { secretAccessKey: 'S3RVER' };
const create = (bucket: string, name: string, given: { readonly secretAccessKey: string } = secrets) =>
  at.admin.createConnector({ body: draft('s3', settings(bucket), { name, secrets: given }) });
const trailNames = async () =>
  (await at.rows('SELECT EventName FROM AWSCloudTrail ORDER BY EventName')).map(([name]) => name);

describe('a bucket', () => {
  it('of CloudTrail is read record by record, and what comes late is not missed', async () => {
    await put('trail', trailKey('222222222222', 'us-east-1', 'a'), trail('CreateUser', 'DeleteUser'));
    await put(
      'trail',
      `AWSLogs/222222222222/CloudTrail-Digest/us-east-1/${day(new Date())}/digest.json.gz`,
      gzipSync('{}'),
    );
    const { id } = await create('trail', 'trail');
    expect(await at.poll(id)).toMatchObject({ state: 'off', error: null, rows: 2, note: null });
    expect(await trailNames()).toEqual(['CreateUser', 'DeleteUser']);

    // Another account and region, whose keys are before those that were read.
    await put('trail', trailKey('111111111111', 'af-south-1', 'b'), trail('AttachUserPolicy'));
    await put('trail', trailKey('222222222222', 'us-east-1', 'c'), trail('StopLogging'));
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 4 });
    expect(await trailNames()).toEqual(['AttachUserPolicy', 'CreateUser', 'DeleteUser', 'StopLogging']);

    // Written anew under its key, as by a delivery that is repeated with more in it.
    await put('trail', trailKey('222222222222', 'us-east-1', 'c'), trail('PutBucketPolicy'));
    expect(await at.poll(id)).toMatchObject({ rows: 5 });
    expect(await at.poll(id)).toMatchObject({ rows: 5, error: null });
  });

  it('of flow logs is read by the header of each file', async () => {
    const header =
      'interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status version account-id flow-direction';
    const line =
      'eni-0a1b2c3d4e5f60718 10.0.0.5 198.51.100.7 44321 443 6 10 840 1767607200 1767607260 ACCEPT OK 5 111122223333 egress';
    await put(
      'flow',
      `AWSLogs/111122223333/vpcflowlogs/us-east-1/${day(new Date())}/x.log.gz`,
      gzipSync(`${header}\n${line}\n`),
    );
    await put('flow', `AWSLogs/111122223333/vpcflowlogs/us-east-1/${day(new Date())}/y.parquet`, 'PAR1');
    const { id } = await create('flow', 'flow');
    const polled = await at.poll(id);
    expect(polled).toMatchObject({ error: null, rows: 1 });
    expect(polled.note).toContain('y.parquet: Parquet, which is not read');
    expect(await at.rows('SELECT SrcAddr, DstPort, FlowDirection, Action FROM AWSVPCFlow')).toEqual([
      ['10.0.0.5', 443, 'egress', 'ACCEPT'],
    ]);
    expect(await at.rows('SELECT count() FROM DCRLogErrors')).toEqual([[0]]);
  });

  it('of GuardDuty’s findings is read line by line', async () => {
    const finding = (id: string) =>
      JSON.stringify({
        schemaVersion: '2.0',
        accountId: '111122223333',
        region: 'us-east-1',
        id,
        arn: `arn:aws:guardduty:us-east-1:111122223333:detector/d/finding/${id}`,
        type: 'UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B',
        severity: 5,
        title: 'Unusual console login',
        createdAt: '2026-01-05T10:00:00.000Z',
        updatedAt: '2026-01-05T10:00:00.000Z',
        service: { detectorId: 'd' },
      });
    await put(
      'duty',
      `AWSLogs/111122223333/GuardDuty/us-east-1/${day(new Date())}/f.jsonl.gz`,
      gzipSync(`${finding('f1')}\n${finding('f2')}\n`),
    );
    const { id } = await create('duty', 'duty');
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 2 });
    expect(await at.rows('SELECT count() FROM AWSGuardDuty')).toEqual([[2]]);
  });

  it('of times without a zone is read in the zone that a person says', { timeout: 120_000 }, async () => {
    const line = (time: string, pid: number) => `${time} host1 zonetest[${pid}]: hello\n`;
    await put('local', 'a.log', line('Jan  5 2026 10:00:00', 1) + line('2026-01-05T10:00:00+01:00', 2));
    const body = draft('s3', settings('local'), { name: 'local', secrets, timeZone: 'europe/berlin' });
    const { id, timeZone } = await at.admin.createConnector({ body: { ...body, stream: 'Custom-SyslogText' } });
    expect(timeZone).toBe('Europe/Berlin');
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 2 });
    expect(
      await at.rows("SELECT toString(TimeGenerated) FROM Syslog WHERE ProcessName = 'zonetest' ORDER BY ProcessID"),
    ).toEqual([['2026-01-05 09:00:00.0000000'], ['2026-01-05 09:00:00.0000000']]);
    const nowhere = at.admin.createConnector({ body: { ...body, name: 'nowhere', timeZone: 'Europe/Nowhere' } });
    expect((await errorOf(nowhere)).message).toContain('the name of a time zone, such as Europe/Berlin');
  });

  it('is tested before it is made, and nothing is stored', async () => {
    const body = draft('s3', settings('trail'), { name: 'a test', secrets });
    const tested = await at.admin.testConnector({ query: {}, body });
    expect(tested).toMatchObject({ error: null });
    expect(tested.records[0]).toMatchObject({ stream: 'Custom-AwsCloudTrailJson', tables: ['AWSCloudTrail'] });
    expect(tested.records[0]?.from).toMatch(/^s3:\/\/trail\/AWSLogs\//);
    const stranger = draft('s3', settings('trail', { accessKeyId: 'OTHER' }), { name: 'a test', secrets });
    const wrong = await at.admin.testConnector({ query: {}, body: stranger });
    expect(wrong.records).toEqual([]);
    expect(wrong.error).toContain('localhost: the list of trail: InvalidAccessKeyId');
  });

  it('that is not there is told plainly, and tried again ever later', async () => {
    const { id } = await create('nothing-here', 'none');
    expect(await at.poll(id)).toMatchObject({ failures: 1, rows: 0 });
    const again = await at.poll(id);
    expect(again).toMatchObject({ failures: 2 });
    expect(again.error).toContain('localhost: the list of nothing-here: NoSuchBucket');
    await at.test.platform.outbox.flush();
    expect(
      await at.rows(
        "SELECT Status, JSONExtractInt(ExtendedProperties, 'Failures') FROM SentinelHealth WHERE SentinelResourceName = 'none' ORDER BY TimeGenerated",
      ),
    ).toEqual([
      ['Failure', 1],
      ['Failure', 2],
    ]);
  });
});

describe('a connector', () => {
  it('never tells its secrets, and does not send them elsewhere', async () => {
    const made = await create('duty', 'keeper', { secretAccessKey: 'never-to-be-told' });
    expect(JSON.stringify([made, await at.admin.listConnectors()])).not.toContain('never-to-be-told');
    expect(made.secrets).toEqual(['secretAccessKey']);
    const change = (endpoint: string) =>
      at.admin.updateConnector({
        params: { id: made.id },
        body: draft('s3', settings('duty', { endpoint }), { name: 'keeper' }),
      });
    expect(await change(`http://localhost:${port}`)).toMatchObject({ secrets: ['secretAccessKey'] });
    expect(await errorOf(change('https://s3.example.org'))).toMatchObject({
      code: 'BadRequest',
      message: 'secrets have to be given again when they go to another host',
    });
    const { secrets: sealed } = (await at.test.platform.database.first<{ secrets: Buffer }>(
      'SELECT secrets FROM connectors WHERE id = $1',
      [made.id],
    )) ?? { secrets: Buffer.alloc(0) };
    expect(sealed.length).toBeGreaterThan(0);
    expect(sealed.includes('never-to-be-told')).toBe(false);
    await at.admin.deleteConnector({ params: { id: made.id } });
    expect((await at.admin.listConnectors()).connectors.map(({ name }) => name)).not.toContain('keeper');
  });

  it('speaks only to hosts that are allowed', async () => {
    const to = (endpoint: string) =>
      errorOf(at.admin.createConnector({ body: draft('s3', settings('b-1', { endpoint }), { name: 'x', secrets }) }));
    expect((await to('')).message).toContain('s3.us-east-1.amazonaws.com is not a host that');
    expect((await to('http://169.254.169.254')).message).toContain('a host is given by its name');
    expect((await to(`http://localhost:${port + 1}`)).message).toContain('is not a host that');
  });
});

describe('a sweep over keys', () => {
  it('passes over date folders of long ago', () => {
    const horizon = new Date('2026-11-23T05:00:00Z');
    expect(jumpOver('a/b/2025/01/02/x.gz', horizon)).toBe('a/b/2026/11/23/');
    expect(jumpOver('a/year=2026/month=11/day=01/x', horizon)).toBe('a/year=2026/month=11/day=23/');
    expect(jumpOver('a/b/2026/11/23/x.gz', horizon)).toBeUndefined();
    expect(jumpOver('a/b/c.gz', horizon)).toBeUndefined();
  });

  it('is over everything once a day, and goes on from the newest that it saw', () => {
    const created = new Date('2026-11-20T00:00:00.000Z');
    const first = firstCheckpoint(created, 1);
    const sweep = { ...beginSweep(first, created), newest: '2026-11-19T23:59:00.000Z' };
    expect(sweep.full).toBe(false);
    expect(endSweep(first, sweep).since).toBe('2026-11-19T23:59:00.000Z');
    expect(beginSweep(first, new Date('2026-11-21T00:00:00Z')).full).toBe(true);
    // What was put while it went on is not to be older than what the next one looks at.
    expect(endSweep(first, { ...sweep, newest: '2026-11-20T00:10:00.000Z' }).since).toBe(created.toISOString());
  });
});

describe('a header of flow logs', () => {
  it('says where each field stands', () => {
    expect(columnsOf('version account-id interface-id srcaddr dstaddr')).toHaveLength(14);
    expect(columnsOf('srcaddr flow-direction')?.slice(0, 4)).toEqual([-1, -1, -1, 0]);
    expect(columnsOf('2 111122223333 eni-0a 10.0.0.1 10.0.0.2')).toBeUndefined();
  });
});
