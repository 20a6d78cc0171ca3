import { randomUUID } from 'node:crypto';
import type { Subject } from '@sallyport/contracts';
import { importJWK, SignJWT, type JWK } from 'jose';

/** A security event token (RFC 8417) in the profile of Shared Signals: typed, without `sub` and `exp`, its subject in `sub_id`. */
export interface SetClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: Subject;
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The same for tokens of one event (`txn`). */
  readonly transaction?: string;
  readonly now: Date;
}

/** RS256: what every receiver knows. Throws when there is no such key. */
export async function signSet(claims: SetClaims, keys: readonly JWK[]): Promise<{ jti: string; token: string }> {
  const key = keys.find(({ alg }) => alg === 'RS256');
  if (key?.kid === undefined) throw new Error('there is no key to sign security event tokens with');
  const jti = randomUUID();
  const token = await new SignJWT({
    sub_id: claims.subject,
    events: { [claims.event]: claims.payload },
    ...(claims.transaction === undefined ? {} : { txn: claims.transaction }),
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'secevent+jwt', kid: key.kid })
    .setIssuer(claims.issuer)
    .setAudience(claims.audience)
    .setJti(jti)
    .setIssuedAt(claims.now)
    .sign(await importJWK(key, 'RS256'));
  return { jti, token };
}
