import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's applications and service principals: paths, options and objects are theirs. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.string().min(1).max(128) });
const assignmentParams = params.extend({ assignmentId: z.string().min(1).max(128) });
const body = z.record(z.string().max(128), z.unknown());
const response = z.record(z.string(), z.unknown());

/** `Application.Read.All` of Graph. */
const read = { method: 'GET', permission: 'applications.read', query, response } as const;
/** `Application.ReadWrite.All` of Graph. */
const write = { permission: 'applications.manage', response: 'raw' } as const;

const routesOf = <const P extends string>(path: P, one: string) => ({
  list: route({ ...read, path, summary: `Microsoft Graph: ${one}s` }),
  get: route({ ...read, path: `${path}/:id`, summary: `Microsoft Graph: one ${one}`, params }),
  create: route({ ...write, method: 'POST', path, summary: `Microsoft Graph: make one ${one}`, body }),
  update: route({ ...write, method: 'PATCH', path: `${path}/:id`, summary: `Microsoft Graph: change one ${one}`, params, body }), // prettier-ignore
  remove: route({ ...write, method: 'DELETE', path: `${path}/:id`, summary: `Microsoft Graph: delete one ${one}`, params }), // prettier-ignore
});
const applications = routesOf('/v1.0/applications', 'application');
const servicePrincipals = routesOf('/v1.0/servicePrincipals', 'service principal');
const grants = routesOf('/v1.0/oauth2PermissionGrants', 'delegated permission grant');

export const graphApplicationRoutes = {
  graphListApplications: applications.list,
  graphGetApplication: applications.get,
  graphCreateApplication: applications.create,
  graphUpdateApplication: applications.update,
  graphDeleteApplication: applications.remove,
  graphAddPassword: route({
    ...write,
    method: 'POST',
    path: '/v1.0/applications/:id/addPassword',
    summary: 'Microsoft Graph: make a secret of an application; it is in this answer only',
    params,
    body,
  }),
  graphRemovePassword: route({
    ...write,
    method: 'POST',
    path: '/v1.0/applications/:id/removePassword',
    summary: 'Microsoft Graph: take a secret away from an application',
    params,
    body,
  }),
  graphListServicePrincipals: servicePrincipals.list,
  graphGetServicePrincipal: servicePrincipals.get,
  graphCreateServicePrincipal: servicePrincipals.create,
  graphUpdateServicePrincipal: servicePrincipals.update,
  graphDeleteServicePrincipal: servicePrincipals.remove,
  graphListAppRoleAssignments: route({
    ...read,
    path: '/v1.0/servicePrincipals/:id/appRoleAssignedTo',
    summary: 'Microsoft Graph: who has roles of an application',
    params,
  }),
  graphAssignAppRole: route({
    ...write,
    method: 'POST',
    path: '/v1.0/servicePrincipals/:id/appRoleAssignedTo',
    summary: 'Microsoft Graph: give a role of an application',
    params,
    body,
  }),
  graphUnassignAppRole: route({
    ...write,
    method: 'DELETE',
    path: '/v1.0/servicePrincipals/:id/appRoleAssignedTo/:assignmentId',
    summary: 'Microsoft Graph: take a role of an application away',
    params: assignmentParams,
  }),
  graphListPermissionGrants: grants.list,
  graphGetPermissionGrant: grants.get,
  graphCreatePermissionGrant: grants.create,
  graphDeletePermissionGrant: grants.remove,
} as const;
