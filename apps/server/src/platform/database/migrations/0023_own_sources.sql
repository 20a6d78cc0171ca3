-- Files that people upload: what they hold, and how far they are. The file itself lies on the disk of the server that took it.
CREATE TABLE uploads (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  bytes bigint NOT NULL,
  -- Which server's disk has it.
  holder text NOT NULL,
  state text NOT NULL CHECK (state IN ('staged', 'loading', 'sweeping', 'done', 'failed', 'cancelled')),
  -- A person asked to stop it; whoever works on it looks here.
  stop_asked boolean NOT NULL DEFAULT false,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  files jsonb NOT NULL,
  files_left_out integer NOT NULL,
  choices jsonb NOT NULL DEFAULT '{}',
  progress jsonb,
  -- Of the rules over its rows: how often they began, and what they are at.
  sweep_attempts integer NOT NULL DEFAULT 0,
  sweep jsonb,
  outcome jsonb,
  -- What its rows have in _SegmentId; null when they are too many to be told apart.
  row_segments text[],
  message text
);
CREATE INDEX uploads_newest ON uploads (created_at DESC);
CREATE INDEX uploads_unfinished ON uploads (state) WHERE state IN ('staged', 'loading', 'sweeping');

-- Segments that an upload has stored so far, so that they can be taken back: it was stopped, or its server was.
CREATE TABLE upload_segments (
  upload_id uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
  segment_id text NOT NULL,
  tables text[] NOT NULL,
  PRIMARY KEY (upload_id, segment_id)
);

-- Sources that people made here, each the same folder of data as one that ships.
CREATE TABLE own_sources (
  id text PRIMARY KEY,
  version integer NOT NULL,
  enabled boolean NOT NULL,
  -- Made from the shipped source of that id, in whose place it stands, and what that was at the time.
  based_on_hash text,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL
);
CREATE TABLE own_source_versions (
  source_id text NOT NULL REFERENCES own_sources ON DELETE CASCADE,
  version integer NOT NULL,
  -- Text by path in the folder: source.yml, *.kql, fixtures/*.
  files jsonb NOT NULL,
  note text NOT NULL,
  saved_at timestamptz NOT NULL,
  saved_by text NOT NULL,
  PRIMARY KEY (source_id, version)
);
-- Goes up with every change, so that other servers see that there is one.
CREATE TABLE own_sources_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO own_sources_revision (revision) VALUES (0);
