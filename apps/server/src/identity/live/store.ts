import { causesOf, isOutdated } from '../../platform/access-changes.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Person, SignInMethod } from '../store.ts';

/** A session with what its decisions need. */
export interface LiveSession extends Omit<Person, 'id'> {
  readonly id: string;
  readonly personId: string;
  readonly method: SignInMethod;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  /** Null: when it began. */
  readonly authenticatedAt: Date | null;
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly deviceId: string | null;
  readonly aaguid: string | null;
  readonly requestId: string;
  readonly decidedAt: Date | null;
  readonly decidedAddresses: readonly string[];
  readonly reauthenticateAt: Date | null;
  readonly challenge: unknown;
  readonly outdated: boolean;
}

const columns = `s.id, s.person_id AS "personId", s.method, s.created_at AS "createdAt", s.last_seen_at AS "lastSeenAt", s.authenticated_at AS "authenticatedAt",
  s.ip_address AS "ipAddress", s.user_agent AS "userAgent", s.device_id AS "deviceId", s.aaguid, s.request_id AS "requestId", s.decided_at AS "decidedAt",
  s.decided_addresses AS "decidedAddresses", s.reauthenticate_at AS "reauthenticateAt", s.challenge,
  p.user_principal_name AS "userPrincipalName", p.display_name AS "displayName"`;
/** $1 now, $2 the oldest `last_seen_at` that counts. */
const live = 's.revoked_at IS NULL AND s.expires_at > $1 AND s.last_seen_at > $2 AND p.disabled_at IS NULL';
const from = 'FROM sessions s JOIN people p ON p.id = s.person_id';

export interface Decided {
  readonly at: Date;
  readonly asOf: string;
  readonly addresses: readonly string[];
  readonly reauthenticateAt: Date | null;
  readonly challenge: object | null;
}

export const liveSessions = {
  byToken: (db: Queryable, tokenHash: Buffer, now: Date, seenAfter: Date) =>
    db.first<LiveSession>(
      `SELECT ${columns}, ${isOutdated('s')} AS outdated ${from} WHERE ${live} AND s.token_hash = $3`,
      [now, seenAfter, tokenHash],
    ),
  /** Those that something has changed for, the most used first. */
  outdated: (db: Queryable, now: Date, seenAfter: Date, most: number) =>
    db.query<LiveSession>(
      `SELECT ${columns}, true AS outdated ${from} WHERE ${live} AND ${isOutdated('s')} ORDER BY s.last_seen_at DESC LIMIT $3`,
      [now, seenAfter, most],
    ),
  causes: async (db: Queryable, id: string): Promise<readonly string[]> =>
    (await db.first<{ causes: string[] }>(`SELECT ${causesOf('s')} AS causes FROM sessions s WHERE s.id = $1`, [id]))
      ?.causes ?? [],
  decided: (db: Queryable, id: string, { at, asOf, addresses, reauthenticateAt, challenge }: Decided) =>
    db.execute(
      `UPDATE sessions SET decided_at = $2, decided_on = $3::pg_snapshot, decided_addresses = $4, reauthenticate_at = $5, challenge = $6
       WHERE id = $1 AND revoked_at IS NULL`,
      [id, at, asOf, addresses, reauthenticateAt, challenge === null ? null : JSON.stringify(challenge)],
    ),
  /** Forgets changes of which nothing can be undecided: after a quarter of an hour a decision is asked for again in any case. */
  forgetChanges: (db: Queryable) =>
    db.execute(`DELETE FROM access_changes WHERE at < clock_timestamp() - interval '1 hour'`),
};
