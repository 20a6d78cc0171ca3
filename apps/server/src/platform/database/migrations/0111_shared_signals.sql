-- Shared Signals: what happened, the streams it goes to, and those it comes from.

-- What happened and is not told yet. Nothing is kept while nobody listens.
CREATE TABLE security_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Last part of the event type's address.
  kind text NOT NULL,
  person_id uuid,
  device_id uuid,
  session_id uuid,
  details jsonb NOT NULL DEFAULT '{}',
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE ssf_streams (
  id uuid PRIMARY KEY,
  -- Who keeps it: a token or a person, by name.
  owner text NOT NULL,
  description text,
  delivery text NOT NULL CHECK (delivery IN ('push', 'poll')),
  endpoint_url text,
  authorization_sealed bytea,
  -- Addresses of event types; none: all.
  events_requested text[] NOT NULL,
  status text NOT NULL CHECK (status IN ('enabled', 'paused', 'disabled')),
  status_reason text,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  verified_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT '-infinity',
  last_error text
);
CREATE INDEX ssf_streams_owner ON ssf_streams (owner);

-- People of whom a stream is told nothing. All others it is.
CREATE TABLE ssf_removed_subjects (
  stream_id uuid NOT NULL REFERENCES ssf_streams ON DELETE CASCADE,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  PRIMARY KEY (stream_id, person_id)
);

-- Security event tokens on their way, in order.
CREATE TABLE ssf_sets (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream_id uuid NOT NULL REFERENCES ssf_streams ON DELETE CASCADE,
  jti uuid NOT NULL UNIQUE,
  token text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX ssf_sets_stream ON ssf_sets (stream_id, id);

CREATE TABLE ssf_receivers (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  issuer text NOT NULL,
  audience text NOT NULL,
  delivery text NOT NULL CHECK (delivery IN ('push', 'poll')),
  poll_url text,
  authorization_sealed bytea,
  -- What `sub` and `id` of subjects are here.
  subject_attribute text NOT NULL CHECK (subject_attribute IN ('id', 'userPrincipalName', 'mail', 'externalId')),
  created_at timestamptz NOT NULL,
  last_event_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT '-infinity',
  last_error text
);

-- Tokens that have come: each has its effect once.
CREATE TABLE ssf_received (
  receiver_id uuid NOT NULL REFERENCES ssf_receivers ON DELETE CASCADE,
  jti text NOT NULL,
  digest bytea NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (receiver_id, jti)
);
CREATE INDEX ssf_received_at ON ssf_received (at);

CREATE FUNCTION is_anybody_listening() RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT EXISTS (SELECT 1 FROM ssf_streams WHERE status <> 'disabled') $$;

CREATE FUNCTION tell_security_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NOTIFY sallyport_signals;
  RETURN NULL;
END $$;
CREATE TRIGGER security_events_told AFTER INSERT ON security_events FOR EACH STATEMENT EXECUTE FUNCTION tell_security_event();

CREATE FUNCTION signal_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_anybody_listening() THEN
    IF OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN
      INSERT INTO security_events (kind, person_id, session_id) VALUES ('session-revoked', NEW.person_id, NEW.id);
    ELSIF OLD.method IS DISTINCT FROM NEW.method THEN
      INSERT INTO security_events (kind, person_id, session_id, details)
      VALUES ('assurance-level-change', NEW.person_id, NEW.id, jsonb_build_object('previous', OLD.method, 'current', NEW.method));
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sessions_signal AFTER UPDATE OF revoked_at, method ON sessions FOR EACH ROW EXECUTE FUNCTION signal_session();

CREATE FUNCTION signal_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_anybody_listening() THEN
    IF (OLD.disabled_at IS NULL) <> (NEW.disabled_at IS NULL) THEN
      INSERT INTO security_events (kind, person_id) VALUES (CASE WHEN NEW.disabled_at IS NULL THEN 'account-enabled' ELSE 'account-disabled' END, NEW.id);
    END IF;
    IF OLD.role IS DISTINCT FROM NEW.role THEN
      INSERT INTO security_events (kind, person_id, details) VALUES ('token-claims-change', NEW.id, '{"claim": "roles"}');
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER people_signal AFTER UPDATE OF role, disabled_at ON people FOR EACH ROW EXECUTE FUNCTION signal_person();

CREATE FUNCTION signal_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_anybody_listening() THEN
    INSERT INTO security_events (kind, person_id, details) SELECT DISTINCT 'token-claims-change', person_id, '{"claim": "groups"}'::jsonb FROM changed;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER group_members_added_signal AFTER INSERT ON group_members REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION signal_membership();
CREATE TRIGGER group_members_removed_signal AFTER DELETE ON group_members REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION signal_membership();

CREATE FUNCTION signal_passkey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_anybody_listening() THEN
    IF TG_OP = 'INSERT' THEN
      INSERT INTO security_events (kind, person_id, details) VALUES ('credential-change', NEW.person_id,
        jsonb_build_object('credential', 'fido2-roaming', 'change', 'create', 'name', NEW.name, 'aaguid', NEW.aaguid));
    ELSE
      INSERT INTO security_events (kind, person_id, details) VALUES ('credential-change', OLD.person_id,
        jsonb_build_object('credential', 'fido2-roaming', 'change', 'revoke', 'name', OLD.name, 'aaguid', OLD.aaguid));
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER passkeys_signal AFTER INSERT OR DELETE ON passkeys FOR EACH ROW EXECUTE FUNCTION signal_passkey();

CREATE FUNCTION signal_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_anybody_listening() THEN
    IF TG_OP = 'INSERT' THEN
      INSERT INTO security_events (kind, person_id, details) VALUES ('credential-change', NEW.person_id, '{"credential": "password", "change": "create"}');
    ELSIF TG_OP = 'DELETE' THEN
      INSERT INTO security_events (kind, person_id, details) VALUES ('credential-change', OLD.person_id, '{"credential": "password", "change": "revoke"}');
    ELSE
      IF OLD.password_hash IS DISTINCT FROM NEW.password_hash THEN
        INSERT INTO security_events (kind, person_id, details) VALUES ('credential-change', NEW.person_id, '{"credential": "password", "change": "update"}');
      END IF;
      IF OLD.totp_secret_sealed IS DISTINCT FROM NEW.totp_secret_sealed THEN
        INSERT INTO security_events (kind, person_id, details) VALUES ('credential-change', NEW.person_id, '{"credential": "app", "change": "update"}');
      END IF;
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER passwords_signal AFTER INSERT OR DELETE OR UPDATE OF password_hash, totp_secret_sealed ON passwords
  FOR EACH ROW EXECUTE FUNCTION signal_password();

CREATE FUNCTION signal_device() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_anybody_listening() THEN
    INSERT INTO security_events (kind, person_id, device_id, details) VALUES ('device-compliance-change', NEW.owner_id, NEW.device_id,
      jsonb_build_object('previous', coalesce(OLD.is_compliant, false), 'current', coalesce(NEW.is_compliant, false)));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER devices_signal AFTER UPDATE OF is_compliant ON devices FOR EACH ROW
  WHEN (coalesce(OLD.is_compliant, false) IS DISTINCT FROM coalesce(NEW.is_compliant, false)) EXECUTE FUNCTION signal_device();

CREATE FUNCTION signal_risk() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE previous text := CASE TG_OP WHEN 'UPDATE' THEN OLD.risk_level ELSE 'none' END;
BEGIN
  IF NEW.kind = 'user' AND NEW.id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND NEW.risk_level IS DISTINCT FROM previous AND is_anybody_listening() THEN
    INSERT INTO security_events (kind, person_id, details)
    VALUES ('risk-level-change', NEW.id::uuid, jsonb_build_object('previous', previous, 'current', NEW.risk_level));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER risky_subjects_signal AFTER INSERT OR UPDATE OF risk_level ON risky_subjects FOR EACH ROW EXECUTE FUNCTION signal_risk();

CREATE FUNCTION signal_detection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.subject_kind = 'user' AND NEW.subject_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND is_anybody_listening() THEN
    INSERT INTO security_events (kind, person_id) VALUES ('credential-compromise', NEW.subject_id::uuid);
  END IF;
  RETURN NULL;
END $$;
-- What others have told is not told on, or two that listen to each other would never end.
CREATE TRIGGER risk_detections_signal AFTER INSERT ON risk_detections FOR EACH ROW
  WHEN (NEW.risk_event_type = 'leakedCredentials' AND NEW.source NOT LIKE 'Shared Signals: %') EXECUTE FUNCTION signal_detection();
