-- Settings of alerts of privileged access that are not as they ship.
CREATE TABLE privileged_alert_settings (
  id text PRIMARY KEY,
  body jsonb NOT NULL,
  modified_at timestamptz NOT NULL
);
-- What an alert is about: raised, and cleared when it is so no more.
CREATE TABLE privileged_alert_incidents (
  id uuid PRIMARY KEY,
  alert_id text NOT NULL,
  -- What it is of: once at a time.
  key text NOT NULL,
  body jsonb NOT NULL,
  raised_at timestamptz NOT NULL,
  cleared_at timestamptz,
  dismissed_at timestamptz
);
CREATE UNIQUE INDEX privileged_alert_incidents_live ON privileged_alert_incidents (alert_id, key) WHERE cleared_at IS NULL;
CREATE INDEX privileged_alert_incidents_cleared ON privileged_alert_incidents (cleared_at) WHERE cleared_at IS NOT NULL;
-- When alerts were looked for last.
CREATE TABLE privileged_alert_scan (one boolean PRIMARY KEY DEFAULT true CHECK (one), at timestamptz NOT NULL);
