import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '@sallyport/contracts';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';
import { keepWatchlists } from './publish.ts';

let test: TestServer;
let admin: Client;
beforeAll(async () => {
  test = await startTestServer();
  admin = test.browser();
  await makeAdministrator(test, admin);
}, 600_000);
afterAll(() => test.stop());

const ask = async (query: string) => (await admin.runQuery({ body: { query } })).rows;
const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
const make = (alias: string, columns = ['User', 'Dept'], itemsSearchKey = 'User') =>
  admin.createWatchlist({ body: { alias, name: alias, columns, itemsSearchKey } });
const upload = (alias: string, text: string, query: object = {}) =>
  admin.uploadWatchlistItems({ params: { alias }, query, body: bytes(text) });
const items = async (alias: string, query: object = {}) =>
  (await admin.listWatchlistItems({ params: { alias }, query })).items;

it('a file becomes a list that queries know by its columns at once', { timeout: 240_000 }, async () => {
  const file = 'User,Dept\nanna,Finance\nbert\ncarl,IT\n,none\n';
  const preview = await admin.previewWatchlist({ query: { searchKey: 'User' }, body: bytes(file) });
  expect(preview).toMatchObject({
    columns: ['User', 'Dept'],
    items: 2,
    faulty: 2,
    problems: [{ line: 3 }, { line: 5, message: 'it has no search key' }],
  });
  await make('VIPUsers');
  expect(await ask(`_GetWatchlist('VIPUsers') | where Dept == 'IT'`)).toEqual([]);
  expect(await errorOf(make('vipusers'))).toMatchObject({ code: 'Conflict' });
  expect(await errorOf(upload('VIPUsers', file))).toMatchObject({
    code: 'BadRequest',
    details: [{ target: 'line 3' }, { target: 'line 5' }],
  });
  expect(await items('VIPUsers')).toEqual([]);
  expect(await upload('VIPUsers', file, { skipFaulty: 'true' })).toMatchObject({
    added: 2,
    faulty: 2,
    watchlist: { items: 2 },
  });
  expect(await ask(`_GetWatchlist('VIPUsers') | project SearchKey, Dept | order by SearchKey asc`)).toEqual([
    ['anna', 'Finance'],
    ['carl', 'IT'],
  ]);
  expect(await ask(`let list = 'vipusers'; _GetWatchlist(list, dynamic(['carl'])) | project Dept`)).toEqual([['IT']]);
  expect(
    await ask(`datatable(A:string)['anna', 'zoe'] | lookup _GetWatchlist('VIPUsers') on $left.A == $right.SearchKey
      | project A, Dept, WatchlistItem.User | order by A asc`),
  ).toEqual([
    ['anna', 'Finance', '"anna"'],
    ['zoe', '', ''],
  ]);
  expect(await ask('_GetWatchlistAlias')).toEqual([['VIPUsers']]);
  const wrong = errorOf(admin.runQuery({ body: { query: `_GetWatchlist('VIPUsers') | where Nonsense == 1` } }));
  expect(await wrong).toMatchObject({ code: 'InvalidQuery', message: expect.stringContaining('Nonsense') });
  // A text that looks like a call is none.
  expect(await ask(`print strlen("_GetWatchlist('VIPUsers')")`)).toEqual([[25]]);
});

it('items are added, changed and removed, all or none', { timeout: 240_000 }, async () => {
  await make('Hosts', ['Host', 'Owner "x"'], 'Host');
  const params = { alias: 'Hosts' };
  const { added } = await admin.changeWatchlistItems({
    params,
    body: { add: [{ Host: 'dc01', 'Owner "x"': 'anna' }, { Host: 'web01' }] },
  });
  expect(await items('Hosts')).toMatchObject([
    { id: added[0], searchKey: 'dc01', values: { Host: 'dc01', 'Owner "x"': 'anna' } },
    { id: added[1], searchKey: 'web01' },
  ]);
  const refused = admin.changeWatchlistItems({ params, body: { remove: [added[0]!, 'nothing'] } });
  expect(await errorOf(refused)).toMatchObject({ code: 'NotFound', target: 'nothing' });
  for (const values of [{ Host: '' }, { Nonsense: 'x' }])
    expect(
      await errorOf(admin.changeWatchlistItems({ params, body: { change: [{ id: added[0]!, values }] } })),
    ).toMatchObject({ code: 'BadRequest', target: 'change[0]' });
  await admin.changeWatchlistItems({
    params,
    body: { change: [{ id: added[0]!, values: { Host: 'dc02' } }], remove: [added[1]!] },
  });
  expect(await ask(`_GetWatchlist('Hosts') | project SearchKey, ['Owner "x"']`)).toEqual([['dc02', 'anna']]);
  expect(await admin.getWatchlist({ params })).toMatchObject({ items: 1 });
  // The table itself tells all of it.
  await test.platform.outbox.flush();
  expect(
    await ask(`Watchlist | where WatchlistAlias == 'Hosts' | summarize arg_max(_DTTimestamp, *) by _DTItemId
      | project SearchKey, _DTItemStatus | order by SearchKey asc`),
  ).toEqual([
    ['dc02', 'Update'],
    ['web01', 'Delete'],
  ]);
  await upload('Hosts', 'Host\na1\na2\na3', { mode: 'append' });
  expect((await items('Hosts')).map(({ searchKey }) => searchKey)).toEqual(['dc02', 'a1', 'a2', 'a3']);
  const page = await admin.listWatchlistItems({ params, query: { limit: 2, search: 'A' } });
  expect(page).toMatchObject({ more: true, items: [{ searchKey: 'dc02' }, { searchKey: 'a1' }] });
  expect(await items('Hosts', { after: page.items[1]!.id, search: 'a3' })).toMatchObject([{ searchKey: 'a3' }]);
});

it(
  'a rule joins a list whatever its window, as rows arrive too; a removed item stops at once',
  { timeout: 240_000 },
  async () => {
    await make('Terminated');
    await upload('Terminated', 'User,Dept\nbert@x.com,Finance');
    const { lake, clock } = test.platform;
    await lake.insertRows('SigninLogs', [
      { TimeGenerated: '2026-01-01T00:03:00Z', UserPrincipalName: 'bert@x.com' },
      { TimeGenerated: '2026-01-01T00:04:00Z', UserPrincipalName: 'anna@x.com' },
    ]);
    const text = (list: string) => `id: leaver\nname: A leaver signs in\nkind: Scheduled\nseverity: High
queryFrequency: 5m\nqueryPeriod: 5m\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: |
  SigninLogs | lookup kind=inner _GetWatchlist('${list}') on $left.UserPrincipalName == $right.SearchKey
  | project TimeGenerated, UserPrincipalName, Dept\n`;
    const save = (version: number | null, list = 'Terminated') =>
      admin.saveRule({ params: { id: 'leaver' }, body: { text: text(list), version } });
    await save(null);
    expect((await admin.getWatchlist({ params: { alias: 'Terminated' } })).usedBy).toEqual([
      { id: 'leaver', name: 'A leaver signs in' },
    ]);
    const { detection } = test.server.domains;
    const rule = () => detection.rules.rules.find(({ id }) => id === 'leaver')!;
    const end = new Date('2026-01-01T00:05:00Z');
    expect(await detection.runRule(rule(), end)).toMatchObject({ state: 'succeeded', rows: 1, alerts: 1 });
    const [item] = await items('Terminated');
    await admin.changeWatchlistItems({ params: { alias: 'Terminated' }, body: { remove: [item!.id] } });
    expect(await detection.runRule(rule(), end)).toMatchObject({ rows: 0 });
    // Rows that arrived in a time are all that a query sees of other tables, but not of lists.
    await upload('Terminated', 'User,Dept\nanna@x.com,IT');
    await save(1);
    const soon = new Date(clock.now().getTime() + 1_000);
    expect(await detection.runRule({ ...rule(), kind: 'NRT' }, soon)).toMatchObject({ state: 'succeeded', rows: 1 });
    await test.platform.outbox.flush();
    await admin.deleteWatchlist({ params: { alias: 'Terminated' } });
    expect(await ask(`_GetWatchlist('Terminated') | count`)).toEqual([[0]]);
    expect(await detection.runRule(rule(), end)).toMatchObject({ state: 'succeeded', rows: 0 });
  },
);

it(
  'rows of the table are written anew before they grow too old, and tables that nothing reads are dropped',
  { timeout: 240_000 },
  async () => {
    const rows = () => ask(`Watchlist | where WatchlistAlias == 'VIPUsers' | count`);
    const { platform } = test;
    const before = Number((await rows())[0]![0]);
    await keepWatchlists(platform);
    expect(await rows()).toEqual([[before]]);
    const late = { ...platform.clock, now: () => new Date(platform.clock.now().getTime() + 13 * 86_400_000) };
    await keepWatchlists({ ...platform, clock: late });
    expect(await rows()).toEqual([[before + 2]]);
    const tables = await platform.lake.watchlists.olderThan(0);
    expect(tables.filter((name) => name.startsWith('_watchlist_1_'))).toHaveLength(1);
    expect((await items('VIPUsers')).length).toBe(2);
  },
);

it('only those who tune detections change lists', { timeout: 240_000 }, async () => {
  expect(await errorOf(test.browser().listWatchlists())).toMatchObject({ code: 'Unauthenticated' });
  const audited = (await test.platform.audit.newest(200)).map(({ operation, target }) => `${operation} ${target}`);
  for (const one of ['createWatchlist', 'uploadWatchlistItems']) expect(audited).toContain(`${one} watchlist VIPUsers`);
  expect(audited).toContain('changeWatchlistItems watchlist Hosts');
});
