-- Exceptions: conditions over what rules find. Rows for which one is true raise no alert, and are counted here.
CREATE TABLE exceptions (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  scope text NOT NULL CHECK (scope IN ('rule', 'table', 'global')),
  -- The rule, or the table that rules read; null for all rules.
  target text CHECK ((target IS NULL) = (scope = 'global')),
  condition text NOT NULL,
  reason text NOT NULL,
  owner text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  expires_at timestamptz,
  -- When its end was noted; it applies no more from expires_at on.
  expired_at timestamptz,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
CREATE INDEX exceptions_by_target ON exceptions (target);
-- What an exception kept from becoming alerts, one row a run. The id follows from the rows, so that a run that is done again counts once.
CREATE TABLE exception_hits (
  id uuid PRIMARY KEY,
  exception_id uuid NOT NULL REFERENCES exceptions ON DELETE CASCADE,
  rule_id text NOT NULL,
  window_to timestamptz NOT NULL,
  at timestamptz NOT NULL,
  rows_left_out integer NOT NULL,
  alerts_left_out integer NOT NULL,
  sample jsonb NOT NULL
);
CREATE INDEX exception_hits_by_exception ON exception_hits (exception_id, at DESC);
CREATE INDEX exception_hits_by_time ON exception_hits (at);
-- Goes up with every change, so that all servers see that there is one.
CREATE TABLE exceptions_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO exceptions_revision (revision) VALUES (0);
