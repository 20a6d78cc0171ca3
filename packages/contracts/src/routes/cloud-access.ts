import { z } from 'zod';
import { CloudSettings } from '../cloud-access.ts';
import { route } from '../route.ts';

/** Connections to clouds, and the roles of theirs that privileged access gives. Times are ISO 8601. */

const at = z.iso.datetime();
const name = z.string().trim().min(1).max(128);
const params = z.object({ id: z.guid() });
const read = { permission: 'authorization.read' } as const;
const manage = { permission: 'authorization.manage' } as const;
const root = '/api/privileged-access/clouds';

export const CloudRole = z.object({
  id: z.guid(),
  name: z.string(),
  /** As the cloud names it. */
  roleId: z.string(),
  scope: z.string(),
});
export type CloudRole = z.infer<typeof CloudRole>;

/** Who of the directory is whom in the cloud. */
export const CloudIdentity = z.object({
  principalId: z.guid(),
  name: z.string(),
  externalId: z.string(),
});
export type CloudIdentity = z.infer<typeof CloudIdentity>;

export const CloudConnection = z.object({
  id: z.guid(),
  name: z.string(),
  settings: CloudSettings,
  createdAt: at,
  createdBy: z.string(),
  /** Since when the cloud refuses; null: it does not. */
  failingSince: at.nullable(),
  lastError: z.string().nullable(),
  lastSuccessAt: at.nullable(),
  /** What is yet to be given or taken away. */
  pending: z.int(),
  roles: z.array(CloudRole),
  identities: z.array(CloudIdentity),
});
export type CloudConnection = z.infer<typeof CloudConnection>;

export const cloudAccessRoutes = {
  listCloudConnections: route({
    ...read,
    method: 'GET',
    path: root,
    summary: 'Connections to clouds, with the roles and the people of each',
    response: z.object({ connections: z.array(CloudConnection) }),
  }),
  createCloudConnection: route({
    ...manage,
    method: 'POST',
    path: root,
    summary: 'Connect a cloud',
    body: z.object({ name, settings: CloudSettings, secret: z.string().min(1).max(4_096) }),
    response: z.object({ connection: CloudConnection }),
  }),
  updateCloudConnection: route({
    ...manage,
    method: 'PUT',
    path: `${root}/:id`,
    summary:
      'Change a connection to a cloud; without `secret`, the one that is there stays, unless it would be sent elsewhere',
    params,
    body: z.object({ name, settings: CloudSettings, secret: z.string().min(1).max(4_096).optional() }),
    response: z.object({ connection: CloudConnection }),
  }),
  removeCloudConnection: route({
    ...manage,
    method: 'DELETE',
    path: `${root}/:id`,
    summary: 'Remove a connection to a cloud, once nothing is held by it',
    params,
    response: z.object({}),
  }),
  listCloudRoleDefinitions: route({
    ...manage,
    method: 'POST',
    path: `${root}/:id/role-definitions`,
    summary: 'Ask the cloud which roles there are over a scope: shows that the connection works',
    params,
    body: z.object({ scope: z.string().min(1).max(1_000) }),
    response: z.object({ definitions: z.array(z.object({ id: z.string(), name: z.string() })) }),
  }),
  addCloudRole: route({
    ...manage,
    method: 'POST',
    path: `${root}/:id/roles`,
    summary: 'Let a role of a cloud, over a scope of it, be assigned',
    params,
    body: z.object({ name, roleId: z.string().min(1).max(256), scope: z.string().min(1).max(1_000) }),
    response: z.object({ role: CloudRole }),
  }),
  removeCloudRole: route({
    ...manage,
    method: 'DELETE',
    path: `${root}/:id/roles/:roleId`,
    summary: 'Let a role of a cloud be assigned no more, once nobody holds it',
    params: params.extend({ roleId: z.guid() }),
    response: z.object({}),
  }),
  setCloudIdentity: route({
    ...manage,
    method: 'PUT',
    path: `${root}/:id/identities`,
    summary: 'Say who a person, group or application is in a cloud; empty: nobody',
    params,
    body: z.object({
      /** Id, or a person’s user principal name. */
      principal: z.string().min(1).max(320),
      externalId: z.string().max(256),
    }),
    response: z.object({}),
  }),
} as const;
