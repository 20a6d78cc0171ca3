import { connect as connectClear, isIP } from 'node:net';
import { connect as connectTls, getCACertificates, rootCertificates } from 'node:tls';
import { SallyportError, type LdapSettings } from '@sallyport/contracts';
import { AndFilter, Client, EqualityFilter, FilterParser, InvalidCredentialsError, type Entry, type Filter, type SearchOptions } from 'ldapts'; // prettier-ignore
import { isInnerAddress, isPublicAddress, pinnedLookup, resolveBySystem } from '../../platform/outbound/index.ts';

const connectMs = 5_000;
const answerMs = 30_000;
const pageSize = 500;

export interface LdapPeer {
  readonly settings: LdapSettings;
  readonly password: string | undefined;
}

const find = async (host: string) => {
  const found = isIP(host) === 0 ? await resolveBySystem(host) : [{ address: host, family: isIP(host) }];
  if (found.length === 0 || !found.every(({ address }) => isPublicAddress(address) || isInnerAddress(address)))
    throw new Error(`${host} leads to an address that is never spoken to`);
  return found;
};

/**
 * A client of one connection. It never connects anew: one that had been encrypted by StartTLS would send the next password in the clear. It speaks to no
 * address but those of one's own networks and of the Internet.
 */
function clientOf({ host, port, encryption, authorities }: LdapSettings): Client {
  const ca = authorities.trim() === '' ? [...new Set([...rootCertificates, ...getCACertificates('default')])] : [authorities]; // prettier-ignore
  const tls = { ca, minVersion: 'TLSv1.2', ...(isIP(host) === 0 ? { servername: host } : {}) } as const;
  const lookup = pinnedLookup(find);
  let connected = false;
  const once = () => {
    if (connected) throw new SallyportError('Unavailable', 'the directory has closed the connection');
    connected = true;
  };
  return new Client({
    url: `${encryption === 'ldaps' ? 'ldaps' : 'ldap'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    connectTimeout: connectMs,
    timeout: answerMs,
    createConnection: () => {
      once();
      return connectClear({ host, port, lookup });
    },
    ...(encryption === 'ldaps'
      ? {
          createSecureConnection: () => {
            once();
            return connectTls({ host, port, lookup, ...tls });
          },
        }
      : {}),
  });
}

async function secure(client: Client, { host, encryption, authorities }: LdapSettings): Promise<void> {
  if (encryption !== 'startTls') return;
  const ca = authorities.trim() === '' ? [...new Set([...rootCertificates, ...getCACertificates('default')])] : [authorities]; // prettier-ignore
  await client.startTLS({ ca, minVersion: 'TLSv1.2', host, ...(isIP(host) === 0 ? { servername: host } : {}) });
}

/** Connects, encrypts as the settings say, binds as who asks, and closes after `work`. Throws what the directory or the network says. */
export async function withDirectory<T>(
  { settings, password }: LdapPeer,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  // prettier-ignore
  const client = clientOf(settings);
  try {
    await secure(client, settings);
    if (settings.bindDn !== '') {
      // A bind with a name and no password is one as nobody, and succeeds (RFC 4513, 5.1.2).
      if (password === undefined) throw new SallyportError('BadRequest', 'there is no password for the bind DN');
      await client.bind(settings.bindDn, password);
    }
    return await work(client);
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

/** Whether a password is that of an entry: by a bind on a connection of its own. */
export async function isPasswordOf(settings: LdapSettings, dn: string, password: string): Promise<boolean> {
  if (password === '') return false;
  const client = clientOf(settings);
  try {
    await secure(client, settings);
    await client.bind(dn, password);
    return true;
  } catch (error) {
    if (error instanceof InvalidCredentialsError) return false;
    throw error;
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

/** A filter of an administrator with one on a value of anybody: the value is data in the request, never text of a filter. */
export const withValue = (filter: string, attribute: string, value: string): Filter =>
  new AndFilter({ filters: [FilterParser.parseString(filter), new EqualityFilter({ attribute, value })] });

export const bothOf = (...filters: (string | Filter)[]): Filter =>
  new AndFilter({ filters: filters.map((one) => (typeof one === 'string' ? FilterParser.parseString(one) : one)) });

/** Throws BadRequest for a text that is no filter. */
export function checkFilter(text: string, target: string): void {
  try {
    FilterParser.parseString(text);
  } catch (cause) {
    throw new SallyportError('BadRequest', 'this is no filter (RFC 4515)', { target, cause });
  }
}

/** Entries below `base`, page by page (RFC 2696). Throws past `max`. */
export async function* pagesOf(
  client: Client,
  base: string,
  { filter, attributes, binary = [], max }: { readonly filter: Filter | string; readonly attributes: readonly string[]; readonly binary?: readonly string[]; readonly max: number }, // prettier-ignore
): AsyncGenerator<Entry[]> {
  let seen = 0;
  const options: SearchOptions = {
    scope: 'sub',
    filter,
    attributes: [...new Set(attributes)],
    explicitBufferAttributes: [...binary],
    paged: { pageSize },
  };
  for await (const { searchEntries } of client.searchPaginated(base, options)) {
    seen += searchEntries.length;
    if (seen > max) throw new SallyportError('BadRequest', `the directory has more than ${max} entries below ${base}`);
    yield searchEntries;
  }
}
