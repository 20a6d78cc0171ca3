import type { RouteDefinition } from '@sallyport/contracts';
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
  /** By a bearer token. */
  token(token: string): Promise<Caller | undefined>;
}

/** What a request shows of its caller. A bearer token wins over a cookie. */
export type Credential = { readonly kind: 'none' } | { readonly kind: 'session' | 'token'; readonly value: string };

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
  input: { params: unknown; query: unknown; body: unknown };
  answer: unknown;
  auditFacts: AuditFacts | undefined;
}

export interface PipelineServices {
  readonly authenticator: Authenticator;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly limitRate: (exchange: Exchange) => Promise<void>;
  /** Origins that pages of ours have, beside the one the request was sent to. */
  readonly publicOrigin: string;
  /** Parse each answer by its route's schema: for tests, since it costs a pass over every row. */
  readonly checkAnswers: boolean;
}

export type Step = (exchange: Exchange, services: PipelineServices) => Promise<void> | void;
