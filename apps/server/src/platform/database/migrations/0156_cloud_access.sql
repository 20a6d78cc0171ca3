-- Roles in clouds: connections, the roles of each that are given, who is whom there, and what was written.

CREATE TABLE cloud_connections (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  settings jsonb NOT NULL,
  secret_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  -- What was held by it stays in the history.
  removed_at timestamptz,
  -- The cloud asked to be left alone until then.
  not_before timestamptz,
  failing_since timestamptz,
  last_error text,
  last_success_at timestamptz
);
CREATE UNIQUE INDEX cloud_connections_name ON cloud_connections (lower(name)) WHERE removed_at IS NULL;

CREATE TABLE cloud_roles (
  id uuid PRIMARY KEY,
  connection_id uuid NOT NULL REFERENCES cloud_connections,
  name text NOT NULL,
  role_id text NOT NULL,
  scope text NOT NULL,
  created_at timestamptz NOT NULL,
  removed_at timestamptz
);
CREATE UNIQUE INDEX cloud_roles_once ON cloud_roles (connection_id, lower(role_id), lower(scope)) WHERE removed_at IS NULL;

CREATE TABLE cloud_identities (
  connection_id uuid NOT NULL REFERENCES cloud_connections,
  principal_id uuid NOT NULL,
  external_id text NOT NULL,
  PRIMARY KEY (connection_id, principal_id)
);

-- What is written into a cloud under its id, and taken away by it; nothing else there is ever touched.
CREATE TABLE cloud_grants (
  id uuid PRIMARY KEY,
  cloud_role_id uuid NOT NULL REFERENCES cloud_roles,
  principal_id uuid NOT NULL,
  principal_type text NOT NULL CHECK (principal_type IN ('user', 'group', 'servicePrincipal')),
  external_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('PendingProvisioning', 'Provisioned', 'PendingRevocation', 'Revoked')),
  -- Since when it is in its state.
  changed_at timestamptz NOT NULL,
  next_at timestamptz NOT NULL,
  -- A server is at it until then.
  leased_until timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  last_error text
);
CREATE UNIQUE INDEX cloud_grants_live ON cloud_grants (cloud_role_id, principal_id) WHERE state <> 'Revoked';
CREATE INDEX cloud_grants_due ON cloud_grants (next_at) WHERE state IN ('PendingProvisioning', 'PendingRevocation');
CREATE INDEX cloud_grants_of ON cloud_grants (principal_id, cloud_role_id);

ALTER TABLE privileged_assignments DROP CONSTRAINT privileged_assignments_target_type_check,
  ADD CONSTRAINT privileged_assignments_target_type_check CHECK (target_type IN ('group', 'application', 'cloudRole'));
ALTER TABLE privileged_requests DROP CONSTRAINT privileged_requests_target_type_check,
  ADD CONSTRAINT privileged_requests_target_type_check CHECK (target_type IN ('role', 'group', 'application', 'cloudRole'));
CREATE INDEX privileged_assignments_cloud ON privileged_assignments (target_id) WHERE target_type = 'cloudRole' AND kind = 'active' AND removed_at IS NULL;
