-- Queries and functions that people save.
CREATE TABLE saved_queries (
  id uuid PRIMARY KEY,
  -- What Azure's clients know it by; unique among all.
  name_in_azure text NOT NULL UNIQUE,
  name text NOT NULL,
  folder text NOT NULL,
  description text NOT NULL,
  query text NOT NULL,
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  shared boolean NOT NULL,
  -- What KQL calls it; null: it is no function.
  function_name text UNIQUE,
  function_parameters text NOT NULL,
  owner text NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  CHECK (function_name IS NULL OR shared)
);
CREATE INDEX saved_queries_by_owner ON saved_queries (owner);
CREATE TABLE saved_query_versions (
  saved_query_id uuid NOT NULL REFERENCES saved_queries ON DELETE CASCADE,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL,
  name text NOT NULL,
  query text NOT NULL,
  function_parameters text NOT NULL,
  PRIMARY KEY (saved_query_id, version)
);
-- Goes up with every change of a function, so that all servers see that there is one.
CREATE TABLE saved_functions_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO saved_functions_revision (revision) VALUES (0);
