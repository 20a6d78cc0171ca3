-- Who may use an application is asked again of live sign-ins to it when assignments or the application change.
CREATE FUNCTION note_assignment_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.principal_type = 'User' THEN
    INSERT INTO access_changes (person_id, reason) VALUES (OLD.principal_id, 'appRoleAssignment');
  ELSE
    INSERT INTO access_changes (reason) VALUES ('appRoleAssignment');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER app_role_assignments_removed AFTER DELETE ON app_role_assignments FOR EACH ROW EXECUTE FUNCTION note_assignment_change();

CREATE FUNCTION note_application_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_changes (reason) VALUES ('application');
  RETURN NULL;
END $$;
CREATE TRIGGER service_principals_changed AFTER UPDATE OF body ON service_principals FOR EACH ROW
  WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION note_application_change();
