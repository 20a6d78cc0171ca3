-- Segments that were stored and that row-level rules are to look at, once each. Kept for a while after, since a segment may be told of twice.
CREATE TABLE arrived_segments (
  segment_id text PRIMARY KEY,
  tables text[] NOT NULL,
  rows bigint NOT NULL,
  arrived_at timestamptz NOT NULL,
  looked_at timestamptz
);
CREATE INDEX arrived_segments_waiting ON arrived_segments (arrived_at) WHERE looked_at IS NULL;
CREATE INDEX arrived_segments_done ON arrived_segments (looked_at) WHERE looked_at IS NOT NULL;
