-- Health of sources and doors, by the hour. Kept for some days, as ingest_stream_hours is.
ALTER TABLE ingest_stream_hours
  ADD COLUMN last_row_at timestamptz,
  ADD COLUMN last_event_at timestamptz,
  ADD COLUMN lag_median_seconds double precision,
  ADD COLUMN lag_p99_seconds double precision,
  -- The newest segments of the hour: what samples are taken of.
  ADD COLUMN segments text[] NOT NULL DEFAULT '{}',
  -- Fields that a sample of the hour's records has and nothing reads.
  ADD COLUMN unread_fields jsonb;
UPDATE ingest_stream_hours SET last_row_at = last_at WHERE stored_rows > 0;

-- What is known of a stream for ever.
CREATE TABLE ingest_streams (
  stream text PRIMARY KEY,
  first_at timestamptz NOT NULL,
  first_event_at timestamptz
);
INSERT INTO ingest_streams (stream, first_at) SELECT stream, min(hour) FROM ingest_stream_hours GROUP BY stream;

CREATE TABLE ingest_sender_hours (
  stream text NOT NULL,
  door text NOT NULL,
  sender text NOT NULL,
  hour timestamptz NOT NULL,
  accepted_rows bigint NOT NULL,
  accepted_bytes bigint NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (hour, stream, door, sender)
);

CREATE TABLE ingest_table_hours (
  lake_table text NOT NULL,
  hour timestamptz NOT NULL,
  stored_rows bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  segments bigint NOT NULL,
  PRIMARY KEY (hour, lake_table)
);

CREATE TABLE ingest_door_hours (
  door text NOT NULL,
  hour timestamptz NOT NULL,
  calls bigint NOT NULL,
  accepted_rows bigint NOT NULL,
  accepted_bytes bigint NOT NULL,
  last_at timestamptz,
  PRIMARY KEY (hour, door)
);

-- What a door did not take, and why.
CREATE TABLE ingest_door_reasons (
  door text NOT NULL,
  hour timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('refused', 'dropped', 'cut')),
  reason text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (hour, door, kind, reason)
);

-- The last error of each door.
CREATE TABLE ingest_door_errors (
  door text PRIMARY KEY,
  at timestamptz NOT NULL,
  reason text NOT NULL,
  message text NOT NULL
);

-- When a server was there to count: an hour without rows says nothing of a source when there was none.
CREATE TABLE ingest_watched_hours (
  hour timestamptz PRIMARY KEY,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  told boolean NOT NULL DEFAULT false
);

-- What SentinelHealth says last of a source (`<stream>`) or a door (`doors/<door>`).
CREATE TABLE ingest_health_states (
  resource text PRIMARY KEY,
  status text NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL
);
