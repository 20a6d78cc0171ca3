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

/** Domains of services that nearly every machine talks to, with all below them: attackers use them too, and sharing one says nothing. */
const wellKnownDomains = new Set(
  (
    'microsoft.com microsoftonline.com windows.com windows.net windowsupdate.com office.com office.net office365.com live.com msn.com bing.com azure.com sharepoint.com ' +
    'skype.com google.com googleapis.com gstatic.com gmail.com googleusercontent.com youtube.com github.com githubusercontent.com gitlab.com npmjs.org pypi.org ' +
    'docker.io docker.com ubuntu.com debian.org amazonaws.com amazon.com cloudfront.net cloudflare.com akamai.net akamaized.net fastly.net apple.com icloud.com ' +
    'dropbox.com slack.com zoom.us facebook.com twitter.com linkedin.com adobe.com mozilla.org digicert.com letsencrypt.org telegram.org discord.com pastebin.com'
  ).split(' '),
);
export function isWellKnownDomain(name: string): boolean {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  return labels.some((_, at) => wellKnownDomains.has(labels.slice(at).join('.')));
}

/** Applications of Microsoft's own that every tenant has: https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in */
const firstPartyApps = new Set([
  '00000002-0000-0000-c000-000000000000',
  '00000002-0000-0ff1-ce00-000000000000',
  '00000003-0000-0000-c000-000000000000',
  '00000003-0000-0ff1-ce00-000000000000',
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
  '1950a258-227b-4e31-a9cf-717495945fc2',
  '1fec8e78-bce4-4aaf-ab1b-5451cc387264',
  '27922004-5251-4030-b22d-91ecd9a37ea4',
  '29d9ed98-a469-4536-ade2-f981bc1d605e',
  '38aa3b87-a06d-4817-b275-7a389988d93b',
  '4765445b-32c6-49b0-83e6-1d93765276ca',
  '797f4846-ba00-4fd7-ba43-dac1f8f63013',
  '872cd9fa-d31f-45e0-9eab-6e460a02d1f1',
  '9199bf20-a13f-4107-85dc-02114787ef48',
  'ab9b8c07-8f02-4f72-87fa-80105867a763',
  'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
  'd3590ed6-52b3-4102-aeff-aad2292ab01c',
]);
export const isFirstPartyApp = (id: string): boolean => firstPartyApps.has(id.toLowerCase());
