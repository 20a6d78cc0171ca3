-- What a person found it to be, beside the classification (Microsoft Graph's alertDetermination; null: not said).
ALTER TABLE incidents ADD COLUMN determination text;
-- Alerts are assigned, classified and commented on by themselves, too.
ALTER TABLE alerts
  ADD COLUMN owner text,
  ADD COLUMN classification text CHECK (classification IN ('Undetermined', 'TruePositive', 'BenignPositive', 'FalsePositive')),
  ADD COLUMN determination text,
  ADD COLUMN updated_at timestamptz,
  ADD COLUMN resolved_at timestamptz;
UPDATE alerts SET updated_at = created_at;
UPDATE alerts a SET resolved_at = coalesce(i.closed_at, a.created_at), updated_at = coalesce(i.closed_at, a.created_at), owner = i.owner
FROM incidents i WHERE i.number = a.incident_number AND a.status = 'Resolved';
ALTER TABLE alerts ALTER COLUMN updated_at SET NOT NULL;
CREATE INDEX alerts_by_creation ON alerts (created_at DESC, id DESC);
CREATE INDEX incidents_by_creation ON incidents (created_at DESC, number DESC);

CREATE TABLE alert_comments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_id uuid NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  at timestamptz NOT NULL,
  by text NOT NULL,
  text text NOT NULL
);
CREATE INDEX alert_comments_by_alert ON alert_comments (alert_id, id);

-- Comments are known by a name of their own, which a client may give, and can be changed by who wrote them.
ALTER TABLE incident_activities
  ADD COLUMN name uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN modified_at timestamptz;
CREATE UNIQUE INDEX incident_activities_by_name ON incident_activities (incident_number, name);

-- Numbers are never given twice.
CREATE TABLE deleted_incidents (
  number integer PRIMARY KEY,
  name uuid NOT NULL UNIQUE,
  at timestamptz NOT NULL,
  by text NOT NULL
);
