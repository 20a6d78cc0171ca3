import { randomInt, randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { recordChange, type Author } from '../platform/directory-audit.ts';
import { directoryPeople } from './directory/store.ts';
import { checkPassword, hashPassword } from './secrets.ts';
import type { Check } from './sign-in.ts';
import { people } from './store.ts';

/** Microsoft Entra's passes have 8 to 48 characters. These have 12 of 56, none of which look alike: 69 bits. */
const passLength = 12;
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const newPass = (): string => Array.from({ length: passLength }, () => alphabet[randomInt(alphabet.length)]).join('');

interface PassRow {
  readonly passHash: string;
  readonly usableOnce: boolean;
  readonly good: boolean;
}

/**
 * Passes that administrators give, by which people sign in for a while to set up how they sign in.
 * https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
 */
export function createTemporaryAccessPasses({
  database,
  clock,
  audit,
}: Pick<Platform, 'database' | 'clock' | 'audit'>) {
  const target = async (tx: Queryable, personId: string) => {
    const { id, userPrincipalName, disabledAt } = await directoryPeople.get(tx, personId);
    if (disabledAt !== null) throw new SallyportError('Conflict', 'who is disabled is given no pass');
    return { id, name: userPrincipalName };
  };
  const modified = { displayName: 'StrongAuthenticationMethod' };

  return {
    /** Answers the pass, this once. The one before is void. Throws NotFound; Conflict for who is disabled. */
    give: (personId: string, asked: { lifetimeInMinutes: number; isUsableOnce: boolean }, by: Author) =>
      database.transaction(async (tx) => {
        const whom = await target(tx, personId);
        const pass = newPass();
        const now = clock.now();
        const expiresAt = new Date(now.getTime() + asked.lifetimeInMinutes * 60_000);
        await tx.execute(
          `INSERT INTO temporary_access_passes AS t (id, person_id, pass_hash, made_at, made_by, starts_at, expires_at, usable_once)
           VALUES ($1, $2, $3, $4, $5, $4, $6, $7)
           ON CONFLICT (person_id) DO UPDATE SET id = excluded.id, pass_hash = excluded.pass_hash, made_at = excluded.made_at, made_by = excluded.made_by,
             starts_at = excluded.starts_at, expires_at = excluded.expires_at, usable_once = excluded.usable_once, used_at = NULL`,
          [randomUUID(), personId, await hashPassword(pass), now, by.name, expiresAt, asked.isUsableOnce],
        );
        const newValue = {
          method: 'Temporary Access Pass',
          expiresAt: expiresAt.toISOString(),
          isUsableOnce: asked.isUsableOnce,
        };
        await recordChange(audit, { activity: 'Admin registered security info', target: whom, modified: { ...modified, newValue } }, by, tx); // prettier-ignore
        return { name: whom.name, temporaryAccessPass: pass, expiresAt: expiresAt.toISOString() };
      }),

    /** Throws NotFound. */
    take: (personId: string, by: Author) =>
      database.transaction(async (tx) => {
        const whom = await target(tx, personId);
        if ((await tx.execute('DELETE FROM temporary_access_passes WHERE person_id = $1', [personId])) === 0)
          throw new SallyportError('NotFound', 'there is no pass');
        const oldValue = { method: 'Temporary Access Pass' };
        await recordChange(audit, { activity: 'Admin deleted security info', target: whom, modified: { ...modified, oldValue } }, by, tx); // prettier-ignore
        return whom.name;
      }),

    /** Takes as long whether there is such a person, such a pass, or none. */
    async check(name: string, pass: string): Promise<Check> {
      const now = clock.now();
      const found = await people.byName(database, name);
      const row =
        found &&
        (await database.first<PassRow>(
          `SELECT pass_hash AS "passHash", usable_once AS "usableOnce",
             starts_at <= $2 AND expires_at > $2 AND NOT (usable_once AND used_at IS NOT NULL) AS good
           FROM temporary_access_passes WHERE person_id = $1`,
          [found.id, now],
        ));
      const right = await checkPassword(row?.passHash, pass);
      if (!found) return { outcome: 'unknownUser' };
      const { id, userPrincipalName, displayName } = found;
      const person = { id, userPrincipalName, displayName };
      const method = row?.usableOnce === true ? 'temporaryAccessPassOneTime' : 'temporaryAccessPassMultiUse';
      if (!right || !row?.good) return { outcome: 'wrongPass', person, method };
      if (found.disabled) return { outcome: 'disabled', person, method };
      const taken = await database.execute(
        'UPDATE temporary_access_passes SET used_at = $2 WHERE person_id = $1 AND pass_hash = $3 AND NOT (usable_once AND used_at IS NOT NULL)',
        [id, now, row.passHash],
      );
      return taken === 1 ? { outcome: 'success', person, method } : { outcome: 'wrongPass', person, method };
    },
  };
}
export type TemporaryAccessPasses = ReturnType<typeof createTemporaryAccessPasses>;
