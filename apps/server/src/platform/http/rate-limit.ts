import { SallyportError, type RouteDefinition } from '@sallyport/contracts';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Exchange } from './exchange.ts';

/** Requests a minute from one address to one server. */
export interface RateLimits {
  /** First start and sign-in: the slow part of guessing. Accounts are throttled by identity beside this. */
  readonly signIn: number;
  /** Doors for logs. The spool's bound is what holds a flood back; this stops one sender from taking all the connections. */
  readonly door: number;
  /** Many people may stand behind one address: twenty analysts with three pages each ask some 3,000 times a minute. */
  readonly other: number;
}

export const defaultRateLimits: RateLimits = { signIn: 30, door: 12_000, other: 12_000 };

const classOf = (route: RouteDefinition): keyof RateLimits => {
  if (route.permission === 'data.ingest') return 'door';
  const guesses = route.permission === 'public' || (route.duringChallenge === true && route.body !== undefined);
  return guesses && route.method !== 'GET' ? 'signIn' : 'other';
};

/** Throws TooManyRequests. Counts by address (an IPv6 address by its /64), in this server's memory. */
export interface RateLimiter {
  (exchange: Pick<Exchange, 'route' | 'request'>): Promise<void>;
  readonly of: (kind: keyof RateLimits, request: FastifyRequest) => Promise<void>;
}

export async function createRateLimiter(app: FastifyInstance, limits: RateLimits): Promise<RateLimiter> {
  await app.register(rateLimit, { global: false });
  const limiter = (max: number) => app.createRateLimit({ max, timeWindow: 60_000, ipv6Subnet: 64 });
  const limiters = { signIn: limiter(limits.signIn), door: limiter(limits.door), other: limiter(limits.other) };
  const of = async (kind: keyof RateLimits, request: FastifyRequest) => {
    const result = await limiters[kind](request);
    if (result.isAllowed || !result.isExceeded) return;
    throw new SallyportError('TooManyRequests', 'too many requests from this address', {
      retryAfterSeconds: Math.max(1, result.ttlInSeconds),
    });
  };
  return Object.assign(({ route, request }: Pick<Exchange, 'route' | 'request'>) => of(classOf(route), request), {
    of,
  });
}
