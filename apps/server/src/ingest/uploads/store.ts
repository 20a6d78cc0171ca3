import { UploadedFile, UploadOutcome, UploadState, type Upload } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queryable } from '../../platform/database/types.ts';

/** How long ended uploads are told. */
const keptDays = 30;
const listedMax = 50;

const Progress = z.object({ bytes: z.number(), records: z.int(), file: z.string() });
export type Progress = z.infer<typeof Progress>;
const Sweep = z.object({ done: z.int(), total: z.int(), alerts: z.int(), incidents: z.array(z.int()) });
export type Sweep = z.infer<typeof Sweep>;

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  bytes: z.number(),
  holder: z.string(),
  state: UploadState,
  stop_asked: z.boolean(),
  created_by: z.string(),
  created_at: z.date(),
  files: z.array(UploadedFile),
  files_left_out: z.int(),
  choices: z.record(z.string(), z.string().nullable()),
  progress: Progress.nullable(),
  sweep: Sweep.nullable(),
  outcome: UploadOutcome.nullable(),
  row_segments: z.array(z.string()).nullable(),
  message: z.string().nullable(),
  workspace_id: z.uuid().nullable(),
});
export type UploadRow = z.infer<typeof Row>;

const columns = `id, name, bytes, holder, state, stop_asked, created_by, created_at, files, files_left_out, choices, progress, sweep, outcome,
  row_segments, message, workspace_id`;

const SegmentRow = z.object({ segment_id: z.string(), tables: z.array(z.string()) });

/** How far one is, as contracts have it. */
export function uploadOf(row: UploadRow): Upload {
  const total = row.files.reduce<number | null>(
    (sum, { bytes, message }) => (message !== undefined ? sum : sum === null || bytes === null ? null : sum + bytes),
    0,
  );
  return {
    id: row.id,
    name: row.name,
    bytes: row.bytes,
    state: row.state,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    files: row.files,
    filesLeftOut: row.files_left_out,
    progress: row.progress === null ? null : { ...row.progress, bytesTotal: row.files_left_out > 0 ? null : total },
    sweep: row.sweep,
    outcome: row.outcome,
    message: row.message,
    workspaceId: row.workspace_id,
  };
}

/** Uploads in the database. */
export function uploadStore(db: Queryable) {
  const one = async (sql: string, parameters: readonly unknown[]): Promise<UploadRow | undefined> => {
    const row = await db.first(sql, parameters);
    return row === undefined ? undefined : Row.parse(row);
  };
  const many = async (sql: string, parameters: readonly unknown[] = []): Promise<UploadRow[]> =>
    (await db.query(sql, parameters)).map((row) => Row.parse(row));
  return {
    add: (
      row: Pick<
        UploadRow,
        'id' | 'name' | 'bytes' | 'holder' | 'created_by' | 'created_at' | 'files' | 'files_left_out'
      >,
    ) =>
      one(
        `INSERT INTO uploads (id, name, bytes, holder, state, created_by, created_at, files, files_left_out)
         VALUES ($1, $2, $3, $4, 'staged', $5, $6, $7, $8) RETURNING ${columns}`,
        [
          row.id,
          row.name,
          row.bytes,
          row.holder,
          row.created_by,
          row.created_at.toISOString(),
          JSON.stringify(row.files),
          row.files_left_out,
        ],
      ),
    get: (id: string) => one(`SELECT ${columns} FROM uploads WHERE id = $1`, [id]),
    newest: () => many(`SELECT ${columns} FROM uploads ORDER BY created_at DESC LIMIT ${listedMax}`),
    inState: (state: UploadState) =>
      many(`SELECT ${columns} FROM uploads WHERE state = $1 ORDER BY created_at`, [state]),
    /** Undefined when it is not staged, or is another server's. */
    beginLoading: (id: string, holder: string, choices: UploadRow['choices'], workspaceId: string | null) =>
      one(
        `UPDATE uploads SET state = 'loading', choices = $3, workspace_id = $4, progress = '{"bytes":0,"records":0,"file":""}'
         WHERE id = $1 AND holder = $2 AND state = 'staged' RETURNING ${columns}`,
        [id, holder, JSON.stringify(choices), workspaceId],
      ),
    /** Answers whether a person asked to stop it. */
    saveProgress: async (id: string, progress: Progress): Promise<boolean> =>
      (await one(`UPDATE uploads SET progress = $2 WHERE id = $1 RETURNING ${columns}`, [id, JSON.stringify(progress)]))
        ?.stop_asked ?? true,
    loaded: (id: string, outcome: UploadOutcome, rowSegments: readonly string[] | null) =>
      one(
        `UPDATE uploads SET state = CASE WHEN $2::jsonb -> 'range' = 'null' THEN 'done' ELSE 'sweeping' END,
           outcome = $2, row_segments = $3, sweep = '{"done":0,"total":0,"alerts":0,"incidents":[]}'
         WHERE id = $1 AND state = 'loading' RETURNING ${columns}`,
        [id, JSON.stringify(outcome), rowSegments],
      ),
    /** The rules begin, or begin again. Undefined when there is nothing left to do. */
    beginSweep: (id: string) =>
      one(
        `UPDATE uploads SET sweep_attempts = sweep_attempts + 1 WHERE id = $1 AND state = 'sweeping' RETURNING ${columns}`,
        [id],
      ),
    saveSweep: async (id: string, sweep: Sweep): Promise<boolean> =>
      (await one(`UPDATE uploads SET sweep = $2 WHERE id = $1 RETURNING ${columns}`, [id, JSON.stringify(sweep)]))
        ?.stop_asked ?? true,
    end: (id: string, state: 'done' | 'failed' | 'cancelled', message: string | null) =>
      one(`UPDATE uploads SET state = $2, message = $3 WHERE id = $1 RETURNING ${columns}`, [id, state, message]),
    askStop: (id: string) => one(`UPDATE uploads SET stop_asked = true WHERE id = $1 RETURNING ${columns}`, [id]),
    /** Staged ones of before `time`. */
    staleOf: (holder: string, time: Date) =>
      many(`SELECT ${columns} FROM uploads WHERE holder = $1 AND state = 'staged' AND created_at < $2`, [
        holder,
        time.toISOString(),
      ]),
    removeOld: (now: Date) =>
      db.execute(
        `DELETE FROM uploads WHERE state IN ('done', 'failed', 'cancelled') AND created_at < $1::timestamptz - interval '${keptDays} days'`,
        [now.toISOString()],
      ),
    /** Notes what a segment stored, when its import is an upload. */
    addSegment: (id: string, segmentId: string, tables: readonly string[]) =>
      db.execute(
        `INSERT INTO upload_segments (upload_id, segment_id, tables) SELECT id, $2, $3 FROM uploads WHERE id = $1
         ON CONFLICT (upload_id, segment_id) DO UPDATE SET tables = excluded.tables`,
        [id, segmentId, tables],
      ),
    segments: async (id: string) =>
      (await db.query('SELECT segment_id, tables FROM upload_segments WHERE upload_id = $1', [id])).map((row) =>
        SegmentRow.parse(row),
      ),
    forgetSegments: (id: string) => db.execute('DELETE FROM upload_segments WHERE upload_id = $1', [id]),
  };
}

export type UploadStore = ReturnType<typeof uploadStore>;
