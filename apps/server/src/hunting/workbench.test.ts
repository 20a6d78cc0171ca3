import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerEnd, AnswerHead, permissionsOfBuiltIn, type Client, type SavedQueryBody } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../testing.ts';

vi.setConfig({ testTimeout: 120_000 });

let test: TestServer;
let anna: Client;
/** Tokens that stand for people who may less. */
let reader: Client;

beforeAll(async () => {
  test = await startTestServer({ settings: { collectHost: 'off' } });
  anna = test.browser();
  await makeAdministrator(test, anna);
  const { secret } = await anna.createToken({
    body: { name: 'reader', scopes: [...permissionsOfBuiltIn('Security Reader')] },
  });
  reader = test.program(secret);
  await test.platform.lake.insertRows('SecurityEvent', [
    { TimeGenerated: new Date(), EventID: 4625, Computer: 'pc1', TargetUserName: 'bob' },
    { TimeGenerated: new Date(), EventID: 4624, Computer: 'pc2', TargetUserName: 'bob' },
  ]);
}, 240_000);
afterAll(() => test.stop());

const query = (part: Partial<SavedQueryBody> = {}): SavedQueryBody => ({
  name: 'Failed logons',
  folder: 'Windows/Logons',
  description: '',
  query: 'SecurityEvent | where EventID == 4625',
  tactics: ['CredentialAccess'],
  techniques: ['T1110'],
  shared: false,
  functionName: null,
  functionParameters: '',
  ...part,
});
const define = (functionName: string, body: string, functionParameters = '') =>
  anna.createSavedQuery({
    body: query({ name: functionName, query: body, shared: true, functionName, functionParameters }),
  });

describe('saved queries', () => {
  it('are one’s own until they are shared, and keep their versions', async () => {
    const made = await anna.createSavedQuery({ body: query() });
    expect((await reader.listSavedQueries()).queries).toEqual([]);
    const { id } = made;
    expect((await errorOf(reader.listSavedQueryVersions({ params: { id } }))).code).toBe('NotFound');
    const next = await anna.updateSavedQuery({
      params: { id },
      body: { ...query({ shared: true, query: 'SecurityEvent' }), version: 1 },
    });
    expect(next.version).toBe(2);
    expect((await reader.listSavedQueries()).queries.map(({ name }) => name)).toEqual(['Failed logons']);
    expect((await anna.listSavedQueryVersions({ params: { id } })).versions.map((one) => one.query)).toEqual([
      'SecurityEvent',
      'SecurityEvent | where EventID == 4625',
    ]);
    const late = anna.updateSavedQuery({ params: { id }, body: { ...query(), version: 1 } });
    expect((await errorOf(late)).code).toBe('Conflict');
    expect((await errorOf(reader.deleteSavedQuery({ params: { id } }))).code).toBe('Forbidden');
    expect((await errorOf(reader.createSavedQuery({ body: query({ shared: true }) }))).code).toBe('Forbidden');
    expect((await reader.createSavedQuery({ body: query({ name: 'Mine' }) })).owner).toBe('token:reader');
    await anna.deleteSavedQuery({ params: { id } });
  });
});

describe('saved functions', () => {
  it('are called by every query, with parameters, at once', async () => {
    await define(
      'FailedOf',
      'SecurityEvent | where EventID == id and TargetUserName == user',
      'user:string, id:int=4625',
    );
    await define(
      'Computers',
      'T | where Computer startswith prefix | distinct Computer',
      'T:(Computer:string), prefix:string',
    );
    await define('Half', 'toreal(n) / 2', 'n:long');
    const run = async (text: string) => (await anna.runQuery({ body: { query: text } })).rows;
    expect(await run("FailedOf('bob') | project Computer")).toEqual([['pc1']]);
    expect(await run("SecurityEvent | invoke Computers('pc2')")).toEqual([['pc2']]);
    expect(await run('print Half(3)')).toEqual([[1.5]]);
    expect((await anna.getSchema()).functions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['FailedOf', 'Computers', 'Half']),
    );
  });

  it('are refused when they cannot be run, call themselves, or bear a name that means something', async () => {
    const broken = await errorOf(define('Broken', 'SecurityEvent\n| where Nothing == 1'));
    expect(broken).toMatchObject({ code: 'InvalidQuery', target: '22..29' });
    expect((await errorOf(define('Self', 'Self() | take 1'))).message).toContain('Self → Self');
    const first = await define('First', 'SecurityEvent');
    const second = await define('Second', '// First\nFirst() | take 1');
    const circle = anna.updateSavedQuery({
      params: { id: first.id },
      body: { ...query({ name: 'First', query: 'Second()', shared: true, functionName: 'First' }), version: 1 },
    });
    expect((await errorOf(circle)).message).toContain('First → Second → First');
    for (const name of ['SecurityEvent', 'strcat', 'FileProfile', 'First'])
      expect([name, (await errorOf(define(name, 'SecurityEvent'))).target]).toEqual([name, 'body.functionName']);
    expect((await errorOf(define('Odd', 'SecurityEvent', 'x y z'))).target).toBe('body.functionParameters');
    expect((await errorOf(anna.deleteSavedQuery({ params: { id: first.id } }))).message).toContain('`Second`');
    await anna.deleteSavedQuery({ params: { id: second.id } });
    await anna.deleteSavedQuery({ params: { id: first.id } });
    expect((await errorOf(anna.runQuery({ body: { query: 'First()' } }))).code).toBe('InvalidQuery');
  });
});

describe('the workbench', () => {
  it('streams rows, with columns first and what it took last', async () => {
    const text = (await anna.streamQuery({
      body: {
        query: 'range n from 1 to 5 step 1 | extend big = 9223372036854775807, d = dynamic({"a":1})',
        maxRows: 3,
      },
    })) as string;
    const [head = '', ...lines] = text.trimEnd().split('\n');
    expect(AnswerHead.parse(JSON.parse(head)).columns.map(({ name }) => name)).toEqual(['n', 'big', 'd']);
    expect(JSON.parse(`[${lines.slice(0, -1).join('')}]`)).toEqual(
      [1, 2, 3].map((n) => [n, '9223372036854775807', '{"a":1}']),
    );
    expect(AnswerEnd.parse(JSON.parse(lines.at(-1)!)).partial?.reason).toContain('more than 3 rows');
  });

  it('tells one’s own queries with what they took', async () => {
    await anna.runQuery({ body: { query: 'SecurityEvent | take 1 // remembered' } });
    await test.platform.outbox.flush();
    const { queries } = await anna.listRunQueries({ query: { search: 'remembered' } });
    expect(queries).toMatchObject([
      { query: 'SecurityEvent | take 1 // remembered', rows: 1, code: 200, client: 'Portal' },
    ]);
    expect(queries[0]!.bytesRead).toBeGreaterThan(0);
    expect((await reader.listRunQueries({ query: { search: 'remembered' } })).queries).toEqual([]);
  });

  it('shows what arrives while it looks, each row once', async () => {
    const { until, result } = await anna.runLive({ body: { query: 'Syslog' } });
    expect(result).toBeUndefined();
    await test.platform.lake.insertRows('Syslog', [{ TimeGenerated: '2020-01-01T00:00:00Z', HostName: 'h' }]);
    await sleep(6_000);
    const found = await anna.runLive({ body: { query: 'Syslog | project HostName', since: until } });
    expect(found.result?.rows).toEqual([['h']]);
    await sleep(100);
    const again = await anna.runLive({ body: { query: 'Syslog | project HostName', since: found.until } });
    expect(again.result?.rows).toEqual([]);
  });

  it('shows a table by its newest rows, descriptions and queries that read it', async () => {
    const table = await anna.sampleTable({ params: { table: 'SecurityEvent' } });
    expect(table.sample.rows).toHaveLength(2);
    expect(table.description).not.toBe('');
    expect(table.columns.find(({ name }) => name === 'EventID')?.description).toContain('4625');
    expect(table.queries.length).toBeGreaterThan(0);
    expect((await errorOf(anna.sampleTable({ params: { table: 'Nothing' } }))).code).toBe('NotFound');
  });
});

describe('hunts', () => {
  const text = {
    name: 'Password spraying',
    hypothesis: 'Somebody tries one password on many accounts',
    description: '',
    status: 'New' as const,
    hypothesisStatus: 'Unknown' as const,
    owner: null,
    labels: [],
    tactics: ['CredentialAccess'],
    techniques: ['T1110.003'],
  };
  const bookmark = (huntId: string | null) => ({
    name: 'bob fails',
    notes: 'at night',
    labels: ['spray'],
    tactics: ['CredentialAccess'],
    techniques: ['T1110.003'],
    query: 'SecurityEvent | where EventID == 4625',
    queryFrom: null,
    queryTo: null,
    row: { TimeGenerated: '2026-01-01T03:00:00Z', Computer: 'pc1', TargetUserName: 'bob' },
    entities: [
      { kind: 'Host' as const, identifiers: { FullName: 'pc1.contoso.com' } },
      { kind: 'Account' as const, identifiers: { FullName: 'bob@contoso.com' } },
    ],
    huntId,
  });

  it('hold queries that are run, bookmarks and comments; bookmarks become an incident and its alerts', async () => {
    const { id } = await anna.createHunt({ body: text });
    const { queries } = await anna.addHuntQueries({
      params: { id },
      body: {
        queries: [
          { name: 'failed', query: 'SecurityEvent | where EventID == 4625', tactics: [], techniques: [] },
          { name: 'broken', query: 'NoTable', tactics: [], techniques: [] },
        ],
      },
    });
    const runs = [];
    for (const one of queries)
      runs.push((await anna.runHuntQuery({ params: { id, queryId: one.id }, body: { days: 1 } })).lastRun);
    expect(runs).toMatchObject([
      { rows: 1, more: false, error: null },
      { rows: null, error: expect.any(String) as string },
    ]);
    await anna.addHuntComment({ params: { id }, body: { text: 'found one' } });
    const { bookmarks } = await anna.createBookmarks({ body: { bookmarks: [bookmark(id), bookmark(null)] } });
    const ids = bookmarks.map((one) => one.id);
    const { incident } = await anna.promoteBookmarks({
      body: { ids: [ids[0]!], incident: null, title: 'Spraying', severity: 'High' },
    });
    await anna.promoteBookmarks({ body: { ids, incident } });
    const made = await anna.getIncident({ params: { number: incident } });
    expect(made).toMatchObject({ title: 'Spraying', severity: 'High', alertCount: 2 });
    expect(made.entities.map(({ name }) => name).toSorted()).toEqual(['bob@contoso.com', 'pc1.contoso.com']);
    const hunt = await anna.getHunt({ params: { id } });
    expect(hunt).toMatchObject({
      queryCount: 2,
      bookmarkCount: 1,
      commentCount: 1,
      bookmarks: [{ incidentNumber: incident, eventAt: '2026-01-01T03:00:00.000Z' }],
    });
    await anna.updateHunt({ params: { id }, body: { status: 'Closed', hypothesisStatus: 'Validated' } });
    expect((await anna.listHunts()).hunts).toMatchObject([{ status: 'Closed', hypothesisStatus: 'Validated' }]);
    expect((await anna.listBookmarks({ query: { search: 'SPRAY', incident } })).total).toBe(2);
    await anna.deleteHunt({ params: { id } });
    expect(await anna.getBookmark({ params: { id: ids[0]! } })).toMatchObject({ huntId: null });
    await anna.deleteBookmark({ params: { id: ids[1]! } });
    await test.platform.outbox.flush();
    const { rows } = await anna.runQuery({
      body: {
        query:
          'HuntingBookmark | summarize arg_max(LastUpdatedTime, *) by BookmarkId, SoftDeleted | summarize count() by SoftDeleted | sort by SoftDeleted asc',
      },
    });
    expect(rows).toEqual([
      [false, 2],
      [true, 1],
    ]);
    const counted = await anna.runQuery({
      body: {
        query: `SecurityIncident | where IncidentNumber == ${incident}
          | summarize max(toint(AdditionalData.bookmarksCount)), max(array_length(BookmarkIds))`,
      },
    });
    expect(counted.rows).toEqual([[2, 2]]);
  });

  it('are changed by who manages alerts, and rows have a bound', async () => {
    expect((await errorOf(reader.createHunt({ body: text }))).code).toBe('Forbidden');
    const large = { ...bookmark(null), row: { x: 'x'.repeat(300_000) } };
    expect((await errorOf(anna.createBookmarks({ body: { bookmarks: [large] } }))).target).toBe('body.bookmarks.0.row');
    const unknown = bookmark('00000000-0000-4000-8000-000000000000');
    expect((await errorOf(anna.createBookmarks({ body: { bookmarks: [unknown] } }))).target).toBe('body.huntId');
  });
});

describe('notebooks', () => {
  it('are kept with their cells, and not overwritten unseen', async () => {
    const id = '00000000-0000-4000-8000-000000000001';
    const text = {
      name: 'Weekly',
      description: '',
      range: '7d',
      shared: false,
      cells: [{ id, kind: 'query' as const, text: 'Syslog', range: '' }],
    };
    const made = await anna.createNotebook({ body: text });
    expect((await reader.listNotebooks()).notebooks).toEqual([]);
    const params = { id: made.id };
    const shared = await anna.updateNotebook({ params, body: { ...text, shared: true, version: 1 } });
    expect(shared.version).toBe(2);
    expect((await reader.getNotebook({ params })).cells).toEqual(text.cells);
    expect((await errorOf(reader.updateNotebook({ params, body: { ...text, version: 2 } }))).code).toBe('Forbidden');
    expect((await errorOf(anna.updateNotebook({ params, body: { ...text, version: 1 } }))).code).toBe('Conflict');
    await anna.deleteNotebook({ params });
    expect((await errorOf(anna.getNotebook({ params }))).code).toBe('NotFound');
  });
});
