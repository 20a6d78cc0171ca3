-- LDAP directories that people sign in against and are brought from.
CREATE TABLE ldap_directories (
  id uuid PRIMARY KEY,
  -- What an administrator says of it, but for its password.
  body jsonb NOT NULL,
  secret_sealed bytea,
  created_at timestamptz NOT NULL,
  modified_at timestamptz NOT NULL,
  -- The newest change that has been brought, in the directory's own words, and when everything was last brought.
  synced_until text,
  full_at timestamptz,
  -- Counts full runs: what the last one did not see is gone there.
  run bigint NOT NULL DEFAULT 0,
  last_sync jsonb,
  leased_until timestamptz
);

-- Entries by what never changes of them, and the person or group here that each is.
CREATE TABLE ldap_entries (
  directory_id uuid NOT NULL REFERENCES ldap_directories ON DELETE CASCADE,
  entry_id text NOT NULL,
  -- Lower case, without spaces between its parts.
  dn text NOT NULL,
  person_id uuid REFERENCES people ON DELETE CASCADE,
  group_id uuid REFERENCES groups ON DELETE CASCADE,
  seen_run bigint NOT NULL,
  -- Of what the entry said, so that one that says the same costs nothing.
  content_hash bytea NOT NULL,
  -- Whether the directory has disabled the person: who was disabled here stays so until that changes there.
  disabled boolean NOT NULL DEFAULT false,
  PRIMARY KEY (directory_id, entry_id),
  CHECK ((person_id IS NULL) <> (group_id IS NULL))
);
CREATE INDEX ldap_entries_dn ON ldap_entries (directory_id, dn);
CREATE INDEX ldap_entries_person ON ldap_entries (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX ldap_entries_group ON ldap_entries (group_id) WHERE group_id IS NOT NULL;
