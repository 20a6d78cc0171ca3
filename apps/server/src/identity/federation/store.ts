import { IdentityProviderInput, SallyportError, type IdentityProvider, type ProviderKind } from '@sallyport/contracts';
import type { z } from 'zod';
import type { Queryable } from '../../platform/database/index.ts';

/** As many as one installation keeps. */
export const providersMax = 50;

const Body = IdentityProviderInput.omit({ clientSecret: true });
export type ProviderBody = z.infer<typeof Body>;

export interface ProviderRow {
  readonly id: string;
  readonly body: ProviderBody;
  readonly secretSealed: Buffer | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly revision: number;
}
export type CountedProvider = ProviderRow & { readonly people: number; readonly lastSignInAt: Date | null };

const columns = `i.id, i.body, i.secret_sealed AS "secretSealed", i.created_at AS "createdAt", i.modified_at AS "modifiedAt", i.revision`;
const countsSql = `(SELECT count(*)::int FROM federated_identities f WHERE f.provider_id = i.id) AS people,
  (SELECT max(f.last_sign_in_at) FROM federated_identities f WHERE f.provider_id = i.id) AS "lastSignInAt"`;

type Stored<Row> = Omit<Row, 'body'> & { readonly body: unknown };
/** What a later version added has its default. */
const read = <Row extends ProviderRow>(row: Stored<Row>) => ({ ...row, body: Body.parse(row.body) });

export const noSuchProvider = () => new SallyportError('NotFound', 'there is no such identity provider');

export const providers = {
  list: async (db: Queryable): Promise<CountedProvider[]> =>
    (
      await db.query<Stored<CountedProvider>>(
        `SELECT ${columns}, ${countsSql} FROM identity_providers i ORDER BY lower(i.body->>'displayName'), i.id LIMIT $1`,
        [providersMax],
      )
    ).map(read),
  counted: async (db: Queryable, id: string): Promise<CountedProvider> => {
    const row = await db.first<Stored<CountedProvider>>(
      `SELECT ${columns}, ${countsSql} FROM identity_providers i WHERE i.id = $1`,
      [id],
    );
    if (!row) throw noSuchProvider();
    return read(row);
  },
  find: async (db: Queryable, id: string, lock: '' | 'FOR UPDATE' = ''): Promise<ProviderRow | undefined> => {
    const row = await db.first<Stored<ProviderRow>>(
      `SELECT ${columns} FROM identity_providers i WHERE i.id = $1 ${lock}`,
      [id],
    );
    return row && read(row);
  },
  count: async (db: Queryable): Promise<number> =>
    (await db.first<{ n: number }>('SELECT count(*)::int AS n FROM identity_providers'))?.n ?? 0,
  insert: (tx: Queryable, { id, body, secretSealed, createdAt }: ProviderRow) =>
    tx.execute(
      'INSERT INTO identity_providers (id, kind, body, secret_sealed, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $5)',
      [id, body.settings.kind satisfies ProviderKind, JSON.stringify(body), secretSealed, createdAt],
    ),
  change: (tx: Queryable, { id, body, secretSealed, modifiedAt }: ProviderRow) =>
    tx.execute(
      'UPDATE identity_providers SET body = $2, secret_sealed = $3, modified_at = $4, revision = revision + 1 WHERE id = $1',
      [id, JSON.stringify(body), secretSealed, modifiedAt],
    ),
  remove: (tx: Queryable, id: string) => tx.execute('DELETE FROM identity_providers WHERE id = $1', [id]),
};

export const federatedIdentities = {
  /** Whom a provider's name for somebody stands for here. */
  personOf: async (db: Queryable, providerId: string, subject: string): Promise<string | undefined> =>
    (
      await db.first<{ id: string }>(
        `SELECT f.person_id AS id FROM federated_identities f JOIN people p ON p.id = f.person_id
         WHERE f.provider_id = $1 AND f.subject = $2 AND p.deleted_at IS NULL`,
        [providerId, subject],
      )
    )?.id,
  /** One whose person is deleted is given anew. */
  link: (tx: Queryable, providerId: string, subject: string, personId: string, now: Date) =>
    tx.execute(
      `INSERT INTO federated_identities (provider_id, subject, person_id, linked_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (provider_id, subject) DO UPDATE SET person_id = excluded.person_id, linked_at = excluded.linked_at`,
      [providerId, subject, personId, now],
    ),
  used: (tx: Queryable, providerId: string, subject: string, now: Date) =>
    tx.execute('UPDATE federated_identities SET last_sign_in_at = $3 WHERE provider_id = $1 AND subject = $2', [
      providerId,
      subject,
      now,
    ]),
};

export interface PendingRequest {
  readonly stateHash: Buffer;
  readonly providerId: string;
  readonly browserHash: Buffer;
  readonly sealed: Buffer;
  readonly expiresAt: Date;
}

export const federationRequests = {
  keep: (db: Queryable, { stateHash, providerId, browserHash, sealed, expiresAt }: PendingRequest) =>
    db.execute(
      'INSERT INTO federation_requests (state_hash, provider_id, browser_hash, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)',
      [stateHash, providerId, browserHash, sealed, expiresAt],
    ),
  /** Takes it away: it is good once, for this provider, in this browser. */
  take: async (
    db: Queryable,
    { stateHash, providerId, browserHash }: Pick<PendingRequest, 'stateHash' | 'providerId' | 'browserHash'>,
    now: Date,
  ): Promise<Buffer | undefined> =>
    (
      await db.first<{ sealed: Buffer }>(
        `WITH taken AS (DELETE FROM federation_requests WHERE state_hash = $1 AND provider_id = $2 AND browser_hash = $3 RETURNING *)
         SELECT sealed FROM taken WHERE expires_at > $4`,
        [stateHash, providerId, browserHash, now],
      )
    )?.sealed,
};

export const providerForm = (
  { id, body, secretSealed, people, lastSignInAt, createdAt, modifiedAt }: CountedProvider,
  redirectUri: string,
): IdentityProvider => ({
  ...body,
  id,
  hasSecret: secretSealed !== null,
  redirectUri,
  people,
  lastSignInAt: lastSignInAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
  modifiedAt: modifiedAt.toISOString(),
});
