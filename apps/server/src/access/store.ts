import type { GrantedPermission, SignInMethod } from '@sallyport/contracts';
import { causesOf, isOutdated } from '../platform/access-changes.ts';
import type { Caller } from '../platform/http/index.ts';
import type { Queryable } from '../platform/database/index.ts';

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly GrantedPermission[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly workspaceId: string | null;
}

/** Whose token it is, and how they had signed in when it was made. */
export interface TokenOwner {
  /** Null for one that was made before tokens had owners, by a name that is nobody's. */
  readonly personId: string | null;
  readonly method: SignInMethod | null;
  readonly aaguid: string | null;
  readonly deviceId: string | null;
}

/** A token that may be used, with what decisions on it need. */
export interface LiveTokenRow extends TokenRow, TokenOwner {
  readonly userPrincipalName: string | null;
  readonly displayName: string | null;
  readonly decidedAt: Date | null;
  readonly decidedAddresses: readonly string[];
  readonly challenge: unknown;
  readonly outdated: boolean;
}

/** More tokens than anyone keeps track of; the list has no pages. */
const tokensMax = 1_000;

const columns = `t.id, t.name, t.scopes, t.created_by AS "createdBy", t.created_at AS "createdAt", t.expires_at AS "expiresAt",
  t.last_used_at AS "lastUsedAt", t.revoked_at AS "revokedAt", t.workspace_id AS "workspaceId"`;
const liveColumns = `${columns}, t.person_id AS "personId", t.method, t.aaguid, t.device_id AS "deviceId", p.user_principal_name AS "userPrincipalName",
  p.display_name AS "displayName", t.decided_at AS "decidedAt", t.decided_addresses AS "decidedAddresses", t.challenge, ${isOutdated('t')} AS outdated`;
/** $1 now. A token ends with the person whose it is. */
const live = `FROM api_tokens t LEFT JOIN people p ON p.id = t.person_id
  WHERE t.revoked_at IS NULL AND t.expires_at > $1 AND (t.person_id IS NULL OR (p.disabled_at IS NULL AND p.deleted_at IS NULL))`;

export function tokenStore(db: Queryable) {
  return {
    list: () =>
      db.query<TokenRow>(`SELECT ${columns} FROM api_tokens t ORDER BY t.created_at DESC LIMIT $1`, [tokensMax]),
    insert: (row: TokenRow & TokenOwner, hash: Buffer) =>
      db.execute(
        `INSERT INTO api_tokens (id, token_hash, name, scopes, created_by, created_at, expires_at, workspace_id, person_id, method, aaguid, device_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [
          row.id,
          hash,
          row.name,
          row.scopes,
          row.createdBy,
          row.createdAt,
          row.expiresAt,
          row.workspaceId,
          row.personId,
          row.method,
          row.aaguid,
          row.deviceId,
        ],
      ),
    /** Of a token that is made by a person in a session, or by another token: the same as that one's. */
    ownerOf: async (by: Pick<Caller, 'id' | 'session'>): Promise<TokenOwner> => {
      const sql = by.session
        ? 'SELECT person_id AS "personId", method, aaguid, device_id AS "deviceId" FROM sessions WHERE id = $1'
        : 'SELECT person_id AS "personId", method, aaguid, device_id AS "deviceId" FROM api_tokens WHERE id = $1';
      const nobody = { personId: null, method: null, aaguid: null, deviceId: null };
      return (await db.first<TokenOwner>(sql, [by.session?.id ?? by.id])) ?? nobody;
    },
    /** The token with no more than these scopes; `more` where one of them it does not have. */
    narrow: async (id: string, scopes: readonly GrantedPermission[]): Promise<TokenRow | 'missing' | 'more'> => {
      const changed = await db.first<TokenRow>(
        `UPDATE api_tokens t SET scopes = $2 WHERE t.id = $1 AND $2::text[] <@ t.scopes RETURNING ${columns}`,
        [id, scopes],
      );
      if (changed) return changed;
      return (await db.first('SELECT 1 FROM api_tokens WHERE id = $1', [id])) ? 'more' : 'missing';
    },
    /** Answers its name; undefined when there is none. Revoking again changes nothing. */
    revoke: async (id: string, at: Date) =>
      (
        await db.first<{ name: string }>(
          'UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING name',
          [id, at],
        )
      )?.name,
    live: (hash: Buffer, at: Date) =>
      db.first<LiveTokenRow>(`SELECT ${liveColumns} ${live} AND t.token_hash = $2`, [at, hash]),
    liveById: (id: string, at: Date) => db.first<LiveTokenRow>(`SELECT ${liveColumns} ${live} AND t.id = $2`, [at, id]),
    liveByName: (name: string, at: Date, most: number) =>
      db.query<LiveTokenRow>(`SELECT ${liveColumns} ${live} AND t.name = $2 ORDER BY t.created_at DESC LIMIT $3`, [
        at,
        name,
        most,
      ]),
    causes: async (id: string): Promise<readonly string[]> =>
      (
        await db.first<{ causes: string[] }>(`SELECT ${causesOf('t')} AS causes FROM api_tokens t WHERE t.id = $1`, [
          id,
        ])
      )?.causes ?? [],
    decided: (
      id: string,
      row: {
        readonly at: Date;
        readonly asOf: string;
        readonly addresses: readonly string[];
        readonly challenge: object | null;
      },
      tx: Queryable = db,
    ) =>
      tx.execute(
        `UPDATE api_tokens SET decided_at = $2, decided_on = $3::pg_snapshot, decided_addresses = $4, challenge = $5 WHERE id = $1`,
        [id, row.at, row.asOf, row.addresses, row.challenge === null ? null : JSON.stringify(row.challenge)],
      ),
    touch: (id: string, at: Date) => db.execute('UPDATE api_tokens SET last_used_at = $2 WHERE id = $1', [id, at]),
  };
}
