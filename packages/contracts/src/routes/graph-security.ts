import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's incidents and alerts: paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.string().min(1).max(128) });
const body = z.record(z.string().max(128), z.unknown());
const response = z.record(z.string(), z.unknown());

const read = { method: 'GET', permission: 'securityData.read', query, response } as const;
const change = { permission: 'alerts.manage', params, body, response } as const;

export const graphSecurityRoutes = {
  graphListIncidents: route({
    ...read,
    path: '/v1.0/security/incidents',
    summary: 'Microsoft Graph: incidents, filtered, sorted, in pages',
  }),
  graphGetIncident: route({
    ...read,
    path: '/v1.0/security/incidents/:id',
    summary: 'Microsoft Graph: one incident',
    params,
  }),
  graphUpdateIncident: route({
    ...change,
    method: 'PATCH',
    path: '/v1.0/security/incidents/:id',
    summary: 'Microsoft Graph: change an incident',
  }),
  graphCommentIncident: route({
    ...change,
    method: 'POST',
    path: '/v1.0/security/incidents/:id/comments',
    summary: 'Microsoft Graph: comment on an incident',
  }),
  graphListAlerts: route({
    ...read,
    path: '/v1.0/security/alerts_v2',
    summary: 'Microsoft Graph: alerts, filtered, sorted, in pages',
  }),
  graphGetAlert: route({
    ...read,
    path: '/v1.0/security/alerts_v2/:id',
    summary: 'Microsoft Graph: one alert',
    params,
  }),
  graphUpdateAlert: route({
    ...change,
    method: 'PATCH',
    path: '/v1.0/security/alerts_v2/:id',
    summary: 'Microsoft Graph: change an alert',
  }),
  graphCommentAlert: route({
    ...change,
    method: 'POST',
    path: '/v1.0/security/alerts_v2/:id/comments',
    summary: 'Microsoft Graph: comment on an alert',
  }),
} as const;
