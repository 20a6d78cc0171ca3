import {
  permissionsIn,
  permissionsOfEverybody,
  SallyportError,
  type accessExplorerRoutes,
  type GrantedPermission,
  type PrincipalType,
  type RightsChange,
  type SeenTable,
} from '@sallyport/contracts';
import { authorOf } from '../platform/directory-audit.ts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Principal } from '../platform/principal.ts';
import type { Platform } from '../platform/types.ts';
import type { CustomRoles } from './custom-roles.ts';
import { grantedOver } from './effective.ts';
import { holdersOf, principalFacts, waysOfGroup, type Way } from './holders.ts';
import { roleUse, unusedRights } from './unused.ts';
import { useRows, type Uses } from './uses.ts';

const answeredMax = 1_000;

/** What a principal sees of each table of a workspace, the first by default. Throws NotFound. */
export type Sight = (principal: Principal, workspaceId: string | undefined) => Promise<readonly SeenTable[]>;

export interface ExplorerParts {
  readonly roles: CustomRoles;
  readonly uses: Uses;
  readonly sight: Sight;
}

interface Over {
  readonly table?: string | undefined;
  readonly workspaceId?: string | undefined;
}
const admits = (list: 'all' | readonly string[], one: string | undefined): boolean =>
  one === undefined || list === 'all' || list.includes(one);
const reaches = ({ reason: { scope } }: Way, { table, workspaceId }: Over): boolean =>
  admits(scope.tables, table) && admits(scope.workspaces, workspaceId);

/** Who can do what, why, and what they would see. */
export function explorerHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  { roles, uses, sight }: ExplorerParts,
): Handlers<typeof accessExplorerRoutes> {
  const waysOf = async (type: PrincipalType, id: string): Promise<readonly Way[]> => {
    if (type === 'group') return waysOfGroup(database, id, clock.now());
    return (await holdersOf(database, clock.now(), [id]))[0]?.ways ?? [];
  };
  const facts = async (type: PrincipalType, id: string) => {
    const found = await principalFacts(database, type, id);
    if (!found) throw new SallyportError('NotFound', 'there is no such principal');
    return found;
  };

  return {
    explainWhoMay: async (_context, { query: { permission, ...over } }) => {
      const holders = await holdersOf(database, clock.now());
      return {
        holders: holders
          .flatMap(({ ways, ...holder }) => {
            const by = ways.filter((way) => way.permissions.has(permission) && reaches(way, over));
            return by.length === 0 ? [] : [{ ...holder, reasons: by.map(({ reason }) => reason) }];
          })
          .slice(0, answeredMax),
      };
    },
    explainAccess: async (_context, { params: { type, id } }) => {
      const principal = await facts(type, id);
      await uses.flush();
      const [ways, used] = [await waysOf(type, id), (await useRows.of(database, [id])).get(id)];
      const held = [...new Set(ways.flatMap(({ permissions }) => [...permissions]))];
      return {
        principal,
        permissions: held.map((permission) => ({
          permission,
          reasons: ways.filter(({ permissions }) => permissions.has(permission)).map(({ reason }) => reason),
        })),
        uses: held.map((permission) => ({
          permission,
          lastUsedAt: used?.get(permission)?.toISOString() ?? null,
        })),
      };
    },
    explainSight: async (_context, { params: { type, id }, query }) => {
      const { name } = await facts(type, id);
      const grants = (await waysOf(type, id)).map(({ permissions, reason: { scope } }) => ({ permissions, scope }));
      return { tables: [...(await sight({ name, grants }, query.workspaceId))] };
    },
    listUnusedRights: async () => {
      await uses.flush();
      return unusedRights(database, clock.now());
    },
    getRoleUse: async (_context, { params }) => {
      await uses.flush();
      return roleUse(database, params.id, clock.now());
    },
    cutRole: async (context, { params: { id }, body }) => {
      const role = await roles.get(id);
      await uses.flush();
      const use = await roleUse(database, id, clock.now());
      const asPreviewed = new Set(use.loses);
      if (use.loses.length !== body.loses.length || body.loses.some((one) => !asPreviewed.has(one)))
        throw new SallyportError('Conflict', 'what was used has changed since the preview; look at it anew');
      if (use.keeps.length === 0)
        throw new SallyportError('Conflict', 'nothing of this role was used; end its assignments instead');
      const { displayName, description } = role;
      const cut = { displayName, description, permissions: [...use.keeps], revision: body.revision };
      await roles.update(requireCaller(context), id, cut, authorOf(context));
      context.audit({ target: `role ${displayName}`, details: { loses: use.loses } });
      return roleUse(database, id, clock.now());
    },
    previewRole: async (_context, { params: { id }, body }) => {
      await roles.get(id);
      const next = permissionsIn(body.permissions);
      const everybody = new Set<GrantedPermission>(permissionsOfEverybody);
      const changes = (await holdersOf(database, clock.now())).flatMap(({ id: holder, name, ways }): RightsChange[] => {
        const union = (of: (way: Way) => ReadonlySet<GrantedPermission>) =>
          new Set(ways.flatMap((way) => [...of(way)]));
        const before = union(({ permissions }) => permissions);
        const after = union(({ permissions, reason }) =>
          reason.roleId === id.toLowerCase() ? grantedOver(next, reason.scope) : permissions,
        );
        const gains = [...after].filter((one) => !before.has(one) && !everybody.has(one));
        const loses = [...before].filter((one) => !after.has(one) && !everybody.has(one));
        return gains.length + loses.length === 0 ? [] : [{ id: holder, name, gains, loses }];
      });
      return { changes: changes.slice(0, answeredMax) };
    },
  };
}
