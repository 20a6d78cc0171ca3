CREATE TABLE people (
  id uuid PRIMARY KEY,
  user_principal_name text NOT NULL,
  display_name text NOT NULL,
  role text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz
);
CREATE UNIQUE INDEX people_user_principal_name ON people (lower(user_principal_name));

-- One row a person who signs in by password: an argon2id hash and a sealed TOTP secret.
CREATE TABLE passwords (
  person_id uuid PRIMARY KEY REFERENCES people ON DELETE CASCADE,
  password_hash text NOT NULL,
  totp_secret_sealed bytea NOT NULL,
  -- The newest 30-second step whose code was taken: a code is good once.
  totp_last_step bigint NOT NULL DEFAULT 0
);

CREATE TABLE passkeys (
  credential_id text PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  public_key bytea NOT NULL,
  counter bigint NOT NULL,
  transports text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz
);
CREATE INDEX passkeys_person ON passkeys (person_id);

-- Challenges of sign-ins that have begun. Each is good once, for five minutes.
CREATE TABLE passkey_challenges (
  id uuid PRIMARY KEY,
  challenge text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_challenges_expires ON passkey_challenges (expires_at);

-- The link for the first administrator. Only the hash of its token is kept.
CREATE TABLE setup_links (
  token_hash bytea PRIMARY KEY,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  -- What `startSetup` promised; `finishSetup` must fit it.
  pending jsonb
);

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  method text NOT NULL CHECK (method IN ('passkey', 'passwordTotp')),
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ip_address text NOT NULL,
  user_agent text NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX sessions_person ON sessions (person_id);

CREATE TABLE api_tokens (
  id uuid PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE,
  name text NOT NULL,
  scopes text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- Failed sign-ins by what they were aimed at and where they came from.
CREATE TABLE sign_in_failures (
  -- `account:<name>` or `address:<ip>`
  subject text PRIMARY KEY,
  failures integer NOT NULL,
  last_failed_at timestamptz NOT NULL
);
