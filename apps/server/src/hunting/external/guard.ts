import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { SallyportError } from '@sallyport/contracts';
import { isAllowedHost, isPublicAddress, type Resolve } from '../../platform/outbound/index.ts';

const refused = (message: string): SallyportError => new SallyportError('InvalidQuery', `externaldata: ${message}`);

/**
 * The URL of an address that may be read: https, a host of the list, no user and password in it, the usual port.
 * Throws SallyportError InvalidQuery.
 */
export function allowedUrl(address: string, allowed: readonly string[]): URL {
  // `;key` and the like after an address are Kusto's way to give a secret.
  const url = URL.parse(address.split(';')[0] ?? '');
  if (!url) throw refused('that is no address');
  if (url.protocol !== 'https:') throw refused('only https addresses are read');
  if (url.username || url.password) throw refused('an address must not hold a user or a password');
  if (url.port !== '') throw refused('only the usual port of https is used');
  if (isIP(url.hostname) || url.hostname.startsWith('[')) throw refused('a host is given by its name');
  if (!isAllowedHost(url.hostname, allowed))
    throw refused(`${url.hostname} is not a host that an administrator allows (setting \`externalDataHosts\`)`);
  return url;
}

/** The addresses of a host, all of them public. Throws SallyportError InvalidQuery: a name that leads inside leads nowhere. */
export async function publicAddresses(host: string, resolve: Resolve): Promise<readonly LookupAddress[]> {
  const addresses = await resolve(host).catch(() => []);
  if (addresses.length === 0) throw refused(`${host} has no address`);
  if (!addresses.every((a) => isPublicAddress(a.address)))
    throw refused(`${host} leads to an address that is not public`);
  return addresses;
}
