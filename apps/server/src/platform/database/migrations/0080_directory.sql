-- What a directory knows of people. `attributes` has Microsoft Graph's names; what is unknown is not in it.
ALTER TABLE people
  ADD COLUMN attributes jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN manager_id uuid REFERENCES people ON DELETE SET NULL,
  -- Who keeps this person: people here, or a directory elsewhere, which knows them by `external_id`.
  ADD COLUMN source text NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'scim', 'ldap', 'federation')),
  ADD COLUMN external_id text,
  ADD COLUMN modified_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN revision integer NOT NULL DEFAULT 1,
  -- The deleted are disabled too; one who was disabled before has an older `disabled_at`. Their names are free.
  ADD COLUMN deleted_at timestamptz;
DROP INDEX people_user_principal_name;
CREATE UNIQUE INDEX people_user_principal_name ON people (lower(user_principal_name)) WHERE deleted_at IS NULL;
CREATE INDEX people_manager ON people (manager_id) WHERE manager_id IS NOT NULL;
CREATE INDEX people_external_id ON people (external_id) WHERE external_id IS NOT NULL;

-- Members of a group with a rule are kept as those of others are: worked out when a person or the rule changes.
ALTER TABLE groups
  ADD COLUMN description text,
  ADD COLUMN membership_rule text,
  ADD COLUMN external_id text,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN modified_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN revision integer NOT NULL DEFAULT 1;
CREATE INDEX group_members_person ON group_members (person_id);

-- A link with a person is an invitation: who holds it sets up how that person signs in.
ALTER TABLE setup_links ADD COLUMN person_id uuid REFERENCES people ON DELETE CASCADE;
CREATE INDEX setup_links_person ON setup_links (person_id) WHERE person_id IS NOT NULL;
