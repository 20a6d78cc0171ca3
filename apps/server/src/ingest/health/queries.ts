import type { Queryable } from '../../platform/database/types.ts';

/** The baseline: the same hour of so many days before. */
const pastDays = 14;
/** Sources that were not heard for so long are left out of the hourly rows. */
const forgottenDays = 14;
/** An hour counts as watched when a server was there for this long. */
export const watchedMinutesMin = 50;
const sendersMax = 5_000;

/** Which streams make a source. */
export interface Grouping {
  readonly stream: string;
  readonly source: string;
}

export interface SourceHour {
  readonly source: string;
  readonly hour: Date;
  readonly rows: number;
  readonly refused: number;
  readonly bytes: number;
  /** Median and quartiles of the same hour in the days before, over the days on which someone watched; null without such days. */
  readonly usual: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** How many such days there are. */
  readonly days: number;
}

const grouped = `g AS (SELECT c.stream, c.source FROM jsonb_to_recordset($1::jsonb) AS c(stream text, source text))`;

/**
 * The `hours` hours that end with that of `now`, of each source that has ever sent something, against the same hours before. Hours in which nothing
 * came count as 0.
 */
export const sourceHours = (db: Queryable, groups: readonly Grouping[], now: Date, hours = 24): Promise<SourceHour[]> =>
  db.query<SourceHour>(
    `WITH ${grouped},
     heard AS (SELECT g.source, date_trunc('hour', min(s.first_at), 'UTC') AS first_hour FROM g JOIN ingest_streams s USING (stream) GROUP BY g.source),
     counts AS (
       SELECT g.source, h.hour, sum(h.stored_rows) AS rows, sum(h.refused_rows) AS refused, sum(h.stored_bytes) AS bytes
       FROM g JOIN ingest_stream_hours h USING (stream)
       WHERE h.hour > $2::timestamptz - make_interval(days => ${pastDays}, hours => $3 + 1) GROUP BY 1, 2),
     asked AS (
       SELECT date_trunc('hour', $2::timestamptz, 'UTC') - make_interval(hours => n) AS hour FROM generate_series(0, $3 - 1) n),
     past AS (
       SELECT s.source, a.hour, coalesce(c.rows, 0)::float8 AS rows
       FROM heard s CROSS JOIN asked a CROSS JOIN generate_series(1, ${pastDays}) d
       JOIN ingest_watched_hours w ON w.hour = a.hour - make_interval(days => d) AND w.last_at - w.first_at > make_interval(mins => ${watchedMinutesMin})
       LEFT JOIN counts c ON c.source = s.source AND c.hour = w.hour
       WHERE w.hour > s.first_hour)
     SELECT s.source, a.hour, coalesce(c.rows, 0)::float8 AS rows, coalesce(c.refused, 0)::float8 AS refused, coalesce(c.bytes, 0)::float8 AS bytes,
       u.usual, u.low, u.high, coalesce(u.days, 0)::int AS days
     FROM heard s CROSS JOIN asked a
     LEFT JOIN counts c ON c.source = s.source AND c.hour = a.hour
     LEFT JOIN (
       SELECT source, hour, count(*) AS days, percentile_cont(0.5) WITHIN GROUP (ORDER BY rows) AS usual,
         percentile_cont(0.25) WITHIN GROUP (ORDER BY rows) AS low, percentile_cont(0.75) WITHIN GROUP (ORDER BY rows) AS high
       FROM past GROUP BY 1, 2) u ON u.source = s.source AND u.hour = a.hour
     ORDER BY s.source, a.hour`,
    [JSON.stringify(groups), now.toISOString(), hours],
  );

export interface SourceFacts {
  readonly source: string;
  readonly firstAt: Date;
  readonly firstEventAt: Date | null;
  readonly lastRowAt: Date | null;
  readonly lastEventAt: Date | null;
  /** Of the newest hour that has some. */
  readonly lagMedianSeconds: number | null;
  readonly lagP99Seconds: number | null;
}

/** What is known of each source that has ever sent something. */
export const sourceFacts = (db: Queryable, groups: readonly Grouping[]): Promise<SourceFacts[]> =>
  db.query<SourceFacts>(
    `WITH ${grouped},
     newest AS (
       SELECT DISTINCT ON (g.source) g.source, h.lag_median_seconds, h.lag_p99_seconds
       FROM g JOIN ingest_stream_hours h USING (stream) WHERE h.lag_median_seconds IS NOT NULL ORDER BY g.source, h.hour DESC, h.stored_rows DESC)
     SELECT g.source, min(s.first_at) AS "firstAt", min(s.first_event_at) AS "firstEventAt", max(h.last_row_at) AS "lastRowAt",
       max(h.last_event_at) AS "lastEventAt", max(n.lag_median_seconds) AS "lagMedianSeconds", max(n.lag_p99_seconds) AS "lagP99Seconds"
     FROM g JOIN ingest_streams s USING (stream) LEFT JOIN ingest_stream_hours h USING (stream) LEFT JOIN newest n ON n.source = g.source
     GROUP BY g.source`,
    [JSON.stringify(groups)],
  );

export interface SenderFacts {
  readonly stream: string;
  readonly door: string;
  readonly sender: string;
  readonly rowsLastDay: number;
  readonly bytesLastDay: number;
  readonly lastAt: Date;
}

/** Who brought these streams' rows in the last two weeks, the busiest first. */
export const sendersOf = (db: Queryable, streams: readonly string[], now: Date, most: number): Promise<SenderFacts[]> =>
  db.query<SenderFacts>(
    `SELECT stream, door, sender, max(last_at) AS "lastAt",
       coalesce(sum(accepted_rows) FILTER (WHERE hour > $2::timestamptz - interval '24 hours'), 0)::float8 AS "rowsLastDay",
       coalesce(sum(accepted_bytes) FILTER (WHERE hour > $2::timestamptz - interval '24 hours'), 0)::float8 AS "bytesLastDay"
     FROM ingest_sender_hours WHERE stream = ANY($1) AND hour > $2::timestamptz - interval '${forgottenDays} days'
     GROUP BY 1, 2, 3 ORDER BY "rowsLastDay" DESC, "lastAt" DESC LIMIT $3`,
    [streams, now.toISOString(), most],
  );

/** Streams that ever brought rows. */
export const heardStreams = async (db: Queryable): Promise<string[]> =>
  (await db.query<{ stream: string }>('SELECT stream FROM ingest_streams ORDER BY stream')).map(({ stream }) => stream);

export interface StreamHour {
  readonly stream: string;
  readonly rows: number;
  readonly refused: number;
  readonly bytes: number;
  readonly lastEventAt: Date | null;
  readonly lagMedianSeconds: number | null;
  readonly lagP99Seconds: number | null;
  readonly segments: readonly string[];
  readonly unreadFields: readonly string[] | null;
}

/** One hour of each stream that was heard in the two weeks before it; 0 where nothing came. */
export const streamsInHour = (db: Queryable, hour: Date): Promise<StreamHour[]> =>
  db.query<StreamHour>(
    `SELECT s.stream, coalesce(h.stored_rows, 0)::float8 AS rows, coalesce(h.refused_rows, 0)::float8 AS refused, coalesce(h.stored_bytes, 0)::float8 AS bytes,
       h.last_event_at AS "lastEventAt", h.lag_median_seconds AS "lagMedianSeconds", h.lag_p99_seconds AS "lagP99Seconds",
       coalesce(h.segments, '{}') AS segments, h.unread_fields AS "unreadFields"
     FROM (SELECT DISTINCT stream FROM ingest_stream_hours WHERE hour <= $1 AND hour > $1::timestamptz - interval '${forgottenDays} days') s
     LEFT JOIN ingest_stream_hours h ON h.stream = s.stream AND h.hour = $1
     ORDER BY s.stream`,
    [hour.toISOString()],
  );

export interface SenderHour {
  readonly stream: string;
  readonly door: string;
  readonly sender: string;
  readonly rows: number;
  readonly bytes: number;
}

/** The same of each sender, those that were heard last first. Files that were uploaded have none. */
export const sendersInHour = (db: Queryable, hour: Date): Promise<SenderHour[]> =>
  db.query<SenderHour>(
    `SELECT stream, door, sender, coalesce(sum(accepted_rows) FILTER (WHERE hour = $1), 0)::float8 AS rows,
       coalesce(sum(accepted_bytes) FILTER (WHERE hour = $1), 0)::float8 AS bytes
     FROM ingest_sender_hours
     WHERE hour <= $1 AND hour > $1::timestamptz - interval '${forgottenDays} days' AND door <> 'upload' AND sender NOT IN ('', '(others)')
     GROUP BY 1, 2, 3 ORDER BY max(last_at) DESC LIMIT ${sendersMax}`,
    [hour.toISOString()],
  );

/** Who brought rows since a time, those heard last first. */
export const sendersSince = (db: Queryable, since: Date): Promise<{ door: string; sender: string }[]> =>
  db.query(
    `SELECT door, sender FROM ingest_sender_hours
     WHERE last_at > $1 AND hour > $1::timestamptz - interval '2 hours' AND sender NOT IN ('', '(others)')
     GROUP BY 1, 2 ORDER BY max(last_at) DESC LIMIT ${sendersMax}`,
    [since.toISOString()],
  );

export interface TableHour {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly segments: number;
}

export const tablesInHour = (db: Queryable, hour: Date): Promise<TableHour[]> =>
  db.query<TableHour>(
    `SELECT lake_table AS "table", stored_rows::float8 AS rows, stored_bytes::float8 AS bytes, segments::float8 AS segments
     FROM ingest_table_hours WHERE hour = $1 ORDER BY lake_table`,
    [hour.toISOString()],
  );

export interface DoorHours {
  readonly door: string;
  readonly calls: number;
  readonly rows: number;
  readonly bytes: number;
  readonly lastAt: Date | null;
  readonly reasons: readonly {
    readonly kind: 'refused' | 'dropped' | 'cut';
    readonly reason: string;
    readonly count: number;
  }[];
  readonly lastError: { readonly at: string; readonly reason: string; readonly message: string } | null;
}

/** What each door did in the hours from `from` to that of `to`, both included. */
export const doorsInHours = (db: Queryable, from: Date, to: Date): Promise<DoorHours[]> =>
  db.query<DoorHours>(
    `WITH did AS (
       SELECT door, sum(calls)::float8 AS calls, sum(accepted_rows)::float8 AS rows, sum(accepted_bytes)::float8 AS bytes, max(last_at) AS last_at
       FROM ingest_door_hours WHERE hour BETWEEN $1 AND $2 GROUP BY door),
     why AS (
       SELECT door, jsonb_agg(jsonb_build_object('kind', kind, 'reason', reason, 'count', count) ORDER BY count DESC) AS reasons
       FROM (SELECT door, kind, reason, sum(count)::float8 AS count FROM ingest_door_reasons WHERE hour BETWEEN $1 AND $2 GROUP BY 1, 2, 3) r GROUP BY door)
     SELECT door, coalesce(calls, 0) AS calls, coalesce(rows, 0) AS rows, coalesce(bytes, 0) AS bytes, last_at AS "lastAt",
       coalesce(reasons, '[]'::jsonb) AS reasons,
       CASE WHEN e.at IS NOT NULL THEN jsonb_build_object('at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'reason', e.reason, 'message', e.message) END AS "lastError"
     FROM did FULL JOIN why USING (door) FULL JOIN ingest_door_errors e USING (door) ORDER BY door`,
    [from.toISOString(), to.toISOString()],
  );

/** Rows of each door by hour, where there are some. */
export const doorRows = (db: Queryable, from: Date, to: Date): Promise<{ door: string; hour: Date; rows: number }[]> =>
  db.query(
    `SELECT door, hour, accepted_rows::float8 AS rows FROM ingest_door_hours WHERE hour BETWEEN $1 AND $2 ORDER BY 1, 2`,
    [from.toISOString(), to.toISOString()],
  );

/** Hours that have ended and are not told yet, of the last day, the oldest first; and for how many minutes someone watched. */
export const untoldHours = (db: Queryable, now: Date): Promise<{ hour: Date; minutes: number }[]> =>
  db.query(
    `SELECT hour, extract(epoch FROM last_at - first_at)::float8 / 60 AS minutes FROM ingest_watched_hours
     WHERE NOT told AND hour < date_trunc('hour', $1::timestamptz, 'UTC') AND hour > $1::timestamptz - interval '24 hours' ORDER BY hour`,
    [now.toISOString()],
  );

/** Takes an hour to be told; false when another server has. */
export const takeHour = async (db: Queryable, hour: Date): Promise<boolean> =>
  (await db.execute('UPDATE ingest_watched_hours SET told = true WHERE hour = $1 AND NOT told', [hour.toISOString()])) >
  0;
