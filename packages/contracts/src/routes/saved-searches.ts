import { z } from 'zod';
import { route } from '../route.ts';
import { sentinelQuery, SentinelWorkspace } from './sentinel.ts';

/**
 * Azure Resource Manager's saved searches of a Log Analytics workspace: queries and functions that are shared.
 * https://learn.microsoft.com/rest/api/loganalytics/saved-searches
 */
const path =
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroupName/providers/Microsoft.OperationalInsights/workspaces/:workspaceName/savedSearches';
const one = SentinelWorkspace.extend({ savedSearchId: z.string().min(1).max(256) });
const read = { method: 'GET', permission: 'securityData.read', query: sentinelQuery, response: 'raw' } as const;
const change = { permission: 'detectionTuning.manage', query: sentinelQuery, response: 'raw' } as const;

export const savedSearchRoutes = {
  listSavedSearches: route({ ...read, path, summary: 'Log Analytics: saved searches', params: SentinelWorkspace }),
  getSavedSearch: route({
    ...read,
    path: `${path}/:savedSearchId`,
    summary: 'Log Analytics: one saved search',
    params: one,
  }),
  putSavedSearch: route({
    ...change,
    method: 'PUT',
    path: `${path}/:savedSearchId`,
    summary: 'Log Analytics: make a saved search, a function where it has an alias, or change one',
    params: one,
    body: z.record(z.string().max(128), z.unknown()),
  }),
  deleteSavedSearch: route({
    ...change,
    method: 'DELETE',
    path: `${path}/:savedSearchId`,
    summary: 'Log Analytics: delete a saved search',
    params: one,
  }),
} as const;
