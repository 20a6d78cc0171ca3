import { permissionsOfEverybody, roles, type GrantedPermission, type RoleName } from '@sallyport/contracts';

/** What somebody of a role holds; what everybody does for a name that is no role. */
export function permissionsOfRole(role: string): ReadonlySet<GrantedPermission> {
  return new Set([...permissionsOfEverybody, ...(Object.hasOwn(roles, role) ? roles[role as RoleName] : [])]);
}
