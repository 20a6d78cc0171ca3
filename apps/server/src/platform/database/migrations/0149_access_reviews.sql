-- Reviews of who holds what: each run of one asks its reviewers in stages, and is applied at its end.
CREATE TABLE access_reviews (
  id uuid PRIMARY KEY,
  display_name text NOT NULL,
  settings jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  created_by_id text NOT NULL,
  created_by text NOT NULL,
  -- When the next run begins; null: no more.
  next_at timestamptz
);
CREATE INDEX access_reviews_next ON access_reviews (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE access_review_runs (
  id uuid PRIMARY KEY,
  review_id uuid NOT NULL REFERENCES access_reviews ON DELETE CASCADE,
  started_at timestamptz NOT NULL,
  -- From 0.
  stage integer NOT NULL DEFAULT 0,
  stage_ends_at timestamptz NOT NULL,
  ended_at timestamptz,
  applied_at timestamptz
);
CREATE INDEX access_review_runs_open ON access_review_runs (stage_ends_at) WHERE ended_at IS NULL;
CREATE INDEX access_review_runs_review ON access_review_runs (review_id, started_at);

CREATE TABLE access_review_decisions (
  id uuid PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES access_review_runs ON DELETE CASCADE,
  stage integer NOT NULL,
  -- Of `privileged_holdings`; no reference, since what was decided outlives it.
  holding_id uuid NOT NULL,
  principal_id uuid NOT NULL,
  recommendation text NOT NULL CHECK (recommendation IN ('Approve', 'Deny')),
  -- Why, and what of the last stage stood before it.
  basis text NOT NULL,
  decision text NOT NULL DEFAULT 'NotReviewed' CHECK (decision IN ('NotReviewed', 'Approve', 'Deny', 'DontKnow')),
  justification text NOT NULL DEFAULT '',
  reviewed_by_id uuid,
  reviewed_by text,
  reviewed_at timestamptz,
  -- What the end did with it.
  outcome text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'kept', 'removed', 'failed', 'gone')),
  UNIQUE (run_id, holding_id, stage)
);
