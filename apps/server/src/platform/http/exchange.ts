import type { GrantedPermission, RouteDefinition } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditLog } from '../audit/types.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Tracing } from '../tracing.ts';
import type { AuditFacts, Caller, Handler } from './handlers.ts';

/** Tells who holds a credential. Identity makes one; throws nothing for a credential that is not good, answers undefined. */
export interface Authenticator {
  /** By the value of the session cookie. */
  session(cookie: string, from: { ipAddress: string; userAgent: string }): Promise<Caller | undefined>;
  /** By a bearer token. Throws Unauthenticated with its reason where Conditional Access refuses it. */
  token(token: string, from: { ipAddress: string; userAgent: string }): Promise<Caller | undefined>;
  /** By the common name of a checked client certificate: may send logs, and nothing else. */
  certificate(name: string): Promise<Caller | undefined>;
  /** By a signature over headers, as Azure's storage and Log Analytics have it. */
  sharedKey(claim: SharedKeyClaim): Promise<Caller | undefined>;
  /** Those who may sign the body of a call to this name. */
  signers(name: string): Promise<readonly Signer[]>;
}

export interface SharedKeyClaim {
  readonly workspaceId: string;
  /** When it was signed, as a header says it; part of `text`. */
  readonly date: string;
  readonly text: string;
  readonly signature: Uint8Array;
}

export interface Signer {
  readonly caller: Caller;
  /** The text that they sign with. */
  readonly key: string;
}

/** A signature over a body that is not read yet. */
export interface BodySignature {
  readonly signers: readonly Signer[];
  /** HMAC-SHA256. */
  readonly signature: Uint8Array;
}

/** What a request shows of its caller. A bearer token wins over a cookie. */
export type Credential =
  | { readonly kind: 'none' }
  /** `certificate`: the common name of a client's certificate that the handshake has checked. */
  | { readonly kind: 'session' | 'token' | 'certificate'; readonly value: string }
  | { readonly kind: 'signature' };

/** One request on its way through the pipeline. Steps fill it in. */
export interface Exchange {
  readonly name: string;
  readonly route: RouteDefinition;
  readonly handler: Handler<RouteDefinition>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: Log;
  readonly startedAt: number;
  readonly signal: AbortSignal;
  credential: Credential;
  caller: Caller | undefined;
  /** Of a signed body: who `caller` is holds only once the body has been read to its end without an error. */
  bodySignature: BodySignature | undefined;
  input: { params: unknown; query: unknown; body: unknown };
  answer: unknown;
  auditFacts: AuditFacts | undefined;
}

export type NoteUse = (caller: Caller, permission: GrantedPermission) => void;

export interface PipelineServices {
  readonly authenticator: Authenticator;
  /** Told of each right that a caller uses. */
  readonly noteUse?: NoteUse;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly limitRate: (exchange: Exchange) => Promise<void>;
  /** Throws Forbidden or NotFound where somebody does not see all of an incident by a permission. */
  readonly requireWholeIncident: (caller: Caller, permission: GrantedPermission, number: number) => Promise<void>;
  /** Origins that pages of ours have, beside the one the request was sent to. */
  readonly publicOrigin: string;
  /** Parse each answer by its route's schema: for tests, since it costs a pass over every row. */
  readonly checkAnswers: boolean;
}

export type Step = (exchange: Exchange, services: PipelineServices) => Promise<void> | void;
