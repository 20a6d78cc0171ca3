import { z } from 'zod';
import { route } from '../route.ts';
import { sentinelQuery, sentinelRoot, SentinelWorkspace } from './sentinel.ts';

/** What Azure Resource Manager's `Microsoft.SecurityInsights` tells of entities. Paths and objects are theirs. */

const EntityParams = SentinelWorkspace.extend({ entityId: z.string().min(1).max(256) });
const body = z.record(z.string().max(128), z.unknown());
const read = { method: 'GET', permission: 'securityData.read', query: sentinelQuery, response: 'raw' } as const;
const ask = { ...read, method: 'POST', body } as const;

export const sentinelEntityRoutes = {
  sentinelExpandEntity: route({
    ...ask,
    path: `${sentinelRoot}/entities/:entityId/expand`,
    summary: 'Sentinel: alerts with an entity, and the entities of these',
    params: EntityParams,
  }),
  sentinelEntityTimeline: route({
    ...ask,
    path: `${sentinelRoot}/entities/:entityId/getTimeline`,
    summary: 'Sentinel: what happened with an entity',
    params: EntityParams,
  }),
  sentinelEntityInsights: route({
    ...ask,
    path: `${sentinelRoot}/entities/:entityId/getInsights`,
    summary: 'Sentinel: what insights tell of an entity',
    params: EntityParams,
  }),
  sentinelQueriesOfEntity: route({
    ...read,
    path: `${sentinelRoot}/entities/:entityId/queries`,
    summary: 'Sentinel: insights that an entity has',
    params: EntityParams,
  }),
  sentinelListEntityQueries: route({
    ...read,
    path: `${sentinelRoot}/entityQueries`,
    summary: 'Sentinel: activities and expansions of entities',
    params: SentinelWorkspace,
  }),
  sentinelGetEntityQuery: route({
    ...read,
    path: `${sentinelRoot}/entityQueries/:entityQueryId`,
    summary: 'Sentinel: one activity or expansion',
    params: SentinelWorkspace.extend({ entityQueryId: z.string().min(1).max(256) }),
  }),
} as const;
