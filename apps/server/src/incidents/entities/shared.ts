import { BlockList, isIP } from 'node:net';

/** Reference 04: account names that say nothing about who it was. */
const genericAccountNames = new Set([
  'ADMIN',
  'ADMINISTRATOR',
  'SYSTEM',
  'ROOT',
  'ANONYMOUS',
  'AUTHENTICATED USER',
  'NETWORK',
  'NULL',
  'LOCAL SYSTEM',
  'LOCALSYSTEM',
  'NETWORK SERVICE',
]);
export const isGenericAccountName = (name: string): boolean => genericAccountNames.has(name.trim().toUpperCase());

/** Domains that Windows writes for accounts of the machine itself: each machine has its own of that name. */
const localDomains = new Set([
  '.',
  'NT AUTHORITY',
  'NT SERVICE',
  'BUILTIN',
  'WORKGROUP',
  'WINDOW MANAGER',
  'FONT DRIVER HOST',
  'NT VIRTUAL MACHINE',
  'IIS APPPOOL',
]);
export const isLocalDomain = (domain: string): boolean => localDomains.has(domain.trim().toUpperCase());

/** Values that logs write for "none". */
const nothing = new Set(['', '-', '--', 'N/A', 'NA', 'NULL', 'NONE', 'UNKNOWN', 'UNDEFINED', '(NULL)']);
export const isNothing = (value: string): boolean => nothing.has(value.trim().toUpperCase());

/** A SID that names one account anywhere: of a domain or machine (S-1-5-21-…) or of Entra ID (S-1-12-1-…). All others are built in. */
export const isUniqueSid = (sid: string): boolean => /^S-1-(5-21|12-1)(-\d+){2,}$/i.test(sid);

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** RFC 1918, RFC 6598 and RFC 4193: the same address is another machine in another network. */
const privateRanges = blockList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fec0::/10',
]);

/** Addresses that name no one machine (RFC 6890), so that alerts which share one have nothing to do with each other. */
const nobodysRanges = blockList([
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::',
  '::1',
  'fe80::/10',
  'ff00::/8',
]);

/** Public services that nearly every machine talks to: resolvers, the platform address of Azure. */
const sharedServices = blockList([
  '8.8.8.8',
  '8.8.4.4',
  '1.1.1.1',
  '1.0.0.1',
  '9.9.9.9',
  '149.112.112.112',
  '208.67.222.222',
  '208.67.220.220',
  '4.2.2.1',
  '4.2.2.2',
  '64.6.64.6',
  '168.63.129.16',
  '2001:4860:4860::8888',
  '2001:4860:4860::8844',
  '2606:4700:4700::1111',
  '2606:4700:4700::1001',
  '2620:fe::fe',
]);

export type AddressClass = 'global' | 'private' | 'nobody' | 'shared' | 'invalid';

/** What an address can tell. IPv4 in IPv6 form counts as the IPv4 address. */
export function classOfAddress(text: string): AddressClass {
  const address = plainAddress(text);
  const family = isIP(address);
  if (family === 0) return 'invalid';
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (nobodysRanges.check(address, type)) return 'nobody';
  if (privateRanges.check(address, type)) return 'private';
  return sharedServices.check(address, type) ? 'shared' : 'global';
}

/** Without zone, brackets and the IPv4-in-IPv6 prefix; lower case. */
export function plainAddress(text: string): string {
  const bare = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .toLowerCase();
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1] ?? bare;
}

/** Folders whose files every machine has: a shared file there does not tie two machines' alerts together. */
const systemFolders =
  /^(?:[a-z]:|%systemroot%|%windir%|\\systemroot)?\\(?:windows(?:\\(?:system32|syswow64|sysnative|microsoft\.net|winsxs|servicing)(?:\\.*)?)?|program files(?: \(x86\))?(?:\\.*)?)\\?$|^\/(?:usr\/)?(?:local\/)?(?:s?bin|lib(?:32|64|exec)?)(?:\/.*)?$/i;
export const isSystemFolder = (folder: string): boolean => systemFolders.test(folder.trim());
