import { z } from 'zod';
import { route } from '../route.ts';

/** Microsoft Graph's users and groups: paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.string().min(1).max(260) });
const memberParams = z.object({ id: z.string().min(1).max(260), memberId: z.string().min(1).max(260) });
const body = z.record(z.string().max(128), z.unknown());
const response = z.record(z.string(), z.unknown());

/** `User.Read.All`, `Group.Read.All` of Graph. */
const read = { method: 'GET', permission: 'users.read', query, response } as const;
/** `User.ReadWrite.All`, `Group.ReadWrite.All` of Graph. */
const write = { permission: 'users.manage', response: 'raw' } as const;
const mine = { method: 'GET', permission: 'signedIn', query, response } as const;
const count = { method: 'GET', permission: 'users.read', query, response: 'raw' } as const;

export const graphDirectoryRoutes = {
  graphMe: route({ ...mine, path: '/v1.0/me', summary: 'Microsoft Graph: who is signed in' }),
  graphMyGroups: route({ ...mine, path: '/v1.0/me/memberOf', summary: 'Microsoft Graph: the caller’s groups' }),
  graphListUsers: route({ ...read, path: '/v1.0/users', summary: 'Microsoft Graph: people' }),
  graphCountUsers: route({ ...count, path: '/v1.0/users/$count', summary: 'Microsoft Graph: how many people' }),
  graphGetUser: route({
    ...read,
    path: '/v1.0/users/:id',
    summary: 'Microsoft Graph: one person, by id or name',
    params,
  }),
  graphCreateUser: route({
    ...write,
    method: 'POST',
    path: '/v1.0/users',
    summary: 'Microsoft Graph: make a person',
    body,
  }),
  graphUpdateUser: route({
    ...write,
    method: 'PATCH',
    path: '/v1.0/users/:id',
    summary: 'Microsoft Graph: change a person',
    params,
    body,
  }),
  graphDeleteUser: route({
    ...write,
    method: 'DELETE',
    path: '/v1.0/users/:id',
    summary: 'Microsoft Graph: delete a person; kept for 30 days',
    params,
  }),
  graphGroupsOfUser: route({
    ...read,
    path: '/v1.0/users/:id/memberOf',
    summary: 'Microsoft Graph: a person’s groups',
    params,
  }),
  graphManager: route({
    ...read,
    path: '/v1.0/users/:id/manager',
    summary: 'Microsoft Graph: a person’s manager',
    params,
  }),
  graphDirectReports: route({
    ...read,
    path: '/v1.0/users/:id/directReports',
    summary: 'Microsoft Graph: whose manager a person is',
    params,
  }),
  graphSetManager: route({
    ...write,
    method: 'PUT',
    path: '/v1.0/users/:id/manager/$ref',
    summary: 'Microsoft Graph: set a person’s manager',
    params,
    body,
  }),
  graphRemoveManager: route({
    ...write,
    method: 'DELETE',
    path: '/v1.0/users/:id/manager/$ref',
    summary: 'Microsoft Graph: take a person’s manager away',
    params,
  }),
  graphRevokeSessions: route({
    ...write,
    permission: 'authenticationMethods.manage',
    method: 'POST',
    path: '/v1.0/users/:id/revokeSignInSessions',
    summary: 'Microsoft Graph: end all sessions of a person',
    params,
    body: body.optional(),
  }),
  graphDeletedUsers: route({
    ...read,
    path: '/v1.0/directory/deletedItems/microsoft.graph.user',
    summary: 'Microsoft Graph: people deleted within the last 30 days',
  }),
  graphRestore: route({
    ...write,
    method: 'POST',
    path: '/v1.0/directory/deletedItems/:id/restore',
    summary: 'Microsoft Graph: restore a deleted person',
    params,
    body: body.optional(),
  }),
  graphListGroups: route({ ...read, path: '/v1.0/groups', summary: 'Microsoft Graph: groups' }),
  graphCountGroups: route({ ...count, path: '/v1.0/groups/$count', summary: 'Microsoft Graph: how many groups' }),
  graphGetGroup: route({ ...read, path: '/v1.0/groups/:id', summary: 'Microsoft Graph: one group', params }),
  graphCreateGroup: route({
    ...write,
    method: 'POST',
    path: '/v1.0/groups',
    summary: 'Microsoft Graph: make a group',
    body,
  }),
  graphUpdateGroup: route({
    ...write,
    method: 'PATCH',
    path: '/v1.0/groups/:id',
    summary: 'Microsoft Graph: change a group',
    params,
    body,
  }),
  graphDeleteGroup: route({
    ...write,
    method: 'DELETE',
    path: '/v1.0/groups/:id',
    summary: 'Microsoft Graph: delete a group',
    params,
  }),
  graphMembers: route({
    ...read,
    path: '/v1.0/groups/:id/members',
    summary: 'Microsoft Graph: members of a group',
    params,
  }),
  graphAddMember: route({
    ...write,
    method: 'POST',
    path: '/v1.0/groups/:id/members/$ref',
    summary: 'Microsoft Graph: add a member',
    params,
    body,
  }),
  graphRemoveMember: route({
    ...write,
    method: 'DELETE',
    path: '/v1.0/groups/:id/members/:memberId/$ref',
    summary: 'Microsoft Graph: remove a member',
    params: memberParams,
  }),
} as const;
