-- What tables store of the rows that come for them.
CREATE TABLE table_policies (
  table_name text PRIMARY KEY,
  policy jsonb NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Queries over all rows of a table, those past its interactive time too, whose answer becomes a table of its own.
CREATE TABLE search_jobs (
  id uuid PRIMARY KEY,
  table_name text NOT NULL UNIQUE,
  query text NOT NULL,
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  state text NOT NULL,
  stored_rows bigint,
  message text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at timestamptz
);
