import { permissionsIn, SallyportError, type GrantedPermission } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { Principal } from '../platform/principal.ts';
import { notOver, reaching } from './assignment-store.ts';
import { managesAllRoles } from './reach.ts';
import { builtInRole } from './role-store.ts';

/** Of assignments `a` for which a condition holds: what they grant or may be activated to grant, now or later. `$1` the principal, `$2` now. */
async function permissionsBy(db: Queryable, condition: string, id: string, now: Date): Promise<GrantedPermission[]> {
  const rows = await db.query<{ roleId: string; entries: string[] | null }>(
    `SELECT DISTINCT a.role_id AS "roleId", d.permissions AS entries FROM role_assignments a LEFT JOIN role_definitions d ON d.id = a.role_id
     WHERE ${condition} AND ${notOver('$2')}`,
    [id, now],
  );
  return rows.flatMap(({ roleId, entries }) => [...(builtInRole(roleId)?.permissions ?? permissionsIn(entries ?? []))]);
}

const refuse = (caller: Principal, held: readonly GrantedPermission[], who: string): void => {
  const own = new Set(caller.grants.flatMap(({ permissions }) => [...permissions]));
  const beyond = [...new Set(held)].filter((permission) => !own.has(permission));
  if (beyond.length > 0)
    throw new SallyportError('Forbidden', `${who} holds more than the caller: ${beyond.slice(0, 5).join(', ')}`);
};

/** Throws Forbidden where somebody would change a person, or an application, that holds more than they do: whoever can act for it would hold it too. */
export async function refuseStronger(db: Queryable, caller: Principal, id: string, now: Date): Promise<void> {
  if (managesAllRoles(caller.grants)) return;
  refuse(caller, await permissionsBy(db, reaching('$1::uuid'), id, now), 'whom this is about');
}

/** Throws Forbidden where somebody would change who is in a group whose roles grant more than they hold. */
export async function refuseStrongerGroup(db: Queryable, caller: Principal, id: string, now: Date): Promise<void> {
  if (managesAllRoles(caller.grants)) return;
  refuse(caller, await permissionsBy(db, 'a.principal_id = $1::uuid', id, now), 'the group');
}
