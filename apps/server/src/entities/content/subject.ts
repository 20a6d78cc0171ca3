import type { EntityKind } from '@sallyport/contracts';
import type { KnownEntity } from '../store.ts';
import { kqlText, kqlTexts } from './kql.ts';

/** What queries may ask with: texts by name, such as `Account_Name`, and lists, such as `Account_Names`; `Entity_Terms` are all texts that rows may name it by. */
export interface Subject {
  readonly kind: EntityKind;
  readonly texts: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** Values of one name that a query is given, at most. */
const listMax = 50;

/** Identifiers that Sentinel's queries are given, whether or not there are any. https://learn.microsoft.com/azure/sentinel/customize-entity-activities */
const named: Partial<Record<EntityKind, readonly string[]>> = {
  Account: ['Name', 'NTDomain', 'UPNSuffix', 'AadUserId', 'AADUserId', 'Sid', 'SID', 'ObjectGuid', 'DisplayName'],
  Host: ['HostName', 'DnsDomain', 'NTDomain', 'AzureID', 'AzureResourceId', 'OMSAgentID', 'OMSAgentId', 'NetBiosName'],
  IP: ['Address'],
  FileHash: ['Algorithm', 'Value'],
  File: ['Name', 'Directory'],
  URL: ['Url'],
  Mailbox: ['MailboxPrimaryAddress'],
  MailMessage: ['NetworkMessageId', 'Recipient', 'Sender', 'Subject'],
  CloudApplication: ['AppId', 'Name'],
  AzureResource: ['ResourceId'],
};
/** Sentinel's other spellings. */
const spelt: Readonly<Record<string, string>> = { AADUserId: 'AadUserId', SID: 'Sid', OMSAgentId: 'OMSAgentID', AzureResourceId: 'AzureID' };

export function subjectOf({ row, keys }: KnownEntity): Subject {
  const identifiers: Readonly<Record<string, string>> = row.identifiers;
  const texts = Object.fromEntries(
    [...new Set([...(named[row.kind] ?? []), ...Object.keys(identifiers).filter((name) => /^[A-Za-z]\w{0,40}$/.test(name))])].map(
      (name) => [`${row.kind}_${name}`, identifiers[spelt[name] ?? name] ?? ''],
    ),
  );
  const lists = listsOf(row.kind, row.name, identifiers, keys.map(({ key }) => key));
  const terms = [...Object.values(lists).flat(), ...(lists['Account_Names'] || lists['Host_Names'] ? [] : [row.name])];
  return { kind: row.kind, texts, lists: { ...lists, Entity_Terms: [...new Set(terms)].slice(0, listMax) } };
}

function listsOf(
  kind: EntityKind,
  name: string,
  identifiers: Readonly<Record<string, string>>,
  keys: readonly string[],
): Record<string, readonly string[]> {
  const of = (...prefixes: readonly string[]): string[][] =>
    keys.flatMap((key) => {
      const at = key.indexOf(':');
      return at > 0 && prefixes.includes(key.slice(0, at)) ? [key.slice(at + 1).split('|')] : [];
    });
  const some = (values: readonly (string | undefined)[]): string[] =>
    [...new Set(values.filter((value) => value !== undefined && value !== '').map((value) => value!.toLowerCase()))].slice(0, listMax);
  if (kind === 'Account') {
    const upns = of('account-upn', 'account-dns').map(([user, domain]) => `${user}@${domain}`);
    const nt = of('account-nt').map(([user, domain]) => `${domain}\\${user}`);
    const local = of('account-local').map(([user]) => user);
    const bare = keys.some((key) => /^account-(?:upn|nt|aad|sid|guid)/.test(key)) ? [] : [identifiers['Name'] ?? name];
    return {
      /** Full names: `anna@contoso.com`, `contoso\anna`; of a weak account its bare name. */
      Account_Names: some([...upns, ...nt, ...bare]),
      Account_Upns: some(upns),
      /** Names without a domain. */
      Account_Shorts: some([...of('account-upn', 'account-nt').map(([user]) => user), ...local, ...bare]),
      /** Object ids, SIDs. */
      Account_Ids: some(of('account-aad', 'account-guid', 'account-sid').map(([id]) => id)),
    };
  }
  if (kind === 'Host') {
    const long = of('host-dns').map(([host, domain]) => `${host}.${domain}`);
    const short = [...of('host-dns', 'host-nt').map(([host]) => host), identifiers['HostName']];
    return {
      Host_Names: some([...long, ...short]),
      Host_Shorts: some(short),
      Host_Ids: some(of('host-agent', 'host-azure').map(([id]) => id)),
    };
  }
  return {};
}

/** As `let` statements of KQL. */
export const letsOf = ({ texts, lists }: Subject): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, kqlText(value)])),
  ...Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, kqlTexts(values)])),
});

/** Whether an identifier of each of one set is there. */
export const isFit = (subject: Subject, sets: readonly (readonly string[])[]): boolean =>
  sets.length === 0 || sets.some((set) => set.every((name) => (subject.texts[name] ?? '') !== ''));
