import ipaddr from 'ipaddr.js';
import type { IpNamedLocation } from '@sallyport/contracts/conditional-access';
import type { z } from 'zod';

type IpRanges = z.infer<typeof IpNamedLocation>['ipRanges'];

/** IPv4 as a number, IPv6 as 32 hexadecimal digits: both compare as addresses do. */
export type Address = number | string;

/** Reads an address as it is written by programs; IPv4 within IPv6 (`::ffff:…`) is IPv4. Zones, octal and short forms are none. */
export function parseAddress(text: string): Address | undefined {
  const ipv4 = parseIPv4(text);
  if (ipv4 !== undefined) return ipv4;
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? numberOf(address.toIPv4Address().octets) : hexOf(address.toByteArray());
}

/** Four decimal numbers. By hand, since it is a good part of what a decision costs. */
function parseIPv4(text: string): number | undefined {
  if (text.length > 15) return undefined;
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit === -2) {
      if (octet < 0 || ++dots > 3) return undefined;
      address = address * 256 + octet;
      octet = -1;
    } else {
      // A zero in front would mean octal to some.
      if (digit < 0 || digit > 9 || octet === 0) return undefined;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : undefined;
}

const numberOf = (octets: readonly number[]): number => octets.reduce((sum, octet) => sum * 256 + octet, 0);
const hexOf = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');

interface Range {
  readonly first: Address;
  readonly last: Address;
}

/** The first and the last address of a range; nothing for what is none. */
export function parseRange(range: IpRanges[number]): Range | undefined {
  const [first, last] =
    'cidrAddress' in range
      ? endsOfNetwork(range.cidrAddress)
      : [parseAddress(range.lowerAddress), parseAddress(range.upperAddress)];
  if (first === undefined || last === undefined || typeof first !== typeof last || first > last) return undefined;
  return { first, last };
}

function endsOfNetwork(cidr: string): [Address?, Address?] {
  const [text = '', bits = '', ...more] = cidr.split('/');
  const address = parseAddress(text);
  if (address === undefined || more.length > 0 || !/^\d{1,3}$/.test(bits)) return [];
  const length = Number(bits);
  if (typeof address === 'number') {
    // A prefix of an IPv4 network that is written as IPv6 would count from another end.
    if (length > 32 || text.includes(':')) return [];
    const size = 2 ** (32 - length);
    const first = Math.floor(address / size) * size;
    return [first, first + size - 1];
  }
  if (length > 128) return [];
  const bytes = ipaddr.IPv6.parse(text).toByteArray();
  const filled = (host: 0 | 255): string =>
    hexOf(
      bytes.map((byte, i) => {
        const own = Math.max(0, Math.min(8, length - i * 8));
        const mask = (0xff << (8 - own)) & 0xff;
        return (byte & mask) | (host & ~mask & 0xff);
      }),
    );
  return [filled(0), filled(255)];
}

/** Ranges that answer in some ten steps, however many they are. */
export class AddressRanges {
  readonly #ipv4: readonly Range[];
  readonly #ipv6: readonly Range[];

  constructor(ranges: readonly Range[]) {
    this.#ipv4 = merged(ranges.filter(({ first }) => typeof first === 'number'));
    this.#ipv6 = merged(ranges.filter(({ first }) => typeof first === 'string'));
  }

  has(address: Address): boolean {
    const ranges = typeof address === 'number' ? this.#ipv4 : this.#ipv6;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.first <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && ranges[low - 1]!.last >= address;
  }
}

/** Sorted, none within or over another: a search then has one candidate. */
function merged(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const result: Range[] = [];
  for (const range of sorted) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last) result.push(range);
    else if (range.last > before.last) result[result.length - 1] = { first: before.first, last: range.last };
  }
  return result;
}
