import { AssignmentScope, type PrincipalType } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { roleNameOf } from './role-store.ts';

/** A row of `role_assignments`. */
export interface AssignmentRow {
  readonly id: string;
  readonly roleId: string;
  readonly principalId: string;
  readonly principalType: PrincipalType;
  readonly kind: 'eligible' | 'active';
  readonly assignmentType: 'Assigned' | 'Activated';
  readonly scope: unknown;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly removedAt: Date | null;
  readonly removedBy: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly justification: string;
  readonly providerId: string | null;
}
export const assignmentColumns = `a.id, a.role_id AS "roleId", a.principal_id AS "principalId", a.principal_type AS "principalType", a.kind,
  a.assignment_type AS "assignmentType", a.scope, a.starts_at AS "startsAt", a.ends_at AS "endsAt", a.removed_at AS "removedAt",
  a.removed_by AS "removedBy", a.created_at AS "createdAt", a.created_by AS "createdBy", a.justification, a.provider_id AS "providerId"`;

/** Assignments `a` that are in force at `now`, a parameter such as `$1`. */
export const inForce = (now: string): string =>
  `a.kind = 'active' AND a.removed_at IS NULL AND a.starts_at <= ${now} AND (a.ends_at IS NULL OR a.ends_at > ${now})`;
/** Assignments `a` that are not over at `now`, of either kind, begun or not. */
export const notOver = (now: string): string => `a.removed_at IS NULL AND (a.ends_at IS NULL OR a.ends_at > ${now})`;
/** Assignments `a` that reach a person, directly or through a group. */
export const reaching = (person: string): string =>
  `a.principal_id IN (SELECT ${person} UNION ALL SELECT m.group_id FROM group_members m WHERE m.person_id = ${person})`;
/** Assignments `a` over everything. */
export const overEverything = `(coalesce(a.scope->>'dataSources', 'all') = 'all' AND coalesce(a.scope->>'workspaces', 'all') = 'all'
  AND coalesce(a.scope->>'deviceGroups', 'all') = 'all' AND coalesce(a.scope->>'tables', 'all') = 'all' AND coalesce(a.scope->'rows', '[]') = '[]')`;

/** One that can't be read reaches nothing. */
export function scopeOf(raw: unknown): AssignmentScope | undefined {
  const parsed = AssignmentScope.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}
export const isWhole = ({ dataSources, workspaces, deviceGroups, tables, rows }: AssignmentScope): boolean =>
  dataSources === 'all' && workspaces === 'all' && deviceGroups === 'all' && tables === 'all' && rows.length === 0;

export const assignmentRows = {
  get: (db: Queryable, id: string) =>
    db.first<AssignmentRow>(`SELECT ${assignmentColumns} FROM role_assignments a WHERE a.id = $1`, [id]),
  insert: (db: Queryable, row: Omit<AssignmentRow, 'removedAt' | 'removedBy'>) =>
    db.execute(
      `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, assignment_type, scope, starts_at, ends_at, created_at, created_by, justification, provider_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        row.id,
        row.roleId,
        row.principalId,
        row.principalType,
        row.kind,
        row.assignmentType,
        JSON.stringify(row.scope),
        row.startsAt,
        row.endsAt,
        row.createdAt,
        row.createdBy,
        row.justification,
        row.providerId,
      ],
    ),
  /** Answers whether it was not over already. */
  end: async (db: Queryable, id: string, at: Date, by: string): Promise<boolean> =>
    (await db.execute(
      'UPDATE role_assignments SET removed_at = $2, removed_by = $3 WHERE id = $1 AND removed_at IS NULL',
      [id, at, by],
    )) === 1,
  /** Active ones of a principal itself that are not over. */
  ofPrincipal: (db: Queryable, principalId: string, now: Date) =>
    db.query<AssignmentRow>(
      `SELECT ${assignmentColumns} FROM role_assignments a WHERE a.principal_id = $1 AND a.kind = 'active' AND ${notOver('$2')} ORDER BY a.created_at, a.id`,
      [principalId, now],
    ),
};

/** Names of roles that are in force for these people, directly or through groups; those who have none are left out. */
export async function roleNamesOf(
  db: Queryable,
  personIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (personIds.length === 0) return new Map();
  const rows = await db.query<{ id: string; roles: string[] }>(
    `SELECT p.id, array_agg(DISTINCT coalesce(d.display_name, a.role_id::text)) AS roles
     FROM unnest($1::uuid[]) AS p(id)
     CROSS JOIN LATERAL (SELECT p.id AS principal UNION ALL SELECT m.group_id FROM group_members m WHERE m.person_id = p.id) AS of
     JOIN role_assignments a ON a.principal_id = of.principal
     LEFT JOIN role_definitions d ON d.id = a.role_id
     WHERE ${inForce('$2')} GROUP BY p.id`,
    [personIds, now],
  );
  return new Map(rows.map(({ id, roles }) => [id, roles.map(roleNameOf).sort()]));
}

/** Whether somebody holds, is eligible for, or will hold any role. */
export const holdsAnything = async (db: Queryable, personId: string, now: Date): Promise<boolean> =>
  (await db.first(`SELECT 1 FROM role_assignments a WHERE ${reaching('$1::uuid')} AND ${notOver('$2')} LIMIT 1`, [
    personId,
    now,
  ])) !== undefined;
