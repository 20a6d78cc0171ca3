-- Rules are files; this is what happened to them here.
CREATE TABLE rule_states (
  rule_id text PRIMARY KEY,
  -- Null: as the file says.
  enabled boolean,
  disabled_reason text,
  consecutive_failures integer NOT NULL DEFAULT 0,
  -- Windows that end after this are not yet queued. Set when a rule is first seen, so that it starts with the present.
  scheduled_to timestamptz,
  -- Quiet until then (the rule's suppression).
  suppressed_to timestamptz,
  updated_by text NOT NULL DEFAULT 'system',
  updated_at timestamptz NOT NULL
);

CREATE TABLE rule_runs (
  rule_id text NOT NULL,
  window_to timestamptz NOT NULL,
  window_from timestamptz NOT NULL,
  started_at timestamptz NOT NULL,
  elapsed_seconds double precision NOT NULL,
  state text NOT NULL CHECK (state IN ('succeeded', 'failed')),
  rows_found integer NOT NULL,
  alerts integer NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  error text,
  PRIMARY KEY (rule_id, window_to)
);
CREATE INDEX rule_runs_by_start ON rule_runs (rule_id, started_at DESC);
