import { randomUUID } from 'node:crypto';
import { SallyportError, type ApprovalSettings, type ApprovalStage } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { recordActivity, type Activity } from './activities.ts';
import { approversOf, stageOf, type StepRow } from './approvers.ts';
import { PrivilegedAccessError } from './errors.ts';
import type { Fulfil } from './fulfil.ts';
import type { Tell } from './notify.ts';
import { requests } from './store.ts';
import { namedOf } from './targets.ts';
import type { Asker, Author, RequestRow } from './types.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** An extension or a renewal is decided on by those who manage, whatever approvals of activations are. */
export const adminStage: ApprovalStage = {
  approvalStageTimeOutInDays: 14,
  isApproverJustificationRequired: true,
  escalationTimeInMinutes: 0,
  isEscalationEnabled: false,
  primaryApprovers: [],
  escalationApprovers: [],
};

export const stepsOf = (db: Queryable, requestId: string) =>
  db.query<StepRow>('SELECT * FROM privileged_approval_steps WHERE request_id = $1 ORDER BY position', [requestId]);

const openedAt = (stage: ApprovalStage, now: Date) => ({
  expiresAt: new Date(now.getTime() + stage.approvalStageTimeOutInDays * dayMs),
  escalatesAt: stage.isEscalationEnabled ? new Date(now.getTime() + stage.escalationTimeInMinutes * minuteMs) : null,
});

/** Opens the approval of a request: its first stage, or all at once where they are parallel. */
export async function openApproval(
  tx: Queryable,
  requestId: string,
  { approvalMode, approvalStages }: Pick<ApprovalSettings, 'approvalMode' | 'approvalStages'>,
  now: Date,
): Promise<void> {
  const stages = approvalMode === 'SingleStage' ? approvalStages.slice(0, 1) : approvalStages;
  for (const [position, stage] of stages.entries()) {
    const opens = position === 0 || approvalMode === 'Parallel';
    const { expiresAt, escalatesAt } = openedAt(stage, now);
    await tx.execute(
      `INSERT INTO privileged_approval_steps (id, request_id, position, stage, status, opened_at, expires_at, escalates_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        randomUUID(),
        requestId,
        position,
        JSON.stringify(stage),
        opens ? 'InProgress' : 'Initializing',
        opens ? now : null,
        opens ? expiresAt : null,
        opens ? escalatesAt : null,
      ],
    );
  }
}

export interface Decision {
  readonly result: 'Approve' | 'Deny';
  readonly justification: string;
}

export interface ApprovalParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'audit'>;
  readonly fulfil: Fulfil;
  readonly tell: Tell;
}

export function createApprovals({ platform, fulfil, tell }: ApprovalParts) {
  const { database, clock, audit } = platform;

  const record = async (activity: Activity, request: RequestRow, by: Author, tx: Queryable, details = {}) => {
    await recordActivity(
      audit,
      activity,
      {
        ...(await namedOf(request, tx)),
        details: { requestId: request.id, ...details },
      },
      by,
      tx,
    );
  };
  const isLonger = (request: RequestRow): boolean => request.action !== 'selfActivate';

  const close = (tx: Queryable, requestId: string) =>
    tx.execute(
      `UPDATE privileged_approval_steps SET status = 'Expired' WHERE request_id = $1 AND status IN ('InProgress', 'Initializing')`,
      [requestId],
    );

  /** Opens the stage that is next; false when there is none. */
  const openNext = async (tx: Queryable, steps: readonly StepRow[], now: Date): Promise<boolean> => {
    const next = steps.find(({ status }) => status === 'Initializing');
    if (!next) return false;
    const { expiresAt, escalatesAt } = openedAt(stageOf(next), now);
    await tx.execute(
      `UPDATE privileged_approval_steps SET status = 'InProgress', opened_at = $2, expires_at = $3, escalates_at = $4 WHERE id = $1`,
      [next.id, now, expiresAt, escalatesAt],
    );
    return true;
  };

  return {
    /**
     * Decides on a step. Of several who decide at once the first does. Throws Forbidden for those who are no approvers, and BadRequest for a step that is not open or
     * a justification that is missing.
     */
    decide: (requestId: string, stepId: string, decision: Decision, asker: Asker): Promise<void> =>
      database.transaction(async (tx) => {
        const now = clock.now();
        const request = await requests.lock(tx, requestId);
        const steps = request ? await stepsOf(tx, request.id) : [];
        const step = steps.find(({ id }) => id === stepId);
        if (!request || !step) throw new SallyportError('NotFound', `there is no step ${stepId.slice(0, 100)}`);
        const approvers = await approversOf(tx, step, request, now);
        if (asker.personId === undefined || !approvers.has(asker.personId))
          throw new PrivilegedAccessError('UnauthorizedApprover');
        if (step.status !== 'InProgress' || (step.expires_at !== null && step.expires_at <= now))
          throw new PrivilegedAccessError('InvalidRequestStatus', `${request.status}.`);
        if (stageOf(step).isApproverJustificationRequired && decision.justification.trim() === '')
          throw new SallyportError('BadRequest', '`justification`: the policy asks approvers for one', {
            target: 'body.justification',
          });
        await tx.execute(
          `UPDATE privileged_approval_steps SET status = 'Completed', review_result = $2, reviewed_by_id = $3, reviewed_by = $4, reviewed_at = $5, justification = $6
           WHERE id = $1`,
          [step.id, decision.result, asker.personId, asker.name, now, decision.justification],
        );
        const details = { justification: decision.justification, stage: step.position };
        if (decision.result === 'Deny') {
          await close(tx, request.id);
          const status = isLonger(request) ? 'AdminDenied' : 'Denied';
          await requests.settle(tx, request.id, { status, at: now });
          const activity = isLonger(request)
            ? 'Update member in PIM denied by admin (extend/renew)'
            : 'Add member to role request denied (PIM activation)';
          await record(activity, request, asker, tx, details);
          await tell('denied', { ...request, status }, asker, tx);
          return;
        }
        await record(
          isLonger(request)
            ? 'Update member in PIM approved by admin (extend/renew)'
            : 'Add member to role request approved (PIM activation)',
          request,
          asker,
          tx,
          details,
        );
        const others = steps.filter(({ id }) => id !== step.id);
        if (others.some(({ status }) => status === 'InProgress')) return;
        if (await openNext(tx, others, now)) {
          await tell('approvalRequested', request, asker, tx);
          return;
        }
        const done = await fulfil(tx, request, asker, now);
        await tell('approved', done, asker, tx);
      }),

    /** Denies what nobody decided on in time, and tells those of the escalation. Answers how many. */
    expire: async (tx: Queryable, now: Date, by: Author): Promise<number> => {
      const late = await tx.query<{ request_id: string }>(
        `SELECT DISTINCT request_id FROM privileged_approval_steps WHERE status = 'InProgress' AND expires_at <= $1 LIMIT 100`,
        [now],
      );
      for (const { request_id: id } of late) {
        const request = await requests.lock(tx, id);
        if (!request || (request.status !== 'PendingApproval' && request.status !== 'PendingAdminDecision')) continue;
        await close(tx, id);
        await requests.settle(tx, id, { status: 'TimedOut', at: now });
        await record('PIM activation request expired', request, by, tx);
        await tell('timedOut', { ...request, status: 'TimedOut' }, by, tx);
      }
      const escalated = await tx.query<{ request_id: string }>(
        `UPDATE privileged_approval_steps SET escalated_at = $1 WHERE status = 'InProgress' AND escalated_at IS NULL AND escalates_at <= $1 RETURNING request_id`,
        [now],
      );
      for (const { request_id: id } of escalated) {
        const request = await requests.byId(tx, id);
        if (request) await tell('approvalRequested', request, by, tx);
      }
      return late.length + escalated.length;
    },

    close,

    /** Pending requests that a person may decide on, with their open steps. */
    waitingFor: async (personId: string): Promise<readonly (readonly [RequestRow, readonly StepRow[]])[]> => {
      const rows = await database.query<RequestRow>(
        `SELECT r.*, scope_id(r.scope) AS scope_id FROM privileged_requests r WHERE r.status IN ('PendingApproval', 'PendingAdminDecision') ORDER BY r.created_at, r.id LIMIT 1000`,
      );
      const steps = await database.query<StepRow>(
        'SELECT * FROM privileged_approval_steps WHERE request_id = ANY($1::uuid[]) ORDER BY position',
        [rows.map(({ id }) => id)],
      );
      const now = clock.now();
      const found: (readonly [RequestRow, readonly StepRow[]])[] = [];
      for (const row of rows) {
        const own: StepRow[] = [];
        for (const step of steps)
          if (
            step.request_id === row.id &&
            step.status === 'InProgress' &&
            (await approversOf(database, step, row, now)).has(personId)
          )
            own.push(step);
        if (own.length > 0) found.push([row, own]);
      }
      return found;
    },

    /** What a person has decided on, newest first. */
    decidedBy: (personId: string) =>
      database.query<StepRow>(
        'SELECT * FROM privileged_approval_steps WHERE reviewed_by_id = $1 ORDER BY reviewed_at DESC LIMIT 200',
        [personId],
      ),
  };
}
export type Approvals = ReturnType<typeof createApprovals>;
