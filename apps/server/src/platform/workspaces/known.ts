import type { GrantedPermission } from '@sallyport/contracts';
import { dataScopeOf, knowsOf } from '../data-scope.ts';
import type { Principal } from '../principal.ts';
import type { Workspace } from './store.ts';
import type { Workspaces } from './workspaces.ts';

/** The workspaces that somebody sees anything of; others are not there for them. */
export function knownWorkspaces(
  workspaces: Pick<Workspaces, 'list' | 'find' | 'first' | 'lake'>,
  principal: Pick<Principal, 'grants'>,
  permission: GrantedPermission = 'securityData.read',
): Pick<Workspaces, 'list' | 'find' | 'first' | 'lake'> {
  const scope = dataScopeOf(principal, permission);
  if (scope.whole) return workspaces;
  const list = workspaces.list().filter(({ id }) => knowsOf(scope, id));
  return {
    list: () => list,
    find: (name): Workspace | undefined => {
      const found = workspaces.find(name);
      return found && knowsOf(scope, found.id) ? found : undefined;
    },
    first: list[0] ?? workspaces.first,
    lake: (workspace) => workspaces.lake(workspace),
  };
}
