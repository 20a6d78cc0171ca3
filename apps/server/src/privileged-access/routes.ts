import { randomUUID } from 'node:crypto';
import {
  SallyportError,
  type privilegedAccessRoutes,
  type PrivilegedAuditEntry,
  type PrivilegedTarget,
} from '@sallyport/contracts';
import { challengeError } from '../platform/challenge.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Handlers, RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { holdingAnswers, policyAnswer, requestAnswers, termsOf } from './answers.ts';
import type { Alerts } from './alerts/index.ts';
import { stepsOf, type Approvals } from './approvals.ts';
import { approversOf } from './approvers.ts';
import { askerOf, managerOf } from './caller.ts';
import { PrivilegedAccessError } from './errors.ts';
import { targetOfPolicy, type Policies } from './policies.ts';
import type { Requests } from './requests.ts';
import { allRoles } from './roles.ts';
import { listedMax, requests as rows } from './store.ts';
import { cloudRoleTargets, nameOfTarget, nameOrId, principalIdOf } from './targets.ts';
import { targetOf, type Asker, type Holding, type RequestRow, type Wish } from './types.ts';

const dayMs = 86_400_000;
const renewableMs = 14 * dayMs;
const delegationMaxMs = 366 * dayMs;
const auditMax = 500;

export interface RouteParts {
  readonly platform: Pick<Platform, 'database' | 'clock'>;
  readonly policies: Policies;
  readonly requests: Requests;
  readonly approvals: Approvals;
  readonly alerts: Alerts;
  readonly tenantId: string;
}

type Body = Parameters<Handlers<typeof privilegedAccessRoutes>['askForPrivilegedAccess']>[1]['body'];

export function privilegedAccessHandlers({
  platform: { database, clock },
  policies,
  requests,
  approvals,
  alerts,
  tenantId,
}: RouteParts): Handlers<typeof privilegedAccessRoutes> {
  const asker = (context: RequestContext) => askerOf(database, context);
  const person = async (context: RequestContext): Promise<Asker & { readonly personId: string }> => {
    const found = await asker(context);
    if (found.personId === undefined)
      throw new SallyportError('BadRequest', 'this token is nobody’s: nothing here is its own');
    return { ...found, personId: found.personId };
  };
  const whoManages = (context: RequestContext) => managerOf(database, context);
  const answered = async (row: RequestRow) => {
    const [request] = await requestAnswers(database, [row], clock.now());
    if (!request) throw new Error('a request has an answer');
    return { request };
  };
  /** Asks the portal to show a stronger factor in place, where that is what stands against it. */
  const submit = async (context: RequestContext, wish: Wish, by: Asker) => {
    try {
      const row = await requests.submit(wish, by);
      context.audit({ target: `request ${row.id}`, details: { action: row.action, status: row.status } });
      return await answered(row);
    } catch (error) {
      const isAboutFactors =
        error instanceof PrivilegedAccessError &&
        (error.pimCode === 'RoleAssignmentRequestAcrsValidationFailed' || error.message.endsWith('["MfaRule"]'));
      const challenge = isAboutFactors && by.signedIn?.sessionId ? await requests.challengeFor(wish, by) : undefined;
      if (challenge) throw challengeError(challenge, challenge.code !== '53003');
      throw error;
    }
  };
  const requestRows = (where: string, values: readonly unknown[]) =>
    database.query<RequestRow>(
      `SELECT r.*, scope_id(r.scope) AS scope_id FROM privileged_requests r WHERE ${where} ORDER BY r.created_at DESC, r.id LIMIT ${listedMax}`,
      values,
    );
  const listed = async (found: readonly RequestRow[]) => ({
    requests: await requestAnswers(database, found, clock.now()),
  });

  return {
    listMyAccess: async (context) => {
      const { personId } = await asker(context);
      const now = clock.now();
      const mine = personId === undefined ? [] : await holdingsOf(database, personId, now);
      const live = mine.filter(
        ({ removed_at: removed, ends_at: ends }) => removed === null && (ends === null || ends > now),
      );
      const begun = live.filter(({ starts_at: starts }) => starts <= now);
      const eligible = begun.filter(({ kind }) => kind === 'eligible');
      const active = live.filter(({ kind }) => kind === 'active');
      const pending =
        personId === undefined
          ? []
          : await requestRows(`r.principal_id = $1 AND r.status = 'PendingApproval'`, [personId]);
      const ofPolicies = await policies.of(eligible.map(targetOf), database);
      const answers = await holdingAnswers(database, eligible, personId);
      const same = (a: Holding) => (b: Holding | RequestRow) =>
        a.target_id === b.target_id && a.access === b.access && a.scope_id === b.scope_id;
      return {
        eligible: answers.flatMap((answer, i) => {
          const [row, policy] = [eligible[i], ofPolicies[i]];
          return row && policy
            ? [
                {
                  ...answer,
                  terms: termsOf(policy),
                  isActive: active.some(same(row)),
                  isPending: pending.some(same(row)),
                },
              ]
            : [];
        }),
        active: await holdingAnswers(database, active, personId),
        ended: await holdingAnswers(
          database,
          mine.filter(
            (row) =>
              !live.includes(row) &&
              row.assignment_type === 'Assigned' &&
              !live.some((one) => one.kind === row.kind && same(row)(one)),
          ),
          personId,
        ),
      };
    },
    listMyPrivilegedRequests: async (context) => {
      const { personId } = await asker(context);
      return listed(personId === undefined ? [] : await requestRows('r.principal_id = $1', [personId]));
    },
    askForPrivilegedAccess: async (context, { body }) => {
      const by = await person(context);
      if (!body.action.startsWith('self'))
        throw new SallyportError('BadRequest', `\`body.action\`: ${body.action} is done for others`);
      return submit(context, wishOf(body, by.personId), by);
    },
    cancelPrivilegedRequest: async (context, { params }) => {
      await requests.cancel(params.id, await asker(context));
      context.audit({ target: `request ${params.id}` });
      return {};
    },

    listApprovals: async (context) => {
      const { personId } = await asker(context);
      if (personId === undefined) return { waiting: [], decided: [] };
      const waiting = (await approvals.waitingFor(personId)).map(([row]) => row);
      const steps = await approvals.decidedBy(personId);
      const decided = await requestRows('r.id = ANY($1::uuid[])', [steps.map(({ request_id: id }) => id)]);
      const now = clock.now();
      return {
        waiting: await requestAnswers(database, waiting, now),
        decided: await requestAnswers(database, decided, now),
      };
    },
    decideApprovals: async (context, { body }) => {
      const by = await person(context);
      context.audit({
        target: `requests ${body.requestIds.join(', ')}`.slice(0, 500),
        details: { result: body.result },
      });
      const results: { requestId: string; problem: string }[] = [];
      for (const requestId of new Set(body.requestIds))
        results.push({ requestId, problem: await decideOne(requestId, body, by) });
      return { results };
    },

    listApprovalDelegations: async (context) => ({
      delegations: await delegations(database, (await person(context)).personId, clock.now()),
    }),
    addApprovalDelegation: async (context, { body }) => {
      const { personId } = await person(context);
      const now = clock.now();
      const [from, to] = [body.startsAt === undefined ? now : new Date(body.startsAt), new Date(body.endsAt)];
      if (to <= from || to.getTime() - from.getTime() > delegationMaxMs)
        throw new SallyportError('BadRequest', '`body.endsAt`: after the start, and within a year of it');
      const other = await database.first<{ id: string }>(
        'SELECT id FROM people WHERE lower(user_principal_name) = lower($1) AND deleted_at IS NULL AND disabled_at IS NULL',
        [body.userPrincipalName],
      );
      if (!other || other.id === personId)
        throw new SallyportError('BadRequest', '`body.userPrincipalName`: another person who can sign in');
      const id = randomUUID();
      await database.execute(
        'INSERT INTO approval_delegations (id, from_id, to_id, starts_at, ends_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
        [id, personId, other.id, from, to, now],
      );
      context.audit({ target: `delegation to ${body.userPrincipalName}`, details: { from, to } });
      const delegation = (await delegations(database, personId, now)).find((one) => one.id === id);
      if (!delegation) throw new SallyportError('BadRequest', '`body.endsAt`: is over');
      return { delegation };
    },
    removeApprovalDelegation: async (context, { params }) => {
      const { personId } = await person(context);
      const gone = await database.execute('DELETE FROM approval_delegations WHERE id = $1 AND from_id = $2', [
        params.id,
        personId,
      ]);
      if (gone === 0) throw new SallyportError('NotFound', 'there is no such delegation');
      context.audit({ target: `delegation ${params.id}` });
      return {};
    },

    listMyPrivilegedAudit: async (context) => {
      const { personId, name } = await asker(context);
      return {
        entries: await auditEntries(database, `(a.details->>'principalId' = $1 OR a.actor = $2)`, [
          personId ?? '',
          name,
        ]),
      };
    },
    listPrivilegedAudit: async (_context, { query }) => ({
      entries: await auditEntries(database, `($1::text IS NULL OR a.details->>'targetId' = $1)`, [
        query.targetId ?? null,
      ]),
    }),
    listPrivilegedAssignments: async (_context, { query }) => {
      const found = await database.query<Holding>(
        `SELECT * FROM privileged_holdings WHERE ($1::text IS NULL OR kind = $1) AND ($2::uuid IS NULL OR target_id = $2)
           AND ($3 OR (removed_at IS NULL AND (ends_at IS NULL OR ends_at > $4))) ORDER BY created_at DESC, id LIMIT ${listedMax}`,
        [query.kind ?? null, query.targetId ?? null, query.history, clock.now()],
      );
      return { assignments: await holdingAnswers(database, found) };
    },
    listPrivilegedRequests: async (_context, { query }) =>
      listed(await requestRows(`(NOT $1 OR r.status IN ('PendingApproval', 'PendingAdminDecision'))`, [query.pending])),
    managePrivilegedAccess: async (context, { body }) => {
      const by = await asker(context);
      if (!body.action.startsWith('admin'))
        throw new SallyportError('BadRequest', `\`body.action\`: ${body.action} is one’s own`);
      const principalId = await principalIdOf(database, body.principal);
      return submit(context, { ...wishOf(body, principalId), ...(body.scope ? { scope: body.scope } : {}) }, by);
    },

    listPrivilegedPolicies: async (_context, { query }) => {
      const targets: PrivilegedTarget[] =
        query.groupId === undefined
          ? [
              ...(await allRoles(database)).map(({ id }): PrivilegedTarget => ({ type: 'role', id, access: '' })),
              ...(await cloudRoleTargets(database)),
            ]
          : ['member', 'owner'].map((access) => ({ type: 'group', id: query.groupId ?? '', access }));
      const found = await policies.of(targets, database);
      const answers = [];
      for (const policy of found) answers.push(policyAnswer(policy, await nameOrId(policy.target, database)));
      return { policies: answers };
    },
    updatePrivilegedPolicyRule: async (context, { params, body }) => {
      const by = await whoManages(context);
      const target = targetOfPolicy(params.policyId, tenantId);
      if (!target || (await nameOfTarget(target, database)) === undefined)
        throw new SallyportError('NotFound', 'there is no such policy');
      await database.transaction((tx) => policies.change(target, params.ruleId, body, by, tx));
      context.audit({ target: `${params.policyId} ${params.ruleId}` });
      return {};
    },
    listPrivilegedAlerts: () => alerts.list(),
    refreshPrivilegedAlerts: async (context) => {
      context.audit({ target: 'alerts of privileged access' });
      return alerts.scan();
    },
    setPrivilegedAlert: async (context, { params, body }) => {
      await alerts.set(params.alertId, body, await whoManages(context));
      context.audit({ target: params.alertId, details: body });
      return {};
    },
    dismissPrivilegedAlert: async (context, { params }) => {
      await alerts.dismiss(params.alertId, await whoManages(context));
      context.audit({ target: params.alertId });
      return {};
    },
    fixPrivilegedAlertIncident: async (context, { params }) => {
      await alerts.fix(params.id, await whoManages(context));
      context.audit({ target: `incident ${params.id}` });
      return {};
    },
  };

  /** Each request by itself: one that can't be decided on keeps no other from it. Answers why not, or nothing. */
  async function decideOne(
    requestId: string,
    { result, justification }: { readonly result: 'Approve' | 'Deny'; readonly justification: string },
    by: Asker & { readonly personId: string },
  ): Promise<string> {
    const request = await rows.byId(database, requestId);
    if (!request) return 'there is no such request';
    const now = clock.now();
    for (const step of await stepsOf(database, requestId)) {
      if (step.status !== 'InProgress' || !(await approversOf(database, step, request, now)).has(by.personId)) continue;
      try {
        await approvals.decide(requestId, step.id, { result, justification }, by);
        return '';
      } catch (error) {
        if (error instanceof SallyportError && error.code !== 'InternalError') return error.message;
        throw error;
      }
    }
    return 'it waits for no decision of yours';
  }
}

const wishOf = (body: Body, principalId: string): Wish => ({
  kind: body.kind,
  action: body.action,
  target: body.target,
  principalId,
  scopeId: body.scopeId,
  justification: body.justification,
  ticketNumber: body.ticketNumber,
  ticketSystem: body.ticketSystem,
  startAt: body.startAt === undefined ? undefined : new Date(body.startAt),
  expiration: body.expiration,
  validationOnly: false,
});

/** One's own and those of one's groups; what has ended within the last days too. */
const holdingsOf = (db: Queryable, personId: string, now: Date) =>
  db.query<Holding>(
    `SELECT * FROM privileged_holdings WHERE (principal_id = $1 OR (principal_type = 'group' AND principal_id IN (SELECT group_id FROM group_members WHERE person_id = $1)))
       AND (removed_at IS NULL OR removed_at > $2) AND (ends_at IS NULL OR ends_at > $2) ORDER BY starts_at DESC, id LIMIT ${listedMax}`,
    [personId, new Date(now.getTime() - renewableMs)],
  );

async function delegations(db: Queryable, personId: string, now: Date) {
  const found = await db.query<{ id: string; toId: string; name: string; startsAt: Date; endsAt: Date }>(
    `SELECT d.id, d.to_id AS "toId", p.user_principal_name AS name, d.starts_at AS "startsAt", d.ends_at AS "endsAt" FROM approval_delegations d
     JOIN people p ON p.id = d.to_id WHERE d.from_id = $1 AND d.ends_at > $2 ORDER BY d.starts_at, d.id LIMIT 100`,
    [personId, now],
  );
  return found.map(({ id, toId, name, startsAt, endsAt }) => ({
    id,
    to: { id: toId, name },
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
  }));
}

async function auditEntries(db: Queryable, where: string, values: readonly unknown[]): Promise<PrivilegedAuditEntry[]> {
  const found = await db.query<{
    at: Date;
    actor: string;
    operation: string;
    target: string;
    details: Record<string, unknown>;
  }>(
    `SELECT a.at, a.actor, a.operation, a.target, a.details FROM audit_log a WHERE a.details->>'service' = 'PIM' AND ${where}
     ORDER BY a.sequence DESC LIMIT ${auditMax}`,
    values,
  );
  return found.map(({ at, actor, operation: activity, target, details }) => ({
    at: at.toISOString(),
    actor,
    activity,
    target,
    details,
  }));
}
