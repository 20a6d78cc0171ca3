ALTER TABLE passkeys ADD COLUMN name text NOT NULL DEFAULT 'Passkey', ADD COLUMN aaguid uuid;
ALTER TABLE passwords
  ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN totp_added_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN last_used_at timestamptz;

-- A challenge with a person is for a passkey or an authenticator that this person adds, and signs nobody in.
ALTER TABLE passkey_challenges
  ADD COLUMN person_id uuid REFERENCES people ON DELETE CASCADE,
  ADD COLUMN totp_secret_sealed bytea;

-- Each stands once for a code of the authenticator. They are random, so a plain hash can't be guessed back.
CREATE TABLE recovery_codes (
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  code_hash bytea NOT NULL,
  made_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (person_id, code_hash)
);

-- Of each person one at most.
CREATE TABLE temporary_access_passes (
  id uuid NOT NULL UNIQUE,
  person_id uuid PRIMARY KEY REFERENCES people ON DELETE CASCADE,
  pass_hash text NOT NULL,
  made_at timestamptz NOT NULL,
  made_by text NOT NULL,
  starts_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  usable_once boolean NOT NULL,
  used_at timestamptz
);

ALTER TABLE sessions DROP CONSTRAINT sessions_method_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_method_check CHECK (method IN ('passkey', 'passwordTotp', 'passwordRecoveryCode',
  'temporaryAccessPassOneTime', 'temporaryAccessPassMultiUse', 'federatedSingleFactor', 'federatedMultiFactor'));
