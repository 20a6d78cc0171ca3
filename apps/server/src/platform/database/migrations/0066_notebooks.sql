-- Pages of text and queries.
CREATE TABLE notebooks (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL,
  range text NOT NULL,
  shared boolean NOT NULL,
  cells jsonb NOT NULL,
  owner text NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
CREATE INDEX notebooks_by_owner ON notebooks (owner);
