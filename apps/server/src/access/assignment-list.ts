import type { RoleAssignment } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { assignmentColumns, notOver, scopeOf, type AssignmentRow } from './assignment-store.ts';
import { roleNameOf } from './role-store.ts';

export interface Wanted {
  readonly id?: string | undefined;
  readonly roleId?: string | undefined;
  readonly principalId?: string | undefined;
  readonly state: 'now' | 'all';
  readonly limit: number;
  readonly offset: number;
}

type Row = AssignmentRow & { readonly role: string; readonly principalName: string; readonly total: number };

const sql = `SELECT ${assignmentColumns}, coalesce(d.display_name, a.role_id::text) AS role,
    coalesce(p.user_principal_name, g.name, s.body->>'displayName', a.principal_id::text) AS "principalName", count(*) OVER ()::int AS total
  FROM role_assignments a LEFT JOIN role_definitions d ON d.id = a.role_id
  LEFT JOIN people p ON a.principal_type = 'user' AND p.id = a.principal_id
  LEFT JOIN groups g ON a.principal_type = 'group' AND g.id = a.principal_id
  LEFT JOIN service_principals s ON a.principal_type = 'servicePrincipal' AND s.id = a.principal_id
  WHERE a.kind = 'active' AND ($2::uuid IS NULL OR a.id = $2) AND ($3::uuid IS NULL OR a.role_id = $3) AND ($4::uuid IS NULL OR a.principal_id = $4)
    AND ($5::boolean OR ${notOver('$1::timestamptz')})
  ORDER BY a.created_at DESC, a.id LIMIT $6 OFFSET $7`;

const stateOf = ({ startsAt, endsAt, removedAt }: Row, now: Date): RoleAssignment['state'] => {
  if (removedAt !== null || (endsAt !== null && endsAt <= now)) return 'ended';
  return startsAt > now ? 'scheduled' : 'active';
};

/** Assignments as they are shown, the newest first. */
export async function listAssignments(db: Queryable, wanted: Wanted, now: Date) {
  const { id = null, roleId = null, principalId = null, state, limit, offset } = wanted;
  const rows = await db.query<Row>(sql, [now, id, roleId, principalId, state === 'all', limit, offset]);
  const assignments = rows.flatMap((row): RoleAssignment[] => {
    const scope = scopeOf(row.scope);
    if (!scope) return [];
    return [
      {
        id: row.id,
        roleId: row.roleId,
        roleName: roleNameOf(row.role),
        principalId: row.principalId,
        principalType: row.principalType,
        principalName: row.principalName,
        kind: row.kind,
        assignmentType: row.assignmentType,
        scope,
        startsAt: row.startsAt.toISOString(),
        endsAt: row.endsAt?.toISOString() ?? null,
        removedAt: row.removedAt?.toISOString() ?? null,
        removedBy: row.removedBy,
        createdAt: row.createdAt.toISOString(),
        createdBy: row.createdBy,
        justification: row.justification,
        state: stateOf(row, now),
      },
    ];
  });
  return { assignments, total: rows[0]?.total ?? 0 };
}
