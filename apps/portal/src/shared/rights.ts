import {
  isGrantedPermission,
  permissions,
  routes,
  scopedRoutes,
  unusedAfterDays,
  type GrantedPermission,
  type Me,
  type PermissionUse,
  type RouteDefinition,
} from '@sallyport/contracts';

/** `Detection tuning (manage)`. */
export const permissionLabel = (one: GrantedPermission): string =>
  `${permissions[one].name} (${permissions[one].level.toLowerCase()})`;

const DAY_MS = 86_400_000;

/** Whether a right that is held since then was not used for 90 days. */
export const isUnused = ({ lastUsedAt }: PermissionUse, heldSince: string | null, now: Date): boolean => {
  const horizon = now.getTime() - unusedAfterDays * DAY_MS;
  if (lastUsedAt !== null) return Date.parse(lastUsedAt) < horizon;
  return heldSince !== null && Date.parse(heldSince) < horizon;
};

/** A route by its name in the contract, as `client` has it. */
export type RouteName = keyof typeof routes;
const table: Readonly<Record<string, RouteDefinition>> = routes;

/** Why a call would be refused to somebody; undefined: it would not, as far as its permission goes. */
export function refusalOf(
  me: Pick<Me, 'permissions' | 'overPart'>,
  call: RouteName | GrantedPermission,
): string | undefined {
  const permission = isGrantedPermission(call) ? call : table[call]?.permission;
  if (permission === undefined || permission === 'public' || permission === 'signedIn') return undefined;
  const right = `“${permissionLabel(permission)}”`;
  if (!me.permissions.includes(permission))
    return `This takes the right ${right}, which your roles do not have. My access shows what you can ask for.`;
  if (!isGrantedPermission(call) && me.overPart.includes(permission) && !scopedRoutes.has(call))
    return `This is about all of the data, and your right ${right} is over a part of it.`;
  return undefined;
}
