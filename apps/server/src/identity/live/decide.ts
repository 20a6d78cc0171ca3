import { randomUUID } from 'node:crypto';
import { everyTimeGraceSeconds } from '@sallyport/policy';
import { challengeOf, sallyportApplication, type Gate, type GateAnswer } from '../../conditional-access/index.ts';
import { addressesMax, decidedForMs } from '../../platform/access-changes.ts';
import { Challenge } from '../../platform/challenge.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { methodModes } from '../method-modes.ts';
import { recordLive } from './log.ts';
import { liveSessions, type LiveSession } from './store.ts';

export interface From {
  readonly ipAddress: string;
  readonly userAgent: string;
}

/** How a session stands: it goes on, on a condition or without, or it is over. */
export type Standing = { readonly is: 'live'; readonly challenge?: Challenge } | { readonly is: 'over' };

const over: Standing = { is: 'over' };
/** Taken back when the session had ended in between. */
class EndedBefore extends Error {}

const standingOf = (challenge: Challenge | undefined): Standing =>
  challenge === undefined ? { is: 'live' } : { is: 'live', challenge };
/** One that can't be read is asked about anew. */
const keptChallenge = (session: LiveSession): Challenge | undefined =>
  session.challenge === null ? undefined : Challenge.safeParse(session.challenge).data;

/** When factors are asked for anew, whatever else happens; null when never. */
export function reauthenticationDue({ sessionControls, emergencyAccess }: GateAnswer, shownAt: Date): Date | null {
  const { signInFrequencySeconds = Infinity, secondFactorFrequencySeconds = Infinity } = sessionControls;
  const seconds = Math.min(signInFrequencySeconds, secondFactorFrequencySeconds);
  if (emergencyAccess || seconds === Infinity) return null;
  return new Date(shownAt.getTime() + Math.max(seconds, everyTimeGraceSeconds) * 1_000);
}

/** Decides on sessions again, by the same gate as sign-ins. */
export function createDecisions(platform: Platform, gate: Gate) {
  const { database, clock, audit } = platform;

  const dueReason = (
    session: LiveSession,
    { ipAddress }: From,
    now: Date,
  ): 'changed' | 'network' | 'time' | undefined => {
    if (session.outdated) return 'changed';
    if (!session.decidedAddresses.includes(ipAddress)) return 'network';
    const { decidedAt, reauthenticateAt, challenge } = session;
    if (decidedAt === null || now.getTime() - decidedAt.getTime() > decidedForMs) return 'time';
    if (challenge === null && reauthenticateAt !== null && now > reauthenticateAt) return 'time';
    return undefined;
  };

  const ask = (session: LiveSession, { ipAddress, userAgent }: From, at: Date) =>
    gate.ask({
      userId: session.personId,
      applicationId: sallyportApplication,
      methods: methodModes[session.method],
      ipAddress,
      userAgent,
      clientAppType: 'browser',
      sessionStartedAt: session.authenticatedAt ?? session.createdAt,
      signInRequestId: session.requestId,
      ...(session.deviceId === null ? {} : { deviceId: session.deviceId }),
      ...(session.aaguid === null ? {} : { aaguid: session.aaguid }),
      at,
    });

  const record = async (
    session: LiveSession,
    from: From,
    outcome: Challenge['code'] | '0',
    access: GateAnswer,
    causes: readonly string[],
    work?: (tx: Queryable) => Promise<void>,
  ): Promise<void> => {
    const requestId = randomUUID();
    const person = {
      id: session.personId,
      userPrincipalName: session.userPrincipalName,
      displayName: session.displayName,
    };
    await database.transaction(async (tx) => {
      if (outcome !== '0')
        // The chain's lock first, then sessions: the order of whoever ends sessions otherwise.
        await audit.record(
          {
            actor: 'system',
            operation: outcome === '53003' ? 'RefuseSession' : 'ChallengeSession',
            target: `session ${session.id} of ${session.userPrincipalName}`,
            result: 'success',
            ipAddress: from.ipAddress,
            requestId,
            details: {
              causes,
              code: outcome,
              reasons: access.reasons.slice(0, 20).map(({ message }) => message),
              required: access.required,
            },
          },
          tx,
        );
      await recordLive(
        platform,
        { outcome, person, method: session.method, sessionId: session.id, ...from, requestId, access },
        tx,
      );
      await work?.(tx);
    });
  };

  const end = async (session: LiveSession, from: From, access: GateAnswer, causes: readonly string[]) => {
    try {
      await record(session, from, '53003', access, causes, async (tx) => {
        const ended = await tx.execute('UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL', [
          session.id,
          clock.now(),
        ]);
        if (ended === 0) throw new EndedBefore();
      });
    } catch (error) {
      if (!(error instanceof EndedBefore)) throw error;
    }
  };

  /** Decides, whether something has changed or not. */
  const decide = async (
    session: LiveSession,
    from: From,
    reason: 'changed' | 'network' | 'time',
  ): Promise<Standing> => {
    const now = clock.now();
    const causes = reason === 'changed' ? await liveSessions.causes(database, session.id) : [reason];
    const answer = await ask(session, from, now);
    const challenge = challengeOf(answer);
    if (challenge?.code === '53003') {
      await end(session, from, answer, causes);
      return over;
    }
    if (answer.emergencyAccess && answer.decision !== 'allow')
      platform.log.warn({ sessionId: session.id }, 'a session of an emergency account goes on; no policy ends it');
    const before = keptChallenge(session);
    if (challenge && challenge.code !== before?.code) await record(session, from, challenge.code, answer, causes);
    else if (!challenge && reason === 'network' && session.decidedAt !== null)
      await record(session, from, '0', answer, causes);
    const others = reason === 'network' && !challenge ? session.decidedAddresses : [];
    await liveSessions.decided(database, session.id, {
      at: now,
      asOf: answer.asOf,
      addresses: [from.ipAddress, ...others].slice(0, addressesMax),
      reauthenticateAt: reauthenticationDue(answer, session.authenticatedAt ?? session.createdAt),
      challenge: challenge ?? null,
    });
    return standingOf(challenge);
  };

  return {
    decide,
    /** How the session stands for a request: decided on again where something has changed, or it comes from elsewhere. */
    async standing(session: LiveSession, from: From): Promise<Standing> {
      const reason = dueReason(session, from, clock.now());
      return reason === undefined ? standingOf(keptChallenge(session)) : decide(session, from, reason);
    },
  };
}
export type Decisions = ReturnType<typeof createDecisions>;
