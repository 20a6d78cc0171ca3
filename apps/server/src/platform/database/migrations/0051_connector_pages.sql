-- A page that a connector is storing. Gone once the place where reading goes on is written; one that its poll left is taken back, and kept so for a while, since
-- its lines may still lie in the spool of a server that comes back.
CREATE TABLE connector_pages (
  id uuid PRIMARY KEY,
  connector_id uuid NOT NULL REFERENCES connectors ON DELETE CASCADE,
  taken_back_at timestamptz
);
CREATE INDEX connector_pages_of ON connector_pages (connector_id) WHERE taken_back_at IS NULL;

-- Segments that may have stored rows of a page, noted before they do.
CREATE TABLE connector_segments (
  page_id uuid NOT NULL REFERENCES connector_pages ON DELETE CASCADE,
  segment_id text NOT NULL,
  tables text[] NOT NULL,
  PRIMARY KEY (page_id, segment_id)
);
