import { SallyportError, type GrantedPermission } from '@sallyport/contracts';
import { dataScopeOf, knowsOf } from '../data-scope.ts';
import type { Principal } from '../principal.ts';
import type { Workspace } from './store.ts';
import type { Workspaces } from './workspaces.ts';

/** A workspace that is named by its id, as rows of the database name it: null for the first. Throws BadRequest, at `target`, where there is none. */
export function workspaceIdOf(
  workspaces: Pick<Workspaces, 'list' | 'first'>,
  id: string | null | undefined,
  target = 'body.workspaceId',
): string | null {
  if (id === null || id === undefined || id === workspaces.first.id) return null;
  if (workspaces.list().some((one) => one.id === id)) return id;
  throw new SallyportError('BadRequest', 'there is no such workspace', { target });
}

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
