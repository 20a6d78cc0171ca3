-- A person's role becomes an assignment over everything, without an end. The ids are those of the built-in roles.
INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by, justification)
SELECT gen_random_uuid(), r.id, p.id, 'user', 'active', p.created_at, p.created_at, 'system', 'the role that this person had'
FROM people p JOIN (VALUES
  ('Security Administrator', '194ae4cb-b126-40b2-bd5b-6091b380977d'::uuid),
  ('Security Operator', '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f'::uuid),
  ('Security Reader', '5d6b6bb7-de71-4623-b4af-96380a352509'::uuid),
  ('Log Sender', 'b8c6a9b3-6f5e-4a37-9a54-2f0f6f3d9c11'::uuid)) AS r(name, id) ON r.name = p.role;

DROP TRIGGER people_access_changed ON people;
DROP TRIGGER people_signal ON people;
ALTER TABLE people DROP COLUMN role;

CREATE OR REPLACE FUNCTION note_person_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (person_id, reason) VALUES (NEW.id, 'accountEnabled');
  RETURN NULL;
END $$;
CREATE TRIGGER people_access_changed AFTER UPDATE OF disabled_at, deleted_at ON people FOR EACH ROW
  WHEN ((OLD.disabled_at, OLD.deleted_at) IS DISTINCT FROM (NEW.disabled_at, NEW.deleted_at))
  EXECUTE FUNCTION note_person_change();

CREATE OR REPLACE FUNCTION signal_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_anybody_listening() THEN
    INSERT INTO security_events (kind, person_id) VALUES (CASE WHEN NEW.disabled_at IS NULL THEN 'account-enabled' ELSE 'account-disabled' END, NEW.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER people_signal AFTER UPDATE OF disabled_at ON people FOR EACH ROW
  WHEN ((OLD.disabled_at IS NULL) <> (NEW.disabled_at IS NULL)) EXECUTE FUNCTION signal_person();

CREATE FUNCTION signal_role_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed role_assignments := coalesce(NEW, OLD);
BEGIN
  IF changed.kind = 'active' AND is_anybody_listening() THEN
    IF changed.principal_type = 'user' THEN
      INSERT INTO security_events (kind, person_id, details) SELECT 'token-claims-change', id, '{"claim": "roles"}' FROM people WHERE id = changed.principal_id;
    ELSIF changed.principal_type = 'group' THEN
      INSERT INTO security_events (kind, person_id, details)
        SELECT 'token-claims-change', person_id, '{"claim": "roles"}' FROM group_members WHERE group_id = changed.principal_id;
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER role_assignments_signal AFTER INSERT OR UPDATE OR DELETE ON role_assignments
  FOR EACH ROW EXECUTE FUNCTION signal_role_assignment();

-- Nothing is granted to who is gone for good.
CREATE FUNCTION end_role_assignments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE role_assignments SET removed_at = clock_timestamp(), removed_by = 'system' WHERE principal_id = OLD.id AND removed_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER people_gone_end_roles AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION end_role_assignments();
CREATE TRIGGER groups_gone_end_roles AFTER DELETE ON groups FOR EACH ROW EXECUTE FUNCTION end_role_assignments();
CREATE TRIGGER service_principals_gone_end_roles AFTER DELETE ON service_principals FOR EACH ROW EXECUTE FUNCTION end_role_assignments();

-- The identity provider by whose mapping it was given; what that mapping no longer gives, it takes back.
ALTER TABLE role_assignments ADD COLUMN provider_id uuid;

UPDATE role_assignments a SET provider_id = f.provider_id FROM federated_identities f JOIN people p ON p.id = f.person_id
WHERE p.source = 'federation' AND a.principal_id = p.id;

-- What two permissions were is several now: tokens keep their powers.
UPDATE api_tokens t SET scopes = (SELECT array_agg(x ORDER BY x) FROM (
  SELECT unnest(t.scopes) AS x
  UNION SELECT unnest(m.names) FROM (VALUES
    ('authorization.read', ARRAY['coreSecuritySettings.read', 'users.read', 'conditionalAccess.read', 'applications.read', 'audit.read']),
    ('authorization.manage', ARRAY['coreSecuritySettings.manage', 'users.manage', 'authenticationMethods.manage', 'conditionalAccess.manage', 'applications.manage']),
    ('securityData.read', ARRAY['analyticsJobs.read']),
    ('data.manage', ARRAY['analyticsJobs.manage'])) AS m(was, names) WHERE m.was = ANY (t.scopes)) u);

-- What one person must not hold at once. The built-in ones stand in the code; a row here says whether one of them is on.
CREATE TABLE duty_rules (
  id uuid PRIMARY KEY,
  display_name text NOT NULL,
  first text NOT NULL,
  second text NOT NULL,
  reason text NOT NULL DEFAULT '',
  enabled boolean NOT NULL,
  modified_at timestamptz NOT NULL,
  modified_by text NOT NULL
);

-- When a right was used last: once a minute at most for each.
CREATE TABLE permission_uses (
  -- Of a person, a token or an application.
  principal_id uuid NOT NULL,
  permission text NOT NULL,
  first_used_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (principal_id, permission)
);
-- Since when they are kept: what was not used before is not known.
CREATE TABLE permission_uses_since (at timestamptz NOT NULL);
INSERT INTO permission_uses_since VALUES (now());
