import type { Watchlist, WatchlistItem, watchlistRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { WatchlistRow } from './store.ts';
import { watchlistTemplates } from './templates.ts';
import type { Watchlists } from './watchlists.ts';

interface Parts {
  readonly watchlists: Watchlists;
  readonly queries: Queries;
  readonly rules: () => ReadonlyMap<string, AnalyticsRule>;
  readonly now: () => Date;
}

export function watchlistHandlers({ watchlists, queries, rules, now }: Parts): Handlers<typeof watchlistRoutes> {
  const items = readItems({ watchlists, queries, now });
  return {
    listWatchlists: async () => ({ watchlists: (await watchlists.list()).map(toWatchlist) }),
    listWatchlistTemplates: () => ({ templates: [...watchlistTemplates] }),
    previewWatchlist: (_, { query, body }) => watchlists.preview(body, query),
    getWatchlist: async (_, { params }) => {
      const list = await watchlists.get(params.alias);
      return { ...toWatchlist(list), usedBy: usersOf(list.alias, rules().values()) };
    },
    createWatchlist: async (context, { body }) => {
      context.audit({ target: `watchlist ${body.alias}`, details: { name: body.name, columns: body.columns.length } });
      return toWatchlist(await watchlists.create({ ...body, by: requireCaller(context).name }));
    },
    updateWatchlist: async (context, { params: { alias }, body }) => {
      context.audit({ target: `watchlist ${alias}`, details: body });
      const { name, description, provider, source, labels } = body;
      const given = Object.entries({ name, description, provider, source, labels }).filter(([, v]) => v !== undefined);
      return toWatchlist(await watchlists.describe(alias, Object.fromEntries(given), requireCaller(context).name));
    },
    deleteWatchlist: async (context, { params: { alias } }) => {
      context.audit({ target: `watchlist ${alias}` });
      const { items } = await watchlists.remove(alias);
      context.audit({ target: `watchlist ${alias}`, details: { items } });
      return {};
    },
    uploadWatchlistItems: async (context, { params: { alias }, query, body }) => {
      const { mode, source } = query;
      context.audit({ target: `watchlist ${alias}`, details: { mode, source } });
      const { watchlist, added, faulty, problems } = await watchlists.upload(
        alias,
        body,
        query,
        requireCaller(context).name,
      );
      context.audit({ target: `watchlist ${alias}`, details: { mode, source, added, faulty, items: watchlist.items } });
      return { watchlist: toWatchlist(watchlist), added, faulty, problems: [...problems] };
    },
    listWatchlistItems: (context, { params, query }) => items(context, params.alias, query),
    changeWatchlistItems: async (context, { params: { alias }, body }) => {
      const { add, change, remove } = body;
      const counts = { add: add.length, change: change.length, remove: remove.length };
      context.audit({ target: `watchlist ${alias}`, details: counts });
      const { watchlist, added } = await watchlists.change(alias, body, requireCaller(context).name);
      context.audit({
        target: `watchlist ${alias}`,
        details: { ...counts, ids: [...added, ...change.map(({ id }) => id), ...remove].slice(0, auditedMax) },
      });
      return { watchlist: toWatchlist(watchlist), added };
    },
  };
}

/** Which items of a list: the one of an id, or those after one, with a text. */
export interface ItemsQuery {
  readonly id?: string | undefined;
  readonly after?: string | undefined;
  readonly search?: string | undefined;
  readonly limit: number;
}
export type ReadItems = (
  context: RequestContext,
  alias: string,
  query: ItemsQuery,
) => Promise<{ items: WatchlistItem[]; more: boolean }>;

/** Reads a list's items in their order, as a query of the caller's. Throws NotFound. */
export const readItems =
  ({ watchlists, queries, now }: Omit<Parts, 'rules'>): ReadItems =>
  async (context, alias, query) => {
    const list = await watchlists.get(alias);
    // Another server may have made it just now.
    await watchlists.refresh();
    const { columns, rows } = await queries.run({
      query: [
        `_GetWatchlist(${kqlText(list.alias)})`,
        ...(query.id === undefined ? [] : [`| where _DTItemId == ${kqlText(query.id)}`]),
        ...(query.after === undefined ? [] : [`| where strcmp(_DTItemId, ${kqlText(query.after)}) > 0`]),
        ...(query.search ? [`| where WatchlistItem contains ${kqlText(query.search)}`] : []),
        `| top ${query.limit + 1} by _DTItemId asc`,
      ].join('\n'),
      now: now(),
      maxRows: query.limit + 1,
      as: requireCaller(context),
      operation: 'hunting',
      signal: context.signal,
    });
    const at = (name: string) => columns.findIndex((column) => column.name === name);
    const items = rows.slice(0, query.limit).map((row) => ({
      id: z.string().parse(row[at('_DTItemId')]),
      searchKey: z.string().parse(row[at('SearchKey')]),
      updatedAt: z.string().parse(row[at('LastUpdatedTimeUTC')]),
      values: valuesIn(z.string().parse(row[at('WatchlistItem')]), list.columns),
    }));
    return { items, more: rows.length > query.limit };
  };

/** Ids that an audit row names. */
const auditedMax = 100;

/** A text as KQL writes it. */
const kqlText = (text: string): string => JSON.stringify(text);

const Bag = z.record(z.string(), z.unknown());
function valuesIn(item: string, columns: readonly string[]): Record<string, string> {
  const bag = Bag.parse(JSON.parse(item));
  return Object.fromEntries(
    columns.map((name) => {
      const value = bag[name];
      return [
        name,
        typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value),
      ];
    }),
  );
}

/** The rules whose query names the list. */
export function usersOf(alias: string, rules: Iterable<AnalyticsRule>): { id: string; name: string }[] {
  const call = /_GetWatchlist\s*\(\s*["']([^"']+)["']/g;
  return [...rules]
    .filter(({ query }) => [...query.matchAll(call)].some(([, named]) => named?.toLowerCase() === alias.toLowerCase()))
    .map(({ id, name }) => ({ id, name }));
}

export const toWatchlist = (row: WatchlistRow): Watchlist => ({
  id: row.id,
  alias: row.alias,
  name: row.name,
  description: row.description,
  provider: row.provider,
  source: row.source,
  labels: row.labels,
  itemsSearchKey: row.items_search_key,
  columns: row.columns,
  items: row.items,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
});
