import { z } from 'zod';
import type { Config } from '../platform/config/index.ts';

/** What the supervisor tells the server process, first of all. In a message and not in the environment, which others can read. */
export interface StartMessage {
  readonly type: 'start';
  readonly config: Config;
  readonly demo: boolean;
  /** Where the embedded PostgreSQL, when there is one, keeps its number: a server that loses its supervisor ends it, since nobody else can. */
  readonly postgresPidFile: string | undefined;
  /** Given for the embedded engine, with the group that must be able to read spool segments, when it runs as another user. */
  readonly embeddedLake: { readonly groupId: number | undefined } | undefined;
}

/** Trusted: only the parent process can send it. */
export const isStartMessage = (message: unknown): message is StartMessage =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'start';

/** What the server process answers. */
export const ServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), address: z.string(), setupLink: z.string().optional() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;
