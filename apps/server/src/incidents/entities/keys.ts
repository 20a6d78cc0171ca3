import { isIP } from 'node:net';
import type { Kind } from './kinds.ts';
import {
  classOfAddress,
  isFirstPartyApp,
  isLocalDomain,
  isSystemFolder,
  isUniqueSid,
  isWellKnownDomain,
} from './shared.ts';

type Identifiers = Readonly<Record<string, string>>;

/** What the other entities of the row say. */
export interface Context {
  readonly host?: Identifiers | undefined;
  /** Strong keys of the row's only host. */
  readonly hostKeys?: readonly string[];
  /** Strong keys of the row's only registry key. */
  readonly registryKeys?: readonly string[];
  readonly registryKey?: Identifiers | undefined;
}

export interface Keys {
  /** One for each strong identifier set of reference 04; the first is the most lasting. */
  readonly strong: readonly string[];
  /** What alerts join on, where that is not the strong keys. */
  readonly join?: readonly string[];
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
  URL: ({ Url }) => {
    const strong = urlKeys(Url);
    return { strong, join: [...strong, ...(Url && strong.length > 0 ? domainKeys(new URL(Url).hostname) : [])] };
  },
  // A name is no strong identifier of Sentinel's, and still the same name for everybody.
  DNS: ({ DomainName }) => ({ strong: [], join: domainKeys(DomainName) }),
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
  RegistryValue: ({ Name }, { registryKeys: [registryKey] = [], registryKey: at }) => {
    const strong = key('registryvalue', registryKey, Name);
    // Where programs are started from, whoever writes there chooses the name.
    const autostart = /software\\.*\\currentversion\\run(?:once)?$/i.exec(at?.['Key']?.replace(/\\+$/, '') ?? '')?.[0];
    return autostart === undefined
      ? { strong, discounted: 'a place that every machine has' }
      : { strong, join: key('autostart', autostart, Name) };
  },
  Mailbox: ({ MailboxPrimaryAddress, Upn }) => ({
    strong: key('mailbox', MailboxPrimaryAddress),
    join: [...key('mailbox', MailboxPrimaryAddress), ...accountOfAddress(Upn ?? MailboxPrimaryAddress)],
  }),
  MailMessage: ({ NetworkMessageId, Recipient }) => ({
    strong: key('mail', NetworkMessageId, Recipient),
    join: [...key('mail', NetworkMessageId, Recipient), ...key('mail-message', NetworkMessageId)],
  }),
  CloudApplication: ({ AppId, Name, InstanceName = '' }) => {
    const byId = key('app-id', AppId).map((k) => `${k}|${InstanceName.toLowerCase()}`);
    const strong = [...byId, ...key('app', Name).map((k) => `${k}|${InstanceName.toLowerCase()}`)];
    if (InstanceName !== '') return { strong };
    // An application such as "Office 365" is in every tenant's alerts; only an instance of it is someone's, or one that people let in themselves.
    return AppId === undefined || isFirstPartyApp(AppId)
      ? { strong, discounted: 'an application that many people use' }
      : { strong, join: byId };
  },
  AzureResource: ({ ResourceId }) => ({
    strong: key('resource', ResourceId),
    ...(ResourceId && /^\/?subscriptions\/[^/]+(?:\/resourcegroups\/[^/]+)?\/?$/i.test(ResourceId)
      ? { discounted: 'a place that holds many resources' }
      : {}),
  }),
};

function accountOfAddress(address: string | undefined): string[] {
  const at = address?.lastIndexOf('@') ?? -1;
  return address && at > 0 ? key('account-upn', address.slice(0, at), address.slice(at + 1)) : [];
}

const domainKeys = (name: string | undefined): string[] =>
  name === undefined || isIP(name) !== 0 || !name.includes('.') || isWellKnownDomain(name)
    ? []
    : key('domain', name.replace(/\.$/, ''));

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
