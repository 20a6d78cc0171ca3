-- Applications that people sign in to through Sallyport, as Microsoft Graph's `application`, but for what is in the tables below.
CREATE TABLE applications (
  id uuid PRIMARY KEY,
  app_id uuid NOT NULL UNIQUE,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  modified_at timestamptz
);

-- Secrets and certificates by which an application proves that it is itself.
CREATE TABLE application_credentials (
  key_id uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES applications ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('password', 'certificate')),
  display_name text,
  -- The first letters of a secret; the thumbprint of a certificate.
  hint text NOT NULL,
  -- SHA-256 of a secret of 256 random bits.
  secret_hash bytea,
  -- DER of a certificate.
  certificate bytea,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX application_credentials_application ON application_credentials (application_id);

-- The application in this tenant: whether it may be used, and by whom.
CREATE TABLE service_principals (
  id uuid PRIMARY KEY,
  app_id uuid NOT NULL UNIQUE REFERENCES applications (app_id) ON DELETE CASCADE,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE app_role_assignments (
  id uuid PRIMARY KEY,
  -- A person, a group or a service principal.
  principal_id uuid NOT NULL,
  principal_type text NOT NULL CHECK (principal_type IN ('User', 'Group', 'ServicePrincipal')),
  -- The service principal whose role it is.
  resource_id uuid NOT NULL REFERENCES service_principals ON DELETE CASCADE,
  app_role_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (principal_id, resource_id, app_role_id)
);
CREATE INDEX app_role_assignments_resource ON app_role_assignments (resource_id);

-- Consent: an administrator's for all people, or one person's own. `openid` as resource stands for the scopes of OpenID Connect.
CREATE TABLE oauth2_permission_grants (
  id uuid PRIMARY KEY,
  client_id uuid NOT NULL REFERENCES service_principals ON DELETE CASCADE,
  principal_id uuid REFERENCES people ON DELETE CASCADE,
  resource_id uuid REFERENCES service_principals ON DELETE CASCADE,
  scope text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (client_id, principal_id, resource_id)
);

-- The state of the OpenID provider: tokens as their hashes, what is known of them sealed.
CREATE TABLE openid_objects (
  model text NOT NULL,
  id_hash bytea NOT NULL,
  sealed bytea NOT NULL,
  grant_id text,
  uid text,
  user_code_hash bytea,
  account_id uuid,
  client_id text,
  -- Of the provider's session in which it was given.
  session_uid text,
  consumed_at timestamptz,
  expires_at timestamptz,
  PRIMARY KEY (model, id_hash)
);
CREATE INDEX openid_objects_grant ON openid_objects (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX openid_objects_uid ON openid_objects (uid) WHERE uid IS NOT NULL;
CREATE INDEX openid_objects_user_code ON openid_objects (user_code_hash) WHERE user_code_hash IS NOT NULL;
CREATE INDEX openid_objects_expires ON openid_objects (expires_at);
CREATE INDEX openid_objects_client ON openid_objects (client_id, account_id);

-- Keys that tokens are signed with, sealed.
CREATE TABLE openid_keys (
  kid text PRIMARY KEY,
  alg text NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  -- Published from the start, so that applications know it before the first token that it signs.
  signs_from timestamptz NOT NULL,
  retired_at timestamptz
);

-- The provider's session of a browser, and the sign-in to Sallyport that it stands on.
CREATE TABLE openid_sessions (
  session_uid text PRIMARY KEY,
  session_id uuid NOT NULL,
  person_id uuid NOT NULL,
  linked_at timestamptz NOT NULL,
  -- When that sign-in was revoked, and when the applications had been told.
  ended_at timestamptz,
  told_at timestamptz
);
CREATE INDEX openid_sessions_session ON openid_sessions (session_id);
CREATE INDEX openid_sessions_person ON openid_sessions (person_id);
CREATE INDEX openid_sessions_to_tell ON openid_sessions (ended_at) WHERE ended_at IS NOT NULL AND told_at IS NULL;

-- Whoever revokes a session, and however: what stands on it ends in the same transaction.
CREATE FUNCTION end_openid_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'sessions' THEN
    UPDATE openid_sessions SET ended_at = clock_timestamp() WHERE session_id = OLD.id AND ended_at IS NULL;
  ELSE
    UPDATE openid_sessions SET ended_at = clock_timestamp() WHERE person_id = OLD.id AND ended_at IS NULL;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sessions_end_openid AFTER UPDATE OF revoked_at ON sessions
  FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION end_openid_sessions();
CREATE TRIGGER people_disabled_end_openid AFTER UPDATE OF disabled_at ON people
  FOR EACH ROW WHEN (OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL) EXECUTE FUNCTION end_openid_sessions();
CREATE TRIGGER people_gone_end_openid AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION end_openid_sessions();
