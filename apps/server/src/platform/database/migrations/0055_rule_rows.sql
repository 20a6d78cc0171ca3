-- Rows of scheduled rules that look at single rows, by a hash of what the rule gave of them: so that what was alerted of as it arrived is not alerted of again by a window, nor
-- the reverse.
CREATE TABLE rule_rows (
  rule_id text NOT NULL,
  row_key text NOT NULL,
  -- Alerted of as it arrived.
  live boolean NOT NULL,
  alerted_at timestamptz NOT NULL,
  PRIMARY KEY (rule_id, row_key)
);
CREATE INDEX rule_rows_live ON rule_rows (rule_id, alerted_at) WHERE live;
CREATE INDEX rule_rows_by_time ON rule_rows (alerted_at);
