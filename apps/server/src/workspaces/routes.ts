import type { Workspace as Shown, workspaceRoutes, WorkspaceUsage } from '@sallyport/contracts';
import type { Lake } from '@sallyport/lake';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { defaultResourceGroup, knownWorkspaces, resourceIdOf, type Workspace } from '../platform/workspaces/index.ts';

export function workspaceHandlers({ workspaces }: Pick<Platform, 'workspaces'>): Handlers<typeof workspaceRoutes> {
  const shown = (one: Workspace): Shown => ({
    id: one.id,
    name: one.name,
    resourceGroup: one.resourceGroup,
    resourceId: resourceIdOf(one),
    isDefault: one.id === workspaces.first.id,
    createdAt: one.createdAt.toISOString(),
    createdBy: one.createdBy,
  });
  return {
    listWorkspaces: (context) => ({
      workspaces: knownWorkspaces(workspaces, requireCaller(context)).list().map(shown),
    }),
    listWorkspaceUsage: async () => {
      const all: WorkspaceUsage[] = [];
      for (const one of workspaces.list()) all.push({ id: one.id, ...(await usageOf(await workspaces.lake(one))) });
      return { workspaces: all };
    },
    createWorkspace: async (context, { body: { name, resourceGroup = defaultResourceGroup } }) => {
      context.audit({ target: `workspace ${name}`, details: { resourceGroup } });
      return shown(await workspaces.create({ name, resourceGroup, by: requireCaller(context).name }));
    },
    renameWorkspace: async (context, { params, body: { name } }) => {
      const before = workspaces.get(params.id);
      context.audit({ target: `workspace ${before.name}`, details: { name } });
      return shown(await workspaces.rename(before.id, name));
    },
  };
}

async function usageOf(lake: Lake): Promise<Omit<WorkspaceUsage, 'id'>> {
  const held = (await lake.tableInfo()).filter(({ rows }) => rows > 0);
  const sum = (of: (table: (typeof held)[number]) => number): number =>
    held.reduce((total, table) => total + of(table), 0);
  return {
    tables: held.length,
    rows: sum(({ rows }) => rows),
    bytesOnDisk: sum(({ bytesOnDisk }) => bytesOnDisk),
    rowsLastDay: sum(({ rowsLastDay }) => rowsLastDay),
    lastRowAt:
      held
        .flatMap(({ lastRowAt }) => lastRowAt ?? [])
        .toSorted()
        .at(-1) ?? null,
  };
}
