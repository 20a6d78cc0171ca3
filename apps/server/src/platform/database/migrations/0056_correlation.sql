-- What an incident holds, by rule and by entity: what is told of it comes from here, so that one more alert costs the same however many there are.
CREATE TABLE incident_rules (
  incident_number integer NOT NULL REFERENCES incidents (number),
  rule_id text NOT NULL,
  alerts integer NOT NULL,
  -- Of the alert that leads: the most severe (0 is High, 3 Informational), of these the earliest, of these the first by name.
  rank smallint NOT NULL,
  lead_at timestamptz NOT NULL,
  name text NOT NULL,
  tactics text[] NOT NULL,
  techniques text[] NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (incident_number, rule_id)
);
CREATE TABLE incident_entities (
  incident_number integer NOT NULL REFERENCES incidents (number),
  kind text NOT NULL,
  entity_id text NOT NULL REFERENCES entities (id),
  alerts integer NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (incident_number, kind, entity_id)
);
CREATE INDEX incident_entities_by_entity ON incident_entities (entity_id, last_at DESC);

INSERT INTO incident_rules
SELECT a.incident_number, a.rule_id, count(*), min(r.rank),
  (array_agg(a.start_time ORDER BY r.rank, a.start_time, a.name))[1], (array_agg(a.name ORDER BY r.rank, a.start_time, a.name))[1],
  coalesce((SELECT array_agg(DISTINCT t) FROM alerts b, unnest(b.tactics) AS t WHERE b.incident_number = a.incident_number AND b.rule_id = a.rule_id), '{}'),
  coalesce((SELECT array_agg(DISTINCT t) FROM alerts b, unnest(b.techniques) AS t WHERE b.incident_number = a.incident_number AND b.rule_id = a.rule_id), '{}'),
  min(a.start_time), max(a.end_time)
FROM alerts a, LATERAL (SELECT array_position(ARRAY['High', 'Medium', 'Low', 'Informational'], a.severity) - 1 AS rank) r
WHERE a.incident_number IS NOT NULL GROUP BY a.incident_number, a.rule_id;
INSERT INTO incident_entities
SELECT a.incident_number, e.kind, e.id, count(*), min(a.start_time), max(a.end_time)
FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id
WHERE a.incident_number IS NOT NULL GROUP BY a.incident_number, e.kind, e.id;

-- Why the alert is in its incident.
ALTER TABLE alerts ADD COLUMN linked_by text NOT NULL DEFAULT '';

-- The stage of the attack that the activity was of: 1 to 3, 0 where it has none.
ALTER TABLE incident_keys ADD COLUMN stage smallint NOT NULL DEFAULT 0;
ALTER TABLE incident_keys DROP CONSTRAINT incident_keys_pkey;
ALTER TABLE incident_keys ADD PRIMARY KEY (key, incident_number, stage, first_at);

-- Incidents that a person took apart: the engine does not merge them again.
CREATE TABLE incidents_apart (
  one integer NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
  other integer NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
  by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (one, other),
  CHECK (one < other)
);
CREATE INDEX incidents_apart_by_other ON incidents_apart (other);

-- Alerts of a rule in an hour of what they tell of: past a number they are a storm.
CREATE TABLE alert_rates (
  rule_id text NOT NULL,
  hour timestamptz NOT NULL,
  alerts integer NOT NULL,
  PRIMARY KEY (rule_id, hour)
);
CREATE INDEX alert_rates_by_hour ON alert_rates (hour);

-- What many share, learned a day at a time from the logs: alerts that have it in common needn't have to do with each other.
CREATE TABLE shared_things (
  key text NOT NULL,
  day date NOT NULL,
  breadth integer NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (key, day)
);
CREATE INDEX shared_things_by_day ON shared_things (day);

CREATE INDEX incidents_by_severity ON incidents (array_position(ARRAY['Informational', 'Low', 'Medium', 'High'], severity) DESC, number DESC) WHERE redirected_to IS NULL;
CREATE INDEX incidents_by_alert_count ON incidents (alert_count DESC, number DESC) WHERE redirected_to IS NULL;
