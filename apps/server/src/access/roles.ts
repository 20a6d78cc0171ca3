import { roles, type GrantedPermission, type RoleName } from '@sallyport/contracts';

/** What a role holds; nothing for a name that is no role. */
export function permissionsOfRole(role: string): ReadonlySet<GrantedPermission> {
  return new Set(Object.hasOwn(roles, role) ? roles[role as RoleName] : []);
}
