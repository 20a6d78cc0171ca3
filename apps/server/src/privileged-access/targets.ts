import type { PrivilegedTarget } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queryable } from '../platform/database/index.ts';
import { PrivilegedAccessError } from './errors.ts';
import { roleById } from './roles.ts';
import { isUuid } from './store.ts';
import { targetOf, type Holding, type PrincipalType } from './types.ts';

/** Lists have no pages. */
const cloudRolesMax = 1_000;
const AppRoles = z.object({
  displayName: z.string().catch(''),
  appRoles: z.array(z.object({ id: z.string(), displayName: z.string().nullish() })).catch([]),
});
/** The role that an application without roles gives. https://learn.microsoft.com/graph/api/resources/approleassignment */
const defaultAppRole = '00000000-0000-0000-0000-000000000000';

/** What a target is called; undefined when there is none. */
export async function nameOfTarget(target: PrivilegedTarget, db: Queryable): Promise<string | undefined> {
  switch (target.type) {
    case 'role':
      return (await roleById(db, target.id))?.name;
    case 'group': {
      if (target.access !== 'member' && target.access !== 'owner') return undefined;
      const row = await db.first<{ name: string }>('SELECT name FROM groups WHERE id = $1', [target.id]);
      return row && `${row.name} (${target.access})`;
    }
    case 'application': {
      const row = await db.first<{ body: unknown; application: unknown }>(
        'SELECT s.body, a.body AS application FROM service_principals s JOIN applications a ON a.app_id = s.app_id WHERE s.id = $1',
        [target.id],
      );
      if (!row) return undefined;
      const { displayName, appRoles } = AppRoles.parse(row.application);
      if (target.access === defaultAppRole) return displayName;
      const role = appRoles.find(({ id }) => id.toLowerCase() === target.access);
      return role && `${displayName} (${role.displayName ?? role.id})`;
    }
    case 'cloudRole':
      return target.access === '' ? cloudRoleName(target.id, db, 'AND r.removed_at IS NULL') : undefined;
  }
}

/** Of one that may be gone since. */
export const nameOrId = async (target: PrivilegedTarget, db: Queryable): Promise<string> =>
  (await nameOfTarget(target, db)) ?? (target.type === 'cloudRole' ? await cloudRoleName(target.id, db) : undefined) ?? target.id; // prettier-ignore

/** `live`: not of one that was removed. */
async function cloudRoleName(id: string, db: Queryable, live: '' | 'AND r.removed_at IS NULL' = '') {
  const row = await db.first<{ name: string; connection: string }>(
    `SELECT r.name, c.name AS connection FROM cloud_roles r JOIN cloud_connections c ON c.id = r.connection_id WHERE r.id = $1 ${live}`,
    [id],
  );
  return row && `${row.name} (${row.connection})`;
}

/** Roles of clouds that can be assigned, by name. */
export const cloudRoleTargets = async (db: Queryable): Promise<PrivilegedTarget[]> =>
  (
    await db.query<{ id: string }>(
      `SELECT r.id FROM cloud_roles r JOIN cloud_connections c ON c.id = r.connection_id WHERE r.removed_at IS NULL
       ORDER BY lower(c.name), lower(r.name), r.id LIMIT ${cloudRolesMax}`,
    )
  ).map(({ id }) => ({ type: 'cloudRole', id, access: '' }));

/** Whether the cloud of a role knows somebody. */
export const isInCloud = async (cloudRoleId: string, principalId: string, db: Queryable): Promise<boolean> =>
  (await db.first(
    'SELECT 1 FROM cloud_identities i JOIN cloud_roles r ON r.connection_id = i.connection_id WHERE r.id = $1 AND i.principal_id = $2',
    [cloudRoleId, principalId],
  )) !== undefined;

/** Of an id, or a person's user principal name. Throws PrivilegedAccessError. */
export async function principalIdOf(db: Queryable, idOrName: string): Promise<string> {
  if (isUuid(idOrName)) return idOrName.toLowerCase();
  const row = await db.first<{ id: string }>(
    'SELECT id FROM people WHERE lower(user_principal_name) = lower($1) AND deleted_at IS NULL',
    [idOrName],
  );
  if (!row) throw new PrivilegedAccessError('SubjectNotFound');
  return row.id;
}

/** Whether membership of the group is worked out by a rule, so that nobody can be made a member. */
export const isByRule = async (groupId: string, db: Queryable): Promise<boolean> =>
  (await db.first('SELECT 1 FROM groups WHERE id = $1 AND membership_rule IS NOT NULL', [groupId])) !== undefined;

export interface PrincipalFacts {
  readonly id: string;
  readonly type: PrincipalType;
  /** User principal name; name of a group or an application. */
  readonly name: string;
  readonly displayName: string;
}

const principals = `SELECT id, 'user' AS type, user_principal_name AS name, display_name AS "displayName" FROM people WHERE id = ANY($1) AND deleted_at IS NULL
  UNION ALL SELECT id, 'group', name, name FROM groups WHERE id = ANY($1)
  UNION ALL SELECT s.id, 'servicePrincipal', a.body->>'displayName', a.body->>'displayName'
    FROM service_principals s JOIN applications a ON a.app_id = s.app_id WHERE s.id = ANY($1)`;

/** Those of the ids that are there. */
export async function principalsOf(
  ids: readonly string[],
  db: Queryable,
): Promise<ReadonlyMap<string, PrincipalFacts>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<PrincipalFacts>(principals, [[...new Set(ids)]]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** What and whom an assignment or a request is about, as activities name them. */
export async function namedOf(
  row: Pick<Holding, 'target_type' | 'target_id' | 'access' | 'principal_id' | 'principal_type'>,
  db: Queryable,
) {
  const target = targetOf(row);
  const { principal_id: id, principal_type: type } = row;
  const principal = (await principalsOf([id], db)).get(id);
  return {
    target: { ...target, name: await nameOrId(target, db) },
    principal: { id, name: principal?.name ?? id, type },
  };
}
