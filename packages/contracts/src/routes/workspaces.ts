import { z } from 'zod';
import { route } from '../route.ts';
import { sentinelQuery, SentinelWorkspace } from './sentinel.ts';

/** As Azure takes it. https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftoperationalinsights */
export const WorkspaceName = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
    '4 to 63 letters, digits and `-`, which is neither first nor last',
  );
export const ResourceGroupName = z
  .string()
  .trim()
  .regex(/^[\w().-]{0,89}[\w()-]$/u, 'at most 90 letters, digits and any of `_().-`, not ending in a dot');

export const Workspace = z.object({
  /** What clients of Log Analytics call `workspaceId` and `customerId`, and rows `TenantId`. */
  id: z.uuid(),
  name: z.string(),
  resourceGroup: z.string(),
  /** As a resource of Azure. */
  resourceId: z.string(),
  /** The first: it is meant where a caller names none. */
  isDefault: z.boolean(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});
export type Workspace = z.infer<typeof Workspace>;

export const WorkspaceUsage = z.object({
  id: z.uuid(),
  /** Tables that hold rows. */
  tables: z.int(),
  rows: z.int(),
  bytesOnDisk: z.int(),
  /** Rows that arrived in the last 24 hours. */
  rowsLastDay: z.int(),
  /** By TimeGenerated; null of one without rows. */
  lastRowAt: z.string().nullable(),
});
export type WorkspaceUsage = z.infer<typeof WorkspaceUsage>;

export const workspaceRoutes = {
  listWorkspaces: route({
    method: 'GET',
    path: '/api/workspaces',
    permission: 'securityData.read',
    summary: 'Workspaces: each has rows of its own. The first is the default',
    response: z.object({ workspaces: z.array(Workspace) }),
  }),
  listWorkspaceUsage: route({
    method: 'GET',
    path: '/api/workspaces/usage',
    permission: 'data.read',
    summary: 'What each workspace holds, and what arrived in it',
    response: z.object({ workspaces: z.array(WorkspaceUsage) }),
  }),
  createWorkspace: route({
    method: 'POST',
    path: '/api/workspaces',
    permission: 'data.manage',
    summary: 'Make a workspace; at most 100',
    body: z.object({ name: WorkspaceName, resourceGroup: ResourceGroupName.optional() }),
    response: Workspace,
  }),
  renameWorkspace: route({
    method: 'PATCH',
    path: '/api/workspaces/:id',
    permission: 'data.manage',
    summary: 'Rename a workspace; its GUID and its rows stay',
    params: z.object({ id: z.uuid() }),
    body: z.object({ name: WorkspaceName }),
    response: Workspace,
  }),
} as const;

const provider = 'providers/Microsoft.OperationalInsights/workspaces';
const subscription = '/subscriptions/:subscriptionId';
const group = `${subscription}/resourceGroups/:resourceGroupName`;
const read = { method: 'GET', permission: 'securityData.read', query: sentinelQuery, response: 'raw' } as const;

/** Azure Resource Manager's workspaces. https://learn.microsoft.com/rest/api/loganalytics/workspaces */
export const armWorkspaceRoutes = {
  armListWorkspaces: route({
    ...read,
    path: `${subscription}/${provider}`,
    summary: 'Log Analytics: workspaces',
    params: SentinelWorkspace.pick({ subscriptionId: true }),
  }),
  armListWorkspacesOfGroup: route({
    ...read,
    path: `${group}/${provider}`,
    summary: 'Log Analytics: workspaces of a resource group',
    params: SentinelWorkspace.omit({ workspaceName: true }),
  }),
  armGetWorkspace: route({
    ...read,
    path: `${group}/${provider}/:workspaceName`,
    summary: 'Log Analytics: one workspace',
    params: SentinelWorkspace,
  }),
  armPutWorkspace: route({
    ...read,
    method: 'PUT',
    permission: 'data.manage',
    path: `${group}/${provider}/:workspaceName`,
    summary: 'Log Analytics: make a workspace; one that is there stays as it is',
    params: SentinelWorkspace,
    body: z.record(z.string().max(128), z.unknown()),
  }),
} as const;
