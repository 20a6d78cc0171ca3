import { GroupName, SallyportError, type LdapSettings } from '@sallyport/contracts';
import type { Entry } from 'ldapts';
import type { Platform } from '../../platform/types.ts';
import type { Author } from '../../platform/directory-audit.ts';
import { membersMax, type GroupCommands } from '../directory/groups.ts';
import { directoryGroups } from '../directory/store.ts';
import { comparableDn, entryIdOf, textsOf } from './entries.ts';
import { contentHash } from './people.ts';
import { entries, type DirectoryRow, type EntryRow } from './store.ts';

export interface EntryGroup {
  readonly entryId: string;
  readonly dn: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** What an entry says of a group, or why it is left out. */
export function groupOfEntry(
  entry: Entry,
  { attributes, groupName, groupMember }: LdapSettings,
): EntryGroup | { readonly reason: string } {
  const entryId = entryIdOf(entry, attributes.id);
  if (entryId === undefined) return { reason: `it has no ${attributes.id}` };
  const name = GroupName.safeParse(textsOf(entry, groupName)[0]).data;
  if (name === undefined) return { reason: `its ${groupName} can’t be the name of a group here` };
  const ranged = Object.keys(entry).some((key) => key.toLowerCase().startsWith(`${groupMember.toLowerCase()};range=`));
  if (ranged) return { reason: 'the directory gives its members in parts' };
  return { entryId, dn: comparableDn(entry.dn), name, members: textsOf(entry, groupMember).map(comparableDn) };
}

const chunksOf = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / membersMax) }, (_, at) =>
    ids.slice(at * membersMax, (at + 1) * membersMax),
  );

/** Makes or changes the group that an entry is, and who is in it. */
export function createEntryGroups({ database }: Pick<Platform, 'database'>, groups: GroupCommands) {
  return {
    /** In a transaction of its own. Throws Conflict for a name that another group has, and what `GroupCommands` throws. */
    settle: (
      { id: directoryId }: Pick<DirectoryRow, 'id'>,
      said: EntryGroup,
      { before, run, by }: { readonly before: EntryRow | undefined; readonly run: number; readonly by: Author },
    ): Promise<void> =>
      database.transaction(async (tx) => {
        const taken = await tx.first<{ id: string }>('SELECT id FROM groups WHERE lower(name) = lower($1)', [
          said.name,
        ]);
        const known = before?.groupId ?? undefined;
        if (taken && taken.id !== known)
          throw new SallyportError('Conflict', `there is a group ${said.name} here that is another’s`);
        const group =
          known === undefined
            ? await groups.add({ name: said.name, externalId: said.entryId, source: 'ldap' }, [], by, tx)
            : await groups.update(known, { name: said.name }, by, tx);
        const wanted = new Set(await entries.peopleOfDns(tx, directoryId, said.members));
        const have = new Set(await directoryGroups.memberIds(tx, group.id));
        for (const ids of chunksOf([...wanted].filter((id) => !have.has(id))))
          await groups.addMembers(group.id, ids, by, tx);
        for (const ids of chunksOf([...have].filter((id) => !wanted.has(id))))
          await groups.removeMembers(group.id, ids, by, { lenient: true }, tx);
        const row = { entryId: said.entryId, dn: said.dn, personId: null, groupId: group.id, contentHash: contentHash(said.name), disabled: false }; // prettier-ignore
        await entries.keep(tx, directoryId, row, run);
      }),
  };
}
export type EntryGroups = ReturnType<typeof createEntryGroups>;
