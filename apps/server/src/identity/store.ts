import type { SignInMethod } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';

export interface Person {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
}

export type { SignInMethod } from '@sallyport/contracts';

export interface SessionRow {
  readonly id: string;
  readonly personId: string;
  readonly method: SignInMethod;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly ipAddress: string;
  readonly userAgent: string;
  /** That has proven its key when the session began. */
  readonly deviceId?: string | null;
}

/** Of a session, what its next decision goes by. */
export interface SessionDecision {
  readonly authenticatedAt: Date;
  readonly requestId: string;
  readonly aaguid: string | null;
  /** Null where Conditional Access was not asked: it is at the first request. */
  readonly decidedOn: string | null;
  readonly reauthenticateAt: Date | null;
}

export interface PasskeyRow {
  readonly credentialId: string;
  readonly personId: string;
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly transports: string[];
  readonly name?: string;
  readonly aaguid?: string | null;
}

const personColumns = 'p.id, p.user_principal_name AS "userPrincipalName", p.display_name AS "displayName"';
const sessionColumns = `s.id, s.person_id AS "personId", s.method, s.created_at AS "createdAt", s.last_seen_at AS "lastSeenAt",
  s.expires_at AS "expiresAt", s.ip_address AS "ipAddress", s.user_agent AS "userAgent"`;
/** $2 now, $3 the oldest `last_seen_at` that counts. */
const live = 's.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3';

export const people = {
  insert: (db: Queryable, person: Person) =>
    db.execute('INSERT INTO people (id, user_principal_name, display_name) VALUES ($1, $2, $3)', [
      person.id,
      person.userPrincipalName,
      person.displayName,
    ]),
  byId: (db: Queryable, id: string) =>
    db.first<Person & { disabled: boolean }>(
      `SELECT ${personColumns}, p.disabled_at IS NOT NULL AS disabled FROM people p WHERE p.id = $1`,
      [id],
    ),
  /** With what their password sign-in is checked against. */
  byName: (db: Queryable, name: string) =>
    db.first<Person & { disabled: boolean; passwordHash: string | null; totpSecretSealed: Buffer | null }>(
      `SELECT ${personColumns}, p.disabled_at IS NOT NULL AS disabled, w.password_hash AS "passwordHash",
         w.totp_secret_sealed AS "totpSecretSealed"
       FROM people p LEFT JOIN passwords w ON w.person_id = p.id WHERE lower(p.user_principal_name) = lower($1) AND p.deleted_at IS NULL`,
      [name],
    ),
};

export const passwords = {
  insert: (db: Queryable, row: { personId: string; hash: string; totpSecretSealed: Buffer; totpLastStep: number }) =>
    db.execute(
      'INSERT INTO passwords (person_id, password_hash, totp_secret_sealed, totp_last_step) VALUES ($1, $2, $3, $4)',
      [row.personId, row.hash, row.totpSecretSealed, row.totpLastStep],
    ),
  /** Takes a recovery code; false when it is none, or used. */
  takeRecoveryCode: async (db: Queryable, personId: string, hash: Buffer, now: Date): Promise<boolean> =>
    (await db.execute(
      'UPDATE recovery_codes SET used_at = $3 WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL',
      [personId, hash, now],
    )) === 1,
  used: (db: Queryable, personId: string, now: Date) =>
    db.execute('UPDATE passwords SET last_used_at = $2 WHERE person_id = $1', [personId, now]),
  /** Takes the code of a step; false when that step or a newer one has been taken. */
  takeStep: async (db: Queryable, personId: string, step: number): Promise<boolean> =>
    (await db.execute('UPDATE passwords SET totp_last_step = $2 WHERE person_id = $1 AND totp_last_step < $2', [
      personId,
      step,
    ])) === 1,
};

export const passkeys = {
  insert: (db: Queryable, row: PasskeyRow) =>
    db.execute(
      `INSERT INTO passkeys (credential_id, person_id, public_key, counter, transports, name, aaguid) VALUES ($1, $2, $3, $4, $5, coalesce($6, 'Passkey'), $7)`,
      [row.credentialId, row.personId, row.publicKey, row.counter, row.transports, row.name, row.aaguid],
    ),
  byId: (db: Queryable, credentialId: string) =>
    db.first<PasskeyRow>(
      `SELECT credential_id AS "credentialId", person_id AS "personId", public_key AS "publicKey", counter, transports, name, aaguid
       FROM passkeys WHERE credential_id = $1`,
      [credentialId],
    ),
  used: (db: Queryable, credentialId: string, counter: number, at: Date) =>
    db.execute('UPDATE passkeys SET counter = $2, last_used_at = $3 WHERE credential_id = $1', [
      credentialId,
      counter,
      at,
    ]),
  keepChallenge: (db: Queryable, id: string, challenge: string, expiresAt: Date) =>
    db.execute('INSERT INTO passkey_challenges (id, challenge, expires_at) VALUES ($1, $2, $3)', [
      id,
      challenge,
      expiresAt,
    ]),
  /** Takes the challenge away: it is good once. */
  takeChallenge: async (db: Queryable, id: string, now: Date): Promise<string | undefined> =>
    (
      await db.first<{ challenge: string }>(
        'WITH taken AS (DELETE FROM passkey_challenges WHERE id = $1 AND person_id IS NULL RETURNING *) SELECT challenge FROM taken WHERE expires_at > $2',
        [id, now],
      )
    )?.challenge,
};

export const sessions = {
  insert: (db: Queryable, row: SessionRow & SessionDecision, tokenHash: Buffer) =>
    db.execute(
      `INSERT INTO sessions (id, token_hash, person_id, method, created_at, last_seen_at, expires_at, ip_address, user_agent, device_id,
         authenticated_at, request_id, aaguid, decided_on, decided_at, decided_addresses, reauthenticate_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::pg_snapshot, CASE WHEN $14::pg_snapshot IS NOT NULL THEN $5::timestamptz END, ARRAY[$8::text], $15)`,
      [
        row.id,
        tokenHash,
        row.personId,
        row.method,
        row.createdAt,
        row.lastSeenAt,
        row.expiresAt,
        row.ipAddress,
        row.userAgent,
        row.deviceId ?? null,
        row.authenticatedAt,
        row.requestId,
        row.aaguid,
        row.decidedOn,
        row.reauthenticateAt,
      ],
    ),
  /** More was shown in it: it has another secret from now on. False when it is over. */
  renew: async (
    db: Queryable,
    row: Pick<SessionRow, 'id' | 'method' | 'ipAddress' | 'userAgent' | 'deviceId'> & SessionDecision,
    tokenHash: Buffer,
  ): Promise<{ readonly expiresAt: Date } | undefined> =>
    db.first(
      `UPDATE sessions SET token_hash = $2, method = $3, ip_address = $4, user_agent = $5, device_id = $6, authenticated_at = $7, request_id = $8,
         aaguid = $9, decided_on = $10::pg_snapshot, decided_at = $7, decided_addresses = ARRAY[$4::text], reauthenticate_at = $11, challenge = NULL, last_seen_at = $7
       WHERE id = $1 AND revoked_at IS NULL AND expires_at > $7 RETURNING expires_at AS "expiresAt"`,
      [
        row.id,
        tokenHash,
        row.method,
        row.ipAddress,
        row.userAgent,
        row.deviceId ?? null,
        row.authenticatedAt,
        row.requestId,
        row.aaguid,
        row.decidedOn,
        row.reauthenticateAt,
      ],
    ),
  ofPerson: (db: Queryable, personId: string, now: Date, seenAfter: Date) =>
    db.query<SessionRow>(
      `SELECT ${sessionColumns} FROM sessions s WHERE s.person_id = $1 AND ${live} ORDER BY s.last_seen_at DESC LIMIT 200`,
      [personId, now, seenAfter],
    ),
  touch: (db: Queryable, id: string, now: Date, ipAddress: string) =>
    db.execute('UPDATE sessions SET last_seen_at = $2, ip_address = $3 WHERE id = $1', [id, now, ipAddress]),
  /** False when the person has no such live session. */
  revoke: async (db: Queryable, personId: string, id: string, now: Date): Promise<boolean> =>
    (await db.execute('UPDATE sessions SET revoked_at = $3 WHERE id = $2 AND person_id = $1 AND revoked_at IS NULL', [
      personId,
      id,
      now,
    ])) === 1,
  /** Answers how many were live. */
  revokeAll: (db: Queryable, personId: string, now: Date): Promise<number> =>
    db.execute('UPDATE sessions SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL AND expires_at > $2', [
      personId,
      now,
    ]),
};

/** Removes what can't be used any more. */
export async function removeStale(db: Queryable, now: Date): Promise<void> {
  const dayAgo = new Date(now.getTime() - 86_400_000);
  await db.execute('DELETE FROM passkey_challenges WHERE expires_at < $1', [now]);
  await db.execute('DELETE FROM sign_in_failures WHERE last_failed_at < $1', [dayAgo]);
  await db.execute('DELETE FROM sessions WHERE expires_at < $1', [dayAgo]);
  await db.execute('DELETE FROM temporary_access_passes WHERE expires_at < $1', [now]);
  await db.execute('DELETE FROM federation_requests WHERE expires_at < $1', [now]);
  await db.execute('DELETE FROM device_nonces WHERE expires_at < $1', [now]);
  await db.execute('DELETE FROM setup_links WHERE expires_at < $1', [dayAgo]);
}
