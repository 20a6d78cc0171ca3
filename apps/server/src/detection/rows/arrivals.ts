import type { Queryable } from '../../platform/database/types.ts';

/** A segment whose rows are in the lake. */
export interface ArrivedSegment {
  readonly id: string;
  /** The workspace that they are of. Undefined: the first. */
  readonly workspaceId?: string | undefined;
  /** Rows stored, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface WaitingSegment {
  readonly segment_id: string;
  readonly tables: readonly string[];
  /** A bigint, so a text. */
  readonly rows: string;
  readonly arrived_at: Date;
}

/** One pass takes no more: it holds the engine, and alerts wait for its end. */
const segmentsMax = 200;
const rowsMax = 1_000_000;
const keptDays = 2;

/** Notes that a segment is to be looked at. One that was noted before is not noted again. */
export async function noteArrival(db: Queryable, segment: ArrivedSegment, now: Date): Promise<void> {
  const tables = Object.keys(segment.rows).filter((table) => (segment.rows[table] ?? 0) > 0);
  if (tables.length === 0) return;
  const rows = tables.reduce((sum, table) => sum + (segment.rows[table] ?? 0), 0);
  await db.execute(
    'INSERT INTO arrived_segments (segment_id, tables, rows, arrived_at, workspace_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (segment_id) DO NOTHING',
    [segment.id, tables, rows, now, segment.workspaceId ?? null],
  );
}

/** The segments of a workspace (undefined: the first) that wait longest, as many as one pass takes. */
export async function waiting(db: Queryable, workspaceId?: string): Promise<readonly WaitingSegment[]> {
  const found = await db.query<WaitingSegment>(
    'SELECT segment_id, tables, rows, arrived_at FROM arrived_segments WHERE looked_at IS NULL AND workspace_id IS NOT DISTINCT FROM $2 ORDER BY arrived_at, segment_id LIMIT $1',
    [segmentsMax, workspaceId ?? null],
  );
  let rows = 0;
  return found.filter((one, i) => (rows += Number(one.rows)) <= rowsMax || i === 0);
}

/** Takes segments off the list. False when another server has taken one of them meanwhile: then nothing may be stored of this pass. */
export async function lookedAt(tx: Queryable, ids: readonly string[], now: Date): Promise<boolean> {
  const taken = await tx.query(
    'UPDATE arrived_segments SET looked_at = $2 WHERE segment_id = ANY($1) AND looked_at IS NULL RETURNING segment_id',
    [ids, now],
  );
  return taken.length === ids.length;
}

export async function forgetOld(db: Queryable, now: Date): Promise<void> {
  await db.execute('DELETE FROM arrived_segments WHERE looked_at < $1', [
    new Date(now.getTime() - keptDays * 86_400_000),
  ]);
}
