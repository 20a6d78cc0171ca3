import type { WatchlistItemRow } from '@sallyport/lake';
import type { Platform, RowObject } from '../../platform/types.ts';
import { forgetRetired, notePublished, publishedBefore, retiredTables, type WatchlistRow } from './store.ts';

/** What the rows of `Watchlist` of one list share: https://learn.microsoft.com/azure/azure-monitor/reference/tables/watchlist */
const sharedOf = (list: WatchlistRow): Record<string, string> => ({
  WatchlistAlias: list.alias,
  WatchlistName: list.name,
  WatchlistId: list.id,
  Provider: list.provider,
  Source: list.source,
  Notes: list.description,
  Tags: list.labels.join(','),
  SourceSystem: 'Sallyport',
});

/** A row of `Watchlist` for one writing of an item. */
export const itemRow = (
  list: WatchlistRow,
  item: WatchlistItemRow,
  status: 'Create' | 'Update' | 'Delete',
): RowObject => ({
  ...sharedOf(list),
  TimeGenerated: new Date(item.updatedAt).toISOString(),
  _DTTimestamp: new Date(item.updatedAt).toISOString(),
  _DTItemId: item.id,
  _DTItemType: 'watchlist-item',
  _DTItemStatus: status,
  WatchlistItemId: item.id,
  SearchKey: item.searchKey,
  WatchlistItem: item.item,
  CreatedTimeUTC: new Date(item.createdAt).toISOString(),
  CreatedBy: { name: item.createdBy },
  LastUpdatedTimeUTC: new Date(item.updatedAt).toISOString(),
  UpdatedBy: { name: item.updatedBy },
});

/** Writes all items of a list into `Watchlist`. */
export async function publishAll({ lake, clock }: Pick<Platform, 'lake' | 'clock'>, list: WatchlistRow): Promise<void> {
  await lake.ensureTables(['Watchlist']);
  await lake.watchlists.publish(list.lake_table, sharedOf(list), 'Create', clock.now());
}

/** Says in `Watchlist` that all items of a list are no more. */
export async function deletePublished(
  { lake, clock }: Pick<Platform, 'lake' | 'clock'>,
  list: WatchlistRow,
): Promise<void> {
  await lake.ensureTables(['Watchlist']);
  await lake.watchlists.publish(list.lake_table, sharedOf(list), 'Delete', clock.now());
}

/** As often as Sentinel writes items anew: https://learn.microsoft.com/azure/sentinel/watchlists#options-for-creating-watchlists */
const refreshDays = 12;
const dayMs = 86_400_000;
/** Queries that began before a table was retired have ended by then. */
const graceMs = 3_600_000;
/** A file takes no longer to come. */
const abandonedHours = 24;

/** Keeps rows of `Watchlist` younger than its retention, and drops tables that nothing reads any more. */
export function scheduleWatchlists(platform: Platform): void {
  platform.jobs.schedule('watchlists', '23 * * * *', () => keepWatchlists(platform));
}

export async function keepWatchlists(platform: Platform): Promise<void> {
  const { database, lake, clock, log } = platform;
  const now = clock.now();
  const kept = lake.catalogue.get('Watchlist')?.retentionDays ?? 2 * refreshDays;
  const every = Math.min(refreshDays, Math.max(1, Math.floor(kept / 3)));
  for (const list of await publishedBefore(database, new Date(now.getTime() - every * dayMs))) {
    await publishAll(platform, list);
    await notePublished(database, list, now);
    log.info({ alias: list.alias, items: list.items }, 'a watchlist’s rows were written anew');
  }
  for (const table of await retiredTables(database, new Date(now.getTime() - graceMs))) {
    await lake.watchlists.drop(table);
    await forgetRetired(database, table);
  }
  // Of a file that was cut off by the server’s end.
  const used = await database.query<{ lake_table: string }>(
    'SELECT lake_table FROM watchlists UNION SELECT lake_table FROM watchlist_retired_tables',
  );
  const known = new Set(used.map((row) => row.lake_table));
  for (const table of await lake.watchlists.olderThan(abandonedHours))
    if (!known.has(table)) await lake.watchlists.drop(table);
}
