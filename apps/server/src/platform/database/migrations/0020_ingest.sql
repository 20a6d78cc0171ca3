-- What each stream brought, by the hour: the health of sources. Kept for some days.
CREATE TABLE ingest_stream_hours (
  stream text NOT NULL,
  hour timestamptz NOT NULL,
  stored_rows bigint NOT NULL,
  refused_rows bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (stream, hour)
);
