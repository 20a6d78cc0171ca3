import { z } from 'zod';
import { route } from '../route.ts';

export const PersonName = z.object({ userPrincipalName: z.string(), displayName: z.string() });
export type PersonName = z.infer<typeof PersonName>;
export const Group = z.object({
  id: z.uuid(),
  name: z.string(),
  /** User principal names. */
  members: z.array(z.string()),
});
export type Group = z.infer<typeof Group>;

export const peopleRoutes = {
  listPeople: route({
    method: 'GET',
    path: '/api/people',
    permission: 'securityData.read',
    summary: 'Whom work can be given to: people who may sign in, and groups; at most 5,000 each',
    response: z.object({ people: z.array(PersonName), groups: z.array(Group) }),
  }),
  saveGroup: route({
    method: 'PUT',
    path: '/api/groups/:id',
    permission: 'users.manage',
    summary: 'Make or change a group of people; incidents, cases and tasks are assigned by its name',
    params: z.object({ id: z.uuid() }),
    body: z.object({
      name: z
        .string()
        .trim()
        .min(1)
        .max(100)
        .regex(/^[^@[\],\r\n]+$/, 'a name without @, comma and brackets')
        .refine((name) => name.toLowerCase() !== 'none', '`none` stands for nobody'),
      members: z.array(z.email().max(254)).max(1_000),
    }),
    response: Group,
  }),
  deleteGroup: route({
    method: 'DELETE',
    path: '/api/groups/:id',
    permission: 'users.manage',
    summary: 'Delete a group; what is assigned to its name stays so',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
} as const;
