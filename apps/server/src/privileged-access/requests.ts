import { randomUUID } from 'node:crypto';
import {
  pendingStatuses,
  SallyportError,
  wholeScope,
  type AssignmentScope,
  type Expiration,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { keepingAnAdministrator } from '../access/index.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { Platform } from '../platform/types.ts';
import { recordActivity, type Activity } from './activities.ts';
import { adminStage, openApproval, type Approvals } from './approvals.ts';
import { contextFailure, policyFailure, PrivilegedAccessError, type FailedRule } from './errors.ts';
import type { Fulfil } from './fulfil.ts';
import { createGrants, heldOutside } from './grants.ts';
import type { Tell } from './notify.ts';
import { approvalOf, enabledRulesOf, expirationOf, type Policies, type Policy } from './policies.ts';
import { failsExpiration, spanOf } from './schedule.ts';
import { holdings, lockSubject, requests, type Subject } from './store.ts';
import { strengthOf, type Strength, type StrengthParts } from './strength.ts';
import { isByRule, isInCloud, namedOf, nameOfTarget, principalsOf, type PrincipalFacts } from './targets.ts';
import type { Asker, Author, Holding, RequestRow, Wish } from './types.ts';

/** As Microsoft's: what was activated stays so for at least this long. */
const activeMinMs = 5 * 60_000;
/** How long before an end an extension can be asked for, and after it a renewal. */
const aroundEndMs = 14 * 86_400_000;

/** Takes back what a request that is only to be checked has done. */
class OnlyValidated extends Error {
  readonly row: RequestRow;
  constructor(row: RequestRow) {
    super('validated');
    this.row = row;
  }
}

export interface RequestParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'audit' | 'config' | 'outbox'>;
  readonly policies: Policies;
  readonly strength: StrengthParts;
  readonly fulfil: Fulfil;
  readonly tell: Tell;
  readonly approvals: () => Approvals;
}

interface Step {
  readonly tx: Queryable;
  readonly wish: Wish;
  readonly asker: Asker;
  readonly policy: Policy;
  readonly strength: Strength;
  readonly principal: PrincipalFacts;
  readonly subject: Subject;
  readonly scope: Partial<AssignmentScope>;
  readonly expiration: Expiration;
  readonly now: Date;
}

export function createRequests(parts: RequestParts) {
  const { database, clock, audit } = parts.platform;
  const grants = createGrants(parts.platform);

  const record = async (activity: Activity, row: RequestRow, by: Author, tx: Queryable) => {
    await recordActivity(
      audit,
      activity,
      {
        ...(await namedOf(row, tx)),
        details: { requestId: row.id, justification: row.justification },
      },
      by,
      tx,
    );
  };

  const rowOf = (step: Step, facts: Partial<RequestRow>): RequestRow => {
    const { wish, asker, principal, scope, subject, now } = step;
    return {
      id: randomUUID(),
      kind: wish.kind,
      action: wish.action,
      status: 'Granted',
      target_type: wish.target.type,
      target_id: wish.target.id,
      access: wish.target.access,
      principal_id: principal.id,
      principal_type: principal.type,
      scope,
      scope_id: subject.scopeId,
      starts_at: wish.startAt ?? null,
      expiration: step.expiration,
      justification: wish.justification.trim(),
      ticket_number: wish.ticketNumber,
      ticket_system: wish.ticketSystem,
      assignment_id: null,
      eligible_id: null,
      created_at: now,
      created_by_id: asker.personId ?? null,
      created_by: asker.name,
      completed_at: null,
      ...facts,
    };
  };
  const granted = async (step: Step, facts: Partial<RequestRow> = {}): Promise<RequestRow> => {
    const row = rowOf(step, facts);
    await requests.insert(step.tx, row);
    const done = await parts.fulfil(step.tx, row, step.asker, step.now);
    if (done.status === 'Failed') throw new PrivilegedAccessError('InvalidScheduleInfo', 'its time is over.');
    const event = row.action === 'selfActivate' ? 'activated' : row.kind === 'eligible' ? 'eligible' : 'active';
    await parts.tell(event, done, step.asker, step.tx);
    return done;
  };

  const selfActivate = async (step: Step): Promise<RequestRow> => {
    const { tx, wish, policy, subject, principal, now } = step;
    const { target } = wish;
    const current = await holdings.current(tx, subject, now);
    if (current.some((row) => row.assignment_type === 'Activated'))
      throw new PrivilegedAccessError('RoleAssignmentExists');
    if (await heldOutside(tx, principal.id, target)) throw new PrivilegedAccessError('RoleAssignmentExists');
    const [eligible] = await holdings.eligible(tx, principal.id, target, subject.scopeId, now);
    const failed: FailedRule[] = [
      ...(eligible ? [] : (['EligibilityRule'] as const)),
      ...failsExpiration(
        spanOf(wish.startAt, step.expiration, now),
        expirationOf(policy, 'Expiration_EndUser_Assignment'),
      ),
      ...failsEnablement(step, 'Enablement_EndUser_Assignment'),
    ];
    if (failed.length > 0) throw policyFailure([...new Set(failed)]);
    if (step.strength.missingContext !== undefined) throw contextFailure(step.strength.missingContext);
    const approval = approvalOf(policy);
    const facts = { eligible_id: eligible?.id ?? null, scope: eligible?.scope ?? step.scope };
    if (!approval?.isApprovalRequired || approval.approvalMode === 'NoApproval') return granted(step, facts);
    const row = rowOf(step, { ...facts, status: 'PendingApproval' });
    await requests.insert(tx, row);
    await openApproval(tx, row.id, approval, now);
    await record('Add member to role approval requested (PIM activation)', row, step.asker, tx);
    await parts.tell('approvalRequested', row, step.asker, tx);
    return row;
  };

  const selfDeactivate = async (step: Step): Promise<RequestRow> => {
    const { tx, subject, asker, now } = step;
    const live = (await holdings.current(tx, subject, now)).filter((row) => row.assignment_type === 'Activated');
    const [first] = live;
    if (!first) throw new PrivilegedAccessError('RoleAssignmentDoesNotExist');
    if (first.starts_at <= now && now.getTime() - first.starts_at.getTime() < activeMinMs)
      throw new PrivilegedAccessError('ActiveDurationTooShort');
    for (const one of live) await grants.end(tx, one, asker.name, now);
    const row = rowOf(step, { status: 'Revoked', assignment_id: first.id, completed_at: now, scope: first.scope });
    await requests.insert(tx, row);
    await record('Remove member from role completed (PIM deactivate)', row, asker, tx);
    return row;
  };

  const failsAdmin = (step: Step): FailedRule[] => {
    const level = step.wish.kind === 'eligible' ? 'Eligibility' : 'Assignment';
    return [
      ...failsExpiration(
        spanOf(step.wish.startAt, step.expiration, step.now),
        expirationOf(step.policy, `Expiration_Admin_${level}`),
      ),
      ...failsEnablement(step, `Enablement_Admin_${level}`),
    ];
  };
  const mustPass = (step: Step) => {
    const failed = failsAdmin(step);
    if (failed.length > 0) throw policyFailure(failed);
  };
  const assigned = async ({ tx, subject, now }: Step): Promise<Holding[]> =>
    (await holdings.current(tx, subject, now)).filter((row) => row.assignment_type === 'Assigned');
  const overlaps = (rows: readonly Holding[], { from, to }: { from: Date; to: Date | null }) =>
    rows.some((row) => (to === null || row.starts_at < to) && (row.ends_at === null || row.ends_at > from));

  const adminAssign = async (step: Step): Promise<RequestRow> => {
    const { tx, wish, principal, now } = step;
    const span = spanOf(wish.startAt, step.expiration, now);
    if (overlaps(await assigned(step), span)) throw new PrivilegedAccessError('RoleAssignmentExists');
    if (wish.kind === 'active' && (await heldOutside(tx, principal.id, wish.target)))
      throw new PrivilegedAccessError('RoleAssignmentExists');
    mustPass(step);
    return granted(step);
  };

  const adminUpdate = async (step: Step): Promise<RequestRow> => {
    const { wish, now } = step;
    const rows = await assigned(step);
    const [row] = rows;
    if (!row) throw new PrivilegedAccessError('RoleAssignmentDoesNotExist');
    mustPass(step);
    const span = spanOf(wish.startAt, step.expiration, now);
    if (wish.action === 'adminExtend' && !isLater(span.to, row.ends_at))
      throw new PrivilegedAccessError('InvalidScheduleInfo', 'an extension ends later.');
    return keepingOne(step, () => granted(step, { assignment_id: row.id, scope: row.scope }));
  };

  /** Somebody must be left who manages roles over everything, without an end. */
  const keepingOne = async <T>({ tx, now }: Pick<Step, 'tx' | 'now'>, work: () => Promise<T>): Promise<T> => {
    try {
      return await keepingAnAdministrator(tx, now, work);
    } catch (error) {
      if (error instanceof SallyportError && error.code === 'Conflict')
        throw new PrivilegedAccessError('LastAdministrator');
      throw error;
    }
  };

  const adminRemove = async (step: Step): Promise<RequestRow> => {
    const { tx, subject, asker, wish, now } = step;
    const rows = await holdings.current(tx, subject, now);
    const [first] = rows;
    if (!first) throw new PrivilegedAccessError('RoleAssignmentDoesNotExist');
    await keepingOne(step, async () => {
      for (const one of rows) await grants.end(tx, one, asker.name, now);
    });
    const pending = await requests.pending(tx, { ...subject, kind: 'active' });
    if (pending && wish.kind === 'eligible') await withdraw(tx, pending, asker, now);
    const row = rowOf(step, { status: 'Revoked', assignment_id: first.id, completed_at: now, scope: first.scope });
    await requests.insert(tx, row);
    const lasting = first.ends_at === null ? 'permanent' : 'timebound';
    await record(`Remove ${wish.kind === 'eligible' ? 'eligible ' : ''}member from role in PIM completed (${lasting})`, row, asker, tx); // prettier-ignore
    return row;
  };

  const adminRenew = async (step: Step): Promise<RequestRow> => {
    const { tx, subject, now } = step;
    if ((await assigned(step)).length > 0) throw new PrivilegedAccessError('RoleAssignmentExists');
    const ended = await holdings.lastEnded(tx, subject, now);
    if (!ended) throw new PrivilegedAccessError('RoleAssignmentDoesNotExist');
    mustPass(step);
    return granted(step, { scope: ended.scope });
  };

  /** Asks those who manage to extend what ends soon, or to renew what has ended. */
  const askForMore = async (step: Step): Promise<RequestRow> => {
    const { tx, wish, subject, asker, now } = step;
    const isRenewal = wish.action === 'selfRenew';
    const [row] = await assigned(step);
    const ended = isRenewal ? await holdings.lastEnded(tx, subject, now) : undefined;
    if (isRenewal && row) throw new PrivilegedAccessError('RoleAssignmentExists');
    const of = isRenewal ? ended : row;
    if (!of) throw new PrivilegedAccessError('RoleAssignmentDoesNotExist');
    const end = isRenewal ? (of.removed_at ?? of.ends_at) : of.ends_at;
    if (end === null || Math.abs(end.getTime() - now.getTime()) > aroundEndMs)
      throw new PrivilegedAccessError('InvalidScheduleInfo', 'it can be asked for within 14 days of the end.');
    const level = wish.kind === 'eligible' ? 'Eligibility' : 'Assignment';
    const span = spanOf(wish.startAt, step.expiration, now);
    const failed = [
      ...failsExpiration(span, expirationOf(step.policy, `Expiration_Admin_${level}`)),
      ...(wish.justification.trim() === '' ? (['JustificationRule'] as const) : []),
    ];
    if (failed.length > 0) throw policyFailure(failed);
    if (!isRenewal && !isLater(span.to, of.ends_at))
      throw new PrivilegedAccessError('InvalidScheduleInfo', 'an extension ends later.');
    const pending = rowOf(step, {
      status: 'PendingAdminDecision',
      scope: of.scope,
      ...(isRenewal ? {} : { assignment_id: of.id }),
    });
    await requests.insert(tx, pending);
    await openApproval(tx, pending.id, { approvalMode: 'SingleStage', approvalStages: [adminStage] }, now);
    const eligible = wish.kind === 'eligible' ? 'eligible ' : '';
    await record(
      isRenewal
        ? `Add ${eligible}member to role in PIM requested (renew)`
        : `Update ${eligible}member in PIM requested (extend)`,
      pending,
      asker,
      tx,
    );
    await parts.tell('approvalRequested', pending, asker, tx);
    return pending;
  };

  const withdraw = async (tx: Queryable, row: RequestRow, by: Author, now: Date): Promise<void> => {
    await parts.approvals().close(tx, row.id);
    await requests.settle(tx, row.id, { status: 'Canceled', at: now });
    const eligible = row.kind === 'eligible' ? 'eligible ' : '';
    const activities: Partial<Record<RequestRow['action'], Activity>> = {
      selfActivate: 'Add member to role canceled (PIM activation)',
      selfExtend: `Update ${eligible}member in PIM canceled (extend)`,
      selfRenew: `Add ${eligible}member to role in PIM canceled (renew)`,
    };
    await record(
      activities[row.action] ??
        `Add ${eligible}member to role in PIM canceled (${row.expiration.type === 'noExpiration' ? 'permanent' : 'timebound'})`,
      row,
      by,
      tx,
    );
  };

  const actions: Readonly<Record<Wish['action'], (step: Step) => Promise<RequestRow>>> = {
    selfActivate,
    selfDeactivate,
    selfExtend: askForMore,
    selfRenew: askForMore,
    adminAssign,
    adminUpdate,
    adminExtend: adminUpdate,
    adminRenew,
    adminRemove,
  };

  return {
    /** Throws PrivilegedAccessError for what policies or what is there stand against, Forbidden for what is not the asker's to ask. */
    submit: async (wish: Wish, asker: Asker): Promise<RequestRow> => {
      const isOwn = wish.action.startsWith('self');
      if (isOwn && (asker.personId === undefined || asker.personId !== wish.principalId))
        throw new SallyportError('Forbidden', 'only the principal itself can ask for this');
      if (!isOwn && !asker.manages)
        throw new SallyportError('Forbidden', 'this needs the permission `authorization.manage`');
      if (isOwn && wish.kind === 'eligible' && (wish.action === 'selfActivate' || wish.action === 'selfDeactivate'))
        throw new SallyportError('BadRequest', `\`action\`: ${wish.action} is of assignments`);
      if ((await nameOfTarget(wish.target, database)) === undefined) throw new PrivilegedAccessError('RoleNotFound');
      const policy = await parts.policies.one(wish.target, database);
      const strength = await strengthOf(parts.strength, asker, policy);
      try {
        return await database.transaction(async (tx) => {
          const now = clock.now();
          await lockSubject(tx, wish.principalId, wish.target);
          const principal = (await principalsOf([wish.principalId], tx)).get(wish.principalId);
          if (!principal) throw new PrivilegedAccessError('SubjectNotFound');
          await mustFit(tx, wish, principal);
          const scope = await scopeOf(tx, wish);
          const step: Step = {
            tx,
            wish,
            asker,
            policy,
            strength,
            principal,
            subject: { principalId: principal.id, target: wish.target, kind: wish.kind, scopeId: scope.id },
            scope: scope.scope,
            expiration: wish.expiration ?? defaultExpiration(wish, policy),
            now,
          };
          if (await requests.pending(tx, step.subject)) throw new PrivilegedAccessError('PendingRoleAssignmentRequest');
          const made = await actions[wish.action](step);
          if (wish.validationOnly) throw new OnlyValidated(made);
          return made;
        });
      } catch (error) {
        if (error instanceof OnlyValidated) return error.row;
        throw error;
      }
    },

    /** What whoever asks would have to show, for the portal to ask for. */
    challengeFor: async (wish: Pick<Wish, 'target'>, asker: Asker): Promise<Strength['challenge']> =>
      (await strengthOf(parts.strength, asker, await parts.policies.one(wish.target, database))).challenge,

    /** Ends an activation, and leaves what it came from. Throws Forbidden, PrivilegedAccessError when it is over. */
    endActivation: (id: string, justification: string, asker: Asker): Promise<void> =>
      database.transaction(async (tx) => {
        if (!asker.manages)
          throw new SallyportError('Forbidden', 'this needs the permission `authorization.manage` over everything');
        const now = clock.now();
        const row = await holdings.byId(tx, id);
        if (
          !row ||
          (row.ends_at !== null && row.ends_at <= now) ||
          (await grants.end(tx, row, asker.name, now)).length === 0
        )
          throw new PrivilegedAccessError('RoleAssignmentDoesNotExist');
        await recordActivity(
          audit,
          'Remove member from role in PIM completed (timebound)',
          { ...(await namedOf(row, tx)), details: { assignmentId: id, requestId: row.request_id, justification } },
          asker,
          tx,
        );
      }),

    /** Takes back a request that is pending or whose time is yet to come. */
    cancel: (id: string, asker: Asker): Promise<void> =>
      database.transaction(async (tx) => {
        const now = clock.now();
        const row = await requests.lock(tx, id);
        const isOwn = row !== undefined && asker.personId !== undefined && row.principal_id === asker.personId;
        if (!row || (!isOwn && !asker.readsAll && !asker.manages))
          throw new SallyportError('NotFound', 'there is no such request');
        if (!isOwn && !asker.manages)
          throw new SallyportError('Forbidden', 'this needs the permission `authorization.manage`');
        const holding = row.assignment_id === null ? undefined : await holdings.byId(tx, row.assignment_id);
        const waits = row.status === 'Granted' && holding !== undefined && holding.starts_at > now;
        if (!pendingStatuses.includes(row.status) && !waits)
          throw new PrivilegedAccessError('InvalidRequestStatus', `${row.status}.`);
        if (waits) await grants.end(tx, holding, asker.name, now);
        await withdraw(tx, row, asker, now);
      }),
  };
}
export type Requests = ReturnType<typeof createRequests>;

const isLater = (to: Date | null, than: Date | null): boolean => than !== null && (to === null || to > than);

/** What the policy says of an end that nobody has named. */
const defaultExpiration = (wish: Wish, policy: Policy): Expiration =>
  wish.action === 'selfActivate'
    ? { type: 'afterDuration', duration: expirationOf(policy, 'Expiration_EndUser_Assignment').maximumDuration }
    : { type: 'noExpiration' };

function failsEnablement(
  { policy, wish, strength }: Pick<Step, 'policy' | 'wish' | 'strength'>,
  id: 'Enablement_Admin_Eligibility' | 'Enablement_Admin_Assignment' | 'Enablement_EndUser_Assignment',
): FailedRule[] {
  const rules = new Set(enabledRulesOf(policy, id));
  const approval = id === 'Enablement_EndUser_Assignment' ? approvalOf(policy) : undefined;
  const justify =
    rules.has('Justification') || (approval?.isApprovalRequired === true && approval.isRequestorJustificationRequired);
  return [
    ...(justify && wish.justification.trim() === '' ? (['JustificationRule'] as const) : []),
    ...(rules.has('Ticketing') && (wish.ticketNumber.trim() === '' || wish.ticketSystem.trim() === '')
      ? (['TicketingRule'] as const)
      : []),
    ...(rules.has('MultiFactorAuthentication') && !strength.multiFactor ? (['MfaRule'] as const) : []),
  ];
}

/** Who is given a role of a cloud is known there. Groups hold roles and applications, and are no members of groups here; applications hold roles alone. */
async function mustFit(tx: Queryable, { target, action }: Wish, { id, type }: PrincipalFacts): Promise<void> {
  if (target.type === 'group' && type !== 'user')
    throw new SallyportError('BadRequest', '`principalId`: only people are members and owners of groups');
  if (target.type === 'group' && target.access === 'member' && (await isByRule(target.id, tx)))
    throw new SallyportError('BadRequest', '`groupId`: the members of this group follow from a rule');
  // Who is in it follows from what people say of themselves.
  if (target.type === 'role' && type === 'group' && !action.endsWith('Remove') && (await isByRule(id, tx)))
    throw new SallyportError('BadRequest', '`principalId`: a group by rule is given no roles');
  if (target.type === 'cloudRole' && /(?:Assign|Activate|Renew)$/.test(action) && !(await isInCloud(target.id, id, tx)))
    throw new SallyportError('BadRequest', '`principalId`: the cloud’s connection does not say who this is there');
  if (type === 'servicePrincipal' && action.startsWith('self'))
    throw new SallyportError('BadRequest', '`principalId`: an application can’t activate');
}

const wholes: ReadonlySet<string> = new Set([canonicalJson({}), canonicalJson(wholeScope)]);

/** The scope in full, and its id. Throws InvalidScope for an id of none that the principal has or had. */
async function scopeOf(
  tx: Queryable,
  { scope, scopeId, principalId, target }: Wish,
): Promise<{ readonly id: string; readonly scope: Partial<AssignmentScope> }> {
  if (scope !== undefined) {
    if (target.type !== 'role' || wholes.has(canonicalJson(scope))) return { id: '/', scope: {} };
    const row = await tx.first<{ id: string }>('SELECT scope_id($1::jsonb) AS id', [JSON.stringify(scope)]);
    return { id: row?.id ?? '/', scope };
  }
  if (scopeId === '/') return { id: '/', scope: {} };
  const row = await tx.first<{ scope: Partial<AssignmentScope> }>(
    `SELECT scope FROM privileged_holdings WHERE target_type = $1 AND target_id = $2 AND scope_id = $3
       AND (principal_id = $4 OR principal_id IN (SELECT group_id FROM group_members WHERE person_id = $4)) LIMIT 1`,
    [target.type, target.id, scopeId, principalId],
  );
  if (!row) throw new PrivilegedAccessError('InvalidScope');
  return { id: scopeId, scope: row.scope };
}
