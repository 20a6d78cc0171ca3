import { repositoryLimits, RepositorySync, type RepositoryItem } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database, Queryable } from '../../platform/database/types.ts';

const Row = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['git', 'folder']),
  location: z.string(),
  branch: z.string(),
  folder: z.string(),
  username: z.string(),
  token: z.instanceof(Buffer).nullable(),
  interval_minutes: z.int(),
  enabled: z.boolean(),
  created_by: z.string(),
  updated_at: z.date(),
  next_sync_at: z.date(),
  syncing_until: z.date().nullable(),
  last: RepositorySync.nullable(),
  synced_commit: z.string().nullable(),
});
export type RepositoryRow = z.infer<typeof Row>;
export type RepositoryFields = Pick<
  RepositoryRow,
  'name' | 'kind' | 'location' | 'branch' | 'folder' | 'username' | 'token' | 'interval_minutes' | 'enabled'
>;

const Item = z.object({
  kind: z.enum(['rule', 'hunting', 'watchlist']),
  item_id: z.string(),
  repository_id: z.string(),
  name: z.string(),
  path: z.string(),
  hash: z.string(),
  commit: z.string(),
  changed_at: z.date(),
});
export type RepositoryItemRow = z.infer<typeof Item>;

/** A look lasts no longer, or its server died. */
const syncMinutesMax = 20;
const itemsMax = 50_000;
const columns = [
  'name',
  'kind',
  'location',
  'branch',
  'folder',
  'username',
  'token',
  'interval_minutes',
  'enabled',
] as const;

/** Repositories, and what came from each, in the database. */
export function repositoryStore(db: Database) {
  const get = async (id: string): Promise<RepositoryRow | undefined> =>
    z.array(Row).parse(await db.query('SELECT * FROM repositories WHERE id = $1', [id]))[0];
  return {
    all: async (): Promise<RepositoryRow[]> =>
      z
        .array(Row)
        .parse(
          await db.query('SELECT * FROM repositories ORDER BY name, id LIMIT $1', [repositoryLimits.repositories]),
        ),
    get,
    /** How many items are of each. */
    counts: async (): Promise<ReadonlyMap<string, number>> => {
      const rows = await db.query<{ repository_id: string; n: number }>(
        'SELECT repository_id, count(*)::int AS n FROM repository_items GROUP BY repository_id',
      );
      return new Map(rows.map(({ repository_id, n }) => [repository_id, n]));
    },
    create: async (id: string, fields: RepositoryFields, by: string, at: Date): Promise<void> => {
      const values = columns.map((column) => fields[column]);
      await db.execute(
        `INSERT INTO repositories (id, ${columns.join(', ')}, created_at, created_by, updated_at, updated_by, next_sync_at)
         VALUES ($1, ${columns.map((_, i) => `$${i + 4}`).join(', ')}, $2, $3, $2, $3, $2)`,
        [id, at, by, ...values],
      );
    },
    /** What is read next is all of it, since it may lie elsewhere now. */
    change: async (id: string, fields: RepositoryFields, by: string, at: Date): Promise<void> => {
      const values = columns.map((column) => fields[column]);
      await db.execute(
        `UPDATE repositories SET ${columns.map((column, i) => `${column} = $${i + 4}`).join(', ')},
           updated_at = $2, updated_by = $3, next_sync_at = $2, synced_commit = NULL WHERE id = $1`,
        [id, at, by, ...values],
      );
    },
    remove: (id: string): Promise<number> => db.execute('DELETE FROM repositories WHERE id = $1', [id]),
    /** Ids of those that are due. */
    due: async (now: Date): Promise<string[]> =>
      (
        await db.query<{ id: string }>(
          'SELECT id FROM repositories WHERE enabled AND next_sync_at <= $1 AND (syncing_until IS NULL OR syncing_until < $1) ORDER BY next_sync_at',
          [now],
        )
      ).map(({ id }) => id),
    /** False when another look is under way or, where `onlyDue`, has just been. */
    claim: async (id: string, now: Date, onlyDue: boolean): Promise<boolean> =>
      (await db.execute(
        `UPDATE repositories SET syncing_until = $2::timestamptz + $3 * interval '1 minute'
         WHERE id = $1 AND (syncing_until IS NULL OR syncing_until < $2) AND (NOT $4 OR enabled AND next_sync_at <= $2)`,
        [id, now, syncMinutesMax, onlyDue],
      )) > 0,
    /** Notes what a look found. `commit`: what all that there is came from; undefined leaves that as it was. */
    finish: async (id: string, last: RepositorySync, commit: string | null | undefined, now: Date): Promise<void> => {
      await db.execute(
        `UPDATE repositories SET syncing_until = NULL, last = $2, synced_commit = CASE WHEN $3 THEN $4 ELSE synced_commit END,
           next_sync_at = $5::timestamptz + interval_minutes * interval '1 minute' WHERE id = $1`,
        [id, JSON.stringify(last), commit !== undefined, commit ?? null, now],
      );
    },
    items: async (id: string): Promise<RepositoryItemRow[]> =>
      z
        .array(Item)
        .parse(
          await db.query('SELECT * FROM repository_items WHERE repository_id = $1 ORDER BY path, item_id LIMIT $2', [
            id,
            itemsMax,
          ]),
        ),
    /** Which repository each of some items is of. */
    ownersOf: async (kind: RepositoryItem['kind'], ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      const rows = await db.query<{ item_id: string; repository_id: string }>(
        'SELECT item_id, repository_id FROM repository_items WHERE kind = $1 AND item_id = ANY($2)',
        [kind, ids],
      );
      return new Map(rows.map(({ item_id, repository_id }) => [item_id, repository_id]));
    },
    saveItems: async (items: readonly RepositoryItemRow[]): Promise<void> =>
      db.transaction((tx) => saveItems(tx, items)),
    removeItems: (kind: RepositoryItem['kind'], id: string, ids: readonly string[]): Promise<number> =>
      db.execute('DELETE FROM repository_items WHERE kind = $1 AND repository_id = $2 AND item_id = ANY($3)', [
        kind,
        id,
        ids,
      ]),
  };
}
export type RepositoryStore = ReturnType<typeof repositoryStore>;

async function saveItems(tx: Queryable, items: readonly RepositoryItemRow[]): Promise<void> {
  await tx.execute(
    `INSERT INTO repository_items (kind, item_id, repository_id, name, path, hash, commit, changed_at)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(kind text, item_id text, repository_id uuid, name text, path text, hash text, commit text,
       changed_at timestamptz)
     ON CONFLICT (kind, item_id) DO UPDATE SET repository_id = excluded.repository_id, name = excluded.name, path = excluded.path,
       hash = excluded.hash, commit = excluded.commit, changed_at = excluded.changed_at`,
    [JSON.stringify(items)],
  );
}
