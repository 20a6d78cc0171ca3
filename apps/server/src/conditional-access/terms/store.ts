import { SallyportError } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';

export interface AgreementRow {
  readonly id: string;
  readonly body: {
    readonly displayName: string;
    readonly isViewingBeforeAcceptanceRequired: boolean;
    readonly userReacceptRequiredFrequency: string | null;
    readonly termsExpiration: { readonly startDateTime: string; readonly frequency: string | null } | null;
  };
}
export interface FileRow {
  readonly id: string;
  readonly agreementId: string;
  readonly fileName: string;
  readonly displayName: string;
  readonly language: string;
  readonly isDefault: boolean;
  readonly data: Buffer;
  readonly createdAt: Date;
}
export interface AcceptanceRow {
  readonly id: string;
  readonly agreementId: string;
  readonly agreementFileId: string;
  readonly personId: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly state: 'accepted' | 'declined';
  readonly recordedAt: Date;
  readonly expiresAt: Date | null;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const fileColumns = `id, agreement_id AS "agreementId", file_name AS "fileName", display_name AS "displayName", language, is_default AS "isDefault", data, created_at AS "createdAt"`;

export const agreements = {
  all: (db: Queryable) => db.query<AgreementRow>('SELECT id, body FROM agreements ORDER BY created_at, id'),
  /** Throws NotFound, in Graph's words. */
  byId: async (db: Queryable, id: string): Promise<AgreementRow> => {
    const row = uuid.test(id)
      ? await db.first<AgreementRow>('SELECT id, body FROM agreements WHERE id = $1', [id])
      : undefined;
    if (row) return row;
    throw new SallyportError('NotFound', `Agreement with id ${id.slice(0, 100)} does not exist in the directory.`);
  },
  /** Those of the ids that are there. */
  known: async (db: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const rows = await db.query<{ id: string }>('SELECT id FROM agreements WHERE id::text = ANY($1)', [
      ids.map((id) => id.toLowerCase()),
    ]);
    return new Set(rows.map(({ id }) => id));
  },
  files: (db: Queryable, ids: readonly string[]) =>
    db.query<FileRow>(
      `SELECT ${fileColumns} FROM agreement_files WHERE agreement_id = ANY($1::uuid[]) ORDER BY is_default DESC, created_at, id`,
      [ids],
    ),
};

export const acceptances = {
  /** What a person has accepted and need not accept anew. */
  held: async (db: Queryable, personId: string, now: Date): Promise<string[]> =>
    (
      await db.query<{ id: string }>(
        `SELECT DISTINCT agreement_id AS id FROM agreement_acceptances
         WHERE person_id = $1 AND state = 'accepted' AND (expires_at IS NULL OR expires_at > $2)`,
        [personId, now],
      )
    ).map(({ id }) => id),
  of: (db: Queryable, agreementId: string, most: number) =>
    db.query<AcceptanceRow>(
      `SELECT a.id, a.agreement_id AS "agreementId", a.agreement_file_id AS "agreementFileId", a.person_id AS "personId",
         p.user_principal_name AS "userPrincipalName", p.display_name AS "displayName", a.state, a.recorded_at AS "recordedAt", a.expires_at AS "expiresAt"
       FROM agreement_acceptances a JOIN people p ON p.id = a.person_id WHERE a.agreement_id = $1 ORDER BY a.recorded_at DESC, a.id LIMIT $2`,
      [agreementId, most],
    ),
};
