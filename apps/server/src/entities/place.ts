import type { Queries } from '../hunting/index.ts';
import type { Bind } from '../incidents/index.ts';
import type { Principal } from '../platform/principal.ts';
import { askedWorkspace, knownWorkspaces, type Workspace, type Workspaces } from '../platform/workspaces/index.ts';
import { kqlText } from './content/kql.ts';

/** The workspace that an entity is looked at in: what its rows and alerts tell is shown, and nothing of another's. */
export interface EntityPlace {
  /** As alerts name it; null: the first. */
  readonly workspaceId: string | null;
  readonly queries: Queries;
  /** Tables that hold rows, of those of which the asker sees any. */
  readonly filled: ReadonlySet<string>;
  /** KQL of the alerts of this workspace, which are rows of the first. Undefined: the asker knows nothing of the first. */
  readonly securityAlert: string | undefined;
  /** KQL of the history of the inventory, likewise. */
  readonly history: string | undefined;
}

/** Where entities are looked at, by `askedWorkspace`. `queriesOf`: over any workspace. */
export function entityPlaces(
  workspaces: Workspaces,
  queriesOf: (workspace: Workspace) => Promise<Queries>,
): (as: Principal, name?: string) => Promise<EntityPlace> {
  return async (as, name) => {
    const workspace = askedWorkspace(workspaces, as, name);
    const { first } = workspaces;
    const isFirst = workspace.id === first.id;
    const queries = await queriesOf(workspace);
    const own = (table: string): string | undefined =>
      isFirst
        ? table
        : knownWorkspaces(workspaces, as).list().includes(first)
          ? `workspace(${kqlText(first.name)}).${table}`
          : undefined;
    const alerts = own('SecurityAlert');
    return {
      workspaceId: isFirst ? null : workspace.id,
      queries,
      filled: filledTables(queries, as),
      securityAlert:
        alerts === undefined || isFirst ? alerts : `${alerts}\n| where TenantId == ${kqlText(workspace.id)}`,
      history: own('EntityInventory_CL'),
    };
  };
}

/** Tables that hold rows, of those of which somebody sees any. */
const filledTables = (queries: Queries, as: Principal): ReadonlySet<string> =>
  new Set(
    queries
      .catalogueOf(as)
      .tables.filter(({ empty }) => !empty)
      .map(({ name }) => name),
  );

/** Whether an alert (`a`) is of the workspace. */
export const alertOf = ({ workspaceId }: Pick<EntityPlace, 'workspaceId'>, bind: Bind): string =>
  `a.workspace_id IS NOT DISTINCT FROM ${bind(workspaceId)}::uuid`;
