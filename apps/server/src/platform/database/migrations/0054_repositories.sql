-- Hunting queries that were imported, in the form that they are run in and as they came.
CREATE TABLE hunting_queries (
  id text PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL,
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  query text NOT NULL,
  path text NOT NULL,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL
);
-- Git repositories and folders of the server from which rules, hunting queries and watchlists are kept up to date.
CREATE TABLE repositories (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('git', 'folder')),
  location text NOT NULL,
  branch text NOT NULL,
  folder text NOT NULL,
  username text NOT NULL,
  -- Encrypted for `repository:<id>`.
  token bytea,
  interval_minutes integer NOT NULL,
  enabled boolean NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  next_sync_at timestamptz NOT NULL,
  -- A look is under way, unless its server died.
  syncing_until timestamptz,
  -- Of the last look: what it found, and the commit that all there is now came from; null: the next one looks at all files.
  last jsonb,
  synced_commit text
);
CREATE INDEX repositories_due ON repositories (next_sync_at) WHERE enabled;
-- What came from which of them. A text is of one at most.
CREATE TABLE repository_items (
  kind text NOT NULL CHECK (kind IN ('rule', 'hunting', 'watchlist')),
  item_id text NOT NULL,
  repository_id uuid NOT NULL REFERENCES repositories ON DELETE CASCADE,
  name text NOT NULL,
  path text NOT NULL,
  -- Of the text, so that what is changed here is told from what changed there.
  hash text NOT NULL,
  commit text NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (kind, item_id)
);
CREATE INDEX repository_items_by_repository ON repository_items (repository_id);
