import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import ipaddr from 'ipaddr.js';

/** Resolves a name to all its addresses. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export const resolveBySystem: Resolve = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });

function rangeOf(address: string): string {
  try {
    // An IPv4 address inside of an IPv6 one is judged as itself.
    return ipaddr.process(address).range();
  } catch {
    return 'none';
  }
}

/** Whether an address belongs to the Internet at large: not this machine, not a network of its own, not a cloud's metadata service. */
export const isPublicAddress = (address: string): boolean => rangeOf(address) === 'unicast';

const innerRanges: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'loopback', 'carrierGradeNat']);

/** Whether an address belongs to a network of one's own, or to this machine. Never that of a cloud's metadata service, which is link-local. */
export const isInnerAddress = (address: string): boolean => innerRanges.has(rangeOf(address));

/** Whether a host is one of those allowed: a name, or `*.example.org` for every name below it. */
export const isAllowedHost = (host: string, allowed: readonly string[]): boolean =>
  allowed.some((one) =>
    one.startsWith('*.') ? host.endsWith(one.slice(1).toLowerCase()) : host === one.toLowerCase(),
  );

/** A `lookup` for sockets that answers what was found and judged before, whatever the name says a moment later. */
export const pinnedLookup = (find: (host: string) => Promise<readonly LookupAddress[]>): LookupFunction => {
  const found = callbackify(find);
  return (host, options, callback) => {
    found(host, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const [first] = addresses;
      if (options.all === true) callback(null, [...addresses]);
      else callback(null, first?.address ?? '', first?.family);
    });
  };
};
