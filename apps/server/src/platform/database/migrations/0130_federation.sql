-- Identity providers elsewhere, by which people sign in here.
CREATE TABLE identity_providers (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('openIdConnect', 'ldap', 'saml')),
  -- What an administrator says of it, but for its secret.
  body jsonb NOT NULL,
  secret_sealed bytea,
  created_at timestamptz NOT NULL,
  modified_at timestamptz NOT NULL,
  revision integer NOT NULL DEFAULT 1
);

-- Who is whom: a provider's name for somebody never stands for two people.
CREATE TABLE federated_identities (
  provider_id uuid NOT NULL REFERENCES identity_providers ON DELETE CASCADE,
  subject text NOT NULL,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  linked_at timestamptz NOT NULL,
  last_sign_in_at timestamptz,
  PRIMARY KEY (provider_id, subject)
);
CREATE INDEX federated_identities_person ON federated_identities (person_id);

-- Sign-ins that have begun. Each is good once, for ten minutes, in the browser that began it.
CREATE TABLE federation_requests (
  state_hash bytea PRIMARY KEY,
  provider_id uuid NOT NULL REFERENCES identity_providers ON DELETE CASCADE,
  browser_hash bytea NOT NULL,
  sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX federation_requests_expires ON federation_requests (expires_at);
