-- Hunts, and rows that people keep.
CREATE TABLE hunts (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  hypothesis text NOT NULL,
  description text NOT NULL,
  status text NOT NULL CHECK (status IN ('New', 'Active', 'Closed')),
  hypothesis_status text NOT NULL CHECK (hypothesis_status IN ('Unknown', 'Validated', 'Invalidated')),
  owner text,
  labels text[] NOT NULL,
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
CREATE TABLE hunt_queries (
  id uuid PRIMARY KEY,
  hunt_id uuid NOT NULL REFERENCES hunts ON DELETE CASCADE,
  position bigint GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  query text NOT NULL,
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  added_at timestamptz NOT NULL,
  added_by text NOT NULL,
  -- What it gave when it was last run for the hunt.
  last_run jsonb
);
CREATE INDEX hunt_queries_by_hunt ON hunt_queries (hunt_id, position);
CREATE TABLE hunt_comments (
  id uuid PRIMARY KEY,
  hunt_id uuid NOT NULL REFERENCES hunts ON DELETE CASCADE,
  at timestamptz NOT NULL,
  by text NOT NULL,
  text text NOT NULL
);
CREATE INDEX hunt_comments_by_hunt ON hunt_comments (hunt_id, at);
CREATE TABLE bookmarks (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  notes text NOT NULL,
  labels text[] NOT NULL,
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  query text NOT NULL,
  query_from timestamptz,
  query_to timestamptz,
  -- Cells by column, as JSON text in the columns' order.
  row text NOT NULL,
  event_at timestamptz,
  entities jsonb NOT NULL,
  hunt_id uuid REFERENCES hunts ON DELETE SET NULL,
  -- The incident that its alert was put into; an incident that is deleted lets it go.
  incident_number integer REFERENCES incidents ON DELETE SET NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
CREATE INDEX bookmarks_by_time ON bookmarks (created_at DESC, id);
CREATE INDEX bookmarks_by_hunt ON bookmarks (hunt_id) WHERE hunt_id IS NOT NULL;
CREATE INDEX bookmarks_by_incident ON bookmarks (incident_number) WHERE incident_number IS NOT NULL;
