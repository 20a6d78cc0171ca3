-- Authentication contexts: their ids are c1 to c99 and no UUIDs.
ALTER TABLE conditional_access_objects ALTER COLUMN id TYPE text USING id::text;
ALTER TABLE conditional_access_objects DROP CONSTRAINT conditional_access_objects_kind_check;
ALTER TABLE conditional_access_objects ADD CONSTRAINT conditional_access_objects_kind_check
  CHECK (kind IN ('policy', 'namedLocation', 'authenticationStrength', 'authenticationContext'));
