import { SamlSettings } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';

export interface SamlApplication {
  readonly appId: string;
  readonly settings: SamlSettings;
}
type Stored = { readonly appId: string; readonly body: unknown };
const read = ({ appId, body }: Stored): SamlApplication => ({ appId, settings: SamlSettings.parse(body) });

export const samlApplications = {
  ofEntity: async (db: Queryable, entityId: string): Promise<SamlApplication | undefined> => {
    const row = await db.first<Stored>('SELECT app_id AS "appId", body FROM saml_applications WHERE entity_id = $1', [
      entityId,
    ]);
    return row && read(row);
  },
  of: async (db: Queryable, appId: string): Promise<SamlApplication | undefined> => {
    const row = await db.first<Stored>('SELECT app_id AS "appId", body FROM saml_applications WHERE app_id = $1', [
      appId,
    ]);
    return row && read(row);
  },
  /** Throws where the entity ID is another application's (unique). */
  put: (tx: Queryable, appId: string, settings: SamlSettings) =>
    tx.execute(
      `INSERT INTO saml_applications (app_id, entity_id, body) VALUES ($1, $2, $3)
       ON CONFLICT (app_id) DO UPDATE SET entity_id = excluded.entity_id, body = excluded.body`,
      [appId, settings.entityId, JSON.stringify(settings)],
    ),
};

export interface Pending {
  readonly idHash: Buffer;
  readonly kind: 'request' | 'response';
  readonly appId: string;
  readonly browserHash: Buffer;
  readonly sealed: Buffer;
  readonly expiresAt: Date;
}
type Key = Pick<Pending, 'idHash' | 'kind' | 'browserHash'>;

export const samlPending = {
  keep: (db: Queryable, { idHash, kind, appId, browserHash, sealed, expiresAt }: Pending) =>
    db.execute(
      'INSERT INTO saml_pending (id_hash, kind, app_id, browser_hash, sealed, expires_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [idHash, kind, appId, browserHash, sealed, expiresAt],
    ),
  find: (db: Queryable, { idHash, kind, browserHash }: Key, now: Date) =>
    db.first<Pick<Pending, 'appId' | 'sealed'>>(
      'SELECT app_id AS "appId", sealed FROM saml_pending WHERE id_hash = $1 AND kind = $2 AND browser_hash = $3 AND expires_at > $4',
      [idHash, kind, browserHash, now],
    ),
  /** Takes it away; false when it was taken before. */
  take: async (tx: Queryable, { idHash, kind, browserHash }: Key): Promise<boolean> =>
    (await tx.execute('DELETE FROM saml_pending WHERE id_hash = $1 AND kind = $2 AND browser_hash = $3', [
      idHash,
      kind,
      browserHash,
    ])) === 1,
};

/** False for a message that was taken before. */
export const takeMessage = async (db: Queryable, appId: string, messageId: string, expiresAt: Date): Promise<boolean> =>
  (await db.execute(
    'INSERT INTO saml_messages (app_id, message_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [appId, messageId, expiresAt],
  )) === 1;

export const samlSessions = {
  open: (
    tx: Queryable,
    row: { readonly sessionIndex: string; readonly appId: string; readonly sessionId: string; readonly nameId: string },
    now: Date,
  ) =>
    // prettier-ignore
    tx.execute(
      'INSERT INTO saml_sessions (session_index, app_id, session_id, name_id, created_at) VALUES ($1, $2, $3, $4, $5)',
      [row.sessionIndex, row.appId, row.sessionId, row.nameId, now],
    ),
  /** The sign-ins to Sallyport that an application means: by its session's index, or all of a name. */
  meant: (db: Queryable, appId: string, nameId: string, sessionIndex: string | undefined) =>
    db.query<{ sessionId: string; personId: string; name: string }>(
      `SELECT DISTINCT s.id AS "sessionId", s.person_id AS "personId", p.user_principal_name AS name
       FROM saml_sessions x JOIN sessions s ON s.id = x.session_id JOIN people p ON p.id = s.person_id
       WHERE x.app_id = $1 AND x.name_id = $2 AND ($3::text IS NULL OR x.session_index = $3) AND s.revoked_at IS NULL`,
      [appId, nameId, sessionIndex ?? null],
    ),
  /** Whether other applications stand on these sign-ins too. */
  shared: async (db: Queryable, sessionIds: readonly string[], appId: string): Promise<boolean> =>
    (await db.first('SELECT 1 FROM saml_sessions WHERE session_id = ANY($1::uuid[]) AND app_id <> $2 LIMIT 1', [
      sessionIds,
      appId,
    ])) !== undefined,
};

export async function removeStaleSaml(db: Queryable, now: Date): Promise<void> {
  await db.execute('DELETE FROM saml_pending WHERE expires_at < $1', [now]);
  await db.execute('DELETE FROM saml_messages WHERE expires_at < $1', [now]);
}
