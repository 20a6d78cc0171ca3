import { createHash } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Author } from '../../platform/directory-audit.ts';
import type { PeopleCommands } from '../directory/people.ts';
import { directoryPeople } from '../directory/store.ts';
import type { EntryPerson } from './entries.ts';
import { entries, type DirectoryRow, type EntryRow } from './store.ts';

export const contentHash = (content: unknown): Buffer => createHash('sha256').update(canonicalJson(content)).digest();
export const hashOfPerson = ({ modified: _modified, ...said }: EntryPerson): Buffer => contentHash(said);

export type Settled = 'added' | 'changed' | 'disabled';

/** Makes or changes the person who an entry is. */
export function createEntryPeople({ database }: Pick<Platform, 'database'>, people: PeopleCommands) {
  const nameIsFree = async (tx: Queryable, name: string, personId: string | undefined): Promise<boolean> =>
    (await tx.first(
      'SELECT 1 FROM people WHERE lower(user_principal_name) = $1 AND deleted_at IS NULL AND id IS DISTINCT FROM $2::uuid',
      [name, personId ?? null],
    )) === undefined;

  return {
    /** In a transaction of its own. Throws Conflict when the name is somebody else's here, and what `PeopleCommands` throws. */
    settle: (
      directory: Pick<DirectoryRow, 'id'>,
      said: EntryPerson,
      { disabled, before, run, by }: { readonly disabled: boolean; readonly before: EntryRow | undefined; readonly run: number; readonly by: Author }, // prettier-ignore
    ): Promise<Settled> =>
      database.transaction(async (tx) => {
        await directoryPeople.lock(tx);
        const { entryId, userPrincipalName, displayName, attributes } = said;
        const found = before?.personId ? await directoryPeople.find(tx, before.personId) : undefined;
        const person = found?.deletedAt === null ? found : undefined;
        if (!(await nameIsFree(tx, userPrincipalName, person?.id)))
          throw new SallyportError('Conflict', `${userPrincipalName} is somebody else here`);
        const from = { source: 'ldap', externalId: entryId } as const;
        // Who is disabled here stays so, until the directory says something new of it.
        const switched = person === undefined || disabled !== before?.disabled;
        const saved = person
          ? await people.update(
              person.id,
              { userPrincipalName, displayName, attributes, ...(switched ? { accountEnabled: !disabled } : {}) },
              by,
              from,
              tx,
            )
          : await people.add(
              { userPrincipalName, displayName, role: '', accountEnabled: !disabled, managerId: null, attributes },
              by,
              from,
              tx,
            );
        const row = {
          entryId,
          dn: said.dn,
          personId: saved.id,
          groupId: null,
          contentHash: hashOfPerson(said),
          disabled,
        };
        await entries.keep(tx, directory.id, row, run);
        if (!person) return 'added';
        return switched && disabled ? 'disabled' : 'changed';
      }),
  };
}
export type EntryPeople = ReturnType<typeof createEntryPeople>;
