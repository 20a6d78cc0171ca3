import { permissionsOfBuiltIn, wholeScope, type IdentityProviderInput } from '@sallyport/contracts';
import { refuseBeyond, refuseStrongerGroup } from '../../access/index.ts';
import { requireCaller, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';

/** Throws Forbidden where a provider would give roles, or groups with roles, that are beyond whoever sets it up. */
export async function refuseMapping(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  context: RequestContext,
  { roles, groups }: Pick<IdentityProviderInput, 'roles' | 'groups'>,
): Promise<void> {
  const caller = requireCaller(context);
  for (const { role } of roles) refuseBeyond(caller.grants, permissionsOfBuiltIn(role), wholeScope);
  for (const { groupId } of groups) await refuseStrongerGroup(database, caller, groupId, clock.now());
}
