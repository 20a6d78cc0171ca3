CREATE TABLE incidents (
  -- Given out under the correlation lock, so that numbers have no gaps.
  number integer PRIMARY KEY,
  name uuid NOT NULL UNIQUE,
  title text NOT NULL,
  -- Set by a person: the engine leaves it alone from then on.
  title_fixed boolean NOT NULL DEFAULT false,
  description text NOT NULL DEFAULT '',
  severity text NOT NULL CHECK (severity IN ('High', 'Medium', 'Low', 'Informational')),
  severity_fixed boolean NOT NULL DEFAULT false,
  status text NOT NULL CHECK (status IN ('New', 'Active', 'Closed')),
  owner text,
  classification text CHECK (classification IN ('Undetermined', 'TruePositive', 'BenignPositive', 'FalsePositive')),
  classification_reason text,
  classification_comment text NOT NULL DEFAULT '',
  labels text[] NOT NULL DEFAULT '{}',
  system_labels text[] NOT NULL DEFAULT '{}',
  tactics text[] NOT NULL DEFAULT '{}',
  techniques text[] NOT NULL DEFAULT '{}',
  alert_count integer NOT NULL DEFAULT 0,
  entity_count integer NOT NULL DEFAULT 0,
  comment_count integer NOT NULL DEFAULT 0,
  rule_ids text[] NOT NULL DEFAULT '{}',
  first_activity_at timestamptz NOT NULL,
  last_activity_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  first_modified_at timestamptz,
  closed_at timestamptz,
  modified_by text NOT NULL,
  -- Merged into that one: closed, without alerts, only a signpost.
  redirected_to integer REFERENCES incidents (number),
  CHECK (status <> 'Closed' OR classification IS NOT NULL)
);
CREATE INDEX incidents_by_update ON incidents (updated_at DESC) WHERE redirected_to IS NULL;
CREATE INDEX incidents_by_status ON incidents (status, updated_at DESC) WHERE redirected_to IS NULL;

CREATE TABLE alerts (
  id uuid PRIMARY KEY,
  rule_id text NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('High', 'Medium', 'Low', 'Informational')),
  status text NOT NULL DEFAULT 'New' CHECK (status IN ('New', 'InProgress', 'Resolved', 'Dismissed')),
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  start_time timestamptz NOT NULL,
  end_time timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  -- Null when its rule makes no incidents.
  incident_number integer REFERENCES incidents (number),
  custom_details jsonb NOT NULL,
  query text NOT NULL,
  query_from timestamptz NOT NULL,
  query_to timestamptz NOT NULL
);
CREATE INDEX alerts_by_incident ON alerts (incident_number, start_time);
CREATE INDEX alerts_by_rule ON alerts (rule_id, created_at DESC);

CREATE TABLE entities (
  id text PRIMARY KEY,
  kind text NOT NULL,
  name text NOT NULL,
  identifiers jsonb NOT NULL,
  strong boolean NOT NULL
);
CREATE INDEX entities_by_name ON entities (lower(name) text_pattern_ops);

CREATE TABLE alert_entities (
  alert_id uuid NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  entity_id text NOT NULL REFERENCES entities (id),
  position integer NOT NULL,
  PRIMARY KEY (alert_id, entity_id)
);
CREATE INDEX alert_entities_by_entity ON alert_entities (entity_id);

-- What ties alerts together: an entity's strong key or a rule's grouping key, and when it was active in an incident. Two activities less
-- than the key's window apart are one span, so that a noisy rule has one row a key and not one an alert.
CREATE TABLE incident_keys (
  key text NOT NULL,
  incident_number integer NOT NULL REFERENCES incidents (number),
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (key, incident_number, first_at)
);
CREATE INDEX incident_keys_by_incident ON incident_keys (incident_number);

CREATE TABLE incident_activities (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_number integer NOT NULL REFERENCES incidents (number),
  at timestamptz NOT NULL,
  by text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('created', 'alertAdded', 'changed', 'comment', 'merged')),
  text text NOT NULL
);
CREATE INDEX incident_activities_by_incident ON incident_activities (incident_number, id);
