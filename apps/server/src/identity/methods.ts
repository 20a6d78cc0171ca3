import { SallyportError, type AuthenticationMethod } from '@sallyport/contracts';
import { keepingAnAdministrator } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { directoryPeople } from './directory/store.ts';

interface Row {
  readonly id: string;
  readonly kind: AuthenticationMethod['kind'];
  readonly name: string;
  readonly createdAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** Password and code are used together, so that neither stays without the other. */
const methodsSql = `SELECT credential_id AS id, 'fido2' AS kind, name, created_at AS "createdAt", last_used_at AS "lastUsedAt"
    FROM passkeys WHERE person_id = $1
  UNION ALL SELECT 'password', 'password', 'Password', changed_at, last_used_at FROM passwords WHERE person_id = $1
  UNION ALL SELECT 'softwareOath', 'softwareOath', 'Authenticator app', totp_added_at, last_used_at FROM passwords WHERE person_id = $1
  UNION ALL SELECT 'temporaryAccessPass', 'temporaryAccessPass', 'Temporary access pass', made_at, used_at FROM temporary_access_passes
    WHERE person_id = $1 AND expires_at > $2 AND NOT (usable_once AND used_at IS NOT NULL)
  ORDER BY 4`;

const form = ({ createdAt, lastUsedAt, ...row }: Row): AuthenticationMethod => ({
  ...row,
  createdAt: createdAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

async function removePassword(tx: Queryable, personId: string): Promise<void> {
  await tx.execute('DELETE FROM passwords WHERE person_id = $1', [personId]);
  await tx.execute('DELETE FROM recovery_codes WHERE person_id = $1', [personId]);
}

/** How people sign in. */
export function createMethods({ database, clock }: Pick<Platform, 'database' | 'clock'>) {
  const of = async (personId: string, db: Queryable = database) =>
    (await db.query<Row>(methodsSql, [personId, clock.now()])).map(form);

  return {
    of,
    /** Removes one; of password and code both. Throws NotFound; Conflict when no administrator could sign in any more. Answers what is gone. */
    async remove(personId: string, methodId: string, tx: Queryable): Promise<AuthenticationMethod[]> {
      await directoryPeople.lock(tx);
      const known = await of(personId, tx);
      const pair = methodId === 'password' || methodId === 'softwareOath';
      const gone = known.filter(({ id, kind }) =>
        pair ? kind === 'password' || kind === 'softwareOath' : id === methodId,
      );
      if (gone.length === 0) throw new SallyportError('NotFound', 'there is no such way to sign in');
      await keepingAnAdministrator(tx, clock.now(), async () => {
        if (pair) await removePassword(tx, personId);
        else if (methodId === 'temporaryAccessPass')
          await tx.execute('DELETE FROM temporary_access_passes WHERE person_id = $1', [personId]);
        else await tx.execute('DELETE FROM passkeys WHERE person_id = $1 AND credential_id = $2', [personId, methodId]);
      });
      return gone;
    },
    /** Throws Conflict when no administrator could sign in any more. Answers what is gone. */
    async removeAll(personId: string, tx: Queryable): Promise<AuthenticationMethod[]> {
      await directoryPeople.lock(tx);
      const known = await of(personId, tx);
      await keepingAnAdministrator(tx, clock.now(), async () => {
        await tx.execute('DELETE FROM passkeys WHERE person_id = $1', [personId]);
        await removePassword(tx, personId);
        await tx.execute('DELETE FROM temporary_access_passes WHERE person_id = $1', [personId]);
      });
      return known;
    },
  };
}
export type Methods = ReturnType<typeof createMethods>;
