import { ApprovalStage, type SubjectSet } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { managers } from './managers.ts';
import type { RequestRow } from './types.ts';

export interface StepRow {
  readonly id: string;
  readonly request_id: string;
  readonly position: number;
  readonly stage: unknown;
  readonly status: 'Initializing' | 'InProgress' | 'Completed' | 'Expired';
  readonly review_result: 'NotReviewed' | 'Approve' | 'Deny';
  readonly opened_at: Date | null;
  readonly expires_at: Date | null;
  readonly escalates_at: Date | null;
  readonly escalated_at: Date | null;
  readonly reviewed_by_id: string | null;
  readonly reviewed_by: string | null;
  readonly reviewed_at: Date | null;
  readonly justification: string;
}

/** More approvers than a group that approves can have. */
const membersMax = 1_000;
const strictest = ApprovalStage.parse({});
/** One that can't be read any more is decided on by those who manage. */
export const stageOf = ({ stage }: Pick<StepRow, 'stage'>): ApprovalStage =>
  ApprovalStage.safeParse(stage).data ?? strictest;

/** People whom a set of subjects comes to, for a request of `requestorId`. */
async function peopleOf(db: Queryable, subjects: readonly SubjectSet[], requestorId: string): Promise<string[]> {
  const found: string[] = [];
  for (const subject of subjects)
    switch (subject['@odata.type']) {
      case '#microsoft.graph.singleUser':
        found.push(subject.userId);
        break;
      case '#microsoft.graph.groupMembers': {
        const rows = await db.query<{ id: string }>(
          'SELECT person_id AS id FROM group_members WHERE group_id = $1 ORDER BY person_id LIMIT $2',
          [subject.groupId, membersMax],
        );
        found.push(...rows.map(({ id }) => id));
        break;
      }
      case '#microsoft.graph.requestorManager': {
        const row = await db.first<{ first: string | null; second: string | null }>(
          `SELECT p.manager_id AS first, m.manager_id AS second FROM people p LEFT JOIN people m ON m.id = p.manager_id WHERE p.id = $1`,
          [requestorId],
        );
        const id = subject.managerLevel === 2 ? row?.second : row?.first;
        if (id) found.push(id);
      }
    }
  return found;
}

/**
 * Who may decide on a step now: those of the stage, or whoever manages authorization where it names none; those of the escalation once its time is over;
 * and whom any of them has put in their place. Never whoever asks.
 */
export async function approversOf(
  db: Queryable,
  step: Pick<StepRow, 'stage' | 'escalates_at'>,
  request: Pick<RequestRow, 'principal_id' | 'created_by_id'>,
  now: Date,
): Promise<ReadonlySet<string>> {
  const stage = stageOf(step);
  const escalated = stage.isEscalationEnabled && step.escalates_at !== null && step.escalates_at <= now;
  const named = [...stage.primaryApprovers, ...(escalated ? stage.escalationApprovers : [])];
  const found = await peopleOf(db, named, request.principal_id);
  const byDefault = stage.primaryApprovers.length === 0 || (escalated && stage.escalationApprovers.length === 0);
  if (byDefault) found.push(...(await managers(db, now)).map(({ id }) => id));
  const own = new Set([request.principal_id, request.created_by_id ?? '']);
  const first = found.filter((id) => !own.has(id));
  const delegates = await db.query<{ id: string }>(
    'SELECT to_id AS id FROM approval_delegations WHERE from_id = ANY($1::uuid[]) AND starts_at <= $2 AND ends_at > $2 LIMIT 1000',
    [first, now],
  );
  const candidates = [...new Set([...first, ...delegates.map(({ id }) => id)])].filter((id) => !own.has(id));
  const able = await db.query<{ id: string }>(
    'SELECT id FROM people WHERE id = ANY($1::uuid[]) AND disabled_at IS NULL AND deleted_at IS NULL',
    [candidates],
  );
  return new Set(able.map(({ id }) => id));
}
