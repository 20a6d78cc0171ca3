import { randomUUID, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Signer } from './signature.ts';

const dayMs = 86_400_000;
/** As in Entra: applications keep the certificate by hand, so it lasts. */
const certificateMs = 3 * 365 * dayMs;
/** The next one is in the metadata this long before it signs. */
const publishedBeforeMs = 60 * dayMs;
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 }; // prettier-ignore

interface Row {
  readonly id: string;
  readonly certificate: string;
  readonly sealed: Buffer;
  readonly endsAt: Date;
}

/** The keys that responses are signed with: sealed in the database. */
export function createSamlKeys({ database, clock, sealing }: Pick<Platform, 'database' | 'clock' | 'sealing'>) {
  const purpose = (id: string): string => `saml-key:${id}`;

  const add = async (tx: Queryable): Promise<void> => {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const now = clock.now().getTime();
    const endsAt = new Date(now + certificateMs);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: ['Sallyport SAML'] }],
      notBefore: new Date(now - dayMs),
      notAfter: endsAt,
      signingAlgorithm: algorithm,
      keys: keys as CryptoKeyPair,
    });
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), x509.PemConverter.PrivateKeyTag); // prettier-ignore
    const id = randomUUID();
    await tx.execute('INSERT INTO saml_keys (id, certificate, sealed, ends_at) VALUES ($1, $2, $3, $4)', [
      id,
      Buffer.from(certificate.rawData).toString('base64'),
      sealing.seal(Buffer.from(key), purpose(id)),
      endsAt,
    ]);
  };
  const rowsOf = (db: Queryable) =>
    db.query<Row>(
      'SELECT id, certificate, sealed, ends_at AS "endsAt" FROM saml_keys WHERE ends_at > $1 ORDER BY ends_at',
      [clock.now()],
    );

  return {
    /** The key that signs, and all certificates to be believed. Makes what is missing. */
    async current(): Promise<{ readonly signer: Signer; readonly certificates: readonly string[] }> {
      let rows = await rowsOf(database);
      const newest = rows.at(-1);
      if (!newest || newest.endsAt.getTime() - clock.now().getTime() < publishedBeforeMs)
        rows = await database.transaction(async (tx) => {
          await tx.execute('LOCK TABLE saml_keys IN SHARE ROW EXCLUSIVE MODE');
          if ((await rowsOf(tx)).at(-1)?.id === newest?.id) await add(tx);
          return rowsOf(tx);
        });
      const [first] = rows;
      if (!first) throw new Error('there is no key to sign with');
      const key = sealing.open(first.sealed, purpose(first.id)).toString();
      return { signer: { key, certificate: first.certificate }, certificates: rows.map((row) => row.certificate) };
    },
  };
}
export type SamlKeys = ReturnType<typeof createSamlKeys>;
