-- Whom no Conditional Access policy can lock out. With nobody named, it is the first administrator.
CREATE TABLE emergency_accounts (
  person_id uuid PRIMARY KEY REFERENCES people ON DELETE CASCADE,
  named_at timestamptz NOT NULL,
  named_by text NOT NULL
);
