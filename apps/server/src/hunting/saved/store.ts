import { savedQueryLimits, type SavedQueryBody } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database, Queryable } from '../../platform/database/types.ts';

const Row = z.object({
  id: z.uuid(),
  name_in_azure: z.string(),
  name: z.string(),
  folder: z.string(),
  description: z.string(),
  query: z.string(),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  shared: z.boolean(),
  function_name: z.string().nullable(),
  function_parameters: z.string(),
  owner: z.string(),
  version: z.int(),
  created_at: z.date(),
  updated_at: z.date(),
  updated_by: z.string(),
});
export type SavedQueryRow = z.infer<typeof Row>;

const VersionRow = z.object({
  version: z.int(),
  at: z.date(),
  by: z.string(),
  name: z.string(),
  query: z.string(),
  function_parameters: z.string(),
});
export type SavedQueryVersionRow = z.infer<typeof VersionRow>;

const rowsOf = async (found: Promise<object[]>): Promise<SavedQueryRow[]> => z.array(Row).parse(await found);

/** The revision first: it makes those wait that change functions at the same time, so that none is checked against what is gone. */
export const raiseFunctions = (tx: Queryable) =>
  tx.execute('UPDATE saved_functions_revision SET revision = revision + 1');

export const functionsRevision = async (db: Queryable): Promise<number> =>
  (await db.first<{ revision: number }>('SELECT revision FROM saved_functions_revision'))?.revision ?? 0;

export const savedFunctions = (db: Queryable): Promise<SavedQueryRow[]> =>
  rowsOf(
    db.query('SELECT * FROM saved_queries WHERE function_name IS NOT NULL ORDER BY function_name LIMIT $1', [
      savedQueryLimits.queries,
    ]),
  );

/** What one may see: one's own, and what is shared. */
export const savedQueriesFor = (db: Database, who: string): Promise<SavedQueryRow[]> =>
  rowsOf(
    db.query('SELECT * FROM saved_queries WHERE shared OR owner = $1 ORDER BY folder, name, id LIMIT $2', [
      who,
      savedQueryLimits.queries,
    ]),
  );

export const sharedQueries = (db: Database): Promise<SavedQueryRow[]> =>
  rowsOf(
    db.query('SELECT * FROM saved_queries WHERE shared ORDER BY name_in_azure LIMIT $1', [savedQueryLimits.queries]),
  );

export const savedQueryBy = async (db: Queryable, id: string, lock = false): Promise<SavedQueryRow | undefined> =>
  (await rowsOf(db.query(`SELECT * FROM saved_queries WHERE id = $1${lock ? ' FOR UPDATE' : ''}`, [id])))[0];

export const sharedQueryNamed = async (db: Queryable, nameInAzure: string): Promise<SavedQueryRow | undefined> =>
  (
    await rowsOf(
      db.query('SELECT * FROM saved_queries WHERE lower(name_in_azure) = lower($1) AND shared', [nameInAzure]),
    )
  )[0];

export const countSavedQueries = async (db: Queryable): Promise<number> =>
  (await db.first<{ count: number }>('SELECT count(*)::int AS count FROM saved_queries'))?.count ?? 0;

/** Undefined when another function has the name. */
export async function insertSavedQuery(
  tx: Queryable,
  { id, nameInAzure, body, by, at }: { id: string; nameInAzure: string; body: SavedQueryBody; by: string; at: Date },
): Promise<SavedQueryRow | undefined> {
  const [row] = await rowsOf(
    tx.query(
      `INSERT INTO saved_queries (id, name_in_azure, name, folder, description, query, tactics, techniques, shared, function_name, function_parameters, owner,
         version, created_at, updated_at, updated_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13, $12) ON CONFLICT DO NOTHING RETURNING *`,
      [
        id,
        nameInAzure,
        body.name,
        body.folder,
        body.description,
        body.query,
        body.tactics,
        body.techniques,
        body.shared,
        body.functionName,
        body.functionParameters,
        by,
        at,
      ],
    ),
  );
  if (row) await insertVersion(tx, row);
  return row;
}

export async function changeSavedQuery(
  tx: Queryable,
  before: SavedQueryRow,
  body: SavedQueryBody,
  by: string,
  at: Date,
): Promise<SavedQueryRow> {
  const [row] = await rowsOf(
    tx.query(
      `UPDATE saved_queries SET name = $2, folder = $3, description = $4, query = $5, tactics = $6, techniques = $7, shared = $8, function_name = $9,
         function_parameters = $10, version = version + 1, updated_at = $11, updated_by = $12 WHERE id = $1 RETURNING *`,
      [
        before.id,
        body.name,
        body.folder,
        body.description,
        body.query,
        body.tactics,
        body.techniques,
        body.shared,
        body.functionName,
        body.functionParameters,
        at,
        by,
      ],
    ),
  );
  await insertVersion(tx, row!);
  await tx.execute('DELETE FROM saved_query_versions WHERE saved_query_id = $1 AND version <= $2', [
    before.id,
    row!.version - savedQueryLimits.versions,
  ]);
  return row!;
}

const insertVersion = (tx: Queryable, row: SavedQueryRow): Promise<number> =>
  tx.execute(
    `INSERT INTO saved_query_versions (saved_query_id, version, at, by, name, query, function_parameters) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [row.id, row.version, row.updated_at, row.updated_by, row.name, row.query, row.function_parameters],
  );

export const removeSavedQuery = (tx: Queryable, id: string): Promise<number> =>
  tx.execute('DELETE FROM saved_queries WHERE id = $1', [id]);

export const versionsOf = async (db: Database, id: string): Promise<SavedQueryVersionRow[]> =>
  z
    .array(VersionRow)
    .parse(
      await db.query(
        'SELECT version, at, by, name, query, function_parameters FROM saved_query_versions WHERE saved_query_id = $1 ORDER BY version DESC LIMIT $2',
        [id, savedQueryLimits.versions],
      ),
    );
