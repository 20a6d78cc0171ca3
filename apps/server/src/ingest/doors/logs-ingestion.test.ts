import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { TokenCredential } from '@azure/core-auth';
import { isAggregateLogsUploadError, LogsIngestionClient } from '@azure/monitor-ingestion';
import type { Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';

let test: TestServer;
let port: number;
let ca: string;
let token: string;
let reader: string;
let admin: Client;

/** A segment is closed by `flush` alone, so that a test can fill the spool. */
const settings = { collectHost: 'off', spoolSegmentAge: '1 min', spoolMaxBytes: '16 MiB' };

beforeAll(async () => {
  test = await startTestServer({ settings });
  await test.server.domains.ingest.start();
  port = await test.server.http.listen({ host: '127.0.0.1', port: 0 });
  ca = readFileSync(join(test.platform.config.dataDir, 'tls', 'ca.pem'), 'utf8');
  const browser = test.browser();
  admin = browser;
  await makeAdministrator(test, browser);
  token = (await browser.createToken({ body: { name: 'sender', scopes: ['data.ingest'] } })).secret;
  reader = (await browser.createToken({ body: { name: 'reader', scopes: ['data.read'] } })).secret;
}, 120_000);
afterAll(async () => {
  await test.server.domains.ingest.stop();
  await test.stop();
});

const credential = (): TokenCredential => ({
  getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
});

/** Microsoft's own client, as a customer would make it. */
const azureClient = (): LogsIngestionClient =>
  new LogsIngestionClient(`https://localhost:${port}`, credential(), {
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  });

interface Answer {
  readonly status: number;
  readonly body: { readonly error?: { readonly code: string; readonly message: string } };
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** A call without a client, for what no client would send. */
function post(
  stream: string,
  body: Buffer | string,
  options: { rule?: string; encoding?: string; bearer?: string; requestId?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const path = `/dataCollectionRules/${options.rule ?? 'dcr-default'}/streams/${stream}?api-version=2023-01-01`;
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${options.bearer ?? token}`,
    ...(options.encoding === undefined ? {} : { 'content-encoding': options.encoding }),
    ...(options.requestId === undefined ? {} : { 'x-ms-client-request-id': options.requestId }),
  };
  const call = request(
    { host: 'localhost', port, path, method: 'POST', headers, agent: new Agent({ ca }) },
    (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const parsed = text === '' ? {} : (JSON.parse(text) as Answer['body']);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed });
      });
    },
  );
  call.on('error', reject);
  call.end(body);
  return promise;
}

const rows = async (sql: string): Promise<readonly (readonly unknown[])[]> => {
  await test.server.domains.ingest.flush();
  return (await test.platform.lake.query(sql)).rows;
};

describe('the client of Azure Monitor', () => {
  it('uploads rows of a table, which are there as sent', async () => {
    const logs = Array.from({ length: 5_000 }, (_, i) => ({
      TimeGenerated: new Date(Date.UTC(2026, 0, 1) + i * 1_000),
      Computer: `host-${i % 7}`,
      Facility: 'auth',
      ProcessID: i,
      SyslogMessage: `“quoted” \\ line\nbreak ${i} ${'x'.repeat(300)}`,
      Unknown: { left: 'out' },
    }));
    await azureClient().upload('dcr-default', 'Microsoft-Syslog', logs);
    expect(await rows('SELECT count(), min(ProcessID), max(ProcessID), uniq(Computer) FROM Syslog')).toEqual([
      [5_000, 0, 4_999, 7],
    ]);
    expect(await rows('SELECT TimeGenerated, SyslogMessage, Type FROM Syslog WHERE ProcessID = 4')).toEqual([
      ['2026-01-01T00:00:04.0000000Z', logs[4]?.SyslogMessage, 'Syslog'],
    ]);
  });

  it('uploads Windows events, which become rows of their tables', async () => {
    const event = (id: number) => ({
      System: {
        Provider: { Name: 'Microsoft-Windows-Security-Auditing' },
        EventID: id,
        TimeCreated: { SystemTime: '2026-01-02T03:04:05.6789Z' },
        Channel: 'Security',
        Computer: 'dc1.contoso.com',
      },
      EventData: { TargetUserName: 'anna', LogonType: '3', IpAddress: '10.0.0.5' },
    });
    await azureClient().upload('dcr-default', 'Custom-WindowsEventJson', [event(4624), event(4625)]);
    expect(await rows('SELECT EventID, Computer, TargetUserName FROM SecurityEvent ORDER BY EventID')).toEqual([
      [4624, 'dc1.contoso.com', 'anna'],
      [4625, 'dc1.contoso.com', 'anna'],
    ]);
  });

  it('uploads lines of text as RawData', async () => {
    const RawData = '<34>1 2026-01-03T22:14:15.003Z mymachine su 77 - - su root failed for lonvick';
    await azureClient().upload('dcr-default', 'Custom-SyslogText', [{ RawData }]);
    expect(await rows("SELECT HostName, ProcessName FROM Syslog WHERE HostName = 'mymachine'")).toEqual([
      ['mymachine', 'su'],
    ]);
  });

  it('is told of an unknown stream, as by Azure', async () => {
    const upload = azureClient().upload('dcr-default', 'Custom-Nothing', [{ a: 1 }]);
    const error: unknown = await upload.catch((e: unknown) => e);
    if (!isAggregateLogsUploadError(error)) throw new Error('not the client’s error');
    expect(error.errors[0]?.cause).toMatchObject({ statusCode: 400, code: 'InvalidStream' });
  });
});

describe('data collection rules', () => {
  let manager: string;
  const Answered = z.looseObject({
    name: z.string().optional(),
    properties: z.looseObject({ immutableId: z.string() }).optional(),
    value: z.array(z.looseObject({ name: z.string() })).optional(),
    error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  });
  const columns = [
    { name: 'When', type: 'datetime' },
    { name: 'RawData', type: 'string' },
    { name: 'Ok', type: 'boolean' },
  ];
  const rule = (transformKql: string, outputStream: string, more: object = {}) => ({
    location: 'westeurope',
    kind: 'Direct',
    properties: propertiesOf(transformKql, outputStream, more),
  });
  const propertiesOf = (transformKql: string, outputStream: string, more: object) => ({
    streamDeclarations: { 'Custom-Raw': { columns } },
    destinations: { logAnalytics: [{ workspaceResourceId: '/subscriptions/s/…/workspaces/main', name: 'main' }] },
    dataFlows: [{ streams: ['Custom-Raw'], destinations: ['main'], transformKql, outputStream }],
    ...more,
  });
  /** As `az rest` or a template's deployment calls it: Microsoft's client for TypeScript knows no `streamDeclarations`. */
  const arm = async (method: string, name: string, body?: object, bearer = manager) => {
    const group = '/subscriptions/any/resourceGroups/any-group/providers/Microsoft.Insights/dataCollectionRules';
    const answer = await test.server.http.app.inject({
      method: method as 'PUT',
      url: `${group}${name}?api-version=2023-03-11`,
      headers: { host: 'localhost', authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, body: answer.body === '' ? undefined : Answered.parse(answer.json()) };
  };

  beforeAll(async () => {
    const scopes: ['data.manage', 'data.read'] = ['data.manage', 'data.read'];
    manager = (await admin.createToken({ body: { name: 'manager', scopes } })).secret;
    const own = [
      { name: 'Actor', type: 'string' as const },
      { name: 'Ok', type: 'bool' as const },
    ];
    await admin.createTable({ body: { name: 'Acme_CL', columns: own } });
  });

  it('are put, and rows of Microsoft’s client go through their transforms into their tables', async () => {
    const transform = `source | extend Actor = tostring(split(RawData, ' ')[0]) | project TimeGenerated = When, Actor, Ok`;
    const put = rule(transform, 'Custom-Acme_CL');
    const made = await arm('PUT', '/Acme_Rule', put);
    expect(made).toMatchObject({ status: 201, body: { ...put, name: 'Acme_Rule' } });
    const immutableId = made.body?.properties?.immutableId ?? '';
    expect(immutableId).toMatch(/^dcr-[0-9a-f]{32}$/);
    // Another rule has a stream of the same name.
    const other = await arm(
      'PUT',
      '/other',
      rule(
        'source | where Ok | project TimeGenerated = When, Computer = "pc", SyslogMessage = RawData',
        'Microsoft-Syslog',
      ),
    );
    const sent = [
      { When: '2026-02-01T00:00:00Z', RawData: 'anna came', Ok: true },
      { When: '2026-02-01T00:00:01Z', RawData: 'bert came', Ok: false },
    ];
    await azureClient().upload(immutableId, 'Custom-Raw', sent);
    await azureClient().upload(other.body?.properties?.immutableId ?? '', 'Custom-Raw', sent);
    expect(await rows('SELECT TimeGenerated, Actor, Ok FROM Acme_CL ORDER BY TimeGenerated')).toEqual([
      ['2026-02-01T00:00:00.0000000Z', 'anna', true],
      ['2026-02-01T00:00:01.0000000Z', 'bert', false],
    ]);
    expect(await rows(`SELECT SyslogMessage FROM Syslog WHERE SyslogMessage LIKE '% came'`)).toEqual([['anna came']]);
    const upload: unknown = await azureClient()
      .upload(immutableId, 'Custom-Nothing', [{ a: 1 }])
      .catch((e: unknown) => e);
    if (!isAggregateLogsUploadError(upload)) throw new Error('not the client’s error');
    expect(upload.errors[0]?.cause).toMatchObject({ statusCode: 400, code: 'InvalidStream' });
  });

  it('are listed, changed and deleted; a rule that is gone takes nothing', async () => {
    expect((await arm('GET', '')).body?.value?.map(({ name }) => name)).toEqual(['Acme_Rule', 'other']);
    const before = await arm('GET', '/acme_rule');
    const change = rule('source | project TimeGenerated = When, Actor = toupper(RawData), Ok', 'Custom-Acme_CL');
    const changed = await arm('PUT', '/acme_rule', change);
    const rule1 = changed.body?.properties?.immutableId ?? '';
    expect(changed).toMatchObject({ status: 200, body: { name: 'Acme_Rule' } });
    expect(rule1).toBe(before.body?.properties?.immutableId);
    await azureClient().upload(rule1, 'Custom-Raw', [{ When: '2026-02-02T00:00:00Z', RawData: 'carl', Ok: true }]);
    expect(await rows(`SELECT Actor FROM Acme_CL WHERE TimeGenerated > '2026-02-01 12:00:00'`)).toEqual([['CARL']]);
    expect((await arm('DELETE', '/other')).status).toBe(200);
    expect((await arm('DELETE', '/other')).status).toBe(204);
    expect((await arm('GET', '/other')).status).toBe(404);
    expect((await post('Custom-Raw', '[{}]', { rule: rule1 })).status).toBe(204);
    expect((await arm('DELETE', '/Acme_Rule')).status).toBe(200);
    expect((await post('Custom-Raw', '[{}]', { rule: rule1 })).status).toBe(404);
  });

  const undeclared = { streamDeclarations: {} };
  const agents = { dataSources: { syslog: [{ name: 'a', streams: ['Microsoft-Syslog'] }] } };
  it.each<[string, string, string, object, RegExp]>([
    ['an unknown table', 'source', 'Custom-Nobody_CL', {}, /Nobody_CL/],
    ['a transform that is no KQL', 'source | wher', 'Custom-Acme_CL', {}, /wher/],
    ['a transform that reads another table', 'source | join Syslog on Computer', 'Custom-Acme_CL', {}, /join/],
    ['what Sallyport alone writes', 'source', 'Microsoft-SentinelAudit', {}, /Sallyport alone/],
    ['what it proposes', 'source', 'Custom-InvestigationActions_CL', {}, /Sallyport alone/],
    ['no flow', 'source', 'Custom-Acme_CL', { dataFlows: [] }, /dataFlows/],
    ['a stream that is not declared', 'source', 'Custom-Acme_CL', undeclared, /not declared/],
    ['agents of Azure Monitor', 'source', 'Custom-Acme_CL', agents, /agents of Azure Monitor/],
  ])('with %s are refused', async (_, transform, output, more, message) => {
    expect(await arm('PUT', '/refused', rule(transform, output, more))).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(message) } },
    });
  });

  it('are for those who may manage data', async () => {
    expect((await arm('PUT', '/mine', rule('source', 'Custom-Acme_CL'), token)).status).toBe(403);
  });
});

describe('the door', () => {
  it('says where bad JSON is bad, and stores nothing of it', async () => {
    const { status, body } = await post('Microsoft-Syslog', '[{"Computer":"bad"},{"Computer":tru}]');
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'BadRequest',
      message: 'the body is not a JSON array of objects: a value expected at byte 32',
    });
    expect(await rows("SELECT count() FROM Syslog WHERE Computer = 'bad'")).toEqual([[0]]);
  });

  it.each([
    ['an object', '{"a":1}'],
    ['an array of numbers', '[1,2]'],
    ['nothing', ''],
  ])('refuses %s', async (_, text) => {
    expect((await post('Microsoft-Syslog', text)).status).toBe(400);
  });

  it('takes an empty array', async () => expect((await post('Microsoft-Syslog', '[]')).status).toBe(204));

  it('answers 413 to more than 1 MB, packed or not', async () => {
    const large = JSON.stringify([{ a: 'x'.repeat(1024 * 1024) }]);
    expect(await post('Microsoft-Syslog', large)).toMatchObject({
      status: 413,
      body: { error: { code: 'PayloadTooLarge' } },
    });
    expect((await post('Microsoft-Syslog', gzipSync(large), { encoding: 'gzip' })).status).toBe(413);
  });

  it('does not unpack a gzip bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(512 * 1024 * 1024), { level: 9 });
    const before = process.memoryUsage().arrayBuffers;
    expect((await post('Microsoft-Syslog', bomb, { encoding: 'gzip' })).status).toBe(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  });

  it('refuses what is not gzip, and encodings it does not know', async () => {
    expect((await post('Microsoft-Syslog', '[]', { encoding: 'gzip' })).status).toBe(400);
    expect((await post('Microsoft-Syslog', '[]', { encoding: 'br' })).status).toBe(415);
  });

  it('knows one rule', async () => {
    expect(await post('Microsoft-Syslog', '[]', { rule: 'dcr-other' })).toMatchObject({
      status: 404,
      body: { error: { code: 'NotFound' } },
    });
  });

  it('wants the right to send', async () => {
    expect((await post('Microsoft-Syslog', '[]', { bearer: reader })).status).toBe(403);
    expect((await post('Microsoft-Syslog', '[]', { bearer: 'nonsense' })).status).toBe(401);
  });

  it('does not let a sender write Sallyport’s own tables', async () => {
    expect(await post('Microsoft-SecurityIncident', '[{"Title":"forged"}]')).toMatchObject({
      status: 400,
      body: { error: { code: 'InvalidStream' } },
    });
  });
});

describe('a call that is sent again', () => {
  const count = (computer: string) => rows(`SELECT count() FROM Syslog WHERE Computer = '${computer}'`);
  const send = (computer: string, requestId: string, encoding?: string) => {
    const text = JSON.stringify([{ Computer: computer }, { Computer: computer }]);
    return post('Microsoft-Syslog', encoding === undefined ? text : gzipSync(text), {
      requestId,
      ...(encoding === undefined ? {} : { encoding }),
    });
  };

  it('is stored once', async () => {
    const answers = await Promise.all([send('again', 'call-1'), send('again', 'call-1', 'gzip')]);
    expect([...answers, await send('again', 'call-1')].map((a) => a.status)).toEqual([204, 204, 204]);
    expect(await count('again')).toEqual([[2]]);
  });

  it('is another call when its rows are others, or its id', async () => {
    await send('one', 'call-2');
    await send('two', 'call-2');
    await send('two', 'call-3');
    expect([await count('one'), await count('two')]).toEqual([[[2]], [[4]]]);
  });

  it('is known after a server died between durable and answered', async () => {
    const { ingest } = test.server.domains;
    await send('died', 'call-4');
    // What is in the spool and not loaded is all that the next one finds.
    await ingest.stop();
    await ingest.start();
    expect((await send('died', 'call-4')).status).toBe(204);
    expect(await count('died')).toEqual([[2]]);
    expect(await rows("SELECT count() FROM Syslog WHERE Computer = ''")).toEqual([[0]]);
  });
});

it('answers 429 and when to come again while the spool is full, and loses nothing', async () => {
  const body = JSON.stringify([{ Computer: 'full', SyslogMessage: 'x'.repeat(1_000_000) }]);
  const answers: Answer[] = [];
  for (let call = 0; call < 20 && answers.at(-1)?.status !== 429; call++)
    answers.push(await post('Microsoft-Syslog', body));
  const refused = answers.at(-1);
  expect(refused).toMatchObject({ status: 429, body: { error: { code: 'TooManyRequests' } } });
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
  expect(await rows("SELECT count() FROM Syslog WHERE Computer = 'full'")).toEqual([[answers.length - 1]]);
  expect((await post('Microsoft-Syslog', body)).status).toBe(204);
});
