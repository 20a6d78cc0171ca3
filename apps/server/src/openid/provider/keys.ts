import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';

/** RS256 is what every client of OpenID Connect knows (Core, 15.1); ES256 for those that ask for it. */
const algorithms = ['RS256', 'ES256'] as const;
const dayMs = 86_400_000;
const signsForMs = 90 * dayMs;
/** Applications keep the set of keys for hours: the next one is in it a day before it signs. */
const publishedBeforeMs = dayMs;
/** Longer than any token lives that the provider itself must still read. */
const kept = 2 * dayMs;
const readAgainMs = 30_000;

export interface SigningKeys {
  /** Changes with the keys. */
  readonly revision: string;
  /** Private; of each algorithm the one that signs comes first. */
  readonly keys: readonly JWK[];
}

interface KeyRow {
  readonly kid: string;
  readonly alg: string;
  readonly sealed: Buffer;
  readonly signsFrom: Date;
}

/** The keys that tokens are signed with: sealed in the database, and followed by new ones every 90 days. */
export function createKeys({ database, clock, sealing }: Pick<Platform, 'database' | 'clock' | 'sealing'>) {
  const purposeOf = (kid: string) => `openid-key:${kid}`;
  let known: { readonly until: number; readonly keys: SigningKeys } | undefined;

  const add = async (tx: Queryable, alg: string, signsFrom: Date): Promise<void> => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
    const kid = randomUUID();
    const jwk = { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' };
    await tx.execute('INSERT INTO openid_keys (kid, alg, sealed, created_at, signs_from) VALUES ($1, $2, $3, $4, $5)', [
      kid,
      alg,
      sealing.seal(Buffer.from(JSON.stringify(jwk)), purposeOf(kid)),
      clock.now(),
      signsFrom,
    ]);
  };
  const rowsOf = (db: Queryable) =>
    db.query<KeyRow>(
      `SELECT kid, alg, sealed, signs_from AS "signsFrom" FROM openid_keys WHERE retired_at IS NULL ORDER BY signs_from DESC, kid`,
    );

  /** Makes what is missing, the next key when its time comes, and lets go of those that nothing is signed with any more. */
  const rotate = (): Promise<void> =>
    database.transaction(async (tx) => {
      await tx.execute('LOCK TABLE openid_keys IN SHARE ROW EXCLUSIVE MODE');
      const now = clock.now();
      for (const alg of algorithms) {
        const rows = (await rowsOf(tx)).filter((row) => row.alg === alg);
        const [newest] = rows;
        if (!newest) await add(tx, alg, now);
        else if (now.getTime() - newest.signsFrom.getTime() >= signsForMs - publishedBeforeMs)
          await add(tx, alg, new Date(now.getTime() + publishedBeforeMs));
        const signing = rows.findIndex(({ signsFrom }) => signsFrom <= now);
        const current = rows[signing];
        if (!current || now.getTime() - current.signsFrom.getTime() < kept) continue;
        const old = rows.slice(signing + 1).map(({ kid }) => kid);
        await tx.execute('UPDATE openid_keys SET retired_at = $2, sealed = $3 WHERE kid = ANY($1)', [
          old,
          now,
          Buffer.alloc(0),
        ]);
      }
    });

  const load = async (): Promise<SigningKeys> => {
    let rows = await rowsOf(database);
    if (rows.length === 0) {
      await rotate();
      rows = await rowsOf(database);
    }
    const now = clock.now();
    const inUse = rows.filter(({ signsFrom }) => signsFrom <= now);
    const ordered = [...inUse, ...rows.filter(({ signsFrom }) => signsFrom > now)];
    return {
      revision: ordered.map(({ kid }) => kid).join(' '),
      keys: ordered.map(({ kid, sealed }) => JSON.parse(sealing.open(sealed, purposeOf(kid)).toString()) as JWK),
    };
  };

  return {
    rotate: async () => {
      await rotate();
      known = undefined;
    },
    /** Read again every half minute, so that all servers sign with the same. */
    current: async (): Promise<SigningKeys> => {
      const now = clock.now().getTime();
      if (!known || known.until <= now) known = { until: now + readAgainMs, keys: await load() };
      return known.keys;
    },
  };
}

export type Keys = ReturnType<typeof createKeys>;
