import type { Comparison } from './ecs.ts';

const lower = (value: unknown): string =>
  String(value as string | number | boolean)
    .trim()
    .toLowerCase();

const withoutDomain = (name: string): string => name.replace(/^.*\\/s, '').replace(/@.*$/s, '');
const firstLabel = (name: string): string => (/^[\d.]+$|:/.test(name) ? name : name.replace(/\..*$/s, ''));
/** Parts joined by one slash: some parsers double what is escaped in the line. And without `[pid]`, which some take for a part of a program's name. */
const slashed = (path: string): string => path.replaceAll(/[\\/]+/g, '/').replace(/\[\d+\].*$/s, '');
const lastPart = (path: string): string => path.replace(/^.*\//s, '');
const withoutOrigin = (url: string): string => url.replace(/^[a-z][\w+.-]*:\/\/[^/]*/, '') || '/';

/** `2001:DB8:0:0::1` and `2001:db8::1` are one address, and so are `::ffff:192.0.2.1` and `192.0.2.1`. */
function address(given: string): string {
  const text = given.replace(/^::ffff:(?=\d+\.)/, '');
  if (!text.includes(':')) return text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  try {
    return new URL(`http://[${text.replace(/%.*$/, '')}]/`).hostname;
  } catch {
    return text;
  }
}

const results: Readonly<Record<string, string>> = {
  success: 'success',
  partial: 'success',
  // Not of ECS, but some parsers of the suite say so.
  succeeded: 'success',
  allow: 'success',
  failed: 'failure',
  deny: 'failure',
  failure: 'failure',
  unknown: 'na',
  na: 'na',
};
const protocols: Readonly<Record<string, string>> = {
  'ipv6-icmp': 'icmp',
  icmp6: 'icmp',
  'icmp for ipv6': 'icmp',
  icmpv6: 'icmp',
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmp',
};

/** Some parsers leave the query out of the address; only what is expected may lack it. */
const withoutQuery = (expected: string, url: string): string =>
  expected.includes('?') ? url : url.replace(/\?.*$/s, '');

const timeOf = (value: unknown): number => Math.floor(Date.parse(String(value as string)) / 1_000);

/**
 * A time that the suite read as of `zone` (`-02:00`), as it stands in the line: where a line has no zone we read UTC. A text that has that zone
 * itself is taken as it stands.
 */
export function inZone(value: unknown, zone: string): string {
  const text = String(value as string);
  if (text.endsWith(zone)) return `${text.slice(0, -zone.length)}Z`;
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [];
  const shift = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(Date.parse(text) + shift).toISOString();
}

/** The same, or one of them no more than the part of the other. */
const orPart = (a: string, b: string, part: (text: string) => string): boolean =>
  a === b || part(a) === b || a === part(b);

const rules: Readonly<Record<Comparison, (expected: unknown, ours: unknown) => boolean>> = {
  text: (e, o) => lower(e) === lower(o),
  user: (e, o) => orPart(lower(e), lower(o), withoutDomain),
  host: (e, o) => orPart(lower(e), lower(o), firstLabel),
  number: (e, o) => Number(e) === Number(o) || lower(e) === lower(o),
  time: (e, o) => timeOf(e) === timeOf(o),
  address: (e, o) => address(lower(e)) === address(lower(o)),
  result: (e, o) => (results[lower(e)] ?? lower(e)) === (results[lower(o)] ?? lower(o)),
  path: (e, o) => orPart(slashed(lower(e)), slashed(lower(o)), lastPart),
  url: (e, o) => orPart(lower(e), withoutQuery(lower(e), lower(o)), withoutOrigin),
  protocol: (e, o) => (protocols[lower(e)] ?? lower(e)) === (protocols[lower(o)] ?? lower(o)),
  product: (e, o) => {
    const [a, b] = [lower(e), lower(o)].map((text) => text.replaceAll(/[^a-z0-9]/g, '')) as [string, string];
    return a !== '' && b !== '' && (a.includes(b) || b.includes(a));
  },
};

/** Whether our value says what was expected. A list is met by one of its members. */
export const same = (as: Comparison, expected: unknown, ours: unknown): boolean =>
  Array.isArray(expected) ? expected.some((one) => rules[as](one, ours)) : rules[as](expected, ours);

/** Nothing to compare: null, an empty text, an empty list. */
export const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
