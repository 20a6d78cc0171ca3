import type { SignInMethod } from '../../identity/index.ts';
import type { Platform } from '../../platform/types.ts';

/** The sign-in to Sallyport that a session of the provider stands on. */
export interface StandingSignIn {
  readonly sessionId: string;
  readonly personId: string;
  readonly method: SignInMethod;
  readonly startedAt: Date;
}

/** Ties the provider's sessions to Sallyport's own: one sign-in, one end. */
export function createSessionLinks({ database, clock, config }: Pick<Platform, 'database' | 'clock' | 'config'>) {
  return {
    link: async (sessionUid: string, sessionId: string, personId: string): Promise<void> => {
      await database.execute(
        `INSERT INTO openid_sessions (session_uid, session_id, person_id, linked_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (session_uid) DO UPDATE SET session_id = excluded.session_id, person_id = excluded.person_id, linked_at = excluded.linked_at`,
        [sessionUid, sessionId, personId, clock.now()],
      );
    },
    /** Undefined when it is revoked, over or unused for too long. `lasting`: only whether it was revoked counts, as for tokens that outlive it. */
    standing: async (sessionUid: string, lasting = false): Promise<StandingSignIn | undefined> => {
      const now = clock.now();
      return database.first<StandingSignIn>(
        `SELECT s.id AS "sessionId", s.person_id AS "personId", s.method, coalesce(s.authenticated_at, s.created_at) AS "startedAt"
         FROM openid_sessions o JOIN sessions s ON s.id = o.session_id JOIN people p ON p.id = s.person_id
         WHERE o.session_uid = $1 AND o.ended_at IS NULL AND s.revoked_at IS NULL AND p.disabled_at IS NULL
           AND ($2 OR (s.expires_at > $3 AND s.last_seen_at > $4))`,
        [sessionUid, lasting, now, new Date(now.getTime() - config.sessionIdle)],
      );
    },
    /** The person uses her session through an application: it is not idle. */
    touch: async (sessionUid: string): Promise<void> => {
      await database.execute(
        `UPDATE sessions SET last_seen_at = $2 WHERE id = (SELECT session_id FROM openid_sessions WHERE session_uid = $1) AND last_seen_at < $3`,
        [sessionUid, clock.now(), new Date(clock.now().getTime() - 30_000)],
      );
    },
    /** Ends the sign-in to Sallyport, and so all that stands on it. */
    revoke: async (sessionUid: string): Promise<void> => {
      await database.execute(
        `UPDATE sessions SET revoked_at = $2 WHERE id = (SELECT session_id FROM openid_sessions WHERE session_uid = $1) AND revoked_at IS NULL`,
        [sessionUid, clock.now()],
      );
    },
  };
}
export type SessionLinks = ReturnType<typeof createSessionLinks>;

/** Methods as `amr` names them (RFC 8176, and Entra's `fido` and `fed`). */
const amr: Readonly<Record<SignInMethod, readonly string[]>> = {
  passkey: ['fido', 'mfa'],
  passwordTotp: ['pwd', 'otp', 'mfa'],
  passwordRecoveryCode: ['pwd', 'otp', 'mfa'],
  temporaryAccessPassOneTime: ['otp', 'mfa'],
  temporaryAccessPassMultiUse: ['otp', 'mfa'],
  federatedSingleFactor: ['fed'],
  federatedMultiFactor: ['fed', 'mfa'],
};
export const amrOf = (method: SignInMethod): string[] => [...amr[method]];

/** https://openid.net/specs/openid-connect-eap-acr-values-1_0.html, PAPE's name for several factors, and `0` for less (Core, 2). */
const phishingResistant = 'phr';
const multiFactor = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
export const acrValues = [phishingResistant, multiFactor, '0'] as const;
export const acrOf = (method: SignInMethod): string => {
  if (method === 'passkey') return phishingResistant;
  return method === 'federatedSingleFactor' ? '0' : multiFactor;
};
