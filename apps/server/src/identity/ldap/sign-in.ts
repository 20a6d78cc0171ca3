import { SallyportError } from '@sallyport/contracts';
import { holdsAnything } from '../../access/index.ts';
import type { Platform } from '../../platform/types.ts';
import { ourselves } from '../../platform/directory-audit.ts';
import { directoryPeople } from '../directory/store.ts';
import type { OpenedSession } from '../sessions.ts';
import type { Origin } from '../sign-in-log.ts';
import type { Check, SignIn } from '../sign-in.ts';
import { isPasswordOf, withDirectory, withValue } from './connection.ts';
import { binaryAttributes, personOfEntry } from './entries.ts';
import type { EntryPeople } from './people.ts';
import { directories, entries, passwordOf, type DirectoryRow } from './store.ts';

const method = 'federatedSingleFactor';
const issuerOf = ({ body: { settings } }: DirectoryRow): string => `ldap://${settings.host}:${settings.port}`;

/** Signing in with the password of an LDAP directory: by a bind as the one entry that bears the name. */
export function createDirectorySignIn(
  platform: Platform,
  { signIn, entryPeople }: { readonly signIn: SignIn; readonly entryPeople: EntryPeople },
) {
  // prettier-ignore
  const { database, clock, log } = platform;

  /** The entry, where it is exactly one, and whether it is disabled. */
  const entryOf = (row: DirectoryRow, name: string) =>
    withDirectory({ settings: row.body.settings, password: passwordOf(platform, row) }, async (client) => {
      const { settings } = row.body;
      const { attributes: map } = settings;
      const { searchEntries } = await client.search(settings.peopleBase, {
        scope: 'sub',
        attributes: [...new Set(Object.values(map))],
        explicitBufferAttributes: [...binaryAttributes],
        sizeLimit: 2,
        filter: withValue(settings.peopleFilter, map.userPrincipalName, name),
      });
      const [entry] = searchEntries;
      if (!entry || searchEntries.length > 1) return undefined;
      const off =
        settings.disabledFilter === ''
          ? undefined
          : await client.search(entry.dn, { scope: 'base', filter: settings.disabledFilter, attributes: ['1.1'] });
      return { entry, disabled: (off?.searchEntries.length ?? 0) > 0 };
    });

  const check = async (row: DirectoryRow, name: string, password: string): Promise<Check> => {
    const { settings, domains, displayName } = row.body;
    const facts = { method, issuer: issuerOf(row) } as const;
    const found = await entryOf(row, name);
    // As long for a name that nobody bears.
    const right = await isPasswordOf(settings, found?.entry.dn ?? settings.peopleBase, password);
    if (!found) return { ...facts, outcome: 'unknownUser' };
    const said = personOfEntry(found.entry, settings, domains);
    if ('reason' in said || said.userPrincipalName !== name.toLowerCase()) return { ...facts, outcome: 'unknownUser' };
    const before = (await entries.known(database, row.id, [said.entryId])).get(said.entryId);
    if (!right) {
      const known = before?.personId ? await directoryPeople.find(database, before.personId) : undefined;
      return { ...facts, outcome: 'wrongPassword', ...(known ? { person: known } : {}) };
    }
    const by = ourselves(`LDAP directory ${displayName}`);
    await entryPeople.settle(row, said, { disabled: found.disabled, before, run: row.run, by });
    const person = await directoryPeople.get(database, said.userPrincipalName);
    if (found.disabled || person.disabledAt !== null) return { ...facts, outcome: 'disabled', person };
    // A password alone opens nothing to those who have rights here: they use a passkey.
    if (await holdsAnything(database, person.id, clock.now())) return { ...facts, outcome: 'moreDemanded', person };
    return { ...facts, outcome: 'success', person };
  };

  return {
    /** Throws Unauthenticated, Forbidden, TooManyRequests, and Unavailable when the directory does not answer. */
    withDirectory: (name: string, password: string, origin: Origin): Promise<OpenedSession> =>
      signIn.withOther(method, name, origin, async (): Promise<Check> => {
        const row = await directories.ofDomain(database, name.slice(name.lastIndexOf('@') + 1).toLowerCase());
        if (!row) return { method, outcome: 'unknownUser' };
        try {
          return await check(row, name, password);
        } catch (cause) {
          if (cause instanceof SallyportError && cause.code === 'Conflict')
            return { method, outcome: 'federationFailed' };
          log.warn({ err: cause, directory: row.id }, 'a directory could not be asked for a sign-in');
          return { method, outcome: 'storeUnavailable', issuer: issuerOf(row) };
        }
      }),
  };
}
export type DirectorySignIn = ReturnType<typeof createDirectorySignIn>;
