import {
  AssignmentScope,
  pendingStatuses,
  RuleId,
  wholeScope,
  type ActivationTerms,
  type ApprovalStep,
  type PrivilegedHolding,
  type PrivilegedPolicy,
  type PrivilegedRequest,
} from '@sallyport/contracts';

import type { Queryable } from '../platform/database/index.ts';
import { stageOf, type StepRow } from './approvers.ts';
import { provisioningOf } from './clouds/grants.ts';
import { approvalOf, contextOf, enabledRulesOf, expirationOf, type Policy } from './policies.ts';
import { nameOrId, principalsOf } from './targets.ts';
import { targetOf, type Holding, type RequestRow } from './types.ts';

/** Answers of the portal's routes. */

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** Names of what rows are of, each asked for once. */
async function namesOf(db: Queryable, rows: readonly (Holding | RequestRow)[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const row of rows) {
    const key = `${row.target_id} ${row.access}`;
    if (!names.has(key)) names.set(key, await nameOrId(targetOf(row), db));
  }
  return names;
}

export async function holdingAnswers(
  db: Queryable,
  rows: readonly Holding[],
  personId?: string,
): Promise<PrivilegedHolding[]> {
  const principals = await principalsOf(
    rows.map(({ principal_id: id }) => id),
    db,
  );
  const names = await namesOf(db, rows);
  const provisioning = await provisioningOf(db, rows);
  return rows.map((row) => {
    const principal = principals.get(row.principal_id);
    return {
      id: row.id,
      kind: row.kind,
      target: targetOf(row),
      targetName: names.get(`${row.target_id} ${row.access}`) ?? row.target_id,
      principal: {
        id: row.principal_id,
        name: principal?.name ?? row.principal_id,
        displayName: principal?.displayName ?? row.principal_id,
        type: row.principal_type,
      },
      scopeId: row.scope_id,
      scope: AssignmentScope.safeParse(row.scope).data ?? wholeScope,
      assignmentType: row.assignment_type,
      memberType: personId !== undefined && row.principal_id !== personId ? 'Group' : 'Direct',
      startsAt: row.starts_at.toISOString(),
      endsAt: iso(row.ends_at),
      removedAt: iso(row.removed_at),
      createdBy: row.created_by,
      justification: row.justification,
      provisioning: provisioning.get(row.id) ?? null,
    };
  });
}

const stepAnswer = (step: StepRow): ApprovalStep => ({
  id: step.id,
  stage: step.position + 1,
  status: step.status,
  reviewResult: step.review_result,
  reviewedBy: step.reviewed_by,
  reviewedAt: iso(step.reviewed_at),
  justification: step.justification,
  isJustificationRequired: stageOf(step).isApproverJustificationRequired,
  expiresAt: iso(step.expires_at),
});

export async function requestAnswers(
  db: Queryable,
  rows: readonly RequestRow[],
  now: Date,
): Promise<PrivilegedRequest[]> {
  const principals = await principalsOf(
    rows.map(({ principal_id: id }) => id),
    db,
  );
  const names = await namesOf(db, rows);
  const steps = await db.query<StepRow>(
    'SELECT * FROM privileged_approval_steps WHERE request_id = ANY($1::uuid[]) ORDER BY position',
    [rows.map(({ id }) => id)],
  );
  return rows.map((row) => {
    const principal = principals.get(row.principal_id);
    return {
      id: row.id,
      kind: row.kind,
      action: row.action,
      status: row.status,
      target: targetOf(row),
      targetName: names.get(`${row.target_id} ${row.access}`) ?? row.target_id,
      principal: {
        id: row.principal_id,
        name: principal?.name ?? row.principal_id,
        displayName: principal?.displayName ?? row.principal_id,
      },
      scopeId: row.scope_id,
      startAt: iso(row.starts_at),
      expiration: row.expiration,
      justification: row.justification,
      ticketNumber: row.ticket_number,
      ticketSystem: row.ticket_system,
      createdAt: row.created_at.toISOString(),
      createdBy: row.created_by,
      completedAt: iso(row.completed_at),
      canCancel:
        pendingStatuses.includes(row.status) ||
        (row.status === 'Granted' && row.starts_at !== null && row.starts_at > now),
      steps: steps.filter(({ request_id: id }) => id === row.id).map(stepAnswer),
    };
  });
}

export function termsOf(policy: Policy): ActivationTerms {
  const rules = enabledRulesOf(policy, 'Enablement_EndUser_Assignment');
  const approval = approvalOf(policy);
  const needsApproval = approval?.isApprovalRequired === true && approval.approvalMode !== 'NoApproval';
  return {
    maximumDuration: expirationOf(policy, 'Expiration_EndUser_Assignment').maximumDuration,
    multiFactor: rules.includes('MultiFactorAuthentication'),
    authenticationContext: contextOf(policy) ?? null,
    justification: rules.includes('Justification') || (needsApproval && approval.isRequestorJustificationRequired),
    ticket: rules.includes('Ticketing'),
    approval: needsApproval,
  };
}

export const policyAnswer = (policy: Policy, targetName: string): PrivilegedPolicy => ({
  id: policy.id,
  target: policy.target,
  targetName,
  modifiedAt: iso(policy.modified?.at ?? null),
  modifiedBy: policy.modified?.by ?? null,
  rules: RuleId.options.map((id) => ({ id, rule: policy.rules[id] })),
});
