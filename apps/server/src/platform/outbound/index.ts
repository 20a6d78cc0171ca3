import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { SallyportError } from '@sallyport/contracts';
import { isAllowedHost, isInnerAddress, isPublicAddress, resolveBySystem, type Resolve } from './addresses.ts';

export * from './addresses.ts';
export { fetchHttps, type HttpsLimits } from './https.ts';
export { basic, clientToken, dropToken, TokenCache, type OAuthClient, type TokenFetcher } from './oauth.ts';
export { retryAfterSeconds } from './retry-after.ts';

export interface OutboundRules {
  /** `name`, `*.name`, each with `:port` where it isn't the usual one: encrypted, at public addresses. */
  readonly hosts: readonly string[];
  /** The same for hosts that may be inside, and speak without encryption. Default: none. */
  readonly internalHosts?: readonly string[];
  /** What names the settings in an error. */
  readonly settingNames: { readonly hosts: string; readonly internalHosts?: string };
  readonly resolve?: Resolve;
}

export interface Target {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
}

/** Which hosts may be spoken to, and at which addresses: what a person types must not lead to where only this machine may go. */
export interface Outbound {
  /** Throws SallyportError BadRequest when the host is not one that an administrator of the machine allows. */
  check(target: Target): void;
  /** Its addresses, all of them judged. Throws SallyportError: BadRequest, Unavailable when it has none. */
  addresses(target: Target): Promise<readonly LookupAddress[]>;
}

const usualPorts: ReadonlySet<number> = new Set([443, 993]);

/** The entries that are of a port, without it. IPv6 addresses stand in brackets. */
const namesFor = (entries: readonly string[], port: number): string[] =>
  entries.flatMap((entry) => {
    const [, name = '', own] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? [];
    return (own === undefined ? usualPorts.has(port) : Number(own) === port) ? [name.replaceAll(/[[\]]/g, '')] : [];
  });

export function createOutbound(rules: OutboundRules): Outbound {
  const { settingNames, resolve = resolveBySystem } = rules;
  const { hosts, internalHosts } = settingNames;
  const isInternal = ({ host, port }: Target): boolean =>
    isAllowedHost(host, namesFor(rules.internalHosts ?? [], port));
  /** What else would allow it, where anything does. */
  const or = (said: (setting: string) => string): string =>
    internalHosts === undefined ? '' : said(`\`${internalHosts}\``);
  const refused = (message: string): SallyportError => new SallyportError('BadRequest', message);

  const check = (target: Target): void => {
    const { host, port, encrypted } = target;
    if (isInternal(target)) {
      if (isIP(host) !== 0 && !isInnerAddress(host) && !isPublicAddress(host))
        throw refused(`${host} is an address that is never fetched from`);
      return;
    }
    if (isIP(host) !== 0) throw refused(`a host is given by its name${or((s) => `, or listed in the setting ${s}`)}`);
    if (!isAllowedHost(host, namesFor(rules.hosts, port)))
      throw refused(
        `${host}${usualPorts.has(port) ? '' : `:${port}`} is not a host that the machine’s administrator allows (setting \`${hosts}\`${or((s) => `, or ${s} for one inside`)})`,
      );
    if (!encrypted) throw refused(`${host} is spoken to encrypted only${or((s) => `; hosts of ${s} may go without`)}`);
  };

  return {
    check,
    addresses: async (target) => {
      check(target);
      const { host } = target;
      const family = isIP(host);
      if (family !== 0) return [{ address: host, family }];
      const found = await resolve(host).catch(() => []);
      if (found.length === 0) throw new SallyportError('Unavailable', `${host} has no address`);
      const inside = isInternal(target);
      if (!found.every(({ address }) => isPublicAddress(address) || (inside && isInnerAddress(address))))
        throw refused(`${host} leads to an address that is not public${or((s) => `; the setting ${s} allows that`)}`);
      return found;
    },
  };
}
