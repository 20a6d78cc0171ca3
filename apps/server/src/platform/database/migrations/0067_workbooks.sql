-- Workbooks that people keep. Those that ship are files.
CREATE TABLE workbooks (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL,
  -- As it was brought, so that it goes out the same.
  document text NOT NULL,
  owner text NOT NULL,
  shared boolean NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
CREATE INDEX workbooks_by_owner ON workbooks (owner);
