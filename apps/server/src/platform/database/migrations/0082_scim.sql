-- A provisioning client sees and changes what it brought, and nothing else: a group made here may open doors that are not its to open.
ALTER TABLE groups ADD COLUMN source text NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'scim', 'ldap', 'federation'));
