import type { EntityKind } from '@sallyport/contracts';

/** A thing that is asked about. */
export interface Subject {
  readonly kind: EntityKind;
  readonly identifiers: Readonly<Record<string, string>>;
}

type Lists = Readonly<Record<string, (i: Readonly<Record<string, string>>) => readonly (string | undefined)[]>>;

const joined = (name: string | undefined, by: string, rest: string | undefined): string | undefined =>
  name && rest ? `${name}${by}${rest}` : undefined;
const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;

const account: Lists = {
  upns: (i) => [joined(i['Name'], '@', i['UPNSuffix']), i['Upn'], i['MailboxPrimaryAddress']],
  accountNames: (i) => [i['Name'], (i['Upn'] ?? i['MailboxPrimaryAddress'])?.split('@')[0]],
  accountIds: (i) => [i['AadUserId'], i['ExternalDirectoryObjectId']],
  sids: (i) => [i['Sid']],
};
const names: Lists = {
  urls: (i) => [i['Url']],
  domains: (i) => [i['DomainName'], hostOf(i['Url'])],
};

/** The parameters of a step's query, lists of texts, by the kind that it asks about. Tables hold full names and bare ones of devices: see `bareDevices`. */
const byKind: Partial<Record<EntityKind, Lists>> = {
  Account: account,
  Mailbox: account,
  Host: {
    devices: (i) => [joined(i['HostName'] ?? i['NetBiosName'], '.', i['DnsDomain']), i['HostName'] ?? i['NetBiosName']],
    // Of devices whose domain nobody said: these may be matched by the first part of a full name.
    bareDevices: (i) => (i['DnsDomain'] ? [] : [i['HostName'] ?? i['NetBiosName']]),
  },
  IP: { addresses: (i) => [i['Address']] },
  File: { fileNames: (i) => [i['Name']], folders: (i) => [i['Directory']] },
  FileHash: { hashes: (i) => [i['Value']] },
  Process: { commandLines: (i) => [i['CommandLine']] },
  URL: names,
  DNS: names,
  MailMessage: {
    messageIds: (i) => [i['NetworkMessageId']],
    internetMessageIds: (i) => [i['InternetMessageId']],
    senders: (i) => [i['Sender'] ?? i['P2Sender'] ?? i['P1Sender']],
    recipients: (i) => [i['Recipient']],
  },
  CloudApplication: { appIds: (i) => [i['AppId']], appNames: (i) => [i['Name']] },
  AzureResource: { resourceIds: (i) => [i['ResourceId']] },
};

/** Kinds whose entities a step for a kind also asks about: a mailbox is its person's, a name is a URL's. */
const also: Partial<Record<EntityKind, readonly EntityKind[]>> = { Account: ['Mailbox'], URL: ['DNS'] };
export const askedKinds = (kind: EntityKind): readonly EntityKind[] => [kind, ...(also[kind] ?? [])];

/** What a step for a kind may name. Throws Error for a kind that none can be for. */
export function parameterNames(kind: EntityKind): readonly string[] {
  const lists = byKind[kind];
  if (!lists) throw new Error(`no step can be for ${kind}`);
  return Object.keys(lists);
}

/** The values of the parameters, as texts of `dynamic` constants: queries compare them with `in~`. */
export function parametersOf(kind: EntityKind, subjects: readonly Subject[]): Readonly<Record<string, string>> {
  const lists = byKind[kind] ?? {};
  return Object.fromEntries(
    Object.entries(lists).map(([name, of]) => {
      const values = subjects.flatMap(({ identifiers }) => of(identifiers)).filter((text) => text !== undefined);
      return [name, JSON.stringify([...new Set(values.filter((text) => text !== ''))])];
    }),
  );
}
