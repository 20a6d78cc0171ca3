-- Devices, each known by a key of its own that never leaves it.
CREATE TABLE devices (
  id uuid PRIMARY KEY,
  device_id uuid NOT NULL UNIQUE,
  display_name text NOT NULL,
  owner_id uuid REFERENCES people ON DELETE SET NULL,
  public_key jsonb NOT NULL,
  -- RFC 7638: one key, one device.
  key_thumbprint text NOT NULL UNIQUE,
  trust_type text NOT NULL CHECK (trust_type IN ('AzureAd', 'ServerAd', 'Workplace')),
  ownership text NOT NULL CHECK (ownership IN ('company', 'personal')),
  operating_system text NOT NULL,
  operating_system_version text NOT NULL,
  manufacturer text,
  model text,
  extension_attributes jsonb NOT NULL DEFAULT '{}',
  registered_at timestamptz NOT NULL,
  last_sign_in_at timestamptz,
  disabled_at timestamptz,
  -- What somebody else says of it, and when: it is believed for a while only.
  is_compliant boolean,
  compliance_source text,
  compliance_at timestamptz
);
CREATE INDEX devices_owner ON devices (owner_id);

-- What a device signs to prove its key. Each is good once, for five minutes.
CREATE TABLE device_nonces (
  nonce_hash bytea PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
ALTER TABLE sessions ADD COLUMN device_id uuid;
