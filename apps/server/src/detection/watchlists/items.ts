import { SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier, sqlJoin } from '@sallyport/kql';
import { watchlistColumn, type WatchlistItemRow } from '@sallyport/lake';
import { z } from 'zod';
import type { Platform } from '../../platform/types.ts';
import { itemIds } from './ids.ts';
import { itemRow } from './publish.ts';
import { bagOf } from './read.ts';
import { changeWatchlist, watchlistBy, type WatchlistRow } from './store.ts';

type Values = Readonly<Record<string, string>>;
export interface ItemChanges {
  readonly add: readonly Values[];
  /** Ids of those that are added, UUIDs. Default: new ones. */
  readonly ids?: readonly string[];
  /** What is not named stays. */
  readonly change: readonly { readonly id: string; readonly values: Values }[];
  readonly remove: readonly string[];
}

const rowsAtOnce = 10_000;

/** Writes changes of items into the list's table, and their rows into the outbox, while the list is locked. */
export async function changeItems(
  { database, lake, outbox, clock }: Platform,
  alias: string,
  { add, ids, change, remove }: ItemChanges,
  by: string,
): Promise<{ readonly watchlist: WatchlistRow; readonly added: string[] }> {
  const at = clock.now().getTime();
  const next = itemIds(at);
  const added = add.map((_, i) => ids?.[i] ?? next());
  return database.transaction(async (tx) => {
    const list = await watchlistBy(tx, alias, true);
    if (!list) throw new SallyportError('NotFound', `there is no watchlist \`${alias}\``);
    const version = Math.max(list.version + 1, at);
    const written = { updatedAt: at, updatedBy: by, version };
    const known = await itemsById({ lake }, list, [...change.map(({ id }) => id), ...remove]);
    const found = (id: string): WatchlistItemRow => {
      const item = known.get(id);
      if (!item) throw new SallyportError('NotFound', `the watchlist has no item \`${id}\``, { target: id });
      return item;
    };
    const rows = [
      ...add.map((values, i): WatchlistItemRow => {
        const own = { id: added[i]!, createdAt: at, createdBy: by, deleted: false };
        return {
          ...own,
          ...written,
          ...cellsOf(
            list,
            values,
            list.columns.map(() => ''),
            `add[${i}]`,
          ),
        };
      }),
      ...change.map(({ id, values }, i): WatchlistItemRow => {
        const before = found(id);
        return { ...before, ...written, ...cellsOf(list, values, before.values, `change[${i}]`) };
      }),
      ...remove.map((id): WatchlistItemRow => ({ ...found(id), ...written, deleted: true })),
    ];
    if (rows.length > 0) await lake.watchlists.write(list.lake_table, rows);
    for (let i = 0; i < rows.length; i += rowsAtOnce)
      await outbox.write(
        'Watchlist',
        rows
          .slice(i, i + rowsAtOnce)
          .map((row) => itemRow(list, row, row.deleted ? 'Delete' : row.createdAt === at ? 'Create' : 'Update')),
        tx,
      );
    const items = list.items + add.length - new Set(remove).size;
    const watchlist = await changeWatchlist(tx, list, { items, version }, by, new Date(at));
    return { watchlist, added };
  });
}

/** Throws BadRequest at a column that the list lacks, and at an empty search key. */
function cellsOf(
  list: WatchlistRow,
  given: Values,
  before: readonly string[],
  target: string,
): Pick<WatchlistItemRow, 'values' | 'searchKey' | 'item'> {
  const strange = Object.keys(given).find((name) => !list.columns.includes(name));
  if (strange !== undefined)
    throw new SallyportError('BadRequest', `the watchlist has no column ${JSON.stringify(strange)}`, { target });
  const values = list.columns.map((name, i) => (Object.hasOwn(given, name) ? given[name]! : (before[i] ?? '')));
  const searchKey = values[list.columns.indexOf(list.items_search_key)] ?? '';
  if (searchKey === '')
    throw new SallyportError('BadRequest', `an item needs its search key, ${JSON.stringify(list.items_search_key)}`, {
      target,
    });
  return { values, searchKey, item: bagOf(list.columns, values) };
}

const Found = z.tuple([z.string(), z.string(), z.string(), z.number(), z.string(), z.number(), z.string(), z.number()]);

/** Items that there are, by id. */
async function itemsById(
  { lake }: Pick<Platform, 'lake'>,
  list: WatchlistRow,
  ids: readonly string[],
): Promise<Map<string, WatchlistItemRow>> {
  if (ids.length === 0) return new Map();
  const own = list.columns.map((_, i) => sqlIdentifier(watchlistColumn(i)));
  const select = sql`SELECT id, search_key, item, toUnixTimestamp64Milli(created_at), created_by, toUnixTimestamp64Milli(updated_at), updated_by, version,
    ${sqlJoin(own)} FROM ${sqlIdentifier(list.lake_table)} FINAL WHERE id IN ({ids:Array(String)})`;
  const { rows } = await lake.query(select.text, { who: 'watchlists', operation: 'watchlist', params: { ids } });
  return new Map(
    rows.map((row) => {
      const [id, searchKey, item, createdAt, createdBy, updatedAt, updatedBy, version] = Found.parse(row.slice(0, 8));
      const values = z.array(z.string()).parse(row.slice(8));
      return [id, { id, searchKey, item, createdAt, createdBy, updatedAt, updatedBy, version, deleted: false, values }];
    }),
  );
}
