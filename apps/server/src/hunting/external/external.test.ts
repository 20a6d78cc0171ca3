import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import fc from 'fast-check';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueries } from '../queries.ts';
import { fetchText } from './fetch.ts';
import { isPublicAddress } from '../../platform/outbound/index.ts';
import { allowedUrl } from './guard.ts';
import { createExternalData } from './index.ts';
import { rowsOfText } from './rows.ts';

const pages: Readonly<Record<string, { status?: number; body?: string | Buffer; location?: string }>> = {
  '/iocs.csv': { body: 'Kind,Value,Seen,Count\nip,203.0.113.7,2026-01-02T03:04:05Z,3\ndomain,"evil, really.test",,\n' },
  '/lines.txt': { body: 'one\ntwo\n' },
  '/objects.json': { body: '[{"a":1,"b":{"c":true}},{"a":"2"}]' },
  '/moved': { status: 302, location: '/lines.txt' },
  '/inside': { status: 302, location: 'https://inside.test/secret' },
  '/away': { status: 302, location: 'https://elsewhere.test/x' },
  '/round': { status: 302, location: '/round' },
  '/large': { body: Buffer.alloc(2_000_001, 'x') },
};
let server: Server;
let lake: TestLake;
const asked: string[] = [];
beforeAll(async () => {
  lake = await startTestLake();
  server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    const page = pages[request.url ?? ''];
    response.writeHead(page ? (page.status ?? 200) : 404, page?.location ? { location: page.location } : {});
    response.end(page?.body ?? '');
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
const options = { allowed, resolve, dispatcher };
const queries = () => createQueries(lake.lake, [], createExternalData(allowed, { resolve, dispatcher }));
const run = async (query: string) => {
  const { columns, rows } = await queries().run({
    query,
    now: new Date('2026-02-01'),
    who: 'test',
    operation: 'hunting',
  });
  return { columns: columns.map((c) => c.name), rows };
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
      who: 'test',
      operation: 'hunting',
    });
    await expect(off).rejects.toThrow('externaldata is off');
  });

  it.each([
    ['https://elsewhere.test/x', 'not a host that an administrator allows'],
    ['http://feeds.test/lines.txt', 'only https'],
    ['https://feeds.test:8080/x', 'usual port'],
    ['https://user:pw@feeds.test/x', 'a user or a password'],
    ['https://127.0.0.1/x', 'given by its name'],
    ['https://[::1]/x', 'given by its name'],
    ['https://inside.test/secret', 'not public'],
    ['https://feeds.test/inside', 'not public'],
    ['https://feeds.test/away', 'not a host that an administrator allows'],
    ['https://feeds.test/round', 'more than 3 redirections'],
    ['https://feeds.test/large', 'more than 2000000 bytes'],
    ['https://feeds.test/none', 'answered 404'],
  ])('%s is refused', async (address, message) => {
    asked.length = 0;
    await expect(fetchText(address, options)).rejects.toThrow(message);
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

  /** What the work gives; a refusal as its text. */
  const outcome = <T>(work: () => T): T | string => {
    try {
      return work();
    } catch (error) {
      return String(error);
    }
  };
  it('takes nothing for an address but a URL of an allowed host', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string()), (address) => {
        const url = outcome(() => allowedUrl(address, allowed));
        expect(typeof url === 'string' ? url.includes('externaldata') : allowed.includes(url.hostname)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('a text of any kind becomes rows or a clear refusal', () => {
    const columns = [{ name: 'a', type: 'string' }] as const;
    const request = { addresses: ['https://feeds.test/x'], columns, properties: {} };
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
