-- Runs of the test bench that people or CI keep.
CREATE TABLE bench_runs (
  id uuid PRIMARY KEY,
  -- When the bench ran.
  at timestamptz NOT NULL,
  saved_by text NOT NULL,
  rules integer NOT NULL,
  -- Figures of its sets, without items.
  sets jsonb NOT NULL,
  -- The whole report.
  report jsonb NOT NULL
);
CREATE INDEX bench_runs_at ON bench_runs (at DESC);
