import { keepingDutiesApart } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { recordActivity, type Activity } from './activities.ts';
import { changeSpan, createGrants, type NewHolding } from './grants.ts';
import { endWithin, spanOf, type Span } from './schedule.ts';
import { holdings, requests } from './store.ts';
import { namedOf } from './targets.ts';
import type { Author, Holding, RequestRow } from './types.ts';

/** Does what a request asks for, now that nothing stands against it, and answers the request as it then is. */
export type Fulfil = (tx: Queryable, request: RequestRow, by: Author, now: Date) => Promise<RequestRow>;

const eligible = (request: RequestRow): '' | 'eligible ' => (request.kind === 'eligible' ? 'eligible ' : '');
const lasting = ({ to }: Span): 'permanent' | 'timebound' => (to === null ? 'permanent' : 'timebound');

export function createFulfil(platform: Pick<Platform, 'audit' | 'outbox' | 'clock'>): Fulfil {
  const { audit } = platform;
  const grants = createGrants(platform);
  const record = async (activity: Activity, request: RequestRow, span: Span, by: Author, tx: Queryable) => {
    await recordActivity(
      audit,
      activity,
      {
        ...(await namedOf(request, tx)),
        modified: [
          { displayName: 'StartTime', newValue: span.from.toISOString() },
          { displayName: 'ExpirationTime', newValue: span.to?.toISOString() ?? null },
        ],
        details: {
          requestId: request.id,
          justification: request.justification,
          ...(request.ticket_number === '' ? {} : { ticketNumber: request.ticket_number, ticketSystem: request.ticket_system }), // prettier-ignore
        },
      },
      by,
      tx,
    );
  };
  const settled = async (
    tx: Queryable,
    request: RequestRow,
    status: RequestRow['status'],
    assignmentId: string | null,
    now: Date,
  ): Promise<RequestRow> => {
    await requests.settle(tx, request.id, { status, assignmentId, at: now });
    return { ...request, status, assignment_id: assignmentId ?? request.assignment_id, completed_at: now };
  };
  const fresh = (request: RequestRow, span: Span): NewHolding => ({
    target_type: request.target_type,
    target_id: request.target_id,
    access: request.access,
    principal_id: request.principal_id,
    principal_type: request.principal_type,
    kind: request.kind,
    assignment_type: 'Assigned',
    activated_from: null,
    scope: request.scope,
    starts_at: span.from,
    ends_at: span.to,
    created_at: span.from,
    created_by: request.created_by,
    justification: request.justification,
    request_id: request.id,
  });

  /** Whatever is given later must not be more than one person may hold either: it is looked at as if it were in force. */
  const give = async (tx: Queryable, row: NewHolding, now: Date): Promise<string> => {
    if (row.target_type !== 'role' || row.kind !== 'active') return grants.insert(tx, row, now);
    const members = await tx.query<{ id: string }>('SELECT person_id AS id FROM group_members WHERE group_id = $1', [
      row.principal_id,
    ]);
    const people = row.principal_type === 'group' ? members.map(({ id }) => id) : [row.principal_id];
    return keepingDutiesApart(tx, people, row.starts_at > now ? row.starts_at : now, () => grants.insert(tx, row, now));
  };

  const activate: Fulfil = async (tx, request, by, now) => {
    const from = request.eligible_id === null ? undefined : await holdings.byId(tx, request.eligible_id);
    const isOver = !from || from.removed_at !== null || (from.ends_at !== null && from.ends_at <= now);
    const span = laterSpan(request, now);
    const to = from && span ? endWithin(span.to, from.ends_at) : null;
    if (isOver || !span || to === null || to <= span.from) return settled(tx, request, 'Failed', null, now);
    const id = await give(
      tx,
      {
        ...fresh(request, { from: span.from, to }),
        assignment_type: 'Activated',
        activated_from: from.id,
        created_at: now,
      },
      now,
    );
    if (span.from > now) return settled(tx, request, 'Granted', id, now);
    await record('Add member to role completed (PIM activation)', request, { from: span.from, to }, by, tx);
    return settled(tx, request, 'Provisioned', id, now);
  };

  const assign: Fulfil = async (tx, request, by, now) => {
    const span = laterSpan(request, now);
    if (!span) return settled(tx, request, 'Failed', null, now);
    const id = await give(tx, { ...fresh(request, span), created_at: now }, now);
    const renewed = request.action.endsWith('Renew');
    await record(
      `Add ${eligible(request)}member to role in PIM completed (${renewed ? 'renew' : lasting(span)})`,
      request,
      span,
      by,
      tx,
    );
    return settled(tx, request, 'Provisioned', id, now);
  };

  const change: Fulfil = async (tx, request, by, now) => {
    const row = request.assignment_id === null ? undefined : await holdings.byId(tx, request.assignment_id);
    const span = laterSpan(request, now);
    if (!row || !span || isEnded(row, now)) return settled(tx, request, 'Failed', null, now);
    // One that has begun goes on from when it did.
    const from = row.starts_at <= now ? row.starts_at : request.starts_at === null ? row.starts_at : span.from;
    await changeSpan(tx, row, { from, to: span.to });
    await record('Process role update request', request, { from, to: span.to }, by, tx);
    return settled(tx, request, 'Provisioned', row.id, now);
  };

  return async (tx, request, by, now) => {
    switch (request.action) {
      case 'selfActivate':
        return activate(tx, request, by, now);
      case 'adminAssign':
      case 'adminRenew':
      case 'selfRenew':
        return assign(tx, request, by, now);
      case 'adminUpdate':
      case 'adminExtend':
      case 'selfExtend':
        return change(tx, request, by, now);
      case 'adminRemove':
      case 'selfDeactivate':
        throw new Error(`${request.action} is done at once`);
    }
  };
}

const isEnded = ({ removed_at: removed, ends_at: ends }: Holding, now: Date): boolean =>
  removed !== null || (ends !== null && ends <= now);

/** As times from now on: what was asked for may be over by the time that it is approved. */
function laterSpan(request: RequestRow, now: Date): Span | undefined {
  if (request.expiration.type === 'afterDateTime' && new Date(request.expiration.endDateTime) <= now) return undefined;
  return spanOf(request.starts_at, request.expiration, now);
}
