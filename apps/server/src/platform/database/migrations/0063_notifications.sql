-- Work is given to people and to groups of them, by name.
CREATE TABLE groups (
  id uuid PRIMARY KEY,
  name text NOT NULL
);
CREATE UNIQUE INDEX groups_name ON groups (lower(name));
CREATE TABLE group_members (
  group_id uuid NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, person_id)
);

-- What a person was told in the portal.
CREATE TABLE notifications (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('mention', 'assignment', 'taskAssignment', 'serviceLevel', 'handover')),
  title text NOT NULL,
  text text NOT NULL,
  by text NOT NULL,
  subject text CHECK (subject IN ('incident', 'case')),
  number integer,
  read_at timestamptz
);
CREATE INDEX notifications_by_person ON notifications (person_id, id DESC);
CREATE INDEX notifications_unread ON notifications (person_id) WHERE read_at IS NULL;

-- What is sent out: webhooks and mails.
CREATE TABLE subscriptions (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('webhook', 'mail')),
  target text NOT NULL,
  -- Of a webhook: what its calls are signed with.
  secret_sealed bytea,
  enabled boolean NOT NULL,
  events text[] NOT NULL,
  severities text[] NOT NULL,
  owners text[] NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  last_sent_at timestamptz,
  last_error text
);
CREATE TABLE deliveries (
  id uuid PRIMARY KEY,
  subscription_id uuid NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
  event text NOT NULL,
  -- What is sent, as it was when it happened.
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- When it is tried next, or by when the server that is trying it must have said how it went. Null: it is over.
  next_at timestamptz,
  finished_at timestamptz,
  sent boolean NOT NULL DEFAULT false,
  last_error text
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_by_subscription ON deliveries (subscription_id, created_at DESC);
