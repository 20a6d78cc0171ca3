-- What the compiler makes of queries that are asked again and again, by a hash of all that it depends on. Nothing is lost when rows go.
CREATE TABLE query_plans (
  key text PRIMARY KEY,
  -- JSON, deflated.
  plan bytea NOT NULL,
  used_at timestamptz NOT NULL
);
CREATE INDEX query_plans_used ON query_plans (used_at);
