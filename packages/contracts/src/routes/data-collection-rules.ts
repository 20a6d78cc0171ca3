import { z } from 'zod';
import { route } from '../route.ts';
import { sentinelQuery } from './sentinel.ts';

/**
 * Azure Resource Manager's data collection rules (`Microsoft.Insights`): what a call of the Logs Ingestion API goes through. Paths and objects are that service's.
 * https://learn.microsoft.com/azure/azure-monitor/essentials/data-collection-rule-structure
 */

const segment = z.string().min(1).max(256);
const Subscription = z.object({ subscriptionId: segment });
const Group = Subscription.extend({ resourceGroupName: segment });
const One = Group.extend({ dataCollectionRuleName: z.string().max(64) });
export type ResourceGroup = z.infer<typeof Group>;

const provider = 'providers/Microsoft.Insights/dataCollectionRules';
const inGroup = `/subscriptions/:subscriptionId/resourceGroups/:resourceGroupName/${provider}` as const;
const one = `${inGroup}/:dataCollectionRuleName` as const;
const read = { method: 'GET', permission: 'data.read', query: sentinelQuery, response: 'raw' } as const;
const change = { permission: 'data.manage', query: sentinelQuery, response: 'raw' } as const;

export const dataCollectionRuleRoutes = {
  armListDataCollectionRules: route({
    ...read,
    path: `/subscriptions/:subscriptionId/${provider}`,
    summary: 'Azure Monitor: data collection rules',
    params: Subscription,
  }),
  armListDataCollectionRulesOfGroup: route({
    ...read,
    path: inGroup,
    summary: 'Azure Monitor: data collection rules of a resource group (all groups are one here)',
    params: Group,
  }),
  armGetDataCollectionRule: route({
    ...read,
    path: one,
    summary: 'Azure Monitor: one data collection rule',
    params: One,
  }),
  armPutDataCollectionRule: route({
    ...change,
    method: 'PUT',
    path: one,
    summary: 'Azure Monitor: make a data collection rule, or change it: streams, transforms, tables',
    params: One,
    body: z.record(z.string().max(128), z.unknown()),
  }),
  armDeleteDataCollectionRule: route({
    ...change,
    method: 'DELETE',
    path: one,
    summary: 'Azure Monitor: delete a data collection rule',
    params: One,
  }),
} as const;
