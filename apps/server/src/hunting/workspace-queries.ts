import type { FunctionDefinition, WorkspaceSchema } from '@sallyport/kql';
import type { Lake } from '@sallyport/lake';
import type { Platform } from '../platform/types.ts';
import type { Workspace, Workspaces } from '../platform/workspaces/index.ts';
import type { External } from './external/index.ts';
import { createQueries, type KnownWatchlists, type QueryPlace, type Queries } from './queries.ts';

const namesOf = ({ id, name, database }: Workspace): readonly string[] =>
  name === database ? [name, id] : [name, id, database];

/** One workspace, and the others that its queries may name. */
function placeOf(workspaces: Workspaces, id: string): QueryPlace {
  let seen: readonly Workspace[] | undefined;
  let others: readonly WorkspaceSchema[] = [];
  return {
    names: () => namesOf(workspaces.get(id)),
    tenantId: id,
    others: () => {
      const all = workspaces.list();
      if (all !== seen) {
        seen = all;
        others = all
          .filter((one) => one.id !== id)
          .map((one) => ({ names: namesOf(one), database: one.database, tenantId: one.id }));
      }
      return others;
    },
  };
}

export interface WorkspaceQueries {
  /** Over the first. */
  readonly first: Queries;
  /** Over any. Throws SallyportError Unavailable when the engine stays away. */
  readonly of: (workspace: Workspace) => Promise<Queries>;
}

/** Queries over each workspace. Stored functions are of all of them; watchlists are the first's. */
export function workspaceQueries(
  { lake, workspaces }: Pick<Platform, 'lake' | 'workspaces'>,
  parts: {
    readonly functions: () => readonly FunctionDefinition[];
    readonly external: External;
    readonly watchlists: (() => KnownWatchlists) | undefined;
  },
): WorkspaceQueries {
  const { functions, external, watchlists } = parts;
  const make = (own: Lake, id: string, known?: () => KnownWatchlists): Queries =>
    createQueries(own, functions, external, known, placeOf(workspaces, id));
  const first = make(lake, workspaces.first.id, watchlists);
  const others = new Map<string, Queries>();
  return {
    first,
    of: async (workspace) => {
      if (workspace.id === workspaces.first.id) return first;
      const made = others.get(workspace.id) ?? make(await workspaces.lake(workspace), workspace.id);
      others.set(workspace.id, made);
      return made;
    },
  };
}
