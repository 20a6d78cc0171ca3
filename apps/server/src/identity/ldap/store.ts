import { LdapDirectoryInput, LdapSyncResult, SallyportError, type LdapDirectory } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';

export const directoriesMax = 10;

const Body = LdapDirectoryInput.omit({ bindPassword: true });
export type DirectoryBody = z.infer<typeof Body>;

export interface DirectoryRow {
  readonly id: string;
  readonly body: DirectoryBody;
  readonly secretSealed: Buffer | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly syncedUntil: string | null;
  readonly fullAt: Date | null;
  readonly run: number;
  readonly lastSync: LdapSyncResult | null;
}
export type CountedDirectory = DirectoryRow & { readonly people: number; readonly groups: number };

const columns = `d.id, d.body, d.secret_sealed AS "secretSealed", d.created_at AS "createdAt", d.modified_at AS "modifiedAt",
  d.synced_until AS "syncedUntil", d.full_at AS "fullAt", d.run::int AS run, d.last_sync AS "lastSync"`;
const countsSql = `(SELECT count(person_id)::int FROM ldap_entries e WHERE e.directory_id = d.id) AS people,
  (SELECT count(group_id)::int FROM ldap_entries e WHERE e.directory_id = d.id) AS groups`;

type Stored<Row> = Omit<Row, 'body' | 'lastSync'> & { readonly body: unknown; readonly lastSync: unknown };
const read = <Row extends DirectoryRow>(row: Stored<Row>) => ({
  ...row,
  body: Body.parse(row.body),
  lastSync: LdapSyncResult.nullable().parse(row.lastSync),
});

export const noSuchDirectory = () => new SallyportError('NotFound', 'there is no such directory');

const secretPurpose = (id: string): string => `ldap-directory:${id}`;
export const sealPassword = ({ sealing }: Pick<Platform, 'sealing'>, id: string, password: string): Buffer | null =>
  password === '' ? null : sealing.seal(Buffer.from(password), secretPurpose(id));
export const passwordOf = (
  { sealing }: Pick<Platform, 'sealing'>,
  { id, secretSealed }: Pick<DirectoryRow, 'id' | 'secretSealed'>,
): string | undefined => (secretSealed === null ? undefined : sealing.open(secretSealed, secretPurpose(id)).toString());

export const directories = {
  list: async (db: Queryable): Promise<CountedDirectory[]> =>
    (
      await db.query<Stored<CountedDirectory>>(
        `SELECT ${columns}, ${countsSql} FROM ldap_directories d ORDER BY lower(d.body->>'displayName'), d.id LIMIT $1`,
        [directoriesMax],
      )
    ).map(read),
  get: async (db: Queryable, id: string): Promise<CountedDirectory> => {
    const row = await db.first<Stored<CountedDirectory>>(
      `SELECT ${columns}, ${countsSql} FROM ldap_directories d WHERE d.id = $1`,
      [id],
    );
    if (!row) throw noSuchDirectory();
    return read(row);
  },
  /** The one whose people bear names of a domain, and sign in against it. */
  ofDomain: async (db: Queryable, domain: string): Promise<DirectoryRow | undefined> => {
    const row = await db.first<Stored<DirectoryRow>>(
      `SELECT ${columns} FROM ldap_directories d WHERE d.body->'domains' ? $1 AND (d.body->>'enabled')::boolean AND (d.body->>'signIn')::boolean`,
      [domain],
    );
    return row && read(row);
  },
  insert: (
    tx: Queryable,
    { id, body, secretSealed, createdAt }: Pick<DirectoryRow, 'id' | 'body' | 'secretSealed' | 'createdAt'>,
  ) =>
    // prettier-ignore
    tx.execute(
      'INSERT INTO ldap_directories (id, body, secret_sealed, created_at, modified_at) VALUES ($1, $2, $3, $4, $4)',
      [id, JSON.stringify(body), secretSealed, createdAt],
    ),
  /** What is brought next is everything: the settings may have changed what there is to bring. */
  change: (
    tx: Queryable,
    { id, body, secretSealed, modifiedAt }: Pick<DirectoryRow, 'id' | 'body' | 'secretSealed' | 'modifiedAt'>,
  ) =>
    // prettier-ignore
    tx.execute(
      'UPDATE ldap_directories SET body = $2, secret_sealed = $3, modified_at = $4, synced_until = NULL, full_at = NULL WHERE id = $1',
      [id, JSON.stringify(body), secretSealed, modifiedAt],
    ),
};

export interface EntryRow {
  readonly entryId: string;
  readonly dn: string;
  readonly personId: string | null;
  readonly groupId: string | null;
  readonly contentHash: Buffer;
  readonly disabled: boolean;
}
const entryColumns = `entry_id AS "entryId", dn, person_id AS "personId", group_id AS "groupId", content_hash AS "contentHash", disabled`;

export const entries = {
  known: async (db: Queryable, directoryId: string, ids: readonly string[]): Promise<Map<string, EntryRow>> =>
    new Map(
      (
        await db.query<EntryRow>(
          `SELECT ${entryColumns} FROM ldap_entries WHERE directory_id = $1 AND entry_id = ANY($2)`,
          [directoryId, ids],
        )
      ).map((row) => [row.entryId, row]),
    ),
  keep: (tx: Queryable, directoryId: string, row: EntryRow, run: number) =>
    tx.execute(
      `INSERT INTO ldap_entries (directory_id, entry_id, dn, person_id, group_id, content_hash, disabled, seen_run) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (directory_id, entry_id) DO UPDATE SET dn = excluded.dn, person_id = excluded.person_id, group_id = excluded.group_id,
         content_hash = excluded.content_hash, disabled = excluded.disabled, seen_run = greatest(ldap_entries.seen_run, excluded.seen_run)`,
      [directoryId, row.entryId, row.dn, row.personId, row.groupId, row.contentHash, row.disabled, run],
    ),
  seen: (db: Queryable, directoryId: string, ids: readonly string[], run: number) =>
    db.execute('UPDATE ldap_entries SET seen_run = $3 WHERE directory_id = $1 AND entry_id = ANY($2)', [
      directoryId,
      ids,
      run,
    ]),
  /** Those that the run has not seen. */
  unseen: (db: Queryable, directoryId: string, run: number) =>
    db.query<EntryRow>(`SELECT ${entryColumns} FROM ldap_entries WHERE directory_id = $1 AND seen_run < $2`, [
      directoryId,
      run,
    ]),
  forget: (tx: Queryable, directoryId: string, entryId: string) =>
    tx.execute('DELETE FROM ldap_entries WHERE directory_id = $1 AND entry_id = $2', [directoryId, entryId]),
  peopleOfDns: async (db: Queryable, directoryId: string, dns: readonly string[]): Promise<string[]> =>
    (
      await db.query<{ id: string }>(
        `SELECT e.person_id AS id FROM ldap_entries e JOIN people p ON p.id = e.person_id
         WHERE e.directory_id = $1 AND e.dn = ANY($2) AND p.deleted_at IS NULL`,
        [directoryId, dns],
      )
    ).map(({ id }) => id),
};

export const directoryForm = ({
  id,
  body,
  secretSealed,
  people,
  groups,
  lastSync,
  createdAt,
  modifiedAt,
}: CountedDirectory): LdapDirectory => ({
  // prettier-ignore
  ...body,
  id,
  hasPassword: secretSealed !== null,
  people,
  groups,
  lastSync,
  createdAt: createdAt.toISOString(),
  modifiedAt: modifiedAt.toISOString(),
});
