import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import type { Lake } from '@sallyport/lake';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/types.ts';
import { Follower } from '../follow.ts';
import type { Log } from '../log.ts';
import { bareName, workspaceGuid } from './identify.ts';
import { workspacesMax, workspaceStore, type Workspace } from './store.ts';

/** The workspaces there are, and the lake of each. One is always there: the first, which the setting `workspace` names. */
export interface Workspaces {
  /** The first in front, the others by age; the same list until one changes. */
  list(): readonly Workspace[];
  readonly first: Workspace;
  /** By name, GUID, or the resource id of a workspace of that name. */
  find(name: string): Workspace | undefined;
  /** Whether a name means the first. */
  readonly isFirst: (name: string) => boolean;
  /** By its id. Throws SallyportError NotFound. */
  get(id: string): Workspace;
  /** Its rows. Throws SallyportError Unavailable when the engine stays away. */
  lake(workspace: Workspace): Promise<Lake>;
  /** The lakes that are open; the first's in front. */
  lakes(): readonly Lake[];
  /** Throws SallyportError Conflict when the name is taken or there are as many as may be. */
  create(given: { name: string; resourceGroup: string; by: string }): Promise<Workspace>;
  /** Throws SallyportError NotFound, and Conflict when the name is taken. */
  rename(id: string, name: string): Promise<Workspace>;
  /** Sees what other servers changed. */
  refresh(): Promise<void>;
}

export interface OpenWorkspaces extends Workspaces {
  follow(): void;
  close(): Promise<void>;
}

export const defaultResourceGroup = 'sallyport';

/** The workspaces of the database, whose lakes are all open when this resolves: queries may read any of them. */
export async function openWorkspaces(options: {
  readonly database: Database;
  /** The first workspace's. */
  readonly lake: Lake;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<OpenWorkspaces> {
  const { database, lake, clock, log } = options;
  const store = workspaceStore(database);
  const follower = new Follower({ clock, log });
  const opened = new Map<string, Promise<Lake>>();
  const ready = new Map<string, Lake>();
  let all: readonly Workspace[] = [];

  const open = (workspace: Workspace): Promise<Lake> => {
    if (workspace.database === lake.workspace) return Promise.resolve(lake);
    const known = opened.get(workspace.id);
    if (known) return known;
    const opening = lake.beside(workspace.database);
    opened.set(workspace.id, opening);
    opening.then(
      (one) => ready.set(workspace.id, one),
      () => opened.delete(workspace.id),
    );
    return opening;
  };
  const isFirst = (one: Workspace): boolean => one.database === lake.workspace;
  const refresh = async (): Promise<void> => {
    const rows = await store.list();
    const now = [...rows.filter(isFirst), ...rows.filter((one) => !isFirst(one))];
    if (JSON.stringify(now) !== JSON.stringify(all)) {
      for (const one of now) await open(one);
      all = now;
    }
  };
  const find = (name: string): Workspace | undefined => {
    const bare = bareName(name);
    return all.find((one) => one.name.toLowerCase() === bare || one.id === bare);
  };
  const get = (id: string): Workspace => {
    const found = all.find((one) => one.id === id.toLowerCase());
    if (!found) throw new SallyportError('NotFound', 'there is no such workspace');
    return found;
  };
  const taken = (name: string): SallyportError =>
    new SallyportError('Conflict', `a workspace named \`${name}\` exists`, { target: 'body.name' });

  await store.insert({
    id: workspaceGuid(lake.workspace),
    name: lake.workspace,
    resourceGroup: defaultResourceGroup,
    database: lake.workspace,
    createdAt: clock.now(),
    createdBy: 'Sallyport',
  });
  await refresh();
  if (!all.some(isFirst)) throw new Error(`a workspace named ${lake.workspace} has another database`);

  return {
    list: () => all,
    get first() {
      return all[0]!;
    },
    find,
    isFirst: (name) => find(name) === all[0],
    get,
    lake: open,
    lakes: () => [lake, ...ready.values()],
    create: async ({ name, resourceGroup, by }) => {
      const id = randomUUID();
      if (all.length >= workspacesMax)
        throw new SallyportError('Conflict', `there are ${workspacesMax} workspaces, and there may be no more`);
      const workspace: Workspace = {
        id,
        name,
        resourceGroup,
        database: `ws_${id.replaceAll('-', '')}`,
        createdAt: clock.now(),
        createdBy: by,
      };
      if (!(await store.insert(workspace))) throw taken(name);
      await refresh();
      return get(id);
    },
    rename: async (id, name) => {
      get(id);
      if (!(await store.rename(id, name))) throw taken(name);
      await refresh();
      return get(id);
    },
    refresh,
    follow: () => follower.start(refresh, 'could not look for workspaces that changed'),
    close: async () => {
      await follower.stop();
      const lakes = await Promise.allSettled(opened.values());
      for (const one of lakes) if (one.status === 'fulfilled') await one.value.close();
    },
  };
}
