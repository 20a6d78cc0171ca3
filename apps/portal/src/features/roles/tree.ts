import {
  grantedPermissions,
  permissionCategories,
  permissions,
  permissionsIn,
  type GrantedPermission,
  type PermissionCategory,
  type PermissionEntry,
} from '@sallyport/contracts';

/** What a role takes of a category. */
export type CategoryChoice = 'none' | 'read' | 'manage' | 'custom';
export const categoryChoices: readonly CategoryChoice[] = ['none', 'read', 'manage', 'custom'];
export const choiceLabels: Readonly<Record<CategoryChoice, string>> = {
  none: 'None',
  read: 'All read-only permissions, also future ones',
  manage: 'All read and manage permissions, also future ones',
  custom: 'Custom permissions',
};

export interface PermissionGroup {
  readonly name: string;
  readonly permissions: readonly GrantedPermission[];
}
const isCategory = (name: string): name is PermissionCategory => Object.hasOwn(permissionCategories, name);
export const categories: readonly PermissionCategory[] = Object.keys(permissionCategories).filter(isCategory);

/** The permissions of a category, by group. */
export function groupsOf(category: PermissionCategory): readonly PermissionGroup[] {
  const all = grantedPermissions.filter((one) => permissions[one].category === category);
  return [...Map.groupBy(all, (one) => permissions[one].group)].map(([name, of]) => ({ name, permissions: of }));
}

export function choiceOf(category: PermissionCategory, entries: readonly PermissionEntry[]): CategoryChoice {
  if (entries.includes(`${category}.all.manage`)) return 'manage';
  if (entries.includes(`${category}.all.read`))
    return entries.some((one) => isOf(category, one) && !one.endsWith('.all.read')) ? 'custom' : 'read';
  return entries.some((one) => isOf(category, one)) ? 'custom' : 'none';
}
const isOf = (category: PermissionCategory, entry: PermissionEntry): boolean =>
  [...permissionsIn([entry])].every((one) => permissions[one].category === category);

/** With another choice of a category. What was chosen one by one is kept where it becomes custom. */
export function withChoice(
  category: PermissionCategory,
  choice: CategoryChoice,
  entries: readonly PermissionEntry[],
): PermissionEntry[] {
  const of = entries.filter((one) => isOf(category, one));
  const others = entries.filter((one) => !isOf(category, one));
  if (choice === 'none') return others;
  if (choice === 'custom') return [...others, ...permissionsIn(of)];
  return [...others, `${category}.all.${choice}`];
}

/** With a permission, or without it. */
export const toggled = (entries: readonly PermissionEntry[], one: GrantedPermission): PermissionEntry[] =>
  entries.includes(one) ? entries.filter((other) => other !== one) : [...entries, one];
