import type { Queryable } from '../platform/database/types.ts';

/** How long the hours of streams are kept. */
const keptDays = 30;

export interface StreamCount {
  readonly stream: string;
  /** Over all tables that the stream fills. */
  readonly rows: number;
  readonly refused: number;
  readonly bytes: number;
}

/** Adds what streams brought to the hour of `at`. */
export async function addStreamCounts(db: Queryable, counts: readonly StreamCount[], at: Date): Promise<void> {
  if (counts.length === 0) return;
  await db.execute(
    `INSERT INTO ingest_stream_hours (stream, hour, stored_rows, refused_rows, stored_bytes, last_at)
     SELECT c.stream, date_trunc('hour', $2::timestamptz, 'UTC'), c.rows, c.refused, c.bytes, $2
     FROM jsonb_to_recordset($1::jsonb) AS c(stream text, rows bigint, refused bigint, bytes bigint)
     ON CONFLICT (stream, hour) DO UPDATE SET
       stored_rows = ingest_stream_hours.stored_rows + excluded.stored_rows,
       refused_rows = ingest_stream_hours.refused_rows + excluded.refused_rows,
       stored_bytes = ingest_stream_hours.stored_bytes + excluded.stored_bytes,
       last_at = greatest(ingest_stream_hours.last_at, excluded.last_at)`,
    [JSON.stringify(counts), at.toISOString()],
  );
  await db.execute(`DELETE FROM ingest_stream_hours WHERE hour < $1::timestamptz - interval '${keptDays} days'`, [
    at.toISOString(),
  ]);
}

export interface StreamHealth {
  readonly rowsLastDay: number;
  readonly errorsLastDay: number;
  readonly lastRowAt: Date | null;
}

/** By stream: the 24 hours (by the hour) before `now`, and when something came last. */
export async function streamHealth(db: Queryable, now: Date): Promise<ReadonlyMap<string, StreamHealth>> {
  const rows = await db.query<{ stream: string; rows: number; refused: number; last: Date | null }>(
    `SELECT stream,
       coalesce(sum(stored_rows) FILTER (WHERE hour > $1::timestamptz - interval '24 hours'), 0)::float8 AS rows,
       coalesce(sum(refused_rows) FILTER (WHERE hour > $1::timestamptz - interval '24 hours'), 0)::float8 AS refused,
       max(last_at) FILTER (WHERE stored_rows > 0) AS last
     FROM ingest_stream_hours GROUP BY stream`,
    [now.toISOString()],
  );
  return new Map(rows.map((r) => [r.stream, { rowsLastDay: r.rows, errorsLastDay: r.refused, lastRowAt: r.last }]));
}
