-- Terms of use, as Microsoft Graph's `agreement`, with what people are shown and who accepted.
CREATE TABLE agreements (
  id uuid PRIMARY KEY,
  -- Whole, but for its id.
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE agreement_files (
  id uuid PRIMARY KEY,
  agreement_id uuid NOT NULL REFERENCES agreements ON DELETE CASCADE,
  file_name text NOT NULL,
  display_name text NOT NULL,
  language text NOT NULL,
  is_default boolean NOT NULL,
  data bytea NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX agreement_files_agreement ON agreement_files (agreement_id);

CREATE TABLE agreement_acceptances (
  id uuid PRIMARY KEY,
  agreement_id uuid NOT NULL REFERENCES agreements ON DELETE CASCADE,
  agreement_file_id uuid NOT NULL,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('accepted', 'declined')),
  recorded_at timestamptz NOT NULL,
  -- Asked anew from then on; null: never.
  expires_at timestamptz
);
CREATE INDEX agreement_acceptances_agreement ON agreement_acceptances (agreement_id, recorded_at DESC);
CREATE INDEX agreement_acceptances_person ON agreement_acceptances (person_id, agreement_id);

-- Somebody who has shown the right factors and is reading terms: a ticket goes on with the sign-in, once.
CREATE TABLE terms_tickets (
  hash bytea PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  method text NOT NULL,
  aaguid text,
  agreements uuid[] NOT NULL,
  expires_at timestamptz NOT NULL
);
