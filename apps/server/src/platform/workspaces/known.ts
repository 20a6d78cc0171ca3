import { SallyportError, type GrantedPermission } from '@sallyport/contracts';
import { dataScopeOf, knowsOf } from '../data-scope.ts';
import type { Principal } from '../principal.ts';
import type { Workspace } from './store.ts';
import type { Workspaces } from './workspaces.ts';

/**
 * The workspace that somebody names, by name, GUID or resource id; without one the first that they know. Throws NotFound, at `target`, for one of which they see nothing, as for one that
 * is not there.
 */
export function askedWorkspace(
  workspaces: Parameters<typeof knownWorkspaces>[0],
  principal: Pick<Principal, 'grants'>,
  name: string | undefined,
  target = 'query.workspace',
): Workspace {
  const known = knownWorkspaces(workspaces, principal);
  const found = name === undefined ? known.first : known.find(name);
  if (!found) throw new SallyportError('NotFound', 'there is no such workspace', { target });
  return found;
}

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
