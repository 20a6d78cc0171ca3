-- What rules with suppression alerted of, so that they stay quiet about it for a while whichever server, restart or path comes to it.
CREATE TABLE rule_suppressions (
  rule_id text NOT NULL,
  -- A hash of the values of the rule's suppression fields; empty where the whole rule stays quiet.
  value text NOT NULL,
  -- In the time that the rule's windows are of: their end.
  alerted_at timestamptz NOT NULL,
  made_at timestamptz NOT NULL,
  PRIMARY KEY (rule_id, value, alerted_at)
);
CREATE INDEX rule_suppressions_by_age ON rule_suppressions (made_at);
ALTER TABLE rule_states DROP COLUMN suppressed_to;

-- Whether trying again can help. Of a rule: that of its newest failures in a row.
ALTER TABLE rule_runs ADD COLUMN failure text CHECK (failure IN ('permanent', 'transient'));
ALTER TABLE rule_states ADD COLUMN failure text CHECK (failure IN ('permanent', 'transient'));
-- Alerts that were found and held back by suppression.
ALTER TABLE rule_runs ADD COLUMN suppressed integer NOT NULL DEFAULT 0;

-- What a run took in the engine; null where that is not known.
ALTER TABLE rule_runs ADD COLUMN cpu_seconds double precision;
ALTER TABLE rule_runs ADD COLUMN rows_read bigint;
ALTER TABLE rule_runs ADD COLUMN bytes_read bigint;
-- And all that was asked for a rule, by day (UTC): its runs, sweeps, looks at rows as they arrive. The rule '' is what was asked for many rules at once.
CREATE TABLE rule_costs (
  rule_id text NOT NULL,
  day date NOT NULL,
  statements bigint NOT NULL,
  cpu_seconds double precision NOT NULL,
  rows_read bigint NOT NULL,
  bytes_read bigint NOT NULL,
  PRIMARY KEY (day, rule_id)
);
-- A rule whose day's limit is used up: it is not asked before then.
ALTER TABLE rule_states ADD COLUMN resting_from timestamptz;
ALTER TABLE rule_states ADD COLUMN resting_to timestamptz;
ALTER TABLE rule_states ADD COLUMN resting_reason text;
