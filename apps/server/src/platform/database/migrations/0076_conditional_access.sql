-- Conditional Access: policies, named locations and authentication strengths, as Microsoft Graph writes them.
CREATE TABLE conditional_access_objects (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('policy', 'namedLocation', 'authenticationStrength')),
  -- Whole, but for its id and times.
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  modified_at timestamptz
);
CREATE INDEX conditional_access_objects_by_kind ON conditional_access_objects (kind, created_at);
-- Goes up with every change, so that all servers see that there is one.
CREATE TABLE conditional_access_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO conditional_access_revision (revision) VALUES (0);
