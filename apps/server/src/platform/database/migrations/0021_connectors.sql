-- What fetches logs, and how far each has come.
CREATE TABLE connectors (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  name text NOT NULL UNIQUE,
  settings jsonb NOT NULL,
  -- Sealed JSON of secrets by name.
  secrets bytea,
  enabled boolean NOT NULL,
  stream text,
  interval_seconds integer NOT NULL,
  -- Raised by each change: a poll with the settings of before stores no checkpoint any more.
  revision integer NOT NULL DEFAULT 1,
  checkpoint jsonb,
  due_at timestamptz NOT NULL,
  -- The job that polls, which of its runs, and until when it is believed.
  lease_job text,
  lease_run text,
  lease_until timestamptz,
  last_poll_at timestamptz,
  last_success_at timestamptz,
  last_error text,
  last_note text,
  failures integer NOT NULL DEFAULT 0,
  stored_rows bigint NOT NULL DEFAULT 0,
  stored_bytes bigint NOT NULL DEFAULT 0,
  newest_at timestamptz,
  caught_up boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);

-- What was taken lately, so that it is not taken again: hashes of an object's key and ETag, of a record's id, of a file's first bytes.
CREATE TABLE connector_items (
  connector_id uuid NOT NULL REFERENCES connectors ON DELETE CASCADE,
  item text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (connector_id, item)
);
CREATE INDEX connector_items_by_age ON connector_items (connector_id, at);
