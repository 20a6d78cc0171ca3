import type { LookupAddress } from 'node:dns';
import { SallyportError } from '@sallyport/contracts';
import type { ExternalRequest } from '@sallyport/kql';
import { createOutbound, resolveBySystem, type Outbound, type Resolve } from '../../platform/outbound/index.ts';

/** What asks for an address. */
export type Asker = ExternalRequest['kind'];

/** The hosts that an asker may reach, and the setting that lists them. */
export interface Allowed {
  readonly hosts: readonly string[];
  readonly setting: string;
}

export interface Guard {
  /**
   * The URL of an address that may be asked: https, a host of the list, no user and password in it.
   * Throws SallyportError InvalidQuery.
   */
  url(address: string): URL;
  /** The addresses of its host, all of them public: a name that leads inside leads nowhere. Throws SallyportError InvalidQuery. */
  addresses(url: URL): Promise<readonly LookupAddress[]>;
  /** Throws SallyportError InvalidQuery where a header could change what the request is or whom it is for. */
  headers(headers: Readonly<Record<string, string>>): void;
}

const headersMax = 32;
const headerCharsMax = 8_192;
/** A token of RFC 9110, 5.6.2; and a value without controls, in 5.5 `field-vchar`. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** What only the connection's own end may say: RFC 9110, 7.6.1, and what frames a message. */
const reserved =
  /^(?:host|content-length|content-encoding|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect|accept-encoding|x-ms-readonly|x-ms-client-request-id)$/i;

const targetOf = (url: URL) => ({
  host: url.hostname.replaceAll(/[[\]]/g, ''),
  port: url.port === '' ? 443 : Number(url.port),
  encrypted: true,
});

export function createGuard(asker: Asker, { hosts, setting }: Allowed, resolve: Resolve = resolveBySystem): Guard {
  const refused = (message: string): SallyportError => new SallyportError('InvalidQuery', `${asker}: ${message}`);
  const outbound: Outbound = createOutbound({ hosts, settingNames: { hosts: setting }, resolve });
  const asQuery = (error: unknown): SallyportError => refused(error instanceof Error ? error.message : 'refused');
  return {
    url: (address) => {
      // `;key` and the like after an address are Kusto's way to give `externaldata` a secret.
      const url = URL.parse(asker === 'externaldata' ? (address.split(';')[0] ?? '') : address);
      if (!url) throw refused('that is no address');
      if (url.protocol !== 'https:') throw refused('only https addresses are read');
      if (url.username || url.password) throw refused('an address must not hold a user or a password');
      try {
        outbound.check(targetOf(url));
      } catch (error) {
        throw asQuery(error);
      }
      return url;
    },
    addresses: (url) =>
      outbound.addresses(targetOf(url)).catch((error: unknown) => {
        throw asQuery(error);
      }),
    headers: (headers) => {
      const all = Object.entries(headers);
      if (all.length > headersMax) throw refused(`more than ${headersMax} headers`);
      if (all.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > headerCharsMax)
        throw refused(`headers of more than ${headerCharsMax} characters`);
      for (const [name, value] of all) {
        const said = JSON.stringify(name.slice(0, 50));
        if (!headerName.test(name)) throw refused(`${said} is no name of a header`);
        if (reserved.test(name)) throw refused(`the header ${said} is not a query’s to set`);
        if (!headerValue.test(value)) throw refused(`the header ${said} has a value that no header may have`);
      }
    },
  };
}
