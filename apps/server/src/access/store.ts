import type { GrantedPermission } from '@sallyport/contracts';
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

/** More tokens than anyone keeps track of; the list has no pages. */
const tokensMax = 1_000;

const columns = `id, name, scopes, created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt", revoked_at AS "revokedAt", workspace_id AS "workspaceId"`;

export function tokenStore(db: Queryable) {
  return {
    list: () => db.query<TokenRow>(`SELECT ${columns} FROM api_tokens ORDER BY created_at DESC LIMIT $1`, [tokensMax]),
    insert: (row: TokenRow, hash: Buffer) =>
      db.execute(
        `INSERT INTO api_tokens (id, token_hash, name, scopes, created_by, created_at, expires_at, workspace_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [row.id, hash, row.name, row.scopes, row.createdBy, row.createdAt, row.expiresAt, row.workspaceId],
      ),
    /** Answers its name; undefined when there is none. Revoking again changes nothing. */
    revoke: async (id: string, at: Date) =>
      (
        await db.first<{ name: string }>(
          'UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING name',
          [id, at],
        )
      )?.name,
    live: (hash: Buffer, at: Date) =>
      db.first<TokenRow>(
        `SELECT ${columns} FROM api_tokens WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2`,
        [hash, at],
      ),
    liveById: (id: string, at: Date) =>
      db.first<TokenRow>(`SELECT ${columns} FROM api_tokens WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2`, [
        id,
        at,
      ]),
    liveByName: (name: string, at: Date, most: number) =>
      db.query<TokenRow>(
        `SELECT ${columns} FROM api_tokens WHERE name = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at DESC LIMIT $3`,
        [name, at, most],
      ),
    touch: (id: string, at: Date) => db.execute('UPDATE api_tokens SET last_used_at = $2 WHERE id = $1', [id, at]),
  };
}
