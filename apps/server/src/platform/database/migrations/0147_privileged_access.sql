-- Privileged access: rules of policies, requests, approvals, and what is granted besides roles.

-- What Graph calls a scope: `/` is everything.
CREATE FUNCTION scope_id(scope jsonb) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN scope IN ('{}', '{"rows": [], "tables": "all", "workspaces": "all", "dataSources": "all", "deviceGroups": "all"}') THEN '/'
    ELSE '/scopes/' || md5(scope::text) END
$$;

-- Rules that are not as they ship.
CREATE TABLE privileged_policy_rules (
  policy_id text NOT NULL,
  rule_id text NOT NULL,
  body jsonb NOT NULL,
  modified_at timestamptz NOT NULL,
  modified_by_id text NOT NULL,
  modified_by text NOT NULL,
  PRIMARY KEY (policy_id, rule_id)
);

-- Who is a member or an owner of a group, or has a role of an application, from when to when: as `role_assignments`.
CREATE TABLE privileged_assignments (
  id uuid PRIMARY KEY,
  target_type text NOT NULL CHECK (target_type IN ('group', 'application')),
  target_id uuid NOT NULL,
  access text NOT NULL,
  principal_id uuid NOT NULL,
  principal_type text NOT NULL CHECK (principal_type IN ('user', 'group', 'servicePrincipal')),
  kind text NOT NULL CHECK (kind IN ('eligible', 'active')),
  assignment_type text NOT NULL DEFAULT 'Assigned' CHECK (assignment_type IN ('Assigned', 'Activated')),
  activated_from uuid REFERENCES privileged_assignments (id),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz CHECK (ends_at > starts_at),
  removed_at timestamptz,
  removed_by text,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  justification text NOT NULL DEFAULT '',
  request_id uuid,
  -- When the membership was written, or the application's role given.
  applied_at timestamptz,
  CHECK (assignment_type = 'Assigned' OR kind = 'active')
);
CREATE INDEX privileged_assignments_live ON privileged_assignments (principal_id) WHERE removed_at IS NULL;
CREATE INDEX privileged_assignments_target ON privileged_assignments (target_id) WHERE removed_at IS NULL;
CREATE INDEX privileged_assignments_end ON privileged_assignments (ends_at) WHERE removed_at IS NULL AND ends_at IS NOT NULL;
CREATE INDEX privileged_assignments_activated ON privileged_assignments (activated_from) WHERE activated_from IS NOT NULL;

-- All that is granted, by what it is of.
CREATE VIEW privileged_holdings AS
  SELECT id, 'role' AS target_type, role_id AS target_id, '' AS access, principal_id, principal_type, kind, assignment_type, activated_from, scope,
    scope_id(scope) AS scope_id, starts_at, ends_at, removed_at, removed_by, created_at, created_by, justification, request_id
  FROM role_assignments
  UNION ALL
  SELECT id, target_type, target_id, access, principal_id, principal_type, kind, assignment_type, activated_from, '{}'::jsonb, '/', starts_at, ends_at,
    removed_at, removed_by, created_at, created_by, justification, request_id
  FROM privileged_assignments;

-- What was asked for, and what came of it. Requests stay.
CREATE TABLE privileged_requests (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('eligible', 'active')),
  action text NOT NULL,
  status text NOT NULL,
  target_type text NOT NULL CHECK (target_type IN ('role', 'group', 'application')),
  target_id uuid NOT NULL,
  access text NOT NULL,
  principal_id uuid NOT NULL,
  principal_type text NOT NULL CHECK (principal_type IN ('user', 'group', 'servicePrincipal')),
  scope jsonb NOT NULL DEFAULT '{}',
  -- As it was asked; null: at once.
  starts_at timestamptz,
  expiration jsonb NOT NULL,
  justification text NOT NULL,
  ticket_number text NOT NULL,
  ticket_system text NOT NULL,
  -- What it made, changed or ended.
  assignment_id uuid,
  -- The eligibility that an activation goes by.
  eligible_id uuid,
  created_at timestamptz NOT NULL,
  created_by_id uuid,
  created_by text NOT NULL,
  completed_at timestamptz
);
CREATE INDEX privileged_requests_principal ON privileged_requests (principal_id, created_at);
CREATE INDEX privileged_requests_created ON privileged_requests (created_at);
CREATE INDEX privileged_requests_assignment ON privileged_requests (assignment_id) WHERE assignment_id IS NOT NULL;
-- One pending request for the same thing.
CREATE UNIQUE INDEX privileged_requests_pending ON privileged_requests (principal_id, target_type, target_id, access, kind, scope_id(scope))
  WHERE status IN ('PendingApproval', 'PendingAdminDecision');

CREATE TABLE privileged_approval_steps (
  id uuid PRIMARY KEY,
  request_id uuid NOT NULL REFERENCES privileged_requests ON DELETE CASCADE,
  position integer NOT NULL,
  -- The stage as the policy had it when it was asked.
  stage jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('Initializing', 'InProgress', 'Completed', 'Expired')),
  review_result text NOT NULL DEFAULT 'NotReviewed' CHECK (review_result IN ('NotReviewed', 'Approve', 'Deny')),
  opened_at timestamptz,
  expires_at timestamptz,
  escalates_at timestamptz,
  -- When those of the escalation were told.
  escalated_at timestamptz,
  reviewed_by_id uuid,
  reviewed_by text,
  reviewed_at timestamptz,
  justification text NOT NULL DEFAULT '',
  UNIQUE (request_id, position)
);
CREATE INDEX privileged_approval_steps_open ON privileged_approval_steps (expires_at) WHERE status = 'InProgress';

-- Who decides in whose place, and until when.
CREATE TABLE approval_delegations (
  id uuid PRIMARY KEY,
  from_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  to_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  created_at timestamptz NOT NULL,
  CHECK (from_id <> to_id)
);
CREATE INDEX approval_delegations_to ON approval_delegations (to_id, ends_at);

-- The latest time that the sweep has seen: one that is earlier tells that a clock was set back.
CREATE TABLE privileged_clock (one boolean PRIMARY KEY DEFAULT true CHECK (one), seen_at timestamptz NOT NULL);

-- Mails, from the event on until they are sent.
CREATE TABLE privileged_mails (
  id text PRIMARY KEY,
  recipients text[] NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  next_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  sent_at timestamptz
);
CREATE INDEX privileged_mails_due ON privileged_mails (next_at) WHERE sent_at IS NULL;
