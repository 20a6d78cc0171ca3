-- When someone took an incident up: its first owner, or first status beyond New.
ALTER TABLE incidents ADD COLUMN acknowledged_at timestamptz;
UPDATE incidents SET acknowledged_at = coalesce(first_modified_at, updated_at) WHERE owner IS NOT NULL OR status <> 'New';
CREATE INDEX incidents_by_owner ON incidents (owner, updated_at DESC) WHERE redirected_to IS NULL;

-- Above incidents: what several of them are one investigation of.
CREATE TABLE cases (
  number integer PRIMARY KEY,
  title text NOT NULL,
  description text NOT NULL,
  status text NOT NULL CHECK (status IN ('New', 'Open', 'OnHold', 'Closed')),
  priority text NOT NULL CHECK (priority IN ('Critical', 'High', 'Medium', 'Low')),
  owner text,
  due_at timestamptz,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  closed_at timestamptz
);

CREATE TABLE case_incidents (
  case_number integer NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
  incident_number integer NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
  at timestamptz NOT NULL,
  by text NOT NULL,
  PRIMARY KEY (case_number, incident_number)
);
CREATE INDEX case_incidents_by_incident ON case_incidents (incident_number);

CREATE TABLE case_evidence (
  id uuid PRIMARY KEY,
  case_number integer NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('Alert', 'Entity', 'Query', 'Note')),
  title text NOT NULL,
  -- An alert's or entity's id, or KQL. What it names may be gone later, so it references nothing.
  reference text NOT NULL,
  note text NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL
);
CREATE INDEX case_evidence_by_case ON case_evidence (case_number, at);

CREATE TABLE case_activities (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name uuid NOT NULL UNIQUE,
  case_number integer NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
  at timestamptz NOT NULL,
  by text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('created', 'changed', 'comment')),
  text text NOT NULL
);
CREATE INDEX case_activities_by_case ON case_activities (case_number, id);

-- Tasks and attached files belong to an incident or to a case.
CREATE TABLE tasks (
  id uuid PRIMARY KEY,
  incident_number integer REFERENCES incidents (number) ON DELETE CASCADE,
  case_number integer REFERENCES cases (number) ON DELETE CASCADE,
  title text NOT NULL,
  description text NOT NULL,
  status text NOT NULL CHECK (status IN ('New', 'InProgress', 'Completed', 'Skipped')),
  assignee text,
  due_at timestamptz,
  position integer NOT NULL,
  -- The name of the template that it came from, as it was then.
  template text,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  completed_at timestamptz,
  CHECK (num_nonnulls(incident_number, case_number) = 1)
);
CREATE INDEX tasks_by_incident ON tasks (incident_number, position) WHERE incident_number IS NOT NULL;
CREATE INDEX tasks_by_case ON tasks (case_number, position) WHERE case_number IS NOT NULL;
CREATE INDEX tasks_open ON tasks (due_at) WHERE status IN ('New', 'InProgress');

CREATE TABLE task_templates (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  enabled boolean NOT NULL,
  rule_ids text[] NOT NULL,
  severities text[] NOT NULL,
  tasks jsonb NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
-- A template gives its tasks to an incident once.
CREATE TABLE task_templates_applied (
  template_id uuid NOT NULL REFERENCES task_templates (id) ON DELETE CASCADE,
  incident_number integer NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
  PRIMARY KEY (template_id, incident_number)
);

CREATE TABLE attachments (
  id uuid PRIMARY KEY,
  incident_number integer REFERENCES incidents (number) ON DELETE CASCADE,
  case_number integer REFERENCES cases (number) ON DELETE CASCADE,
  -- Name of the comment that it came with.
  comment uuid,
  name text NOT NULL,
  media_type text NOT NULL,
  bytes integer NOT NULL,
  sha256 text NOT NULL,
  content bytea NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL,
  CHECK (num_nonnulls(incident_number, case_number) = 1)
);
-- Mostly packed already: not compressed once more, and never read with the other columns.
ALTER TABLE attachments ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX attachments_by_incident ON attachments (incident_number, at) WHERE incident_number IS NOT NULL;
CREATE INDEX attachments_by_case ON attachments (case_number, at) WHERE case_number IS NOT NULL;

-- What happened to incidents and cases and has still to be told: rows come with the change that they tell of, and go in the transaction that
-- tells it.
CREATE TABLE work_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject text NOT NULL CHECK (subject IN ('incident', 'case')),
  number integer NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL,
  kind text NOT NULL,
  text text NOT NULL,
  -- { field: { from, to } } of a change.
  changes jsonb NOT NULL DEFAULT '{}'
);
