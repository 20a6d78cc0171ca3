import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's `identityGovernance/roleManagementAlerts` (beta): paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const response = z.record(z.string(), z.unknown());
const body = z.record(z.string().max(128), z.unknown());
const params = z.object({ id: z.string().min(1).max(320) });
const incidentParams = params.extend({ incidentId: z.string().min(1).max(128) });

/** `RoleManagementAlert.Read.Directory` of Graph. */
const read = { method: 'GET', permission: 'authorization.read', query, response } as const;
/** `RoleManagementAlert.ReadWrite.Directory`. */
const write = { permission: 'authorization.manage', response: 'raw' } as const;
const root = '/beta/identityGovernance/roleManagementAlerts';

export const graphRoleAlertRoutes = {
  graphListRoleAlerts: route({ ...read, path: `${root}/alerts`, summary: 'Microsoft Graph: alerts of privileged access' }), // prettier-ignore
  graphGetRoleAlert: route({
    ...read,
    path: `${root}/alerts/:id`,
    summary: 'Microsoft Graph: one alert of privileged access',
    params,
  }),
  graphUpdateRoleAlert: route({
    ...write,
    method: 'PATCH',
    path: `${root}/alerts/:id`,
    summary: 'Microsoft Graph: dismiss an alert, or have it count again',
    params,
    body,
  }),
  graphRefreshRoleAlerts: route({
    ...write,
    method: 'POST',
    path: `${root}/alerts/refresh`,
    summary: 'Microsoft Graph: look for all alerts now',
    body,
  }),
  graphRefreshRoleAlert: route({
    ...write,
    method: 'POST',
    path: `${root}/alerts/:id/refresh`,
    summary: 'Microsoft Graph: look for an alert now',
    params,
  }),
  graphListRoleAlertIncidents: route({
    ...read,
    path: `${root}/alerts/:id/alertIncidents`,
    summary: 'Microsoft Graph: what an alert is about',
    params,
  }),
  graphGetRoleAlertIncident: route({
    ...read,
    path: `${root}/alerts/:id/alertIncidents/:incidentId`,
    summary: 'Microsoft Graph: one thing that an alert is about',
    params: incidentParams,
  }),
  graphRemediateRoleAlertIncident: route({
    ...write,
    method: 'POST',
    path: `${root}/alerts/:id/alertIncidents/:incidentId/remediate`,
    summary: 'Microsoft Graph: do what mends what an alert is about',
    params: incidentParams,
  }),
  graphListRoleAlertDefinitions: route({
    ...read,
    path: `${root}/alertDefinitions`,
    summary: 'Microsoft Graph: what alerts of privileged access there are',
  }),
  graphGetRoleAlertDefinition: route({
    ...read,
    path: `${root}/alertDefinitions/:id`,
    summary: 'Microsoft Graph: what an alert of privileged access means',
    params,
  }),
  graphListRoleAlertConfigurations: route({
    ...read,
    path: `${root}/alertConfigurations`,
    summary: 'Microsoft Graph: settings of alerts of privileged access',
  }),
  graphGetRoleAlertConfiguration: route({
    ...read,
    path: `${root}/alertConfigurations/:id`,
    summary: 'Microsoft Graph: settings of an alert of privileged access',
    params,
  }),
  graphUpdateRoleAlertConfiguration: route({
    ...write,
    method: 'PATCH',
    path: `${root}/alertConfigurations/:id`,
    summary: 'Microsoft Graph: change an alert’s thresholds, or switch it off',
    params,
    body,
  }),
  graphUpdateConfigurationOfRoleAlert: route({
    ...write,
    method: 'PATCH',
    path: `${root}/alerts/:id/alertConfiguration`,
    summary: 'Microsoft Graph: the same, by the alert',
    params,
    body,
  }),
  graphGetRoleAlertOperation: route({
    ...read,
    path: `${root}/operations/:id`,
    summary: 'Microsoft Graph: how far looking for an alert is',
    params,
  }),
} as const;
