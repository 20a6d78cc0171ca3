import { createHash } from 'node:crypto';
import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider';
import type { Platform } from '../../platform/types.ts';
import { isUuid } from '../applications/store.ts';

export interface AdapterParts {
  /** Metadata of an application that may be used now. */
  readonly client: (clientId: string) => Promise<AdapterPayload | undefined>;
  /** Told when a code or a refresh token comes a second time, before everything that was given on it ends. */
  readonly reused: (model: string, payload: AdapterPayload) => Promise<void>;
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
/** What ends at once when the sign-in that it stands on is revoked, or its person may not sign in any more. */
const live = `NOT EXISTS (SELECT 1 FROM openid_sessions s WHERE s.session_uid = o.session_uid AND s.ended_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id = o.account_id AND p.disabled_at IS NOT NULL)`;
const onceOnly: ReadonlySet<string> = new Set(['AuthorizationCode', 'RefreshToken']);

/** What payloads of a model are sealed for. */
export const purposeOf = (model: string): string => `openid:${model}`;

interface StoredRow {
  readonly sealed: Buffer;
  readonly consumedAt: Date | null;
}

/** The provider's state in PostgreSQL. Who reads the database finds no token in it: ids are hashed, payloads sealed. */
export function createAdapterFactory(
  { database, clock, sealing }: Pick<Platform, 'database' | 'clock' | 'sealing'>,
  parts: AdapterParts,
): AdapterFactory {
  const read = (model: string, row: StoredRow | undefined): AdapterPayload | undefined => {
    if (!row) return undefined;
    const payload = JSON.parse(sealing.open(row.sealed, purposeOf(model)).toString()) as AdapterPayload;
    return row.consumedAt ? { ...payload, consumed: Math.floor(row.consumedAt.getTime() / 1000) } : payload;
  };
  const find = async (model: string, column: 'id_hash' | 'uid' | 'user_code_hash', value: unknown) =>
    read(
      model,
      await database.first<StoredRow>(
        `SELECT o.sealed, o.consumed_at AS "consumedAt" FROM openid_objects o
         WHERE o.model = $1 AND o.${column} = $2 AND (o.expires_at IS NULL OR o.expires_at > $3) AND ${live}`,
        [model, value, clock.now()],
      ),
    );

  const stored = (model: string): Adapter => ({
    async upsert(id, payload, expiresIn) {
      const { accountId, clientId, grantId, uid, userCode, sessionUid } = payload;
      const changed =
        model === 'ReplayDetection' ? 'NOTHING' : `UPDATE SET sealed = excluded.sealed, grant_id = excluded.grant_id, uid = excluded.uid,
           user_code_hash = excluded.user_code_hash, account_id = excluded.account_id, client_id = excluded.client_id,
           session_uid = excluded.session_uid, expires_at = excluded.expires_at`; // prettier-ignore
      const written = await database.execute(
        `INSERT INTO openid_objects (model, id_hash, sealed, grant_id, uid, user_code_hash, account_id, client_id, session_uid, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (model, id_hash) DO ${changed}`,
        [
          model,
          hashOf(id),
          sealing.seal(Buffer.from(JSON.stringify(payload)), purposeOf(model)),
          grantId ?? null,
          uid ?? null,
          userCode === undefined ? null : hashOf(userCode),
          accountId !== undefined && isUuid(accountId) ? accountId : null,
          clientId ?? null,
          sessionUid ?? (model === 'Session' ? (uid ?? null) : null),
          expiresIn === undefined ? null : new Date(clock.now().getTime() + expiresIn * 1000),
        ],
      );
      // Two proofs with one id at the same time: the database lets one of them through.
      if (written === 0) throw new errors.InvalidRequest('the proof or assertion has been used before');
    },
    async find(id) {
      const payload = await find(model, 'id_hash', hashOf(id));
      if (payload?.consumed !== undefined && onceOnly.has(model)) await parts.reused(model, payload);
      return payload;
    },
    findByUid: (uid) => find(model, 'uid', uid),
    findByUserCode: (userCode) => find(model, 'user_code_hash', hashOf(userCode)),
    async consume(id) {
      const now = clock.now();
      const taken = await database.execute(
        'UPDATE openid_objects SET consumed_at = $3 WHERE model = $1 AND id_hash = $2 AND consumed_at IS NULL',
        [model, hashOf(id), now],
      );
      if (taken === 1) return;
      // The same token came twice at the same moment: neither of the two senders can be told from a thief.
      const payload = await find(model, 'id_hash', hashOf(id));
      if (payload) await parts.reused(model, payload);
      if (payload?.grantId !== undefined) await revokeGrant(payload.grantId);
      throw new errors.InvalidGrant('already used');
    },
    async destroy(id) {
      await database.execute('DELETE FROM openid_objects WHERE model = $1 AND id_hash = $2', [model, hashOf(id)]);
    },
    async revokeByGrantId(grantId) {
      await database.execute('DELETE FROM openid_objects WHERE model = $1 AND grant_id = $2', [model, grantId]);
    },
  });

  const revokeGrant = async (grantId: string): Promise<void> => {
    await database.execute(`DELETE FROM openid_objects WHERE grant_id = $1 OR (model = 'Grant' AND id_hash = $2)`, [
      grantId,
      hashOf(grantId),
    ]);
  };

  const clients: Adapter = {
    find: (id) => parts.client(id),
    upsert: () => Promise.reject(new Error('applications are not registered by the provider')),
    destroy: () => Promise.reject(new Error('applications are not removed by the provider')),
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
    consume: () => Promise.resolve(undefined),
    revokeByGrantId: () => Promise.resolve(undefined),
  };
  return (model) => (model === 'Client' ? clients : stored(model));
}
