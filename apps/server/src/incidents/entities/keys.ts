import type { Kind } from './kinds.ts';
import { classOfAddress, isLocalDomain, isSystemFolder, isUniqueSid } from './shared.ts';

type Identifiers = Readonly<Record<string, string>>;

/** What the other entities of the row say. */
export interface Context {
  readonly host?: Identifiers | undefined;
  /** Strong keys of the row's only host. */
  readonly hostKeys?: readonly string[];
  /** Strong keys of the row's only registry key. */
  readonly registryKeys?: readonly string[];
}

export interface Keys {
  /** One for each strong identifier set of reference 04; the first is the most lasting. */
  readonly strong: readonly string[];
  /** Why alerts don't join on it although it is strong. */
  readonly discounted?: string;
}

/** The strong identifier sets of Microsoft Sentinel: https://learn.microsoft.com/azure/sentinel/entities-reference */
export function keysOf(kind: Kind, identifiers: Identifiers, context: Context): Keys {
  const keys = byKind[kind]?.(identifiers, context);
  return keys ?? { strong: [] };
}

/** A key when all its parts are there. Parts are compared without case. */
function key(prefix: string, ...parts: readonly (string | undefined)[]): string[] {
  if (parts.some((part) => part === undefined || part === '')) return [];
  return [`${prefix}:${parts.map((part) => part!.toLowerCase()).join('|')}`];
}

const byKind: Partial<Record<Kind, (identifiers: Identifiers, context: Context) => Keys>> = {
  Account: (a, context) => ({ strong: accountKeys(a, context) }),
  Host: (h) => ({ strong: hostKeys(h) }),
  IP: addressKeys,
  URL: ({ Url }) => ({ strong: urlKeys(Url) }),
  File: ({ Directory, Name }) => ({
    strong: key('file', Directory?.replace(/[\\/]+$/, ''), Name),
    ...(Directory && isSystemFolder(Directory) ? { discounted: 'a file that every machine has' } : {}),
  }),
  FileHash: ({ Algorithm, Value }) => ({ strong: key('filehash', Algorithm?.replace(/[-_]/g, ''), Value) }),
  Malware: ({ Name, Category }) => ({ strong: key('malware', Name, Category) }),
  Process: ({ ProcessId, CreationTimeUtc }, { hostKeys: [host] = [] }) => ({
    strong: key('process', host, ProcessId, CreationTimeUtc),
  }),
  RegistryKey: ({ Hive, Key }) => ({
    strong: key('registrykey', Hive, Key),
    discounted: 'a place that every machine has',
  }),
  RegistryValue: ({ Name }, { registryKeys: [registryKey] = [] }) => ({
    strong: key('registryvalue', registryKey, Name),
    discounted: 'a place that every machine has',
  }),
  Mailbox: ({ MailboxPrimaryAddress }) => ({ strong: key('mailbox', MailboxPrimaryAddress) }),
  MailMessage: ({ NetworkMessageId, Recipient }) => ({ strong: key('mail', NetworkMessageId, Recipient) }),
  CloudApplication: ({ AppId, Name, InstanceName = '' }) => ({
    strong: [
      ...key('app-id', AppId).map((k) => `${k}|${InstanceName.toLowerCase()}`),
      ...key('app', Name).map((k) => `${k}|${InstanceName.toLowerCase()}`),
    ],
    // An application such as "Office 365" is in every tenant's alerts; only an instance of it is someone's.
    ...(InstanceName === '' ? { discounted: 'an application that many people use' } : {}),
  }),
  AzureResource: ({ ResourceId }) => ({ strong: key('resource', ResourceId) }),
};

function accountKeys(a: Identifiers, { host, hostKeys: [hostKey] = [] }: Context): string[] {
  const { Name, NTDomain, DnsDomain, UPNSuffix, Sid, AadUserId, PUID, ObjectGuid } = a;
  const local = NTDomain !== undefined && (isLocalDomain(NTDomain) || isNameOf(host, NTDomain));
  return [
    ...key('account-aad', AadUserId),
    ...key('account-guid', ObjectGuid),
    ...(Sid && isUniqueSid(Sid) ? key('account-sid', Sid) : key('account-sid', Sid, hostKey)),
    ...key('account-upn', Name, UPNSuffix),
    ...(local ? key('account-local', Name, hostKey) : key('account-nt', Name, NTDomain)),
    ...key('account-dns', Name, DnsDomain),
    ...key('account-puid', PUID),
  ];
}

const isNameOf = (host: Identifiers | undefined, domain: string): boolean =>
  [host?.['HostName'], host?.['NetBiosName']].some((name) => name?.toLowerCase() === domain.toLowerCase());

function hostKeys({ HostName, NetBiosName, NTDomain, DnsDomain, AzureID, OMSAgentID }: Identifiers): string[] {
  const domain = NTDomain !== undefined && isLocalDomain(NTDomain) ? undefined : NTDomain;
  return [
    ...new Set([
      ...key('host-azure', AzureID),
      ...key('host-agent', OMSAgentID),
      ...key('host-dns', HostName, DnsDomain),
      ...key('host-nt', HostName, domain),
      ...key('host-dns', NetBiosName, DnsDomain),
      ...key('host-nt', NetBiosName, domain),
    ]),
  ];
}

function addressKeys({ Address, AddressScope }: Identifiers): Keys {
  switch (Address === undefined ? 'invalid' : classOfAddress(Address)) {
    case 'global':
      return { strong: key('ip', Address) };
    case 'private':
      return { strong: key('ip', Address, AddressScope) };
    case 'shared':
      return { strong: key('ip', Address), discounted: 'an address that many people use' };
    default:
      return { strong: [] };
  }
}

function urlKeys(url: string | undefined): string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const parsed = new URL(url);
  // Only the scheme and the host are without case; `new URL` lower-cases those.
  return parsed.host === '' ? [] : [`url:${parsed.href}`];
}
