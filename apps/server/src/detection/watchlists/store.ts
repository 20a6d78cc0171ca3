import { z } from 'zod';
import type { Queryable } from '../../platform/database/types.ts';

const Row = z.object({
  number: z.int(),
  id: z.string(),
  alias: z.string(),
  name: z.string(),
  description: z.string(),
  provider: z.string(),
  source: z.string(),
  items_search_key: z.string(),
  columns: z.array(z.string()),
  labels: z.array(z.string()),
  lake_table: z.string(),
  items: z.int(),
  version: z.int(),
  created_at: z.date(),
  created_by: z.string(),
  updated_at: z.date(),
  updated_by: z.string(),
  published_at: z.date().nullable(),
});
export type WatchlistRow = z.infer<typeof Row>;

const rows = async (found: Promise<object[]>): Promise<WatchlistRow[]> => z.array(Row).parse(await found);

export async function watchlistRevision(db: Queryable): Promise<number> {
  return (await db.first<{ revision: number }>('SELECT revision FROM watchlists_revision'))?.revision ?? 0;
}
export async function raiseRevision(tx: Queryable): Promise<void> {
  await tx.execute('UPDATE watchlists_revision SET revision = revision + 1');
}

/** By name. */
export const allWatchlists = (db: Queryable, most: number): Promise<WatchlistRow[]> =>
  rows(db.query('SELECT * FROM watchlists ORDER BY lower(name), number LIMIT $1', [most]));

export async function watchlistBy(db: Queryable, alias: string, lock = false): Promise<WatchlistRow | undefined> {
  const sql = `SELECT * FROM watchlists WHERE lower(alias) = lower($1)${lock ? ' FOR UPDATE' : ''}`;
  return (await rows(db.query(sql, [alias])))[0];
}

export interface NewWatchlist {
  readonly id: string;
  readonly alias: string;
  readonly name: string;
  readonly description: string;
  readonly provider: string;
  readonly source: string;
  readonly itemsSearchKey: string;
  readonly columns: readonly string[];
  readonly labels: readonly string[];
  readonly by: string;
  readonly at: Date;
}

/** Undefined when the alias is taken. */
export async function insertWatchlist(tx: Queryable, list: NewWatchlist): Promise<WatchlistRow | undefined> {
  const [row] = await rows(
    tx.query(
      `INSERT INTO watchlists (id, alias, name, description, provider, source, items_search_key, columns, labels, lake_table,
         created_at, created_by, updated_at, updated_by, published_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $10, $11, $10) ON CONFLICT DO NOTHING RETURNING *`,
      [
        list.id,
        list.alias,
        list.name,
        list.description,
        list.provider,
        list.source,
        list.itemsSearchKey,
        list.columns,
        list.labels,
        list.at,
        list.by,
      ],
    ),
  );
  return row;
}

export type WatchlistChange = Partial<
  Pick<
    WatchlistRow,
    | 'name'
    | 'description'
    | 'provider'
    | 'source'
    | 'labels'
    | 'items_search_key'
    | 'columns'
    | 'lake_table'
    | 'items'
    | 'version'
    | 'published_at'
  >
>;

/** Writes what is given; what stands in `before` stays else. */
export async function changeWatchlist(
  tx: Queryable,
  before: WatchlistRow,
  change: WatchlistChange,
  by: string,
  at: Date,
): Promise<WatchlistRow> {
  const to = { ...before, ...change };
  const [row] = await rows(
    tx.query(
      `UPDATE watchlists SET name = $2, description = $3, provider = $4, source = $5, labels = $6, items_search_key = $7, columns = $8,
         lake_table = $9, items = $10, version = $11, published_at = $12, updated_by = $13, updated_at = $14 WHERE number = $1 RETURNING *`,
      [
        before.number,
        to.name,
        to.description,
        to.provider,
        to.source,
        to.labels,
        to.items_search_key,
        to.columns,
        to.lake_table,
        to.items,
        to.version,
        to.published_at,
        by,
        at,
      ],
    ),
  );
  if (!row) throw new Error('a watchlist that is locked is gone');
  return row;
}

export async function removeWatchlist(tx: Queryable, { number }: WatchlistRow): Promise<void> {
  await tx.execute('DELETE FROM watchlists WHERE number = $1', [number]);
}

export async function retireTable(tx: Queryable, table: string, at: Date): Promise<void> {
  await tx.execute(
    'INSERT INTO watchlist_retired_tables (lake_table, retired_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [table, at],
  );
}

export async function retiredTables(db: Queryable, before: Date): Promise<string[]> {
  const found = await db.query<{ lake_table: string }>(
    'SELECT lake_table FROM watchlist_retired_tables WHERE retired_at < $1 ORDER BY retired_at LIMIT 100',
    [before],
  );
  return found.map((row) => row.lake_table);
}

export async function forgetRetired(db: Queryable, table: string): Promise<void> {
  await db.execute('DELETE FROM watchlist_retired_tables WHERE lake_table = $1', [table]);
}

/** Lists whose items were last written into the table `Watchlist` before then. */
export const publishedBefore = (db: Queryable, before: Date): Promise<WatchlistRow[]> =>
  rows(
    db.query('SELECT * FROM watchlists WHERE published_at IS NULL OR published_at < $1 ORDER BY number LIMIT 1000', [
      before,
    ]),
  );

export async function notePublished(db: Queryable, { number, lake_table }: WatchlistRow, at: Date): Promise<void> {
  await db.execute('UPDATE watchlists SET published_at = $3 WHERE number = $1 AND lake_table = $2', [
    number,
    lake_table,
    at,
  ]);
}
