import { randomUUID } from 'node:crypto';
import { dataPermissions, SallyportError, type Me, type Session } from '@sallyport/contracts';
import { readRights, type EffectiveAccess, type Rights } from '../access/index.ts';
import { dataScopeOf } from '../platform/data-scope.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Caller } from '../platform/http/index.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import type { Platform } from '../platform/types.ts';
import type { GateAnswer } from '../conditional-access/index.ts';
import { reauthenticationDue, type Decisions } from './live/decide.ts';
import { liveSessions } from './live/store.ts';
import { sessions, type Person, type SessionDecision, type SignInMethod } from './store.ts';
import type { Origin } from './sign-in-log.ts';

/** How exact `lastSeenAt` is, and so by how much a session may outlive its idle time less. */
const seenGranularityMs = 30_000;

export interface OpenedSession {
  /** The cookie's value. Only its hash is kept. */
  readonly secret: string;
  readonly expiresAt: Date;
  /** Whether the browser may keep it past its own end: not where a policy says never. */
  readonly persistent: boolean;
  readonly me: Me;
}

/** How somebody has signed in. */
export interface Opening {
  readonly method: SignInMethod;
  readonly origin: Origin;
  readonly aaguid?: string | undefined;
  readonly deviceId?: string | undefined;
  /** What Conditional Access said. Left out: it is asked at the first request. */
  readonly access?: GateAnswer;
}

/**
 * Sessions are asked of the database on every request, so that revoking one works at once on every server. Whatever has changed since the last decision is
 * decided on before the request goes on.
 */
export function createSessions(
  { database, clock, config }: Pick<Platform, 'database' | 'clock' | 'config'>,
  { decisions, effective }: { readonly decisions: Pick<Decisions, 'standing'>; readonly effective: EffectiveAccess },
) {
  const seenAfter = (now: Date) => new Date(now.getTime() - config.sessionIdle);
  const decisionOf = ({ origin, aaguid, access }: Opening, now: Date): SessionDecision => ({
    authenticatedAt: now,
    requestId: origin.requestId,
    aaguid: aaguid ?? null,
    decidedOn: access?.asOf ?? null,
    reauthenticateAt: access === undefined ? null : reauthenticationDue(access, now),
  });
  const isPersistent = ({ access }: Opening): boolean => access?.sessionControls.persistentBrowser !== 'never';
  return {
    /** Opens a session in the transaction that has checked who it is. */
    async open(tx: Queryable, person: Person, opening: Opening): Promise<OpenedSession> {
      const { method, origin, deviceId } = opening;
      const now = clock.now();
      const secret = newSecret();
      const row = {
        id: randomUUID(),
        personId: person.id,
        method,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: new Date(now.getTime() + config.sessionMax),
        ipAddress: origin.ipAddress,
        userAgent: origin.userAgent,
        deviceId: deviceId ?? null,
        ...decisionOf(opening, now),
      };
      await sessions.insert(tx, row, hashSecret(secret));
      const rights = await readRights(tx, person.id, now);
      const me = toMe(person, rights, row.id, method);
      return { secret, expiresAt: row.expiresAt, persistent: isPersistent(opening), me };
    },

    /** Goes on with a session in which more was shown, under another secret. Throws Unauthenticated when it is over. */
    async renew(tx: Queryable, person: Person, id: string, opening: Opening): Promise<OpenedSession> {
      const { method, origin, deviceId } = opening;
      const secret = newSecret();
      const renewed = await sessions.renew(
        tx,
        {
          id,
          method,
          ipAddress: origin.ipAddress,
          userAgent: origin.userAgent,
          deviceId: deviceId ?? null,
          ...decisionOf(opening, clock.now()),
        },
        hashSecret(secret),
      );
      if (!renewed) throw new SallyportError('Unauthenticated', 'the session is over');
      const rights = await readRights(tx, person.id, clock.now());
      return { secret, ...renewed, persistent: isPersistent(opening), me: toMe(person, rights, id, method) };
    },

    async callerOf(secret: string, from: { ipAddress: string; userAgent: string }): Promise<Caller | undefined> {
      const now = clock.now();
      const row = await liveSessions.byToken(database, hashSecret(secret), now, seenAfter(now));
      if (!row) return undefined;
      // Something has changed of which the server may not have heard yet.
      if (row.outdated) effective.forget(row.personId);
      const standing = await decisions.standing(row, from);
      if (standing.is === 'over') return undefined;
      if (now.getTime() - row.lastSeenAt.getTime() > seenGranularityMs)
        await sessions.touch(database, row.id, now, from.ipAddress);
      const { roles, permissions, grants } = await effective.of(row.personId);
      return {
        kind: 'person',
        id: row.personId,
        name: row.userPrincipalName,
        displayName: row.displayName,
        roles,
        personId: row.personId,
        permissions,
        grants,
        session: { id: row.id, method: row.method, startedAt: row.authenticatedAt ?? row.createdAt },
        ...(standing.challenge === undefined ? {} : { challenge: standing.challenge }),
      };
    },

    /** The device that proved its key in it. */
    deviceOf: async (id: string): Promise<string | undefined> =>
      (
        await database.first<{ deviceId: string | null }>(
          'SELECT device_id AS "deviceId" FROM sessions WHERE id = $1',
          [id],
        )
      )?.deviceId ?? undefined,

    async list(personId: string, currentId: string): Promise<Session[]> {
      const now = clock.now();
      const rows = await sessions.ofPerson(database, personId, now, seenAfter(now));
      return rows.map(({ id, createdAt, lastSeenAt, expiresAt, ipAddress, userAgent }) => ({
        id,
        createdAt: createdAt.toISOString(),
        lastSeenAt: lastSeenAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        ipAddress,
        userAgent,
        current: id === currentId,
      }));
    },

    /** Ends all but one; for a change that who stole another session must not outlive. */
    revokeOthers: (personId: string, keptId: string, tx: Queryable): Promise<number> =>
      tx.execute(
        'UPDATE sessions SET revoked_at = $3 WHERE person_id = $1 AND id <> $2 AND revoked_at IS NULL AND expires_at > $3',
        [personId, keptId, clock.now()],
      ),

    /** Ends all sessions of a person; answers how many were live. */
    revokeAll: (personId: string, tx: Queryable = database): Promise<number> =>
      sessions.revokeAll(tx, personId, clock.now()),

    async revoke(personId: string, id: string): Promise<void> {
      if (!(await sessions.revoke(database, personId, id, clock.now())))
        throw new SallyportError('NotFound', 'there is no such session');
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;

export function toMe(
  { id, userPrincipalName, displayName }: Person,
  { roles, permissions, grants }: Pick<Rights, 'roles' | 'permissions' | 'grants'>,
  sessionId: string,
  method: SignInMethod,
): Me {
  return {
    id,
    userPrincipalName,
    displayName,
    roles: [...roles],
    permissions: [...permissions],
    overPart: [...permissions].filter(
      (permission) => dataPermissions.has(permission) && !dataScopeOf({ grants }, permission).whole,
    ),
    sessionId,
    method,
  };
}
