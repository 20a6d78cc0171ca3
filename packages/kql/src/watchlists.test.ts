import { expect, it } from 'vitest';
import { createKql, sql, type KqlCatalogue } from './index.ts';
import { watchlistText } from './watchlists.ts';

const list = {
  alias: 'VIP Users',
  name: '_wl_1',
  columns: [
    { name: 'SearchKey', type: 'string' as const },
    { name: 'Tier', type: 'string' as const },
  ],
  from: sql`(SELECT search_key AS SearchKey, c0 AS Tier FROM items FINAL)`,
};
const catalogue: KqlCatalogue = {
  version: 'watchlists',
  tables: [
    {
      name: 'Logs',
      columns: [
        { name: 'TimeGenerated', type: 'datetime' },
        { name: 'User', type: 'string' },
      ],
    },
  ],
  functions: [
    {
      name: '_GetWatchlist',
      parameters: '(watchlistAlias:string, keys:dynamic=dynamic([]))',
      body: 'print SearchKey=""',
    },
    { name: '_GetWatchlistAlias', parameters: '()', body: 'datatable(WatchlistAlias:string)["other"]' },
  ],
  watchlists: [list],
};
const kql = createKql(() => catalogue);
const now = new Date('2026-01-01T00:00:00Z');

it('calls of known lists become tables of their own, and every place stays where it was', () => {
  for (const [text, known] of [
    [`_GetWatchlist('VIP Users')`, true],
    [`_GetWatchlist ( "vip users" , dynamic(['a']))`, true],
    [`let w = 'VIP Users'; _GetWatchlist(w)`, true],
    [`_GetWatchlist('other')`, false],
    [`_GetWatchlist(unknown)`, false],
    [`print "_GetWatchlist('VIP Users')" // _GetWatchlist('VIP Users')`, false],
    [`print @'_GetWatchlist("VIP Users")'`, false],
  ] as const) {
    const written = watchlistText(text, catalogue);
    expect(written).toHaveLength(text.length);
    expect([text, written.includes('_wl_1(')]).toEqual([text, known]);
  }
});

it('a list is read whole: no time, no arrival, and it is no log that a query reads', () => {
  const query = `Logs | lookup _GetWatchlist('VIP Users') on $left.User == $right.SearchKey | where Tier == '0'`;
  const timespan = { from: now, to: now };
  const compiled = kql.compile(query, {
    now,
    timespan,
    source: ({ name }) => (name === 'Logs' ? sql`arrived_logs` : sql`arrived_list`),
  });
  expect(compiled.sql).toContain('FROM (SELECT search_key AS SearchKey, c0 AS Tier FROM items FINAL)');
  expect(compiled.sql).toContain('arrived_logs');
  expect(compiled.sql).not.toContain('arrived_list');
  expect(compiled.reads.map(({ table }) => table)).toEqual(['Logs']);
  expect(compiled.columns.map(({ name }) => name)).toEqual(['TimeGenerated', 'User', 'Tier']);
  expect(() => kql.compile(`_GetWatchlist('VIP Users') | where Nonsense == 1`, { now })).toThrow(/Nonsense/);
  expect(kql.compile('union * | count', { now }).sql).not.toContain('items FINAL');
  expect(kql.namedTables(query)).toEqual(['Logs']);
  expect(kql.compile('_GetWatchlistAlias', { now }).sql).toContain('VIP Users');
});
