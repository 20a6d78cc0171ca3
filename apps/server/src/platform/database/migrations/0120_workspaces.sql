-- Workspaces beside the one that the setting `workspace` names, which is a row too. Each is a database of the lake.
CREATE TABLE workspaces (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  resource_group text NOT NULL,
  -- In the engine.
  lake_database text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL
);
CREATE UNIQUE INDEX workspaces_name ON workspaces (lower(name));
