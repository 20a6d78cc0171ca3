-- Saved views of the queue: filters and order as the page's address has them.
CREATE TABLE incident_views (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  owner text NOT NULL,
  shared boolean NOT NULL,
  search text NOT NULL,
  hidden_columns text[] NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX incident_views_by_owner ON incident_views (owner);
CREATE TABLE incident_view_defaults (
  person text PRIMARY KEY,
  view_id uuid NOT NULL REFERENCES incident_views (id) ON DELETE CASCADE
);

-- How soon, in minutes from an incident's creation. Null: no target.
CREATE TABLE service_levels (
  severity text PRIMARY KEY CHECK (severity IN ('High', 'Medium', 'Low', 'Informational')),
  triage_minutes double precision,
  acknowledge_minutes double precision,
  close_minutes double precision
);
INSERT INTO service_levels VALUES ('High', 15, 30, 1440), ('Medium', 60, 120, 4320), ('Low', 480, 1440, 10080), ('Informational', NULL, NULL, NULL);

-- Each breach is told once.
CREATE TABLE service_level_breaches (
  incident_number integer NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
  stage text NOT NULL CHECK (stage IN ('triage', 'acknowledge', 'close')),
  due_at timestamptz NOT NULL,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (incident_number, stage)
);

CREATE TABLE handovers (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  by text NOT NULL,
  recipients text[] NOT NULL,
  since timestamptz NOT NULL,
  text text NOT NULL
);
CREATE INDEX handovers_by_time ON handovers (at DESC);
