-- Rules over past windows, without alerts. Kept for a day: what was found is no more than an answer.
CREATE TABLE rule_simulations (
  id uuid PRIMARY KEY,
  rule_id text NOT NULL,
  -- As it was when it was asked, a draft or not: its text and where in it.
  rule jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
  method text NOT NULL CHECK (method IN ('atOnce', 'byWindow')),
  first_to timestamptz NOT NULL,
  windows integer NOT NULL,
  -- By window, as far as they are counted; a job that is taken up goes on after them.
  rows_found double precision[] NOT NULL DEFAULT '{}',
  queries integer NOT NULL DEFAULT 0,
  elapsed_seconds double precision NOT NULL DEFAULT 0,
  rows_read double precision NOT NULL DEFAULT 0,
  bytes_read double precision NOT NULL DEFAULT 0,
  error text,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL
);
CREATE INDEX rule_simulations_by_time ON rule_simulations (asked_at);
