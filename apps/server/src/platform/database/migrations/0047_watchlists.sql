-- Watchlists. Their items lie in the lake, in a table each; here is what a list is and which table holds its items now.
CREATE TABLE watchlists (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  alias text NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  provider text NOT NULL,
  source text NOT NULL,
  items_search_key text NOT NULL,
  -- What its items have, in the order of the file.
  columns text[] NOT NULL,
  labels text[] NOT NULL,
  lake_table text NOT NULL,
  items bigint NOT NULL DEFAULT 0,
  -- Goes up with every writing of items, and at least as the clock does: the newest writing of an item counts.
  version bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  -- When all items were last written into the table `Watchlist`; null: that is still to be done.
  published_at timestamptz
);
CREATE UNIQUE INDEX watchlists_alias ON watchlists (lower(alias));
-- Tables of the lake that no list uses any more. Queries that began before may still read them for a while.
CREATE TABLE watchlist_retired_tables (lake_table text PRIMARY KEY, retired_at timestamptz NOT NULL);
-- Goes up when what queries are compiled by has changed, so that all servers see it.
CREATE TABLE watchlists_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO watchlists_revision (revision) VALUES (0);
