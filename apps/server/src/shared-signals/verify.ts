import { SallyportError, Subject } from '@sallyport/contracts';
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import type { Speak } from './outgoing.ts';

/** RFC 8935, 2.4, and SSF 1.0. */
export type SetErrorCode =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'access_denied';

/** Why a token is not taken. */
export class SetError extends Error {
  override readonly name = 'SetError';
  readonly code: SetErrorCode;
  constructor(code: SetErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
/** How far a transmitter's clock may be ahead, and how old a token may be: as long as we know which have come. */
const aheadMs = 5 * 60_000;
export const rememberedMs = 30 * 86_400_000;
const keysKeptMs = 10 * 60_000;
/** For a key that is not known, the set is read again; no more often than this. */
const keysAgainMs = 30_000;
const eventsMax = 16;

const Claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string()).max(64)]),
  jti: z.string().min(1).max(256),
  iat: z.number(),
  // What is no identity token must not be taken for one (RFC 8417, 4).
  sub: z.undefined().optional(),
  exp: z.undefined().optional(),
  sub_id: Subject.optional(),
  events: z.record(z.string().max(256), z.looseObject({ subject: Subject.optional() })),
});

export interface VerifiedSet {
  readonly jti: string;
  readonly issuedAt: Date;
  readonly events: readonly {
    readonly type: string;
    readonly subject: Subject | undefined;
    readonly payload: Readonly<Record<string, unknown>>;
  }[];
}

export interface Trust {
  readonly issuer: string;
  readonly audience: string;
}

const Configuration = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** Where a transmitter's configuration is: after the host, before the issuer's path (SSF 1.0, 7.2). */
export function configurationUrl(issuer: string): string {
  const url = new URL(issuer);
  const path = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '');
  return `${url.origin}/.well-known/ssf-configuration${path}`;
}

/** Reads transmitters' keys by their configurations, and checks tokens by them. */
export function createVerifier({ clock }: { readonly clock: Clock }, speak: Speak, signal: () => AbortSignal) {
  const known = new Map<string, { readonly at: number; readonly keys: JSONWebKeySet }>();
  const issuersMax = 256;

  const read = async (url: string): Promise<unknown> => {
    const { status, text } = await speak({ url, method: 'GET', signal: signal() });
    if (status !== 200) throw new SallyportError('Unavailable', `${new URL(url).host} answered ${status}`);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new SallyportError('Unavailable', `${new URL(url).host} answered no JSON`, { cause });
    }
  };
  const keysOf = async (issuer: string, youngerThanMs: number): Promise<JSONWebKeySet> => {
    const now = clock.now().getTime();
    const before = known.get(issuer);
    if (before && now - before.at <= youngerThanMs) return before.keys;
    const configuration = Configuration.safeParse(await read(configurationUrl(issuer)));
    if (!configuration.success || configuration.data.issuer !== issuer)
      throw new SallyportError('Unavailable', 'the transmitter’s configuration is not that of its issuer');
    const keys = Keys.safeParse(await read(configuration.data.jwks_uri));
    if (!keys.success) throw new SallyportError('Unavailable', 'the transmitter’s keys could not be read');
    if (known.size >= issuersMax) known.clear();
    known.set(issuer, { at: now, keys: keys.data });
    return keys.data;
  };

  const signed = async (token: string, { issuer, audience }: Trust): Promise<unknown> => {
    const check = async (youngerThanMs: number) =>
      (
        await jwtVerify(token, createLocalJWKSet(await keysOf(issuer, youngerThanMs)), {
          algorithms,
          typ: 'secevent+jwt',
          issuer,
          audience,
          currentDate: clock.now(),
        })
      ).payload;
    try {
      return await check(keysKeptMs);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return check(keysAgainMs);
    }
  };

  return {
    /** Throws SetError; Unavailable when the transmitter's keys can't be read. */
    async verify(token: string, trust: Trust): Promise<VerifiedSet> {
      let payload: unknown;
      try {
        decodeProtectedHeader(token);
        payload = await signed(token, trust);
      } catch (error) {
        throw setErrorOf(error);
      }
      const claims = Claims.safeParse(payload);
      if (!claims.success)
        throw new SetError(
          'invalid_request',
          `\`${claims.error.issues[0]?.path.join('.') ?? ''}\` is not as RFC 8417 has it`,
        );
      const { jti, iat, sub_id: top, events } = claims.data;
      const now = clock.now().getTime();
      if (iat * 1_000 > now + aheadMs) throw new SetError('invalid_request', '`iat` is in the future');
      if (iat * 1_000 < now - rememberedMs) throw new SetError('invalid_request', '`iat` is too long ago');
      const entries = Object.entries(events);
      if (entries.length === 0 || entries.length > eventsMax)
        throw new SetError('invalid_request', `\`events\` has one to ${eventsMax} members`);
      return {
        jti,
        issuedAt: new Date(iat * 1_000),
        events: entries.map(([type, event]) => ({ type, subject: top ?? event.subject, payload: event })),
      };
    },
  };
}
export type Verifier = ReturnType<typeof createVerifier>;

function setErrorOf(error: unknown): unknown {
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return new SetError('invalid_issuer', 'the issuer is another', error);
    if (error.claim === 'aud') return new SetError('invalid_audience', 'it is for somebody else', error);
    return new SetError('invalid_request', `\`${error.claim}\` is not as RFC 8417 has it`, error);
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
    return new SetError('invalid_key', 'it is not signed by a key of the transmitter', error);
  if (error instanceof errors.JOSEError || error instanceof TypeError)
    return new SetError('invalid_request', 'it is no security event token', error);
  return error;
}
