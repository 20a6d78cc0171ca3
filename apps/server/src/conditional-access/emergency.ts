import { SallyportError, type emergencyAccountRoutes } from '@sallyport/contracts';
import { firstAdministrator } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';

interface Account {
  readonly id: string;
  readonly name: string;
  readonly named: boolean;
}

/** Who can't be locked out now. Who may not sign in any more does not count, so that there is always one. */
export async function emergencyAccounts(db: Queryable, now: Date): Promise<readonly Account[]> {
  const named = await db.query<Account>(
    `SELECT p.id, p.user_principal_name AS name, true AS named FROM emergency_accounts e JOIN people p ON p.id = e.person_id
     WHERE p.disabled_at IS NULL ORDER BY lower(p.user_principal_name)`,
  );
  if (named.length > 0) return named;
  const first = await firstAdministrator(db, now);
  return first ? [{ ...first, named: false }] : [];
}

export function emergencyHandlers({
  database,
  clock,
}: Pick<Platform, 'database' | 'clock'>): Handlers<typeof emergencyAccountRoutes> {
  const answer = async (db: Queryable) => {
    const accounts = await emergencyAccounts(db, clock.now());
    return { people: accounts.map(({ name }) => name), byDefault: accounts.every(({ named }) => !named) };
  };
  return {
    getEmergencyAccounts: () => answer(database),
    setEmergencyAccounts: async (context, { body: { people } }) => {
      const names = [...new Set(people.map((name) => name.toLowerCase()))];
      context.audit({ target: 'emergency accounts', details: { people: names } });
      return database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE emergency_accounts IN SHARE ROW EXCLUSIVE MODE');
        await tx.execute('DELETE FROM emergency_accounts');
        const found = await tx.query<{ name: string }>(
          `INSERT INTO emergency_accounts (person_id, named_at, named_by)
           SELECT id, $2, $3 FROM people WHERE lower(user_principal_name) = ANY($1) AND disabled_at IS NULL
           RETURNING (SELECT lower(user_principal_name) FROM people WHERE id = person_id) AS name`,
          [names, clock.now(), requireCaller(context).name],
        );
        const missing = names.find((name) => !found.some((row) => row.name === name));
        if (missing !== undefined)
          throw new SallyportError('BadRequest', `nobody called ${missing} may sign in`, { target: 'body.people' });
        return answer(tx);
      });
    },
  };
}
