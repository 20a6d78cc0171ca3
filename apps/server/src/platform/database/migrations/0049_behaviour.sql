-- What people set of anomaly rules. A rule without a row is as its template says: production, enabled, with the defaults.
CREATE TABLE anomaly_rules (
  template_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('Production', 'Flighting')),
  enabled boolean NOT NULL,
  -- Values that differ from the template's defaults.
  parameters jsonb NOT NULL,
  config_version integer NOT NULL DEFAULT 1,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (template_id, status)
);

-- The newest run of each part (learn, activities, peers, identities) and anomaly rule.
CREATE TABLE behaviour_runs (
  part text PRIMARY KEY,
  window_from timestamptz NOT NULL,
  window_to timestamptz NOT NULL,
  started_at timestamptz NOT NULL,
  elapsed_seconds double precision NOT NULL,
  rows integer NOT NULL,
  error text
);
