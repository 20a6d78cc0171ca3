import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import fc from 'fast-check';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from '../check.ts';
import { createQueries } from '../queries.ts';
import { fetchAnswer } from './fetch.ts';
import { isPublicAddress } from '../../platform/outbound/index.ts';
import { createGuard } from './guard.ts';
import { createExternal } from './index.ts';
import { rowsOfText } from './rows.ts';
import { systemPrincipal } from '../../platform/principal.ts';

interface Page {
  readonly status?: number;
  readonly body?: string | Buffer;
  readonly location?: string;
  readonly type?: string;
}
const pages: Readonly<Record<string, Page>> = {
  '/iocs.csv': { body: 'Kind,Value,Seen,Count\nip,203.0.113.7,2026-01-02T03:04:05Z,3\ndomain,"evil, really.test",,\n' },
  '/lines.txt': { body: 'one\ntwo\n' },
  '/objects.json': { body: '[{"a":1,"b":{"c":true}},{"a":"2"}]' },
  '/moved': { status: 302, location: '/lines.txt' },
  '/inside': { status: 302, location: 'https://inside.test/secret' },
  '/away': { status: 302, location: 'https://elsewhere.test/x' },
  '/round': { status: 302, location: '/round' },
  '/info': {
    body: '{ "Items": [ {"a": 1.0, "b": "x  \\" y"} , {"a": 9007199254740993} ] }',
    type: 'application/json; charset=utf-8',
  },
  '/text': { body: '{"a":1}', type: 'text/plain' },
  '/broken': { body: '{"a":', type: 'application/json' },
  '/nothing': { status: 204 },
  '/large': { body: Buffer.alloc(2_000_001, 'x') },
};
let server: Server;
let lake: TestLake;
const asked: string[] = [];
const came: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
beforeAll(async () => {
  lake = await startTestLake();
  server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    const page = pages[request.url ?? ''];
    const { method = '', url = '', headers } = request;
    void text(request).then((body) => {
      came.push({ method, url, headers, body });
      const more = {
        ...(page?.location ? { Location: page.location } : {}),
        ...(page?.type ? { 'Content-Type': page.type } : {}),
      };
      response.writeHead(page ? (page.status ?? 200) : 404, more);
      response.end(page?.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await lake.stop();
});

/** The Internet of this test: whatever public address a name has, the connection ends at the server above. */
const dispatcher = () =>
  new Agent({
    connect: (_options, callback) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => callback(null, socket));
      socket.on('error', (error) => callback(error, null));
    },
  });
const resolve = (host: string) =>
  Promise.resolve([{ address: host.startsWith('inside') ? '10.0.0.5' : '93.184.216.34', family: 4 }]);
const allowed = ['feeds.test', '*.inside.test', 'inside.test'];
const options = { allowed: { hosts: allowed, setting: 'externalDataHosts' }, resolve, dispatcher };
const external = createExternal(
  { externalDataHosts: allowed, httpRequestHosts: ['api.test', 'inside.test'] },
  { resolve, dispatcher },
);
const queries = () => createQueries(lake.lake, [], external);
const run = async (query: string) => {
  const { columns, rows } = await queries().run({
    query,
    now: new Date('2026-02-01'),
    as: systemPrincipal('test'),
    operation: 'hunting',
  });
  return { columns: columns.map((c) => c.name), rows };
};

/** What the work gives; a refusal as its text. */
const outcome = <T>(work: () => T): T | string => {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
};

describe('externaldata', () => {
  it('reads a table of an allowed address', async () => {
    const query = `externaldata(Kind:string, Value:string, Seen:datetime, Count:long)['https://feeds.test/iocs.csv'] with (format='csv', ignoreFirstRecord=true)
      | where Kind != '' | sort by Kind asc`;
    expect((await run(query)).rows).toEqual([
      ['domain', 'evil, really.test', null, null],
      ['ip', '203.0.113.7', '2026-01-02T03:04:05.0000000Z', 3],
    ]);
  });
  it('reads objects, and several tables in one query', async () => {
    const query = `let objects = externaldata(a:long, b:dynamic)['https://feeds.test/objects.json'] with (format='multijson');
      let lines = externaldata(line:string)['https://feeds.test/moved'] with (format='txt');
      union (objects | project x = tostring(a), y = tostring(b.c)), (lines | project x = line) | sort by x asc`;
    expect((await run(query)).rows).toEqual([
      ['1', 'true'],
      ['2', ''],
      ['one', ''],
      ['two', ''],
    ]);
  });
  it('is off where no host is allowed', async () => {
    const off = createQueries(lake.lake).run({
      query: `externaldata(x:string)['https://feeds.test/lines.txt']`,
      now: new Date(),
      as: systemPrincipal('test'),
      operation: 'hunting',
    });
    await expect(off).rejects.toThrow(/externaldata is off.*externalDataHosts/);
  });

  it.each([
    ['https://elsewhere.test/x', 'is not a host that the machine’s administrator allows (setting `externalDataHosts`)'],
    ['http://feeds.test/lines.txt', 'only https'],
    ['https://feeds.test:8080/x', 'feeds.test:8080 is not a host that'],
    ['https://user:pw@feeds.test/x', 'a user or a password'],
    ['https://127.0.0.1/x', 'given by its name'],
    ['https://[::1]/x', 'given by its name'],
    ['https://inside.test/secret', 'not public'],
    ['https://feeds.test/inside', 'not public'],
    ['https://feeds.test/away', 'elsewhere.test is not a host that'],
    ['https://feeds.test/round', 'more than 3 redirections'],
    ['https://feeds.test/large', 'more than 2000000 bytes'],
    ['https://feeds.test/none', 'answered 404'],
  ])('%s is refused', async (address, message) => {
    asked.length = 0;
    await expect(fetchAnswer({ asker: 'externaldata', address }, options)).rejects.toThrow(message);
    expect(asked.filter((a) => a.startsWith('inside') || a.startsWith('elsewhere'))).toEqual([]);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '192.168.0.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
    '100.64.0.1',
    'x',
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(['93.184.216.34', '2606:4700::1111'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  const guard = createGuard('externaldata', options.allowed, resolve);
  it('takes nothing for an address but a URL of an allowed host', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string()), (address) => {
        const url = outcome(() => guard.url(address));
        expect(typeof url === 'string' ? url.includes('externaldata') : allowed.includes(url.hostname)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('a text of any kind becomes rows or a clear refusal', () => {
    const columns = [{ name: 'a', type: 'string' }] as const;
    const request = { kind: 'externaldata', addresses: ['https://feeds.test/x'], columns, properties: {} } as const;
    const formats = ['csv', 'tsv', 'psv', 'txt', 'raw', 'multijson', 'parquet'];
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...formats), (text, format) => {
        const rows = outcome(() => rowsOfText(text, { ...request, format }));
        expect(typeof rows === 'string' ? rows.includes('externaldata') : rows.every((row) => row.length === 1)).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('http_request', () => {
  const last = () => came.at(-1);

  it('gives an answer’s headers and body, which is JSON where the server says so', async () => {
    const query = `let Uri = 'https://api.test/info';
      evaluate http_request(Uri, dynamic({'Authorization': 'Bearer abc', 'X-Count': 3}))
      | project type = tostring(ResponseHeaders['Content-Type']), item = ResponseBody.Items
      | mv-expand item | project type, a = tostring(item.a), b = tostring(item.b)`;
    expect(await run(query)).toEqual({
      columns: ['type', 'a', 'b'],
      rows: [
        ['application/json; charset=utf-8', expect.stringMatching(/^1(\.0)?$/), 'x  " y'],
        ['application/json; charset=utf-8', '9007199254740993', ''],
      ],
    });
    expect(last()).toMatchObject({
      method: 'GET',
      headers: { host: 'api.test', authorization: 'Bearer abc', 'x-count': '3', 'x-ms-readonly': 'true' },
    });
    expect(last()?.headers['x-ms-client-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
  it('gives columns that only the answer knows', async () => {
    const query = `evaluate http_request('https://api.test/info') | mv-expand i = ResponseBody.Items | project i
      | evaluate bag_unpack(i) | where isnotempty(b)`;
    expect(await run(query)).toMatchObject({ columns: ['a', 'b'], rows: [[1, 'x  " y']] });
  });
  it.each([
    ['/text', '{"a":1}', 'string'],
    ['/broken', '{"a":', 'string'],
    ['/nothing', '', null],
  ])('%s: what is no JSON is a text', async (path, body, type) => {
    const { rows } = await run(
      `evaluate http_request('https://api.test${path}') | project tostring(ResponseBody), gettype(ResponseBody)`,
    );
    expect(rows).toEqual([[body, type ?? 'null']]);
  });
  it('posts JSON', async () => {
    const query = `evaluate http_request_post('https://api.test/info', dynamic({'x-a': 'b'}), dynamic(null), '{"q":"é"}') | count`;
    expect((await run(query)).rows).toEqual([[1]]);
    expect(last()).toMatchObject({
      method: 'POST',
      body: '{"q":"é"}',
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-a': 'b' },
    });
  });
  it('asks the same of an address once in a query, and nothing when it is only checked', async () => {
    came.length = 0;
    const one = "(evaluate http_request('https://api.test/text'))";
    expect((await run(`union ${one}, ${one} | count`)).rows).toEqual([[2]]);
    expect(came).toHaveLength(1);
    const [kql, at] = [queries().kql, { now: new Date(), database: lake.lake.workspace }];
    expect(faultsOf({ kql, external }, `${one} | project ResponseBody.x`, at)).toEqual([]);
    expect(faultsOf({ kql, external: createExternal() }, one, at)).toMatchObject([{ code: 'UnsupportedOperator' }]);
    expect(came).toHaveLength(1);
  });
  it('takes a query’s headers to no other origin, and follows nothing after a POST', async () => {
    const allow = { hosts: ['feeds.test', 'elsewhere.test'], setting: 'httpRequestHosts' };
    const call = { asker: 'http_request', address: 'https://feeds.test/away', headers: { 'X-Secret': 's' } } as const;
    came.length = 0;
    await expect(fetchAnswer(call, { ...options, allowed: allow })).rejects.toThrow('elsewhere.test: answered 404');
    expect(came.map((c) => c.headers['x-secret'])).toEqual(['s', undefined]);
    await expect(run("evaluate http_request_post('https://api.test/moved')")).rejects.toThrow('answered 302');
  });

  it.each([
    ["evaluate http_request('https://feeds.test/text')", 'feeds.test is not a host that'],
    ["evaluate http_request('https://inside.test/text')", 'not public'],
    ["evaluate http_request('http://api.test/text')", 'only https'],
    ["evaluate http_request('https://api.test/large')", 'more than 2000000 bytes'],
    ["evaluate http_request('https://api.test/none')", 'answered 404'],
    ["evaluate http_request('https://api.test/text', dynamic({'Host': 'x'}))", 'is not a query’s to set'],
    ["evaluate http_request('https://api.test/text', dynamic({'x-ms-readonly': 'false'}))", 'is not a query’s to set'],
    [
      "evaluate http_request('https://api.test/text', dynamic({'a': 'b\\r\\nHost: x'}))",
      'a value that no header may have',
    ],
    ["evaluate http_request('https://api.test/text', dynamic({'a b': 'c'}))", 'is no name of a header'],
    ["evaluate http_request('https://api.test/text', dynamic({'a': {}}))", 'the header a is no text'],
    ["evaluate http_request('https://api.test/text', dynamic({}), dynamic({'Proxy': 'x'}))", 'the option Proxy'],
    ["print a = 1 | evaluate http_request('https://api.test/text')", 'it stands at the head of a query'],
  ])('%s is refused', async (query, message) => {
    await expect(run(query)).rejects.toThrow(message);
  });
  it('is off where no host is listed, whatever externaldata may read', async () => {
    const off = createQueries(lake.lake, [], createExternal({ externalDataHosts: allowed, httpRequestHosts: [] }));
    const query = "evaluate http_request('https://feeds.test/text')";
    await expect(
      off.run({ query, now: new Date(), as: systemPrincipal('test'), operation: 'hunting' }),
    ).rejects.toThrow(/http_request is off.*httpRequestHosts/);
  });
  it('a header of any text is sent as it is or refused', () => {
    const guard = createGuard('http_request', options.allowed, resolve);
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (name, value) => {
        const refused = outcome(() => guard.headers({ [name]: value }));
        const sent = outcome(() => new Headers([[name, value]]).get(name) === value.replaceAll(/^[\t ]+|[\t ]+$/g, ''));
        expect(typeof refused === 'string' ? refused.includes('http_request: ') : sent).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
