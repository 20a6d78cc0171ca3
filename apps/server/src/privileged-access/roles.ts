import {
  builtInRoles,
  isRoleName,
  permissionsIn,
  permissionsOfBuiltIn,
  type GrantedPermission,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';

export interface RoleFacts {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isBuiltIn: boolean;
  readonly permissions: ReadonlySet<GrantedPermission>;
}

const builtIn: readonly RoleFacts[] = Object.keys(builtInRoles)
  .filter(isRoleName)
  .map((name) => {
    const { id, description } = builtInRoles[name];
    return { id, name, description, isBuiltIn: true, permissions: permissionsOfBuiltIn(name) };
  });
const custom = 'SELECT id, display_name AS name, description, permissions FROM role_definitions';
interface CustomRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly string[];
}
const factsOf = ({ permissions, ...row }: CustomRow): RoleFacts => ({
  ...row,
  isBuiltIn: false,
  permissions: permissionsIn(permissions),
});

/** Built-in roles and those of one's own, by name. */
export async function allRoles(db: Queryable): Promise<readonly RoleFacts[]> {
  const rows = await db.query<CustomRow>(`${custom} ORDER BY lower(display_name) LIMIT 1000`);
  return [...builtIn, ...rows.map(factsOf)];
}

export async function roleById(db: Queryable, id: string): Promise<RoleFacts | undefined> {
  const known = builtIn.find((role) => role.id === id);
  if (known) return known;
  const row = await db.first<CustomRow>(`${custom} WHERE id = $1`, [id]);
  return row && factsOf(row);
}
