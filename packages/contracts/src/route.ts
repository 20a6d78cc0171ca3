import type { z } from 'zod';
import type { Permission } from './permissions.ts';

/**
 * `Splunk <token>`; `Basic`: the token as password; `ApiKey`: the token, or base64 of `<anything>:<token>`. Signed with a token's shared key: `SharedKey
 * <the token's id>:<signature of headers>`; `Signature`: the header X-Hub-Signature-256 over the body, which the handler must read to its end.
 */
export type TokenScheme = 'Splunk' | 'Basic' | 'ApiKey' | 'SharedKey' | 'Signature';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One route: where it is, what it needs, what it takes and answers. The server binds a handler to each, the portal calls them
 * through `client.ts`, and the permission table of the documentation is made from them.
 */
export interface RouteDefinition {
  readonly method: Method;
  /** Fastify syntax: `/api/incidents/:number`. */
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** A JSON body's schema, or `raw`: the handler reads the bytes itself. */
  readonly body?: z.ZodType | 'raw';
  /** The JSON answer's schema, or `raw`: the handler writes the answer itself. */
  readonly response: z.ZodType | 'raw';
  /** Largest body accepted, bytes. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Schemes of `Authorization` in which other products' clients send an API token, taken here beside `Bearer`. */
  readonly schemes?: readonly TokenScheme[];
  /** False: a call that succeeds leaves no row in the audit log by itself; the handler records what is worth it. Default: writes do. */
  readonly audited?: false;
  /** May be called in a session that Conditional Access asks more of before it goes on: showing that, and going away. */
  readonly duringChallenge?: true;
}

export const route = <const R extends RouteDefinition>(definition: R): R => definition;
export type RouteTable = Readonly<Record<string, RouteDefinition>>;

type Of<T, Fallback> = T extends z.ZodType ? z.infer<T> : Fallback;
export type ParamsOf<R extends RouteDefinition> = Of<R['params'], Record<never, never>>;
export type QueryOf<R extends RouteDefinition> = Of<R['query'], Record<never, never>>;
export type BodyOf<R extends RouteDefinition> = Of<R['body'], undefined>;
export type ResponseOf<R extends RouteDefinition> = Of<R['response'], unknown>;
