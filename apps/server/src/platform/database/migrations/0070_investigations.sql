-- Automated investigations: one an incident, joined by its later alerts.
CREATE TABLE investigations (
  id uuid PRIMARY KEY,
  incident_number integer NOT NULL UNIQUE REFERENCES incidents (number) ON DELETE CASCADE,
  state text NOT NULL,
  state_reason text NOT NULL DEFAULT '',
  -- Goes up each time a job has to go on with it.
  run integer NOT NULL DEFAULT 1,
  started_by text NOT NULL,
  started_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- When the run that is under way began: it has a bound in time.
  run_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX investigations_by_start ON investigations (started_at DESC, id);
CREATE INDEX investigations_waiting ON investigations (run) WHERE state IN ('queued', 'running');

-- Incidents that got alerts which nobody has looked at yet.
CREATE TABLE investigation_queue (
  incident_number integer PRIMARY KEY REFERENCES incidents (number) ON DELETE CASCADE,
  -- Goes up with each ask, so that one which comes while the incident is looked at is not lost.
  asked integer NOT NULL DEFAULT 1
);

-- An alert is judged once; no investigation: no playbook is for it.
CREATE TABLE investigation_alerts (
  alert_id uuid PRIMARY KEY REFERENCES alerts (id) ON DELETE CASCADE,
  investigation_id uuid REFERENCES investigations (id) ON DELETE CASCADE,
  joined_at timestamptz NOT NULL
);
CREATE INDEX investigation_alerts_by_investigation ON investigation_alerts (investigation_id);

-- Things that are asked about together: those of alerts that came together, or those that a batch before led to.
CREATE TABLE investigation_batches (
  investigation_id uuid NOT NULL REFERENCES investigations (id) ON DELETE CASCADE,
  batch integer NOT NULL,
  depth integer NOT NULL,
  playbooks text[] NOT NULL,
  active_from timestamptz NOT NULL,
  active_to timestamptz NOT NULL,
  -- Whether what it led to has been looked at.
  widened boolean NOT NULL DEFAULT false,
  PRIMARY KEY (investigation_id, batch)
);

CREATE TABLE investigation_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  investigation_id uuid NOT NULL REFERENCES investigations (id) ON DELETE CASCADE,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  text text NOT NULL,
  -- Of a step: each step of a playbook is asked once a batch.
  batch integer,
  playbook text NOT NULL DEFAULT '',
  step text NOT NULL DEFAULT '',
  rows integer,
  seconds double precision,
  query text
);
CREATE INDEX investigation_log_by_investigation ON investigation_log (investigation_id, id);
CREATE UNIQUE INDEX investigation_steps ON investigation_log (investigation_id, batch, playbook, step) WHERE batch IS NOT NULL;

CREATE TABLE investigation_evidence (
  investigation_id uuid NOT NULL REFERENCES investigations (id) ON DELETE CASCADE,
  entity_id text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  identifiers jsonb NOT NULL,
  strong boolean NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('Malicious', 'Suspicious', 'NoThreatsFound', 'Unknown')),
  score integer NOT NULL,
  -- What speaks for and against it, by playbook, step and number of the reason: { text, score }.
  points jsonb NOT NULL,
  first_seen timestamptz,
  last_seen timestamptz,
  devices text[] NOT NULL DEFAULT '{}',
  rows integer NOT NULL DEFAULT 0,
  tables text[] NOT NULL DEFAULT '{}',
  found_by jsonb NOT NULL DEFAULT '[]',
  depth integer NOT NULL,
  -- The batch in which it is asked about; null: it was only come upon.
  batch integer,
  -- Whether it may widen the scope.
  widens boolean NOT NULL DEFAULT false,
  -- Verdict and score that the lake's row has.
  told text NOT NULL DEFAULT '',
  PRIMARY KEY (investigation_id, entity_id)
);

CREATE TABLE investigation_actions (
  id uuid PRIMARY KEY,
  investigation_id uuid NOT NULL REFERENCES investigations (id) ON DELETE CASCADE,
  kind text NOT NULL,
  target jsonb NOT NULL,
  parameters jsonb NOT NULL,
  reason text NOT NULL,
  requested_by text NOT NULL,
  on_behalf_of text,
  state text NOT NULL CHECK (state IN ('pendingApproval', 'approved', 'rejected', 'skipped')),
  state_reason text NOT NULL,
  inverse text,
  idempotency_key text NOT NULL UNIQUE,
  proposed_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  expires_at timestamptz NOT NULL
);
CREATE INDEX investigation_actions_by_investigation ON investigation_actions (investigation_id);
CREATE INDEX investigation_actions_pending ON investigation_actions (expires_at) WHERE state = 'pendingApproval';

CREATE TABLE device_group_automation (
  name text PRIMARY KEY,
  level text NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL
);

-- What an investigation concluded of an incident's entities: stands below what a person found, above what the alerts' severity says.
CREATE TABLE incident_conclusions (
  incident_number integer NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
  entity_id text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('Malicious', 'Suspicious', 'NoThreatsFound', 'Unknown')),
  reason text NOT NULL,
  remediation text NOT NULL,
  PRIMARY KEY (incident_number, entity_id)
);
