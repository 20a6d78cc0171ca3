import { z } from 'zod';
import type { Database } from '../platform/database/types.ts';

const Row = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  document: z.string(),
  owner: z.string(),
  shared: z.boolean(),
  version: z.int(),
  updated_at: z.date(),
  updated_by: z.string(),
});
export type WorkbookRow = z.infer<typeof Row>;
export type WorkbookChange = Partial<Pick<WorkbookRow, 'name' | 'description' | 'document' | 'shared'>>;

const one = async (found: Promise<object[]>): Promise<WorkbookRow | undefined> => z.array(Row).parse(await found)[0];
const columns = 'id, name, description, document, owner, shared, version, updated_at, updated_by';

/** Workbooks that people keep, in the database. */
export function workbookStore(db: Database) {
  return {
    /** A person's own and the shared ones. */
    seenBy: async (owner: string, most: number): Promise<WorkbookRow[]> =>
      z
        .array(Row)
        .parse(
          await db.query(
            `SELECT ${columns} FROM workbooks WHERE shared OR owner = $1 ORDER BY lower(name), id LIMIT $2`,
            [owner, most],
          ),
        ),
    count: async (): Promise<number> =>
      (await db.first<{ n: number }>('SELECT count(*)::int AS n FROM workbooks'))?.n ?? 0,
    get: (id: string): Promise<WorkbookRow | undefined> =>
      one(db.query(`SELECT ${columns} FROM workbooks WHERE id = $1`, [id])),
    create: async (row: Omit<WorkbookRow, 'version'>): Promise<WorkbookRow> =>
      (await one(
        db.query(
          `INSERT INTO workbooks (id, name, description, document, owner, shared, created_at, updated_at, updated_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) RETURNING ${columns}`,
          [row.id, row.name, row.description, row.document, row.owner, row.shared, row.updated_at, row.updated_by],
        ),
      ))!,
    /** Undefined when it is gone or of another version. */
    change: (
      id: string,
      version: number,
      change: WorkbookChange,
      by: string,
      at: Date,
    ): Promise<WorkbookRow | undefined> =>
      one(
        db.query(
          `UPDATE workbooks SET name = coalesce($3, name), description = coalesce($4, description), document = coalesce($5, document),
             shared = coalesce($6, shared), version = version + 1, updated_at = $7, updated_by = $8
           WHERE id = $1 AND version = $2 RETURNING ${columns}`,
          [
            id,
            version,
            change.name ?? null,
            change.description ?? null,
            change.document ?? null,
            change.shared ?? null,
            at,
            by,
          ],
        ),
      ),
    remove: (id: string) => db.execute('DELETE FROM workbooks WHERE id = $1', [id]),
  };
}
