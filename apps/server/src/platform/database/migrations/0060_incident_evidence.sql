-- What a person found of an entity in an incident. An incident that went up in another brings its findings along: they are read by both numbers.
CREATE TABLE incident_evidence (
  incident_number integer NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
  entity_id text NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
  verdict text CHECK (verdict IN ('Malicious', 'Suspicious', 'NoThreatsFound', 'Unknown')),
  remediation text,
  reason text NOT NULL DEFAULT '',
  set_by text NOT NULL,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (incident_number, entity_id)
);
-- For similar incidents: by what they share.
CREATE INDEX incidents_by_rules ON incidents USING gin (rule_ids);
CREATE INDEX incidents_by_techniques ON incidents USING gin (techniques);
CREATE INDEX incidents_by_redirect ON incidents (redirected_to) WHERE redirected_to IS NOT NULL;
