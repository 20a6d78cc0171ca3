-- What live sessions and tokens are decided on again for. A decision keeps which transactions it could see (`decided_on`): what it could not see is
-- still to be decided on, in whatever order changes commit.
CREATE TABLE access_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Whom it is about. Neither: everybody.
  person_id uuid,
  device_id uuid,
  reason text NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX access_changes_person ON access_changes (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX access_changes_device ON access_changes (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX access_changes_everybody ON access_changes (id) WHERE person_id IS NULL AND device_id IS NULL;

CREATE FUNCTION tell_access_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NOTIFY sallyport_access;
  RETURN NULL;
END $$;
CREATE TRIGGER access_changes_told AFTER INSERT ON access_changes FOR EACH STATEMENT EXECUTE FUNCTION tell_access_change();

-- About everybody: policies, named locations, strengths; emergency accounts.
CREATE FUNCTION note_policy_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (reason) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.kind ELSE NEW.kind END);
  RETURN NULL;
END $$;
CREATE TRIGGER conditional_access_objects_changed AFTER INSERT OR UPDATE OR DELETE ON conditional_access_objects
  FOR EACH ROW EXECUTE FUNCTION note_policy_change();

CREATE FUNCTION note_emergency_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (reason) VALUES ('emergencyAccounts');
  RETURN NULL;
END $$;
CREATE TRIGGER emergency_accounts_changed AFTER INSERT OR UPDATE OR DELETE ON emergency_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION note_emergency_change();

-- About a person.
CREATE FUNCTION note_person_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (person_id, reason) VALUES (NEW.id, CASE WHEN OLD.role IS DISTINCT FROM NEW.role THEN 'role' ELSE 'accountEnabled' END);
  RETURN NULL;
END $$;
CREATE TRIGGER people_access_changed AFTER UPDATE OF role, disabled_at, deleted_at ON people FOR EACH ROW
  WHEN ((OLD.role, OLD.disabled_at, OLD.deleted_at) IS DISTINCT FROM (NEW.role, NEW.disabled_at, NEW.deleted_at))
  EXECUTE FUNCTION note_person_change();

CREATE FUNCTION note_membership_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (person_id, reason) SELECT DISTINCT person_id, 'groups' FROM changed;
  RETURN NULL;
END $$;
CREATE TRIGGER group_members_added AFTER INSERT ON group_members REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION note_membership_change();
CREATE TRIGGER group_members_removed AFTER DELETE ON group_members REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION note_membership_change();

CREATE FUNCTION note_password_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (person_id, reason) VALUES (OLD.person_id, 'password');
  RETURN NULL;
END $$;
CREATE TRIGGER passwords_changed AFTER UPDATE OF password_hash ON passwords FOR EACH ROW
  WHEN (OLD.password_hash IS DISTINCT FROM NEW.password_hash) EXECUTE FUNCTION note_password_change();
CREATE TRIGGER passwords_removed AFTER DELETE ON passwords FOR EACH ROW EXECUTE FUNCTION note_password_change();

CREATE FUNCTION note_risk_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'user' AND NEW.id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    INSERT INTO access_changes (person_id, reason) VALUES (NEW.id::uuid, 'userRisk');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER risky_subjects_changed AFTER INSERT OR UPDATE OF risk_level, risk_state, updated_at ON risky_subjects
  FOR EACH ROW EXECUTE FUNCTION note_risk_change();

-- About a device.
CREATE FUNCTION note_device_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (device_id, reason) VALUES (OLD.device_id, 'device');
  RETURN NULL;
END $$;
CREATE TRIGGER devices_changed AFTER UPDATE OF display_name, trust_type, ownership, operating_system, operating_system_version, manufacturer, model,
    extension_attributes, disabled_at, is_compliant, compliance_at ON devices
  FOR EACH ROW EXECUTE FUNCTION note_device_change();
CREATE TRIGGER devices_removed AFTER DELETE ON devices FOR EACH ROW EXECUTE FUNCTION note_device_change();

ALTER TABLE sessions
  -- Of the sign-in in `SigninLogs`: the risk of a session is what was found of it.
  ADD COLUMN request_id text NOT NULL DEFAULT '',
  -- Model of the passkey.
  ADD COLUMN aaguid uuid,
  -- When factors were shown last. Null: when it began.
  ADD COLUMN authenticated_at timestamptz,
  ADD COLUMN decided_at timestamptz,
  ADD COLUMN decided_on pg_snapshot,
  -- From where it may be used, as the last decision knew; newest first.
  ADD COLUMN decided_addresses text[] NOT NULL DEFAULT '{}',
  -- When factors are asked for anew: sign-in frequency.
  ADD COLUMN reauthenticate_at timestamptz,
  -- What is demanded before it goes on. Null: nothing.
  ADD COLUMN challenge jsonb;

ALTER TABLE api_tokens
  -- Whose token it is: it may no more than they may, and ends with them.
  ADD COLUMN person_id uuid REFERENCES people ON DELETE CASCADE,
  -- How they had signed in when it was made.
  ADD COLUMN method text,
  ADD COLUMN aaguid uuid,
  ADD COLUMN device_id uuid,
  ADD COLUMN decided_at timestamptz,
  ADD COLUMN decided_on pg_snapshot,
  ADD COLUMN decided_addresses text[] NOT NULL DEFAULT '{}',
  -- Why Conditional Access refuses it. Null: it does not.
  ADD COLUMN challenge jsonb;
UPDATE api_tokens t SET person_id = p.id FROM people p WHERE lower(p.user_principal_name) = lower(t.created_by) AND p.deleted_at IS NULL;
CREATE INDEX api_tokens_person ON api_tokens (person_id) WHERE person_id IS NOT NULL;
