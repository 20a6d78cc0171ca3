-- Windows of rules that are due and not yet run. One is put here in the transaction that moves rule_states.scheduled_to past it, and taken away in the
-- one that stores what its run found: so none is skipped and none stored twice, whatever is killed when.
CREATE TABLE rule_windows (
  rule_id text NOT NULL,
  window_to timestamptz NOT NULL,
  window_from timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  -- When the rule's next window is due: what has the earliest is run first.
  deadline timestamptz NOT NULL,
  -- The back-fill that asked for it; those wait for all others.
  backfill uuid,
  -- Who is at it; nobody any more once that time is over.
  claimed_by text,
  claimed_until timestamptz,
  -- The lake was away: not before that time.
  not_before timestamptz,
  PRIMARY KEY (rule_id, window_to)
);
CREATE INDEX rule_windows_in_order ON rule_windows ((backfill IS NOT NULL), deadline, rule_id, window_to);
CREATE INDEX rule_windows_by_backfill ON rule_windows (backfill) WHERE backfill IS NOT NULL;

CREATE INDEX rule_runs_by_age ON rule_runs (started_at);

-- Switched on again: windows between here and scheduled_to's next value were not run. Null: nothing was left out.
ALTER TABLE rule_states ADD COLUMN left_off_at timestamptz;

-- Windows of a rule that were not run, and are not to be by themselves: those that end after `after`, up to `upto`.
CREATE TABLE rule_gaps (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  rule_id text NOT NULL,
  after timestamptz NOT NULL,
  upto timestamptz NOT NULL,
  reason text NOT NULL CHECK (reason IN ('downtime', 'disabled', 'lake')),
  noticed_at timestamptz NOT NULL,
  UNIQUE (rule_id, after, upto)
);

-- Past windows that somebody asked to be run. `queued_to` moves in the transaction that puts windows into rule_windows.
CREATE TABLE rule_backfills (
  id uuid PRIMARY KEY,
  rule_id text NOT NULL,
  after timestamptz NOT NULL,
  upto timestamptz NOT NULL,
  queued_to timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'cancelled')),
  -- Run, and failed among them; those that had been run before are left out.
  windows integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  known integer NOT NULL DEFAULT 0,
  alerts integer NOT NULL DEFAULT 0,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX rule_backfills_by_rule ON rule_backfills (rule_id, asked_at DESC);
CREATE INDEX rule_backfills_running ON rule_backfills (asked_at) WHERE state = 'running';
