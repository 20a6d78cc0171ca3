import type { Readable } from 'node:stream';
import type {
  BodyOf,
  GrantedPermission,
  ParamsOf,
  QueryOf,
  ResponseOf,
  RouteDefinition,
  RouteTable,
  SignInMethod,
} from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Challenge } from '../challenge.ts';
import type { Log } from '../log.ts';
import type { Principal } from '../principal.ts';

/** Who asks. A person signed in by a session, or an API token. */
export interface Caller extends Principal {
  readonly kind: 'person' | 'token' | 'application';
  /** Of the person, of the token, or of the application's service principal. */
  readonly id: string;
  /** A person's user principal name, `token:<name>` or `application:<name>`. What audit rows, activities and query tags say. */
  readonly name: string;
  readonly displayName: string;
  /** Names of roles that are in force; empty for a token. */
  readonly roles: readonly string[];
  /** The person, or whose token it is; nobody where an application calls as itself. */
  readonly personId: string | undefined;
  /** Of all grants together. */
  readonly permissions: ReadonlySet<GrantedPermission>;
  /** Of a token whose logs go to another workspace than the first: its id. */
  readonly workspaceId?: string;
  /** Only for a person. `startedAt`: when factors were shown last. */
  readonly session: { readonly id: string; readonly method: SignInMethod; readonly startedAt: Date } | undefined;
  /** What is asked for before this session goes on. Such a caller gets to routes that are `duringChallenge`, and to no other. */
  readonly challenge?: Challenge;
}

export interface RequestContext {
  /** Undefined only on routes whose permission is `public`. Use `requireCaller(context)` elsewhere. */
  readonly caller: Caller | undefined;
  readonly requestId: string;
  /** Carries the request id. */
  readonly log: Log;
  readonly ipAddress: string;
  readonly userAgent: string;
  /** Aborts when the client goes away before its answer. */
  readonly signal: AbortSignal;
  /**
   * Adds facts to this request's audit row: what it was done to, what changed. Writes are audited by the pipeline; a read is only when
   * this was called.
   */
  audit(facts: AuditFacts): void;
}

export interface AuditFacts {
  /** What it was done to: `incident 7`, `rule 4a…`. Default: the request's path. */
  readonly target?: string;
  /** Plain JSON. No secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface HandlerInput<R extends RouteDefinition> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  /** Parsed; or for `body: 'raw'` the bytes as they come, cut off with PayloadTooLarge past the route's `bodyLimit`. */
  readonly body: R['body'] extends 'raw' ? Readable : BodyOf<R>;
  readonly request: FastifyRequest;
  /** For `response: 'raw'` routes: set status and headers, `return reply.send(…)`, or hijack it. Others just return the value. */
  readonly reply: FastifyReply;
}

export type Handler<R extends RouteDefinition> = (
  context: RequestContext,
  input: HandlerInput<R>,
) => Promise<ResponseOf<R>> | ResponseOf<R>;

/** One handler for each route of a table: `Handlers<typeof incidentRoutes>`. */
export type Handlers<T extends RouteTable> = { readonly [K in keyof T]: Handler<T[K]> };

/** The caller of a route that needs one; the pipeline has seen to it. */
export function requireCaller({ caller }: RequestContext): Caller {
  if (!caller) throw new Error('a handler of a public route asked for its caller');
  return caller;
}

/** The signed-in person of a `signedIn` route, with the session. */
export function requirePerson(context: RequestContext): Caller & { readonly session: NonNullable<Caller['session']> } {
  const { session, ...caller } = requireCaller(context);
  if (!session) throw new Error('a handler asked for a person where a token may call');
  return { ...caller, session };
}
