-- The chain of audit rows. Each hash covers the row and the hash before it, so that a changed or removed row shows.
CREATE TABLE audit_log (
  sequence bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  operation text NOT NULL,
  target text NOT NULL,
  result text NOT NULL CHECK (result IN ('success', 'failure', 'denied')),
  ip_address text NOT NULL,
  request_id text NOT NULL,
  details jsonb NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL
);

-- One row: the end of the chain. Locking it makes the chain linear; removing the newest audit rows shows against it.
CREATE TABLE audit_head (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  sequence bigint NOT NULL,
  hash bytea NOT NULL
);
INSERT INTO audit_head (sequence, hash) VALUES (0, '\x0000000000000000000000000000000000000000000000000000000000000000');

-- Rows on their way to the lake. A batch is formed once, and goes under its id until the lake has it.
CREATE TABLE lake_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lake_table text NOT NULL,
  row jsonb NOT NULL,
  queued_at timestamptz NOT NULL DEFAULT now(),
  batch_id uuid
);
CREATE INDEX lake_outbox_unbatched ON lake_outbox (id) WHERE batch_id IS NULL;
CREATE INDEX lake_outbox_batched ON lake_outbox (batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE lake_outbox_batches (
  id uuid PRIMARY KEY,
  lake_table text NOT NULL,
  formed_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now()
);

-- Servers that run jobs. One that is silent too long is taken for dead, and its jobs go to the others.
CREATE TABLE servers (
  id text PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now()
);
