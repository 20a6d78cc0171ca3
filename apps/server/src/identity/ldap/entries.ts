import { PersonAttributes, PersonDisplayName, UserPrincipalName, type LdapSettings } from '@sallyport/contracts';
import type { Entry } from 'ldapts';

/** Attributes whose values are bytes in Active Directory. */
export const binaryAttributes = ['objectGUID'] as const;

const valuesOf = (entry: Entry, name: string): (string | Buffer)[] => {
  const key = Object.keys(entry).find((one) => one.toLowerCase() === name.toLowerCase());
  const value = key === undefined || key === 'dn' ? [] : entry[key];
  return value === undefined ? [] : [value].flat();
};
export const textsOf = (entry: Entry, name: string): string[] =>
  valuesOf(entry, name).filter((value): value is string => typeof value === 'string' && value !== '');
const textOf = (entry: Entry, name: string): string | undefined => textsOf(entry, name)[0]?.trim();

/** Of the entry, whatever becomes of its name: text as it is, bytes in hexadecimal. */
export function entryIdOf(entry: Entry, attribute: string): string | undefined {
  const [value] = valuesOf(entry, attribute);
  if (value === undefined || value.length === 0 || value.length > 128) return undefined;
  return typeof value === 'string' ? value : value.toString('hex');
}

/** The same for the same DN, however it is written: lower case, without spaces around `,`, `+` and `=` (RFC 4514, 2.4 and 4). */
export const comparableDn = (dn: string): string => dn.toLowerCase().replaceAll(/(?<!\\)\s*([,+=])\s*/g, '$1');

export interface EntryPerson {
  readonly entryId: string;
  readonly dn: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly attributes: PersonAttributes;
  /** In the directory's own words; compared as text. */
  readonly modified: string;
}

/** What an entry says of a person, or why it is left out. */
export function personOfEntry(
  entry: Entry,
  { attributes: map }: LdapSettings,
  domains: readonly string[],
): EntryPerson | { readonly reason: string } {
  const entryId = entryIdOf(entry, map.id);
  if (entryId === undefined) return { reason: `it has no ${map.id}` };
  const name = UserPrincipalName.safeParse(textOf(entry, map.userPrincipalName)).data?.toLowerCase();
  if (name === undefined) return { reason: `its ${map.userPrincipalName} is no name of the form name@domain` };
  const domain = name.slice(name.lastIndexOf('@') + 1);
  if (!domains.includes(domain)) return { reason: `${domain} is not a domain of this directory` };
  const said = {
    givenName: textOf(entry, map.givenName),
    surname: textOf(entry, map.surname),
    mail: textOf(entry, map.mail),
    jobTitle: textOf(entry, map.jobTitle),
    department: textOf(entry, map.department),
    onPremisesSamAccountName: textOf(entry, map.accountName),
    onPremisesDistinguishedName: entry.dn,
    onPremisesDomainName: domain,
    onPremisesImmutableId: entryId,
  };
  const attributes: PersonAttributes = Object.assign(
    { onPremisesSyncEnabled: true },
    // What the directory no longer says, is taken away.
    ...Object.entries(said).map(
      ([key, value]) => PersonAttributes.safeParse({ [key]: value ?? null }).data ?? { [key]: null },
    ),
  );
  return {
    entryId,
    dn: comparableDn(entry.dn),
    userPrincipalName: name,
    displayName: PersonDisplayName.safeParse(textOf(entry, map.displayName)?.slice(0, 128)).data ?? name,
    attributes,
    modified: textOf(entry, map.modified) ?? '',
  };
}
