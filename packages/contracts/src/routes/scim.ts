import { z } from 'zod';
import { route } from '../route.ts';

/** SCIM 2.0 (RFC 7643, RFC 7644): paths, objects and errors are the standard's, and read by the face in its words. */

const query = z.record(z.string().max(128), z.union([z.string().max(4_096), z.array(z.string().max(4_096)).max(20)]));
const params = z.object({ id: z.string().min(1).max(128) });
const body = z.record(z.string().max(256), z.unknown());
const scim = { permission: 'directory.provision', response: 'raw' } as const;

const routesOf = <const P extends string>(path: P, one: string, many: string) => ({
  list: route({ ...scim, method: 'GET', path, summary: `SCIM: ${many} that were brought by SCIM`, query }),
  get: route({ ...scim, method: 'GET', path: `${path}/:id`, summary: `SCIM: one ${one}`, params, query }),
  create: route({ ...scim, method: 'POST', path, summary: `SCIM: make a ${one}`, body }),
  replace: route({ ...scim, method: 'PUT', path: `${path}/:id`, summary: `SCIM: replace a ${one}`, params, body }),
  patch: route({ ...scim, method: 'PATCH', path: `${path}/:id`, summary: `SCIM: change a ${one}`, params, body }),
  remove: route({ ...scim, method: 'DELETE', path: `${path}/:id`, summary: `SCIM: delete a ${one}`, params }),
});
const users = routesOf('/scim/v2/Users', 'person', 'people');
const groups = routesOf('/scim/v2/Groups', 'group', 'groups');

export const scimRoutes = {
  scimListUsers: users.list,
  scimGetUser: users.get,
  scimCreateUser: users.create,
  scimReplaceUser: users.replace,
  scimPatchUser: users.patch,
  scimDeleteUser: users.remove,
  scimListGroups: groups.list,
  scimGetGroup: groups.get,
  scimCreateGroup: groups.create,
  scimReplaceGroup: groups.replace,
  scimPatchGroup: groups.patch,
  scimDeleteGroup: groups.remove,
  scimServiceProviderConfig: route({
    ...scim,
    method: 'GET',
    path: '/scim/v2/ServiceProviderConfig',
    summary: 'SCIM: what is served',
  }),
  scimSchemas: route({ ...scim, method: 'GET', path: '/scim/v2/Schemas', summary: 'SCIM: the schemas' }),
  scimSchema: route({ ...scim, method: 'GET', path: '/scim/v2/Schemas/:id', summary: 'SCIM: one schema', params }),
  scimResourceTypes: route({
    ...scim,
    method: 'GET',
    path: '/scim/v2/ResourceTypes',
    summary: 'SCIM: the kinds of resources',
  }),
  scimResourceType: route({
    ...scim,
    method: 'GET',
    path: '/scim/v2/ResourceTypes/:id',
    summary: 'SCIM: one kind of resource',
    params,
  }),
} as const;
