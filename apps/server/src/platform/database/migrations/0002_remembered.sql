-- Small facts that a part remembers of this workspace, by name.
CREATE TABLE remembered (
  name text PRIMARY KEY,
  value jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
