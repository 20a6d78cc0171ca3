import { ResourceGroupName, SallyportError, WorkspaceName, type armWorkspaceRoutes } from '@sallyport/contracts';
import { sendArm } from '../platform/arm/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { knownWorkspaces, resourceIdOf, type Workspace } from '../platform/workspaces/index.ts';

const resource = (workspace: Workspace, subscriptionId: string) => ({
  id: resourceIdOf(workspace, subscriptionId),
  name: workspace.name,
  type: 'Microsoft.OperationalInsights/workspaces',
  location: 'local',
  properties: {
    customerId: workspace.id,
    provisioningState: 'Succeeded',
    createdDate: workspace.createdAt.toISOString(),
    modifiedDate: workspace.createdAt.toISOString(),
    publicNetworkAccessForIngestion: 'Enabled',
    publicNetworkAccessForQuery: 'Enabled',
  },
});

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Workspaces for the unmodified clients of Azure Resource Manager. https://learn.microsoft.com/rest/api/loganalytics/workspaces */
export function armWorkspaceHandlers({
  workspaces,
}: Pick<Platform, 'workspaces'>): Handlers<typeof armWorkspaceRoutes> {
  const known = (context: RequestContext) => knownWorkspaces(workspaces, requireCaller(context)).list();
  const named = (name: string, all: readonly Workspace[] = workspaces.list()): Workspace | undefined =>
    all.find((workspace) => same(workspace.name, name));
  return {
    armListWorkspaces: (context, { params, reply }) =>
      sendArm(reply, 200, { value: known(context).map((one) => resource(one, params.subscriptionId)) }),
    armListWorkspacesOfGroup: (context, { params, reply }) =>
      sendArm(reply, 200, {
        value: known(context)
          .filter((one) => same(one.resourceGroup, params.resourceGroupName))
          .map((one) => resource(one, params.subscriptionId)),
      }),
    armGetWorkspace: (context, { params, reply }) => {
      const found = named(params.workspaceName, known(context));
      if (!found)
        throw new SallyportError(
          'NotFound',
          `The Resource 'Microsoft.OperationalInsights/workspaces/${params.workspaceName.slice(0, 100)}' under resource group '${params.resourceGroupName.slice(0, 100)}' was not found.`,
        );
      return sendArm(reply, 200, resource(found, params.subscriptionId));
    },
    armPutWorkspace: async (context, { params, reply }) => {
      context.audit({ target: `workspace ${params.workspaceName}` });
      const found = named(params.workspaceName);
      if (found) return sendArm(reply, 200, resource(found, params.subscriptionId));
      const name = WorkspaceName.safeParse(params.workspaceName);
      const resourceGroup = ResourceGroupName.safeParse(params.resourceGroupName);
      const fault = name.error?.issues[0] ?? resourceGroup.error?.issues[0];
      if (!name.success || !resourceGroup.success)
        throw new SallyportError('BadRequest', `The resource name is invalid: ${fault?.message ?? ''}`);
      const by = requireCaller(context).name;
      const made = await workspaces.create({ name: name.data, resourceGroup: resourceGroup.data, by });
      return sendArm(reply, 201, resource(made, params.subscriptionId));
    },
  };
}
