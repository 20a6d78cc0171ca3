import { z } from 'zod';
import { route } from '../route.ts';

/** What owners of a group may do with it. */

const own = { permission: 'privilegedAccess.request' } as const;
const params = z.object({ id: z.guid() });
const member = z.object({ id: z.guid(), userPrincipalName: z.string(), displayName: z.string() });

export const OwnedGroup = z.object({
  id: z.guid(),
  name: z.string(),
  /** False: its members follow from a rule, or come from elsewhere. */
  canChange: z.boolean(),
  /** By name, at most 1,000. */
  members: z.array(member),
});
export type OwnedGroup = z.infer<typeof OwnedGroup>;

export const ownedGroupRoutes = {
  listOwnedGroups: route({
    ...own,
    method: 'GET',
    path: '/api/privileged-access/owned-groups',
    summary: 'Groups that one owns now, with their members',
    response: z.object({ groups: z.array(OwnedGroup) }),
  }),
  addOwnedGroupMember: route({
    ...own,
    method: 'POST',
    path: '/api/privileged-access/owned-groups/:id/members',
    summary: 'Make somebody a member of a group that one owns',
    params,
    body: z.object({ userPrincipalName: z.string().min(1).max(320) }),
    response: z.object({}),
  }),
  removeOwnedGroupMember: route({
    ...own,
    method: 'DELETE',
    path: '/api/privileged-access/owned-groups/:id/members/:memberId',
    summary: 'Take somebody out of a group that one owns',
    params: params.extend({ memberId: z.guid() }),
    response: z.object({}),
  }),
} as const;
