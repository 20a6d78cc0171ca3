-- The lake did not answer for long: the window is still to be run.
ALTER TABLE rule_runs ADD COLUMN retry boolean NOT NULL DEFAULT false;
CREATE INDEX rule_runs_to_retry ON rule_runs (window_to) WHERE retry;
