import { grantedPermissions } from '@sallyport/contracts';
import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const rolesTabs = ['roles', 'assignments', 'explorer', 'unused', 'duties'] as const;
export type RolesTabId = (typeof rolesTabs)[number];
const Roles = z.object({
  tab: oneOf(rolesTabs),
  /** The role, or the assignment, whose panel is open. */
  selected: textOf(64),
  search: textOf(100),
  /** Of the explorer: who may do this, over which table; or whose rights. */
  permission: oneOf(grantedPermissions),
  table: textOf(128),
  principal: textOf(64),
  type: oneOf(['user', 'group', 'servicePrincipal'] as const),
});
export type RolesSearch = Partial<z.infer<typeof Roles>>;
export const rolesSearch = (raw: Record<string, unknown>): RolesSearch => Roles.parse(raw);
