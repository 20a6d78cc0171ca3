import { z } from 'zod';
import { route } from '../route.ts';
import { TimeZone } from '../time-zone.ts';

/** Pins that there may be. */
export const pinsMax = 1_000;

/**
 * What is pinned, to a stream, a time zone or a workspace: lines of a sender over syslog (`match`: an address, or a range in CIDR), of an API token over any other door (its name), or of a webhook (its name
 * in the path).
 */
export const PinKind = z.enum(['sender', 'token', 'webhook']);
export type PinKind = z.infer<typeof PinKind>;

const Address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

export const PinRequest = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('sender'),
      match: Address,
      /** Null: its lines go by what they look like. */
      stream: z.string().min(1).max(100).nullable().default(null),
      /** Of times in its lines that say none. Null: UTC, or what a wider range says. */
      timeZone: TimeZone.nullable().default(null),
      /** That its lines go to. Null: as a wider range says, else the first. */
      workspaceId: z.uuid().nullable().default(null),
    })
    .refine(({ stream, timeZone, workspaceId }) => stream !== null || timeZone !== null || workspaceId !== null, {
      message: 'a stream, a time zone or a workspace',
      path: ['stream'],
    }),
  z.object({ kind: z.literal('token'), match: z.string().min(1).max(200), stream: z.string().min(1).max(100) }),
  z.object({ kind: z.literal('webhook'), match: z.string().min(1).max(200), stream: z.string().min(1).max(100) }),
]);
export type PinRequest = z.infer<typeof PinRequest>;

export const Pin = z.object({
  id: z.uuid(),
  kind: PinKind,
  match: z.string(),
  stream: z.string().nullable(),
  timeZone: z.string().nullable(),
  workspaceId: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});
export type Pin = z.infer<typeof Pin>;

/** What goes to a stream by who sends it, and not by what it looks like. */
export const pinRoutes = {
  listPins: route({
    method: 'GET',
    path: '/api/sources/pins',
    permission: 'data.read',
    summary: 'Senders whose lines go to one stream, whatever they look like',
    response: z.object({ pins: z.array(Pin) }),
  }),
  savePin: route({
    method: 'PUT',
    path: '/api/sources/pins',
    permission: 'data.manage',
    summary: 'Send the lines of a sender, token or webhook to one stream; what was said of it before no longer holds',
    body: PinRequest,
    response: Pin,
  }),
  deletePin: route({
    method: 'DELETE',
    path: '/api/sources/pins/:id',
    permission: 'data.manage',
    summary: 'Let lines go by what they look like again',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
};
