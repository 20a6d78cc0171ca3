import { randomUUID } from 'node:crypto';
import { accessChannel, changedSince } from '../../platform/access-changes.ts';
import { Listener } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { LogoutTeller } from './logout.ts';
import type { Parts } from './provider.ts';
import { recordUserSignIn } from './sign-in-rows.ts';
import type { SignInMethod } from '../../identity/index.ts';

/** Looked for without being told, in case that was missed. */
const pollMs = 10_000;
const batch = 200;
const atOnce = 4;
/** One server of several at a time. */
const lookLock = 7_255_992;
const toldMax = 10_000;

/** A person who is signed in to an application, by tokens that were given in a session of the provider. */
interface LiveSignIn {
  readonly sessionUid: string;
  readonly clientId: string;
  readonly sessionId: string;
  readonly personId: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly method: SignInMethod;
  readonly startedAt: Date;
  readonly requestId: string;
  readonly ipAddress: string;
  readonly userAgent: string;
}

/** $1 now, $2 what the last look could see, or null; $3, $4 the last one of the page before. */
const sql = `SELECT o.session_uid AS "sessionUid", o.client_id AS "clientId", s.id AS "sessionId", s.person_id AS "personId",
    p.user_principal_name AS "userPrincipalName", p.display_name AS "displayName", s.method, coalesce(s.authenticated_at, s.created_at) AS "startedAt",
    s.request_id AS "requestId", s.ip_address AS "ipAddress", s.user_agent AS "userAgent"
  FROM (SELECT DISTINCT session_uid, client_id FROM openid_objects WHERE model IN ('AccessToken', 'RefreshToken') AND session_uid IS NOT NULL
      AND client_id IS NOT NULL AND expires_at > $1) o
    JOIN openid_sessions l ON l.session_uid = o.session_uid AND l.ended_at IS NULL
    JOIN sessions s ON s.id = l.session_id AND s.revoked_at IS NULL JOIN people p ON p.id = s.person_id
  WHERE ($2::pg_snapshot IS NULL OR ${changedSince('s', '$2::pg_snapshot')}) AND (o.session_uid, o.client_id) > ($3, $4)
  ORDER BY o.session_uid, o.client_id LIMIT ${batch}`;

/**
 * Decides on live sign-ins to applications again as soon as something changes that they were decided on. An application that may not be used any more is told
 * that the sign-in is over, and its access tokens that are asked for here are gone; a refresh token is decided on when it is used.
 */
export function createLiveAccess(
  platform: Platform,
  { clients, decide }: Pick<Parts, 'clients' | 'decide'>,
  teller: LogoutTeller,
) {
  const { database, clock, log, audit } = platform;
  const listener = new Listener(platform, accessChannel);
  let stopping = new AbortController();
  let woken = new AbortController();
  let loop: Promise<void> | undefined;
  let seen: string | null = null;
  /** Who was told already, so that another change does not tell again. */
  const told = new Set<string>();

  const refuse = async (one: LiveSignIn, { outcome, gate }: Awaited<ReturnType<typeof decide>>): Promise<void> => {
    const application = await clients.usable(one.clientId);
    const requestId = randomUUID();
    const { ipAddress, userAgent } = one;
    await database.transaction(async (tx) => {
      await audit.record(
        {
          actor: 'system',
          operation: 'RefuseApplicationSession',
          target: `application ${application?.body.displayName ?? one.clientId} for ${one.userPrincipalName}`,
          result: 'success',
          ipAddress,
          requestId,
          details: {
            outcome,
            sessionId: one.sessionId,
            reasons: (gate?.reasons ?? []).slice(0, 20).map(({ message }) => message),
          },
        },
        tx,
      );
      await recordUserSignIn(
        platform,
        {
          outcome,
          person: { id: one.personId, userPrincipalName: one.userPrincipalName, displayName: one.displayName },
          interactive: false,
          protocol: 'oAuth2',
          incomingToken: 'accessToken',
          from: { ipAddress, userAgent, requestId },
          application: { appId: one.clientId, displayName: application?.body.displayName ?? '' },
          access: gate,
          method: one.method,
          sessionId: one.sessionId,
        },
        tx,
      );
      await tx.execute(
        `DELETE FROM openid_objects WHERE session_uid = $1 AND client_id = $2 AND model = 'AccessToken'`,
        [one.sessionUid, one.clientId],
      );
    });
    await teller.tellApplication(one.sessionUid, one.personId, one.clientId);
  };

  const decideOne = async (one: LiveSignIn): Promise<void> => {
    const key = `${one.sessionUid} ${one.clientId}`;
    const application = await clients.usable(one.clientId);
    const answer = application
      ? await decide({
          personId: one.personId,
          application,
          method: one.method,
          sessionStartedAt: one.startedAt,
          signInRequestId: one.requestId,
          ipAddress: one.ipAddress,
          userAgent: one.userAgent,
          clientAppType: application.body.spa.redirectUris.length > 0 ? 'browser' : 'mobileAppsAndDesktopClients',
        })
      : ({ outcome: 'applicationDisabled' } as const);
    if (answer.outcome === 'success' || answer.gate?.emergencyAccess === true) {
      told.delete(key);
      return;
    }
    if (told.has(key)) return;
    await refuse(one, answer);
    if (told.size >= toldMax) told.clear();
    told.add(key);
  };

  const page = async (after: readonly [string, string]): Promise<readonly LiveSignIn[]> => {
    const found = await database.query<LiveSignIn>(sql, [clock.now(), seen, ...after]);
    const waiting = found.values();
    const work = async (): Promise<void> => {
      for (const one of waiting) await decideOne(one);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return found;
  };

  /** Decides on all that something has changed for. Answers how many there were. */
  const look = (): Promise<number> =>
    database.transaction(async (tx) => {
      const { mine, asOf } = (await tx.first<{ mine: boolean; asOf: string }>(
        'SELECT pg_try_advisory_xact_lock($1) AS mine, pg_current_snapshot()::text AS "asOf"',
        [lookLock],
      ))!;
      if (!mine) return 0;
      let [done, after]: [number, readonly [string, string]] = [0, ['', '']];
      for (;;) {
        const found = await page(after);
        done += found.length;
        const last = found.at(-1);
        if (!last || found.length < batch) break;
        after = [last.sessionUid, last.clientId];
      }
      seen = asOf;
      return done;
    });

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      woken = new AbortController();
      await look().catch((err: unknown) => log.warn({ err }, 'sign-ins to applications could not be decided on again'));
      await clock.sleep(pollMs, AbortSignal.any([signal, woken.signal]));
    }
  };

  return {
    look,
    start: (): void => {
      stopping = new AbortController();
      listener.start(() => woken.abort());
      loop = run(stopping.signal);
    },
    stop: async (): Promise<void> => {
      stopping.abort();
      await Promise.all([listener.stop(), loop]);
    },
  };
}
