-- Custom roles; the built-in ones stand in the code. `permissions`: names of permissions, and of categories of which a role takes all, future ones too.
CREATE TABLE role_definitions (
  id uuid PRIMARY KEY,
  display_name text NOT NULL,
  description text NOT NULL DEFAULT '',
  permissions text[] NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  modified_at timestamptz NOT NULL,
  revision integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX role_definitions_name ON role_definitions (lower(display_name));

-- Who holds which role, over what, from when to when. A row stays when its time is over: it is history.
CREATE TABLE role_assignments (
  id uuid PRIMARY KEY,
  role_id uuid NOT NULL,
  -- Of people, groups or applications; no reference, since history outlives them.
  principal_id uuid NOT NULL,
  principal_type text NOT NULL CHECK (principal_type IN ('user', 'group', 'servicePrincipal')),
  -- An eligible assignment grants nothing but that it may be activated.
  kind text NOT NULL CHECK (kind IN ('eligible', 'active')),
  assignment_type text NOT NULL DEFAULT 'Assigned' CHECK (assignment_type IN ('Assigned', 'Activated')),
  -- The eligible one that this was activated from: it ends with that.
  activated_from uuid REFERENCES role_assignments (id),
  -- `AssignmentScope`; {}: everything, also what is yet to come.
  scope jsonb NOT NULL DEFAULT '{}',
  starts_at timestamptz NOT NULL,
  -- Null: no end.
  ends_at timestamptz CHECK (ends_at > starts_at),
  -- When it was over, once somebody or the clock has ended it; a clock that is set back does not bring it back.
  removed_at timestamptz,
  removed_by text,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  justification text NOT NULL DEFAULT '',
  request_id uuid,
  CHECK (assignment_type = 'Assigned' OR kind = 'active')
);
CREATE INDEX role_assignments_live ON role_assignments (principal_id) WHERE removed_at IS NULL;
CREATE INDEX role_assignments_role ON role_assignments (role_id) WHERE removed_at IS NULL;
CREATE INDEX role_assignments_end ON role_assignments (ends_at) WHERE removed_at IS NULL AND ends_at IS NOT NULL;
CREATE INDEX role_assignments_activated ON role_assignments (activated_from) WHERE activated_from IS NOT NULL;

-- What someone may do follows from these: sessions and tokens are decided on again, and every server forgets what it remembered of rights.
CREATE FUNCTION note_role_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed role_assignments := coalesce(NEW, OLD);
BEGIN
  IF changed.principal_type = 'group' THEN
    INSERT INTO access_changes (person_id, reason) SELECT person_id, 'role' FROM group_members WHERE group_id = changed.principal_id;
  ELSE
    INSERT INTO access_changes (person_id, reason) VALUES (changed.principal_id, 'role');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER role_assignments_changed AFTER INSERT OR UPDATE OR DELETE ON role_assignments
  FOR EACH ROW EXECUTE FUNCTION note_role_assignment();

CREATE FUNCTION note_role_definition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (reason) VALUES ('role');
  RETURN NULL;
END $$;
CREATE TRIGGER role_definitions_changed AFTER UPDATE OR DELETE ON role_definitions
  FOR EACH ROW EXECUTE FUNCTION note_role_definition();
