import { z } from 'zod';
import { route } from '../route.ts';

/**
 * Azure Resource Manager's `Microsoft.SecurityInsights` (Microsoft Sentinel): paths, options and objects are theirs, and read by the face in that service's
 * words.
 */

export const sentinelRoot =
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroupName/providers/Microsoft.OperationalInsights/workspaces/:workspaceName/providers/Microsoft.SecurityInsights';
const segment = z.string().min(1).max(256);
const workspace = { subscriptionId: segment, resourceGroupName: segment, workspaceName: segment };
export const SentinelWorkspace = z.object(workspace);
export type SentinelWorkspace = z.infer<typeof SentinelWorkspace>;
const IncidentParams = z.object({ ...workspace, incidentId: segment });
const CommentParams = IncidentParams.extend({ commentId: segment });
const TaskParams = IncidentParams.extend({ incidentTaskId: segment });
const RelationParams = IncidentParams.extend({ relationName: segment });

const text = z.string().max(16_384);
export const sentinelQuery = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const body = z.record(z.string().max(128), z.unknown());

const read = { method: 'GET', permission: 'securityData.read', query: sentinelQuery, response: 'raw' } as const;
/** Lists that are asked by POST. */
const ask = { ...read, method: 'POST' } as const;
const put = { method: 'PUT', permission: 'alerts.manage', query: sentinelQuery, body, response: 'raw' } as const;
const remove = { method: 'DELETE', permission: 'alerts.manage', query: sentinelQuery, response: 'raw' } as const;

export const sentinelIncidentRoutes = {
  sentinelListEntities: route({
    ...read,
    path: `${sentinelRoot}/entities`,
    summary: 'Sentinel: entities of alerts, in pages',
    params: SentinelWorkspace,
  }),
  sentinelGetEntity: route({
    ...read,
    path: `${sentinelRoot}/entities/:entityId`,
    summary: 'Sentinel: one entity or alert',
    params: z.object({ ...workspace, entityId: segment }),
  }),
  sentinelListIncidents: route({
    ...read,
    path: `${sentinelRoot}/incidents`,
    summary: 'Sentinel: incidents, filtered, sorted, in pages',
    params: SentinelWorkspace,
  }),
  sentinelGetIncident: route({
    ...read,
    path: `${sentinelRoot}/incidents/:incidentId`,
    summary: 'Sentinel: one incident',
    params: IncidentParams,
  }),
  sentinelPutIncident: route({
    ...put,
    path: `${sentinelRoot}/incidents/:incidentId`,
    summary: 'Sentinel: make an incident, or change one',
    params: IncidentParams,
  }),
  sentinelDeleteIncident: route({
    ...remove,
    path: `${sentinelRoot}/incidents/:incidentId`,
    summary: 'Sentinel: delete an incident; its alerts stay',
    params: IncidentParams,
  }),
  sentinelListIncidentAlerts: route({
    ...ask,
    path: `${sentinelRoot}/incidents/:incidentId/alerts`,
    summary: 'Sentinel: an incident’s alerts',
    params: IncidentParams,
  }),
  sentinelListIncidentEntities: route({
    ...ask,
    path: `${sentinelRoot}/incidents/:incidentId/entities`,
    summary: 'Sentinel: an incident’s entities',
    params: IncidentParams,
  }),
  sentinelListComments: route({
    ...read,
    path: `${sentinelRoot}/incidents/:incidentId/comments`,
    summary: 'Sentinel: an incident’s comments',
    params: IncidentParams,
  }),
  sentinelGetComment: route({
    ...read,
    path: `${sentinelRoot}/incidents/:incidentId/comments/:commentId`,
    summary: 'Sentinel: one comment',
    params: CommentParams,
  }),
  sentinelPutComment: route({
    ...put,
    path: `${sentinelRoot}/incidents/:incidentId/comments/:commentId`,
    summary: 'Sentinel: comment on an incident, or change one’s own comment',
    params: CommentParams,
  }),
  sentinelDeleteComment: route({
    ...remove,
    path: `${sentinelRoot}/incidents/:incidentId/comments/:commentId`,
    summary: 'Sentinel: delete one’s own comment',
    params: CommentParams,
  }),
  sentinelListTasks: route({
    ...read,
    path: `${sentinelRoot}/incidents/:incidentId/tasks`,
    summary: 'Sentinel: an incident’s tasks',
    params: IncidentParams,
  }),
  sentinelGetTask: route({
    ...read,
    path: `${sentinelRoot}/incidents/:incidentId/tasks/:incidentTaskId`,
    summary: 'Sentinel: one task',
    params: TaskParams,
  }),
  sentinelPutTask: route({
    ...put,
    path: `${sentinelRoot}/incidents/:incidentId/tasks/:incidentTaskId`,
    summary: 'Sentinel: add a task to an incident, or change one',
    params: TaskParams,
  }),
  sentinelDeleteTask: route({
    ...remove,
    path: `${sentinelRoot}/incidents/:incidentId/tasks/:incidentTaskId`,
    summary: 'Sentinel: delete a task',
    params: TaskParams,
  }),
  sentinelListRelations: route({
    ...read,
    path: `${sentinelRoot}/incidents/:incidentId/relations`,
    summary: 'Sentinel: what belongs to an incident',
    params: IncidentParams,
  }),
  sentinelGetRelation: route({
    ...read,
    path: `${sentinelRoot}/incidents/:incidentId/relations/:relationName`,
    summary: 'Sentinel: one thing that belongs to an incident',
    params: RelationParams,
  }),
  sentinelPutRelation: route({
    ...put,
    path: `${sentinelRoot}/incidents/:incidentId/relations/:relationName`,
    summary: 'Sentinel: put an alert into an incident',
    params: RelationParams,
  }),
  sentinelDeleteRelation: route({
    ...remove,
    path: `${sentinelRoot}/incidents/:incidentId/relations/:relationName`,
    summary: 'Sentinel: take an alert out of an incident',
    params: RelationParams,
  }),
} as const;
