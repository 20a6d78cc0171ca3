import type { CloudProvisioning } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { provisioningOf } from './clouds/grants.ts';
import { deedsOf, type Deed } from './deeds.ts';
import { allRoles } from './roles.ts';
import { nameOrId, principalsOf } from './targets.ts';
import { targetOf, type Holding, type RequestRow } from './types.ts';

/** Grants of one export; a span of time that has more is exported in parts. */
export const exportedMax = 10_000;

export interface ExportedGrant {
  readonly id: string;
  readonly kind: string;
  readonly assignmentType: string;
  readonly target: string;
  readonly targetId: string;
  readonly scope: string;
  readonly principal: string;
  readonly principalId: string;
  readonly startsAt: string;
  readonly endsAt: string | null;
  readonly endedAt: string | null;
  readonly endedBy: string | null;
  readonly grantedBy: string;
  readonly justification: string;
  readonly ticket: string;
  readonly approvals: readonly {
    readonly by: string;
    readonly at: string;
    readonly result: string;
    readonly justification: string;
  }[];
  /** How far its cloud is with it; null: it is of no cloud, or has not begun. */
  readonly provisioning: CloudProvisioning | null;
  /** What the person did while it was in force, of the audit log; no more than the newest 200. */
  readonly done: readonly Deed[];
}

/** Every grant that was in force within a span, with why, by whom, how it ended, and what was done meanwhile. */
export async function exportGrants(db: Queryable, from: Date, to: Date, now: Date): Promise<ExportedGrant[]> {
  const rows = await db.query<Holding>(
    `SELECT * FROM privileged_holdings WHERE starts_at < $2 AND coalesce(removed_at, ends_at, $3) >= $1 ORDER BY starts_at, id LIMIT ${exportedMax}`,
    [from, to, now],
  );
  const principals = await principalsOf(
    rows.map(({ principal_id: id }) => id),
    db,
  );
  const requests = new Map(
    (
      await db.query<RequestRow>('SELECT * FROM privileged_requests WHERE id = ANY($1::uuid[])', [
        rows.flatMap(({ request_id: id }) => (id === null ? [] : [id])),
      ])
    ).map((row) => [row.id, row]),
  );
  const steps = await db.query<{
    request_id: string;
    reviewed_by: string;
    reviewed_at: Date;
    review_result: string;
    justification: string;
  }>(
    'SELECT * FROM privileged_approval_steps WHERE request_id = ANY($1::uuid[]) AND reviewed_at IS NOT NULL ORDER BY reviewed_at',
    [[...requests.keys()]],
  );
  const roles = new Map((await allRoles(db)).map(({ id, name }) => [id, name]));
  const provisioning = await provisioningOf(db, rows);
  const found: ExportedGrant[] = [];
  for (const row of rows) {
    const principal = principals.get(row.principal_id);
    const request = row.request_id === null ? undefined : requests.get(row.request_id);
    const ended = row.removed_at ?? (row.ends_at !== null && row.ends_at <= now ? row.ends_at : null);
    found.push({
      id: row.id,
      kind: row.kind,
      assignmentType: row.assignment_type,
      target: roles.get(row.target_id) ?? (await nameOrId(targetOf(row), db)),
      targetId: row.target_id,
      scope: row.scope_id === '/' ? '/' : JSON.stringify(row.scope),
      principal: principal?.name ?? row.principal_id,
      principalId: row.principal_id,
      startsAt: row.starts_at.toISOString(),
      endsAt: row.ends_at?.toISOString() ?? null,
      endedAt: ended?.toISOString() ?? null,
      endedBy: row.removed_by ?? (ended === null ? null : 'expiry'),
      grantedBy: row.created_by,
      justification: row.justification,
      ticket: request ? `${request.ticket_system} ${request.ticket_number}`.trim() : '',
      approvals: steps
        .filter(({ request_id: id }) => id === row.request_id)
        .map((step) => ({
          by: step.reviewed_by,
          at: step.reviewed_at.toISOString(),
          result: step.review_result,
          justification: step.justification,
        })),
      provisioning: provisioning.get(row.id) ?? null,
      done: row.kind === 'active' && principal ? await deedsOf(db, principal.name, row.starts_at, ended ?? now) : [],
    });
  }
  return found;
}

const columns = [
  'id',
  'kind',
  'assignmentType',
  'target',
  'targetId',
  'scope',
  'principal',
  'principalId',
  'startsAt',
  'endsAt',
  'endedAt',
  'endedBy',
  'grantedBy',
  'justification',
  'ticket',
  'approvals',
  'provisioning',
  'done',
] as const satisfies readonly (keyof ExportedGrant)[];

/** RFC 4180. What a spreadsheet would take for a formula is a text. */
function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
const told = (grant: ExportedGrant, column: (typeof columns)[number]): unknown => {
  if (column === 'approvals')
    return grant.approvals
      .map(({ by, at, result, justification }) => `${at} ${result} ${by}: ${justification}`)
      .join('\n');
  if (column === 'provisioning') {
    const { provisioning: cloud } = grant;
    return cloud === null ? '' : `${cloud.state} ${cloud.since}${cloud.error === null ? '' : ` (${cloud.error})`}`;
  }
  if (column === 'done')
    return grant.done.map(({ at, operation, target, result }) => `${at} ${operation} ${target} (${result})`).join('\n');
  return grant[column];
};

export const csvOf = (grants: readonly ExportedGrant[]): string =>
  [columns.join(','), ...grants.map((grant) => columns.map((column) => cell(told(grant, column))).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
