import { NotebookCell, notebookLimits } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database, Queryable } from '../../platform/database/types.ts';

const Summary = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  range: z.string(),
  shared: z.boolean(),
  owner: z.string(),
  version: z.int(),
  created_at: z.date(),
  updated_at: z.date(),
  updated_by: z.string(),
});
const SummaryRow = Summary.extend({ cell_count: z.int() });
const Row = Summary.extend({ cells: z.array(NotebookCell) });
export type NotebookSummaryRow = z.infer<typeof SummaryRow>;
export type NotebookRow = z.infer<typeof Row>;
export type NotebookText = Pick<NotebookRow, 'name' | 'description' | 'range' | 'shared' | 'cells'>;

const first = async (found: Promise<object[]>): Promise<NotebookRow | undefined> => z.array(Row).parse(await found)[0];
/** As jsonb takes it: without NUL. */
const json = (cells: NotebookRow['cells']): string => JSON.stringify(cells).replaceAll(String.raw`\u0000`, '');

export const notebooksFor = async (db: Database, who: string): Promise<NotebookSummaryRow[]> =>
  z.array(SummaryRow).parse(
    await db.query(
      `SELECT id, name, description, range, shared, owner, version, created_at, updated_at, updated_by, jsonb_array_length(cells) AS cell_count
         FROM notebooks WHERE shared OR owner = $1 ORDER BY updated_at DESC, id LIMIT $2`,
      [who, notebookLimits.notebooks],
    ),
  );

export const notebookBy = (db: Queryable, id: string, lock = false): Promise<NotebookRow | undefined> =>
  first(db.query(`SELECT * FROM notebooks WHERE id = $1${lock ? ' FOR UPDATE' : ''}`, [id]));

/** Undefined when there are too many. */
export const insertNotebook = (
  db: Queryable,
  { id, text, by, at }: { id: string; text: NotebookText; by: string; at: Date },
): Promise<NotebookRow | undefined> =>
  first(
    db.query(
      `INSERT INTO notebooks (id, name, description, range, shared, cells, owner, version, created_at, updated_at, updated_by)
       SELECT $1, $2, $3, $4, $5, $6::jsonb, $7, 1, $8, $8, $7 WHERE (SELECT count(*) FROM notebooks) < $9 RETURNING *`,
      [id, text.name, text.description, text.range, text.shared, json(text.cells), by, at, notebookLimits.notebooks],
    ),
  );

export const changeNotebook = (
  db: Queryable,
  id: string,
  text: NotebookText,
  by: string,
  at: Date,
): Promise<NotebookRow | undefined> =>
  first(
    db.query(
      `UPDATE notebooks SET name = $2, description = $3, range = $4, shared = $5, cells = $6::jsonb, version = version + 1, updated_at = $7, updated_by = $8
       WHERE id = $1 RETURNING *`,
      [id, text.name, text.description, text.range, text.shared, json(text.cells), at, by],
    ),
  );

export const removeNotebook = (db: Queryable, id: string): Promise<number> =>
  db.execute('DELETE FROM notebooks WHERE id = $1', [id]);
