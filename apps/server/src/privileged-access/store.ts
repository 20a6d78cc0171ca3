import type { PrivilegedKind, PrivilegedStatus, PrivilegedTarget } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { Holding, RequestRow } from './types.ts';

const requestColumns = 'r.*, scope_id(r.scope) AS scope_id';
/** More than anybody has of one kind; lists of the portal have no pages. */
export const listedMax = 1_000;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => uuid.test(text);

/** One writer at a time for what a principal has of a target. */
export const lockSubject = (tx: Queryable, principalId: string, { type, id, access }: PrivilegedTarget) =>
  tx.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 147))', [`${principalId} ${type} ${id} ${access}`]);

export interface Subject {
  readonly principalId: string;
  readonly target: PrivilegedTarget;
  readonly kind: PrivilegedKind;
  readonly scopeId: string;
}
const ofSubject = `target_type = $1 AND target_id = $2 AND access = $3 AND principal_id = $4 AND kind = $5 AND scope_id = $6`;
const valuesOf = ({ principalId, target, kind, scopeId }: Subject) => [
  target.type,
  target.id,
  target.access,
  principalId,
  kind,
  scopeId,
];

/** What is granted. `at`: live then means begun and not ended. */
export const holdings = {
  byId: (db: Queryable, id: string) =>
    isUuid(id)
      ? db.first<Holding>('SELECT * FROM privileged_holdings WHERE id = $1', [id])
      : Promise.resolve(undefined),
  /** By id; one that is not there is missing. */
  byIds: async (db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Holding>> => {
    const rows = await db.query<Holding>('SELECT * FROM privileged_holdings WHERE id = ANY($1::uuid[])', [ids]);
    return new Map(rows.map((row) => [row.id, row]));
  },
  /** Not ended; those that begin later too. */
  current: (db: Queryable, subject: Subject, at: Date) =>
    db.query<Holding>(
      `SELECT * FROM privileged_holdings WHERE ${ofSubject} AND removed_at IS NULL AND (ends_at IS NULL OR ends_at > $7) ORDER BY starts_at, id LIMIT 100`,
      [...valuesOf(subject), at],
    ),
  /** The one that was over last. */
  lastEnded: (db: Queryable, subject: Subject, at: Date) =>
    db.first<Holding>(
      `SELECT * FROM privileged_holdings WHERE ${ofSubject} AND assignment_type = 'Assigned' AND (removed_at IS NOT NULL OR ends_at <= $7)
       ORDER BY coalesce(removed_at, ends_at) DESC LIMIT 1`,
      [...valuesOf(subject), at],
    ),
  /** Eligibilities that a person may activate now, their own before those of groups. */
  eligible: (db: Queryable, personId: string, target: PrivilegedTarget, scopeId: string, at: Date) =>
    db.query<Holding>(
      `SELECT * FROM privileged_holdings WHERE target_type = $1 AND target_id = $2 AND access = $3 AND scope_id = $4 AND kind = 'eligible'
         AND removed_at IS NULL AND starts_at <= $6 AND (ends_at IS NULL OR ends_at > $6)
         AND (principal_id = $5 OR (principal_type = 'group' AND principal_id IN (SELECT group_id FROM group_members WHERE person_id = $5)))
       ORDER BY principal_id <> $5, ends_at DESC NULLS FIRST LIMIT 1`,
      [target.type, target.id, target.access, scopeId, personId, at],
    ),
  activatedFrom: (db: Queryable, id: string) =>
    db.query<Holding>(
      'SELECT * FROM privileged_holdings WHERE activated_from = $1 AND removed_at IS NULL ORDER BY id LIMIT 1000',
      [id],
    ),
};

export const requests = {
  insert: (tx: Queryable, row: Omit<RequestRow, 'scope_id'>) =>
    tx.execute(
      `INSERT INTO privileged_requests (id, kind, action, status, target_type, target_id, access, principal_id, principal_type, scope, starts_at, expiration,
         justification, ticket_number, ticket_system, assignment_id, eligible_id, created_at, created_by_id, created_by, completed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
      [
        row.id,
        row.kind,
        row.action,
        row.status,
        row.target_type,
        row.target_id,
        row.access,
        row.principal_id,
        row.principal_type,
        JSON.stringify(row.scope),
        row.starts_at,
        JSON.stringify(row.expiration),
        row.justification,
        row.ticket_number,
        row.ticket_system,
        row.assignment_id,
        row.eligible_id,
        row.created_at,
        row.created_by_id,
        row.created_by,
        row.completed_at,
      ],
    ),
  byId: (db: Queryable, id: string) =>
    isUuid(id)
      ? db.first<RequestRow>(`SELECT ${requestColumns} FROM privileged_requests r WHERE r.id = $1`, [id])
      : Promise.resolve(undefined),
  /** Held until the transaction ends: of two who decide at once, the second sees what the first did. */
  lock: (tx: Queryable, id: string) =>
    isUuid(id)
      ? tx.first<RequestRow>(`SELECT ${requestColumns} FROM privileged_requests r WHERE r.id = $1 FOR UPDATE`, [id])
      : Promise.resolve(undefined),
  pending: (db: Queryable, { principalId, target, kind, scopeId }: Subject) =>
    db.first<RequestRow>(
      `SELECT ${requestColumns} FROM privileged_requests r WHERE target_type = $1 AND target_id = $2 AND access = $3 AND principal_id = $4 AND kind = $5
         AND scope_id(scope) = $6 AND status IN ('PendingApproval', 'PendingAdminDecision')`,
      [target.type, target.id, target.access, principalId, kind, scopeId],
    ),
  settle: (
    tx: Queryable,
    id: string,
    { status, assignmentId, at }: { status: PrivilegedStatus; assignmentId?: string | null; at: Date | null },
  ) =>
    tx.execute(
      'UPDATE privileged_requests SET status = $2, assignment_id = coalesce($3, assignment_id), completed_at = $4 WHERE id = $1',
      [id, status, assignmentId ?? null, at],
    ),
};
