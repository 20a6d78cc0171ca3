-- Risk of people and of service principals: what was detected, where they stand, and how they came there.
CREATE TABLE risk_detections (
  id uuid PRIMARY KEY,
  -- What it tells of, so that the same is told once.
  key text NOT NULL UNIQUE,
  subject_kind text NOT NULL CHECK (subject_kind IN ('user', 'servicePrincipal')),
  subject_id text NOT NULL,
  -- A user principal name, or the id of the application.
  subject_name text NOT NULL,
  display_name text NOT NULL,
  risk_event_type text NOT NULL,
  risk_state text NOT NULL,
  risk_level text NOT NULL,
  risk_detail text NOT NULL,
  timing text NOT NULL CHECK (timing IN ('realtime', 'nearRealtime', 'offline')),
  activity text NOT NULL CHECK (activity IN ('signin', 'user', 'servicePrincipal')),
  source text NOT NULL,
  token_issuer_type text NOT NULL,
  ip_address text NOT NULL,
  location jsonb NOT NULL,
  request_id text NOT NULL,
  correlation_id text NOT NULL,
  activity_at timestamptz NOT NULL,
  detected_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- A list of { Key, Value }.
  additional_info jsonb NOT NULL
);
CREATE INDEX risk_detections_of_subject ON risk_detections (subject_kind, subject_id, detected_at DESC);
CREATE INDEX risk_detections_by_time ON risk_detections (detected_at DESC, id);
CREATE INDEX risk_detections_of_request ON risk_detections (request_id) WHERE request_id <> '';

CREATE TABLE risky_subjects (
  kind text NOT NULL CHECK (kind IN ('user', 'servicePrincipal')),
  id text NOT NULL,
  name text NOT NULL,
  display_name text NOT NULL,
  risk_level text NOT NULL,
  risk_state text NOT NULL,
  risk_detail text NOT NULL,
  updated_at timestamptz NOT NULL,
  -- When the last mail of it went out.
  mailed_at timestamptz,
  PRIMARY KEY (kind, id)
);
CREATE INDEX risky_subjects_by_time ON risky_subjects (kind, updated_at DESC, id);

CREATE TABLE risk_history (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  subject_id text NOT NULL,
  at timestamptz NOT NULL,
  risk_level text NOT NULL,
  risk_state text NOT NULL,
  risk_detail text NOT NULL,
  initiated_by text NOT NULL,
  -- Detections that it is of: types, and the provider.
  activity jsonb NOT NULL
);
CREATE INDEX risk_history_of_subject ON risk_history (kind, subject_id, at DESC);

-- Sign-ins that succeeded, learned from the lake: what the next ones are judged by.
CREATE TABLE sign_in_history (
  id text PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  at timestamptz NOT NULL,
  address text NOT NULL,
  asn text NOT NULL,
  country text NOT NULL,
  city text NOT NULL,
  latitude double precision,
  longitude double precision,
  device_type text NOT NULL,
  operating_system text NOT NULL,
  browser text NOT NULL,
  user_agent text NOT NULL
);
CREATE INDEX sign_in_history_of_person ON sign_in_history (person_id, at DESC);
CREATE INDEX sign_in_history_by_time ON sign_in_history (at);
-- How often all people had each value, and how many different ones there are within it. Keys are those of the statistical core.
CREATE TABLE sign_in_values (key text PRIMARY KEY, times bigint NOT NULL, kinds bigint NOT NULL);

-- Addresses that indicators in force tell of.
CREATE TABLE risk_addresses (
  network cidr NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (network, kind)
);
CREATE INDEX risk_addresses_by_network ON risk_addresses USING gist (network inet_ops);

-- How far jobs are, what people set, what was mailed. One row a name.
CREATE TABLE identity_protection_state (name text PRIMARY KEY, value jsonb NOT NULL);
-- Users whose risk reached a level that somebody wants a mail of, until it is sent.
CREATE TABLE risk_mails (
  subject_id text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (subject_id, at)
);
CREATE INDEX sign_in_history_by_browser ON sign_in_history (md5(user_agent), at DESC);
