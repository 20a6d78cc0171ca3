import {
  builtInRoleName,
  builtInRoles,
  permissionsIn,
  permissionsOfBuiltIn,
  roleNames,
  type GrantedPermission,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';

/** A custom role, as it is kept. */
export interface RoleRow {
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
  readonly permissions: readonly string[];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly modifiedAt: Date;
  readonly revision: number;
}

const columns = `d.id, d.display_name AS "displayName", d.description, d.permissions, d.created_at AS "createdAt", d.created_by AS "createdBy",
  d.modified_at AS "modifiedAt", d.revision`;

export const roleRows = {
  all: (db: Queryable) => db.query<RoleRow>(`SELECT ${columns} FROM role_definitions d ORDER BY lower(d.display_name)`),
  get: (db: Queryable, id: string) =>
    db.first<RoleRow>(`SELECT ${columns} FROM role_definitions d WHERE d.id = $1`, [id]),
  byName: (db: Queryable, name: string) =>
    db.first<RoleRow>(`SELECT ${columns} FROM role_definitions d WHERE lower(d.display_name) = lower($1)`, [name]),
  count: async (db: Queryable): Promise<number> =>
    (await db.first<{ n: number }>('SELECT count(*)::int AS n FROM role_definitions'))?.n ?? 0,
  insert: (db: Queryable, row: RoleRow) =>
    db.execute(
      `INSERT INTO role_definitions (id, display_name, description, permissions, created_at, created_by, modified_at, revision)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [row.id, row.displayName, row.description, row.permissions, row.createdAt, row.createdBy, row.modifiedAt, row.revision], // prettier-ignore
    ),
  update: (db: Queryable, row: RoleRow) =>
    db.execute(
      'UPDATE role_definitions SET display_name = $2, description = $3, permissions = $4, modified_at = $5, revision = $6 WHERE id = $1',
      [row.id, row.displayName, row.description, row.permissions, row.modifiedAt, row.revision],
    ),
  remove: (db: Queryable, id: string) => db.execute('DELETE FROM role_definitions WHERE id = $1', [id]),
};

/** A role, whoever made it. */
export interface KnownRole {
  readonly id: string;
  readonly name: string;
  readonly permissions: ReadonlySet<GrantedPermission>;
}

const builtIn: ReadonlyMap<string, KnownRole> = new Map(
  roleNames.map((name) => [
    builtInRoles[name].id,
    { id: builtInRoles[name].id, name, permissions: permissionsOfBuiltIn(name) },
  ]),
);
export const builtInRole = (id: string): KnownRole | undefined => builtIn.get(id.toLowerCase());
const knownRole = ({ id, displayName, permissions }: RoleRow): KnownRole => ({
  id,
  name: displayName,
  permissions: permissionsIn(permissions),
});

/** Undefined when there is none of it. */
export async function roleOf(db: Queryable, id: string): Promise<KnownRole | undefined> {
  const own = builtIn.get(id.toLowerCase());
  if (own) return own;
  const row = await roleRows.get(db, id);
  return row && knownRole(row);
}

/** Ids of all roles that hold a permission. */
export async function rolesHolding(db: Queryable, permission: GrantedPermission): Promise<readonly string[]> {
  const all = [...builtIn.values(), ...(await roleRows.all(db)).map(knownRole)];
  return all.filter(({ permissions }) => permissions.has(permission)).map(({ id }) => id);
}

/** Of a name of a custom role, or a built-in one's id, as SQL's `coalesce(d.display_name, a.role_id::text)` gives it. */
export const roleNameOf = (nameOrId: string): string => builtInRoleName(nameOrId) ?? nameOrId;
