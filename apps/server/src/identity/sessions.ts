import { randomUUID } from 'node:crypto';
import { SallyportError, type Me, type Session } from '@sallyport/contracts';
import { permissionsOfRole } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Caller } from '../platform/http/index.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import type { Platform } from '../platform/types.ts';
import { sessions, type Person, type SignInMethod } from './store.ts';
import type { Origin } from './sign-in-log.ts';

/** How exact `lastSeenAt` is, and so by how much a session may outlive its idle time less. */
const seenGranularityMs = 30_000;

export interface OpenedSession {
  /** The cookie's value. Only its hash is kept. */
  readonly secret: string;
  readonly expiresAt: Date;
  readonly me: Me;
}

/** Sessions are asked of the database on every request, so that revoking one works at once on every server. */
export function createSessions({ database, clock, config }: Pick<Platform, 'database' | 'clock' | 'config'>) {
  const seenAfter = (now: Date) => new Date(now.getTime() - config.sessionIdle);
  return {
    /** Opens a session in the transaction that has checked who it is. */
    async open(
      tx: Queryable,
      person: Person,
      method: SignInMethod,
      origin: Origin,
      deviceId?: string,
    ): Promise<OpenedSession> {
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
      };
      await sessions.insert(tx, row, hashSecret(secret));
      return { secret, expiresAt: row.expiresAt, me: toMe(person, row.id, method) };
    },

    async callerOf(secret: string, from: { ipAddress: string }): Promise<Caller | undefined> {
      const now = clock.now();
      const row = await sessions.byToken(database, hashSecret(secret), now, seenAfter(now));
      if (!row) return undefined;
      if (now.getTime() - row.lastSeenAt.getTime() > seenGranularityMs)
        await sessions.touch(database, row.id, now, from.ipAddress);
      return {
        kind: 'person',
        id: row.personId,
        name: row.userPrincipalName,
        displayName: row.displayName,
        role: row.role,
        permissions: permissionsOfRole(row.role),
        session: { id: row.id, method: row.method, startedAt: row.createdAt },
      };
    },

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

export function toMe(person: Person, sessionId: string, method: SignInMethod): Me {
  const { id, userPrincipalName, displayName, role } = person;
  return { id, userPrincipalName, displayName, role, permissions: [...permissionsOfRole(role)], sessionId, method };
}
