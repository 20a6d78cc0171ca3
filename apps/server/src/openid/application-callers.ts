import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { createLocalJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import { sallyportApplication, type Gate } from '../conditional-access/index.ts';
import type { EffectiveAccess } from '../access/index.ts';
import type { Caller } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { ownApi, ownApiUri } from './provider/own-api.ts';
import type { SigningKeys } from './provider/keys.ts';
import { recordServicePrincipalSignIn, textOf } from './provider/sign-in-rows.ts';

/** From where a token is used. */
interface From {
  readonly ipAddress: string;
  readonly userAgent: string;
}

/** What `extra-claims.ts` writes into tokens of applications. */
const OwnToken = z.object({
  idtyp: z.literal('app'),
  oid: z.uuid(),
  jti: z.string().max(256),
  /** The secret that it was got with. */
  cred: z.uuid().optional(),
  /** Bound to a key (RFC 9449): such a one is no bearer's. */
  cnf: z.undefined().optional(),
});

interface Row {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
}

/** What Conditional Access said holds for so long, wherever the application calls from. */
const decidedForMs = 1_000;
const decisionsMax = 10_000;

export interface ApplicationCallerParts {
  readonly issuer: string;
  readonly gate: Gate;
  readonly keys: () => Promise<SigningKeys>;
  readonly effective: Pick<EffectiveAccess, 'of'>;
}

/**
 * Who calls Sallyport with an access token that an application got as itself. It may what its roles grant at this moment, and is asked for at each call, so that one which
 * is switched off, or whose secret is taken away, gets no further with a token that has not ended. Answers undefined for what is no such token; throws Unauthenticated where
 * Conditional Access blocks the application from there.
 */
export function createApplicationCallers(
  platform: Pick<Platform, 'database' | 'clock' | 'outbox'>,
  { issuer, gate, keys, effective }: ApplicationCallerParts,
) {
  const { database, clock } = platform;
  let set: { readonly revision: string; readonly find: ReturnType<typeof createLocalJWKSet> } | undefined;
  const keySet = async () => {
    const current = await keys();
    if (set?.revision !== current.revision) {
      // For checking: the private parts stay where tokens are signed.
      const shown = current.keys.map(({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...key }) => key);
      set = { revision: current.revision, find: createLocalJWKSet({ keys: shown }) };
    }
    return set.find;
  };
  const read = async (token: string): Promise<z.infer<typeof OwnToken> | undefined> => {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, await keySet(), {
        issuer,
        audience: [ownApiUri, issuer],
        typ: 'at+jwt',
        algorithms: ['RS256'],
        currentDate: clock.now(),
        requiredClaims: ['exp', 'jti'],
      }));
    } catch {
      return undefined;
    }
    return OwnToken.safeParse(payload).data;
  };
  const usable = (id: string, keyId: string | undefined) =>
    database.first<Row>(
      `SELECT s.id, a.app_id AS "appId", a.body->>'displayName' AS "displayName" FROM service_principals s JOIN applications a ON a.app_id = s.app_id
       WHERE s.id = $1 AND (s.body->>'accountEnabled')::boolean AND ($2::uuid IS NULL OR EXISTS (
         SELECT 1 FROM application_credentials c WHERE c.application_id = a.id AND c.key_id = $2 AND c.starts_at <= $3 AND c.ends_at > $3))`,
      [id, keyId ?? null, clock.now()],
    );

  const decisions = new Map<string, { readonly until: number; readonly blocked: boolean }>();
  /** The row of a refusal is written once for each decision, not for each call. */
  const isBlocked = async (
    { id, appId, displayName }: Row,
    from: From,
    keyId: string | undefined,
  ): Promise<boolean> => {
    const key = `${id} ${from.ipAddress} ${from.userAgent}`;
    const at = clock.now();
    const known = decisions.get(key);
    if (known && at.getTime() < known.until) return known.blocked;
    const access = await gate.ask({
      servicePrincipalId: id,
      inMyTenant: true,
      applicationId: sallyportApplication,
      ...from,
      at,
    });
    const blocked = access.decision !== 'allow';
    if (decisions.size >= decisionsMax) decisions.clear();
    decisions.set(key, { until: at.getTime() + decidedForMs, blocked });
    if (blocked)
      await recordServicePrincipalSignIn(platform, {
        outcome: 'blockedByPolicy',
        access,
        from: { ...from, requestId: randomUUID() },
        servicePrincipalId: id,
        application: { appId, displayName },
        resource: { appId: ownApi.appId, displayName: ownApi.body.displayName },
        credential: { type: keyId === undefined ? 'clientAssertion' : 'clientSecret', keyId },
      });
    return blocked;
  };

  return async (token: string, from: From): Promise<Caller | undefined> => {
    const claims = token.includes('.') ? await read(token) : undefined;
    const row = claims && (await usable(claims.oid, claims.cred));
    if (!row) return undefined;
    if (await isBlocked(row, from, claims.cred)) throw new SallyportError('Unauthenticated', textOf('blockedByPolicy'));
    const { grants, permissions, roles } = await effective.of(row.id);
    return {
      kind: 'application',
      id: row.id,
      name: `application:${row.displayName}`,
      displayName: row.displayName,
      roles,
      personId: undefined,
      grants,
      permissions,
      session: undefined,
    };
  };
}
