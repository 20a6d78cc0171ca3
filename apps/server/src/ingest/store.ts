import type { Queryable } from '../platform/database/types.ts';
import type { Gathered } from './health/book.ts';
import type { EventTimes } from './health/event-times.ts';

/** How long the hours are kept. */
const keptDays = 30;
/** Segments of an hour and a stream that are remembered for samples. */
const segmentsMax = 8;

const hourOf = `date_trunc('hour', $2::timestamptz, 'UTC')`;
const inserted = (columns: string): string => `jsonb_to_recordset($1::jsonb) AS c(${columns})`;

/** Adds what was counted to the hour of `at`, in one transaction, which `db` is. */
export async function addCounts(
  db: Queryable,
  counts: Gathered,
  segments: ReadonlyMap<string, readonly string[]>,
  at: Date,
): Promise<void> {
  const now = at.toISOString();
  const write = async (sql: string, rows: readonly object[]): Promise<void> => {
    if (rows.length > 0) await db.execute(sql, [JSON.stringify(rows), now]);
  };
  await db.execute(
    `INSERT INTO ingest_watched_hours (hour, first_at, last_at) VALUES (date_trunc('hour', $1::timestamptz, 'UTC'), $1, $1)
     ON CONFLICT (hour) DO UPDATE SET last_at = greatest(ingest_watched_hours.last_at, excluded.last_at)`,
    [now],
  );
  await write(
    `INSERT INTO ingest_stream_hours AS h (stream, hour, stored_rows, refused_rows, stored_bytes, last_at, last_row_at, segments)
     SELECT c.stream, ${hourOf}, c.rows, c.refused, c.bytes, $2, CASE WHEN c.rows > 0 THEN $2::timestamptz END,
       ARRAY(SELECT jsonb_array_elements_text(c.segments))
     FROM ${inserted('stream text, rows bigint, refused bigint, bytes bigint, segments jsonb')}
     ON CONFLICT (stream, hour) DO UPDATE SET
       stored_rows = h.stored_rows + excluded.stored_rows,
       refused_rows = h.refused_rows + excluded.refused_rows,
       stored_bytes = h.stored_bytes + excluded.stored_bytes,
       last_at = greatest(h.last_at, excluded.last_at),
       last_row_at = greatest(h.last_row_at, excluded.last_row_at),
       segments = (excluded.segments || h.segments)[1:${segmentsMax}]`,
    counts.streams.map((count) => ({ ...count, segments: segments.get(count.stream) ?? [] })),
  );
  await write(
    `INSERT INTO ingest_streams (stream, first_at) SELECT c.stream, $2 FROM ${inserted('stream text')}
     ON CONFLICT (stream) DO NOTHING`,
    counts.streams,
  );
  await write(
    `INSERT INTO ingest_sender_hours AS h (stream, door, sender, hour, accepted_rows, accepted_bytes, last_at)
     SELECT c.stream, c.door, c.sender, ${hourOf}, c.rows, c.bytes, $2
     FROM ${inserted('stream text, door text, sender text, rows bigint, bytes bigint')}
     ON CONFLICT (hour, stream, door, sender) DO UPDATE SET
       accepted_rows = h.accepted_rows + excluded.accepted_rows,
       accepted_bytes = h.accepted_bytes + excluded.accepted_bytes,
       last_at = greatest(h.last_at, excluded.last_at)`,
    counts.senders,
  );
  await write(
    `INSERT INTO ingest_table_hours AS h (lake_table, hour, stored_rows, stored_bytes, segments)
     SELECT c."table", ${hourOf}, c.rows, c.bytes, c.segments
     FROM ${inserted('"table" text, rows bigint, bytes bigint, segments bigint')}
     ON CONFLICT (hour, lake_table) DO UPDATE SET
       stored_rows = h.stored_rows + excluded.stored_rows,
       stored_bytes = h.stored_bytes + excluded.stored_bytes,
       segments = h.segments + excluded.segments`,
    counts.tables,
  );
  await write(
    `INSERT INTO ingest_door_hours AS h (door, hour, calls, accepted_rows, accepted_bytes, last_at)
     SELECT c.door, ${hourOf}, c.calls, c.rows, c.bytes, CASE WHEN c.rows > 0 THEN $2::timestamptz END
     FROM ${inserted('door text, calls bigint, rows bigint, bytes bigint')}
     ON CONFLICT (hour, door) DO UPDATE SET
       calls = h.calls + excluded.calls,
       accepted_rows = h.accepted_rows + excluded.accepted_rows,
       accepted_bytes = h.accepted_bytes + excluded.accepted_bytes,
       last_at = greatest(h.last_at, excluded.last_at)`,
    counts.doors,
  );
  await write(
    `INSERT INTO ingest_door_reasons AS h (door, hour, kind, reason, count)
     SELECT c.door, ${hourOf}, c.kind, c.reason, c.count FROM ${inserted('door text, kind text, reason text, count bigint')}
     ON CONFLICT (hour, door, kind, reason) DO UPDATE SET count = h.count + excluded.count`,
    counts.reasons,
  );
  await write(
    `INSERT INTO ingest_door_errors AS h (door, at, reason, message)
     SELECT c.door, c.at, c.reason, c.message FROM ${inserted('door text, at timestamptz, reason text, message text')}
     WHERE $2::timestamptz IS NOT NULL
     ON CONFLICT (door) DO UPDATE SET at = excluded.at, reason = excluded.reason, message = excluded.message
     WHERE excluded.at >= h.at`,
    counts.errors,
  );
}

/** Forgets hours that are older than is kept. */
export async function forgetOldHours(db: Queryable, now: Date): Promise<void> {
  const hourTables = ['stream', 'sender', 'table', 'door'].map((of) => `ingest_${of}_hours`);
  for (const table of [...hourTables, 'ingest_door_reasons', 'ingest_watched_hours'])
    await db.execute(`DELETE FROM ${table} WHERE hour < $1::timestamptz - interval '${keptDays} days'`, [
      now.toISOString(),
    ]);
}

/** Keeps what the lake's rows say of when their events were. Of the hour of `at` the newest figures count. */
export async function saveEventTimes(db: Queryable, times: readonly EventTimes[], at: Date): Promise<void> {
  if (times.length === 0) return;
  const parameters = [JSON.stringify(times), at.toISOString()];
  const columns =
    'stream text, "firstEventAt" timestamptz, "lastEventAt" timestamptz, "lagMedianSeconds" float8, "lagP99Seconds" float8';
  await db.execute(
    `UPDATE ingest_stream_hours h SET last_event_at = greatest(h.last_event_at, c."lastEventAt"),
       lag_median_seconds = c."lagMedianSeconds", lag_p99_seconds = c."lagP99Seconds"
     FROM ${inserted(columns)}
     WHERE h.stream = c.stream AND h.hour = (SELECT max(hour) FROM ingest_stream_hours WHERE stream = c.stream AND hour <= $2::timestamptz)`,
    parameters,
  );
  await db.execute(
    `UPDATE ingest_streams s SET first_event_at = least(s.first_event_at, c."firstEventAt")
     FROM ${inserted(columns)} WHERE s.stream = c.stream AND $2::timestamptz IS NOT NULL`,
    parameters,
  );
}

/** Keeps which fields of a stream's records nothing reads, with the newest hour of each. */
export async function saveUnreadFields(
  db: Queryable,
  fields: ReadonlyMap<string, readonly string[]>,
  at: Date,
): Promise<void> {
  if (fields.size === 0) return;
  const rows = [...fields].map(([stream, unread]) => ({ stream, unread }));
  await db.execute(
    `UPDATE ingest_stream_hours h SET unread_fields = c.unread FROM ${inserted('stream text, unread jsonb')}
     WHERE h.stream = c.stream AND h.hour = (SELECT max(hour) FROM ingest_stream_hours WHERE stream = c.stream AND hour <= $2::timestamptz)`,
    [JSON.stringify(rows), at.toISOString()],
  );
}
