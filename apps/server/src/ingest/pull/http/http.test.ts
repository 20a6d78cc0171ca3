import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorKinds } from '@sallyport/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { retryAfterSeconds } from '../../../platform/outbound/index.ts';
import { errorOf } from '../../../testing.ts';
import { makeTestTls } from '../../doors/syslog/testing.ts';
import { draft, startTestConnectors, type TestConnectors } from '../testing/connectors.ts';
import { json, startTestWeb, type Answerer, type TestWeb } from '../testing/web.ts';
import { linkOf } from './paging.ts';
import { recordsAt, scalarAt, timeAt } from './records.ts';

let folder: string;
let web: TestWeb;
let at: TestConnectors;
/** What the server answers, set by each test. */
let answer: Answerer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-http-'));
  const tls = await makeTestTls(join(folder, 'data'));
  await writeFile(join(folder, 'ca.pem'), tls.authority);
  web = await startTestWeb(tls.server, (request, response) => answer(request, response));
  at = await startTestConnectors({
    connectorInternalHosts: `localhost:${web.port}`,
    connectorCaFile: join(folder, 'ca.pem'),
  });
}, 120_000);
afterAll(async () => {
  await at.stop();
  await web.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  web.asked.length = 0;
});

const settings = (more: object) => connectorKinds.http.settings.parse(more);
const create = async (name: string, more: object, secret?: string, stream?: string) => {
  const body = draft('http', settings(more), {
    name,
    ...(secret === undefined ? {} : { secrets: { secret } }),
    ...(stream === undefined ? {} : { stream }),
  });
  return (await at.admin.createConnector({ body })).id;
};

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const oktaEvent = (uuid: string, minutes: number) => ({
  uuid,
  published: minutesAgo(minutes),
  eventType: 'user.session.start',
  displayMessage: 'User login to Okta',
  severity: 'INFO',
  actor: { id: '00u1', type: 'User', alternateId: 'anna@contoso.com', displayName: 'Anna' },
  outcome: { result: 'SUCCESS' },
  debugContext: { debugData: { requestId: uuid } },
});

/** Okta's System Log: `since`, pages of two, a `Link` to the next that is there for ever. */
const okta =
  (events: readonly ReturnType<typeof oktaEvent>[]): Answerer =>
  ({ url, headers }, response) => {
    if (headers.authorization !== 'SSWS the-okta-token') return json(response, 401, { errorCode: 'E0000011' });
    const since = url.searchParams.get('since') ?? '';
    const from = Number(url.searchParams.get('after') ?? '0');
    const found = events.filter(({ published }) => published >= since);
    const next = new URL(url);
    next.host = `localhost:${web.port}`;
    next.searchParams.set('after', String(Math.min(from + 2, found.length)));
    json(response, 200, found.slice(from, from + 2), {
      link: `<${web.base}/api/v1/logs>; rel="self", <${next.href}>; rel="next"`,
    });
  };
const oktaSettings = {
  auth: 'apiKey',
  authPrefix: 'SSWS',
  paging: 'linkHeader',
  timePath: 'published',
  idPath: 'uuid',
  sinceParameter: 'since',
};

describe('a source like Okta', () => {
  it('is read page by page, and afterwards from a while before the newest record, each record once', async () => {
    const events = [oktaEvent('e1', 50), oktaEvent('e2', 40), oktaEvent('e3', 30)];
    answer = okta(events);
    const id = await create('okta', { url: `${web.base}/api/v1/logs`, ...oktaSettings }, 'the-okta-token');
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 3, newestAt: events[2]?.published });
    expect(web.asked).toHaveLength(3);

    // One comes late, within the overlap; and the newest are given again.
    events.push(oktaEvent('late', 33), oktaEvent('e4', 1));
    web.asked.length = 0;
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 5 });
    const since = new URL(`https://x${web.asked[0]?.split(' ')[1] ?? ''}`).searchParams.get('since') ?? '';
    expect(Date.parse(events[2]?.published ?? '') - Date.parse(since)).toBe(300_000);
    expect(await at.rows('SELECT count(), uniqExact(EventOriginalUid) FROM OktaV2_CL')).toEqual([[5, 5]]);
  });

  it('that is overloaded is asked again when it says', async () => {
    answer = (_request, response) => json(response, 429, { errorCode: 'E0000047' }, { 'retry-after': '90000' });
    const id = await create('busy', { url: `${web.base}/busy`, ...oktaSettings }, 'the-okta-token');
    const polled = await at.poll(id);
    expect(polled.error).toContain('answered 429');
    const { due_at: due } = (await at.test.platform.database.first<{ due_at: Date }>(
      'SELECT due_at FROM connectors WHERE id = $1',
      [id],
    )) ?? { due_at: new Date(0) };
    expect(due.getTime() - Date.now()).toBeGreaterThan(89_000_000);
  });

  it('that refuses the key says so, and nothing of the key', async () => {
    answer = okta([]);
    const id = await create('refused', { url: `${web.base}/api/v1/logs`, ...oktaSettings }, 'another-key');
    const { error } = await at.poll(id);
    expect(error).toContain('answered 401');
    expect(error).not.toContain('another-key');
  });
});

describe('a source like Graph', () => {
  it('is signed in to with client credentials; a token that is taken back is replaced', async () => {
    let [token, tokens, repeats] = ['', 0, 0];
    const grants: unknown[] = [];
    const alert = (id: string) => ({ id, title: `alert ${id}`, createdDateTime: minutesAgo(5) });
    answer = ({ url, headers, body, method }, response) => {
      if (url.pathname === '/token') {
        const form = new URLSearchParams(body);
        grants.push([method, form.get('grant_type'), form.get('scope')]);
        if (form.get('client_secret') !== 'the-client-secret')
          return json(response, 401, { error: 'invalid_client', error_description: 'wrong secret' });
        token = `token-${++tokens}`;
        return json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 3_600 });
      }
      // The first token is taken back after the first page.
      if (headers.authorization !== `Bearer ${token}` || (tokens === 1 && url.searchParams.has('$skiptoken')))
        return json(response, 401, { error: { code: 'InvalidAuthenticationToken' } });
      const page = url.searchParams.get('$skiptoken') ?? '1';
      const next = new URL(`${web.base}${url.pathname}`);
      next.searchParams.set('$skiptoken', page === '1' ? '2' : 'again');
      // The second page comes twice, under two addresses.
      if (page !== '1') repeats++;
      json(response, 200, {
        value: page === '1' ? [alert('a'), alert('b')] : [alert('c')],
        ...(repeats < 2 ? { '@odata.nextLink': next.href } : {}),
      });
    };
    const graph = {
      url: `${web.base}/v1.0/security/alerts`,
      auth: 'oauth2',
      tokenUrl: `${web.base}/token`,
      clientId: 'the-client',
      scope: 'api/.default',
      recordsPath: 'value',
      paging: 'nextLink',
      timePath: 'createdDateTime',
      idPath: 'id',
      sinceParameter: '$filter',
      sinceForm: 'createdDateTime ge {time}',
    };
    const id = await create('graph', graph, 'the-client-secret');
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 3 });
    expect(tokens).toBe(2);
    expect(grants[0]).toEqual(['POST', 'client_credentials', 'api/.default']);
    expect(decodeURIComponent(web.asked[1] ?? '')).toMatch(/\$filter=createdDateTime\+ge\+20/);
    repeats = 2;
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 3 });
    expect(tokens).toBe(2);

    const wrong = await create('graph 2', graph, 'no-secret');
    expect((await at.poll(wrong)).error).toContain('gives no token: it answered 401 (invalid_client wrong secret)');
  });

  it('may not send its credentials elsewhere', async () => {
    answer = (_request, response) =>
      json(response, 200, { value: [{ id: '1' }], '@odata.nextLink': 'https://evil.example/next' });
    const id = await create('leads away', { url: `${web.base}/x`, recordsPath: 'value', paging: 'nextLink' });
    expect((await at.poll(id)).error).toContain('the next page is at another host, evil.example');
    answer = (_request, response) => response.writeHead(302, { location: 'https://evil.example/' }).end();
    const other = await create('sends away', { url: `${web.base}/y` });
    expect((await at.poll(other)).error).toContain('sends elsewhere (302)');
  });
});

describe('pages by number, offset and cursor', () => {
  it.each([
    ['page', { paging: 'page', pageParameter: 'page', pageSizeParameter: 'size', pageSize: 2 }],
    ['offset', { paging: 'offset', pageParameter: 'skip', pageSizeParameter: 'size', pageSize: 2 }],
    ['cursor', { paging: 'cursor', nextPath: 'meta.next', pageParameter: 'cursor' }],
  ])('%s', async (name, paging) => {
    const all = [1, 2, 3, 4, 5].map((n) => ({ id: `${name}-${n}`, n }));
    answer = ({ url: { searchParams } }, response) => {
      const page = Number(searchParams.get('page') ?? '1') - 1;
      const from = Number(searchParams.get('skip') ?? searchParams.get('cursor') ?? page * 2);
      const meta = { next: from + 2 < all.length ? from + 2 : null };
      json(response, 200, { data: { items: all.slice(from, from + 2) }, meta });
    };
    const id = await create(name, {
      url: `${web.base}/${name}?kept=1`,
      recordsPath: 'data.items',
      idPath: 'id',
      ...paging,
    });
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 5 });
    expect(web.asked.every((asked) => asked.includes('kept=1'))).toBe(true);
    // Asked for everything each time, it stores each record once all the same.
    expect(await at.poll(id)).toMatchObject({ error: null, rows: 5 });
  });

  it('a source that names the same page again and again is left', async () => {
    answer = (_request, response) => json(response, 200, { value: [{ id: 1 }], next: `${web.base}/loop` });
    const id = await create('loop', {
      url: `${web.base}/loop`,
      recordsPath: 'value',
      paging: 'nextLink',
      nextPath: 'next',
    });
    expect(await at.poll(id)).toMatchObject({
      rows: 1,
      error: expect.stringContaining('the same next page') as string,
    });
  });
});

describe('an answer', () => {
  it('that is no records is told with its place', async () => {
    answer = (_request, response) => json(response, 200, { value: 7 });
    const body = draft('http', settings({ url: `${web.base}/x`, recordsPath: 'value' }), { name: 'a test' });
    const test = () => at.admin.testConnector({ query: {}, body });
    expect(await test()).toMatchObject({ error: '`value` of the answer is no array of records', records: [] });
    answer = (_request, response) => response.writeHead(200).end('<html>');
    expect((await test()).error).toContain('the answer has no `value`');
  });

  it('goes to the stream that is said', async () => {
    await at.admin.createTable({ body: { name: 'Door_CL', columns: [{ name: 'Badge', type: 'string' }] } });
    answer = (_request, response) => json(response, 200, [{ Badge: 'b1' }, { Badge: 'b2' }]);
    const id = await create('door', { url: `${web.base}/door` }, undefined, 'Custom-Door_CL');
    expect(await at.poll(id)).toMatchObject({ rows: 2 });
    expect(await at.rows('SELECT Badge FROM Door_CL ORDER BY Badge')).toEqual([['b1'], ['b2']]);
  });
});

it('an address without what it needs is refused', async () => {
  const make = (more: object, secret?: string) => errorOf(create('x', { url: `${web.base}/`, ...more }, secret));
  expect(await make({ auth: 'bearer' })).toMatchObject({ target: 'body.secrets.secret' });
  expect(await make({ auth: 'oauth2' }, 's')).toMatchObject({ target: 'body.settings.tokenUrl' });
  expect(await make({ url: 'https://a:b@localhost/' })).toMatchObject({ target: 'body.settings.url' });
  expect((await make({ url: 'https://example.org/' })).message).toContain('setting `connectorHosts`');
});

describe('parts of answers', () => {
  it('keep the text that came', () => {
    expect(recordsAt('{"a.b": [ {"n": 90071992547409931 }, 2 ]}', 'a.b')).toEqual(['{"n": 90071992547409931 }', '2']);
    expect(scalarAt('{"a":{"b.c":{"d":90071992547409931}}}', 'a.b.c.d')).toBe('90071992547409931');
    expect(timeAt('{"t":1767607200}', 't')).toEqual(new Date('2026-01-05T10:00:00Z'));
    expect(timeAt('{"t":1767607200000}', 't')).toEqual(new Date('2026-01-05T10:00:00Z'));
    expect(timeAt('{"t":"soon"}', 't')).toBeUndefined();
  });

  it('links and times to wait are read as their RFCs say', () => {
    expect(linkOf('<https://a/x,y>; title="a, b"; rel="prev", </n?a=1>; rel=next', 'next')).toBe('/n?a=1');
    expect(linkOf(['<https://a/1>; rel="self"', '<https://a/2>; rel="next"'], 'next')).toBe('https://a/2');
    expect(linkOf(undefined, 'next')).toBeUndefined();
    const now = new Date('2026-01-05T10:00:00Z');
    expect(retryAfterSeconds({ headers: { 'retry-after': 'Mon, 05 Jan 2026 10:00:30 GMT' } }, now)).toBe(30);
    expect(retryAfterSeconds({ headers: { 'x-rate-limit-reset': '1767607260' } }, now)).toBe(60);
    expect(retryAfterSeconds({ headers: {} }, now)).toBeUndefined();
  });
});
