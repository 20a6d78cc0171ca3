import { z } from 'zod';
import { route } from '../route.ts';
import { PrivilegedHolding } from './privileged-access.ts';

/** What is activated now, and what is done with it. Times are ISO 8601. */

const at = z.iso.datetime();
const params = z.object({ id: z.guid() });

export const PrivilegedSession = PrivilegedHolding.extend({
  ticket: z.string(),
  /** By whose approval; none where the role asks for none. */
  approvals: z.array(z.object({ by: z.string(), at, justification: z.string() })),
});
export type PrivilegedSession = z.infer<typeof PrivilegedSession>;

export const PrivilegedDeed = z.object({
  at,
  /** A row of the audit, or a query. */
  kind: z.enum(['audit', 'query']),
  operation: z.string(),
  /** What it was done to; the query's text. */
  target: z.string(),
  result: z.string(),
});
export type PrivilegedDeed = z.infer<typeof PrivilegedDeed>;

const read = { permission: 'authorization.read' } as const;

export const privilegedSessionRoutes = {
  listPrivilegedSessions: route({
    ...read,
    method: 'GET',
    path: '/api/privileged-access/sessions',
    summary: 'Activations in force, newest first',
    response: z.object({ sessions: z.array(PrivilegedSession) }),
  }),
  getPrivilegedSession: route({
    ...read,
    method: 'GET',
    path: '/api/privileged-access/sessions/:id',
    summary: 'An activation, in force or over, with what its person did meanwhile: the newest 200 of each kind',
    params,
    response: z.object({
      session: PrivilegedSession,
      done: z.array(PrivilegedDeed),
      /** False: whoever asks may not see queries. */
      withQueries: z.boolean(),
    }),
  }),
  endPrivilegedSession: route({
    method: 'POST',
    permission: 'authorization.manage',
    path: '/api/privileged-access/sessions/:id/end',
    summary: 'End an activation now, in live sessions too; its person stays eligible',
    params,
    body: z.object({ justification: z.string().max(2_048).default('') }),
    response: z.object({}),
  }),
} as const;
