import type { Queryable } from '../platform/database/index.ts';
import { rolesHolding } from '../access/index.ts';

/** More than this many people are not told, and not asked. */
const managersMax = 1_000;

export interface PersonRef {
  readonly id: string;
  readonly name: string;
}

/** Assignments that are in force: $1 roles, $2 now. `h` is the assignment, `p` the person, directly or through a group. */
const inForce = `FROM role_assignments h JOIN people p ON p.id = h.principal_id OR (h.principal_type = 'group'
     AND EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = h.principal_id AND m.person_id = p.id))
  WHERE h.role_id = ANY($1) AND h.kind = 'active' AND h.removed_at IS NULL AND h.starts_at <= $2 AND (h.ends_at IS NULL OR h.ends_at > $2)
    AND p.disabled_at IS NULL AND p.deleted_at IS NULL`;

/** Who manages authorization now: approvers where a policy names none, and who is told as administrator. */
export async function managers(db: Queryable, now: Date): Promise<readonly PersonRef[]> {
  return db.query<PersonRef>(
    `SELECT DISTINCT p.id, p.user_principal_name AS name ${inForce} ORDER BY name LIMIT ${managersMax}`,
    [await rolesHolding(db, 'authorization.manage'), now],
  );
}
