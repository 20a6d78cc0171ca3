-- How people sign in to an application by SAML 2.0.
CREATE TABLE saml_applications (
  app_id uuid PRIMARY KEY REFERENCES applications (app_id) ON DELETE CASCADE,
  entity_id text NOT NULL UNIQUE,
  body jsonb NOT NULL
);

-- Keys that responses are signed with, sealed, and their certificates.
CREATE TABLE saml_keys (
  id uuid PRIMARY KEY,
  certificate text NOT NULL,
  sealed bytea NOT NULL,
  ends_at timestamptz NOT NULL
);

-- Requests that wait for the person, and responses that wait to be fetched: each good once, in one browser.
CREATE TABLE saml_pending (
  id_hash bytea PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('request', 'response')),
  app_id uuid NOT NULL REFERENCES applications (app_id) ON DELETE CASCADE,
  browser_hash bytea NOT NULL,
  sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX saml_pending_expires ON saml_pending (expires_at);

-- Messages that were taken, for as long as they would be good.
CREATE TABLE saml_messages (
  app_id uuid NOT NULL REFERENCES applications (app_id) ON DELETE CASCADE,
  message_id text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (app_id, message_id)
);
CREATE INDEX saml_messages_expires ON saml_messages (expires_at);

-- The sign-in to Sallyport that a sign-in to an application stands on.
CREATE TABLE saml_sessions (
  session_index text PRIMARY KEY,
  app_id uuid NOT NULL REFERENCES applications (app_id) ON DELETE CASCADE,
  session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  name_id text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX saml_sessions_session ON saml_sessions (session_id);
