-- Lines that go to a stream by who sends them, and not by what they look like.
CREATE TABLE stream_pins (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('sender', 'token', 'webhook')),
  -- An address or CIDR range, the name of a token, or the name of a webhook.
  match text NOT NULL,
  stream text NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  UNIQUE (kind, match)
);
