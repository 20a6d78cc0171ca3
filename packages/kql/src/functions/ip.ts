import { integer, join, sql, string, type Sql } from '../sql.ts';
import { convert, toText } from './convert.ts';
import { elementsOf } from './dynamic.ts';
import { scalar, scalarWith, type CallInfo, type Operand, type ScalarFunction } from './registry.ts';
import { stringsToDynamic } from './strings.ts';

/** IPv4 and IPv6. Text that is no address gives null. */

/** A mask that is none stays on, and then the text is no address. */
const address = (s: Sql): Sql => sql`replaceRegexpOne(${s}, '/(\\\\d|[12]\\\\d|3[0-2])$', '')`;
const suffix = (s: Sql): Sql => sql`ifNull(toInt64OrNull(extract(${s}, '/(\\\\d+)$')), 32)`;
const number = (s: Sql): Sql => sql`toInt64(IPv4StringToNumOrNull(${address(s)}))`;
/** The network's number: all bits after the prefix cleared. */
const network = (value: Sql, prefix: Sql): Sql =>
  sql`bitShiftRight(${value}, toUInt8(32 - greatest(least(${prefix}, 32), 0)))`;
const sameNetwork = (a: Sql, b: Sql, prefix: Sql): Sql =>
  sql`${network(number(a), prefix)} = ${network(number(b), prefix)}`;
const inRange = (ip: Sql, range: Sql): Sql =>
  sql`if(isNull(${number(ip)}) OR isNull(${number(range)}), NULL, ${sameNetwork(ip, range, suffix(range))})`;
const text = (e: Sql): Sql => sql`if(startsWith(${e}, '"'), JSONExtractString(${e}), ${e})`;
const smallest = (parts: readonly Sql[]): Sql => sql`least(${join(parts.map((p) => sql`ifNull(${p}, 32)`))})`;

/** 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, by their first and last numbers. */
const privateRanges: readonly (readonly [number, number])[] = [
  [167_772_160, 184_549_375],
  [2_886_729_728, 2_887_778_303],
  [3_232_235_520, 3_232_301_055],
];
const isPrivate = (ip: Sql, call: CallInfo): Sql => {
  const n = call.name(number(ip));
  return sql`(${join(
    privateRanges.map(([first, last]) => sql`(${n} >= ${integer(first)} AND ${n} <= ${integer(last)})`),
    sql` OR `,
  )})`;
};

const address6 = (s: Sql): Sql => sql`if(position(${s}, '/') = 0, ${s}, splitByChar('/', trimBoth(${s}))[1])`;
const v6 = (s: Sql): Sql => sql`IPv6StringToNumOrNull(${address6(s)})`;
const suffix6 = (s: Sql): Sql =>
  sql`if(position(${s}, '/') > 0, toInt64OrNull(splitByChar('/', trimBoth(${s}))[2]) + if(position(${s}, ':') > 0, 0, 96), 128)`;
const cut6 = (s: Sql, prefix: Sql): Sql =>
  sql`tupleElement(IPv6CIDRToRange(toIPv6OrDefault(${address6(s)}), toUInt8(greatest(least(${prefix}, 128), 0))), 1)`;
const inRange6 = (ip: Sql, range: Sql): Sql =>
  sql`if(isNull(${v6(ip)}) OR isNull(${v6(range)}), NULL, ${cut6(ip, sql`ifNull(${suffix6(range)}, 128)`)} = ${cut6(range, sql`ifNull(${suffix6(range)}, 128)`)})`;

/** The number of the network that a number of bits makes. */
const cut = (value: Sql, prefix: Sql): Sql => sql`toInt64(${network(value, prefix)} * toInt64(exp2(32 - ${prefix})))`;

/** An address, or its number, as text; with its mask behind it. '' where there is none. */
function formatted([address, mask]: readonly Operand[], call: CallInfo, withMask: boolean): Sql {
  const isText = address!.type === 'string' || address!.type === 'dynamic';
  const text = call.name(toText(address!));
  const value = isText
    ? sql`if(match(${text}, '^\\\\d+$'), toInt64OrNull(${text}), ${number(text)})`
    : (convert(address!, 'long')?.sql ?? call.fail(`a ${address!.type} is no address`));
  const own = isText ? suffix(text) : sql`32`;
  const prefix = mask ? call.name(sql`least(${mask.sql}, ${own})`) : own;
  const inRange = sql`ifNull(${mask?.sql ?? sql`32`} BETWEEN 0 AND 32 AND ${value} BETWEEN 0 AND 4294967295, false)`;
  const shown = sql`IPv4NumToString(toUInt32(ifNull(${cut(value, prefix)}, 0)))`;
  return sql`if(${inRange}, ${withMask ? sql`concat(${shown}, '/', toString(${prefix}))` : shown}, '')`;
}

/** The fewest networks that make up all addresses from one to another: at most 62. */
function cidrs(from: Sql, to: Sql): Sql {
  const last = sql`ifNull(${to}, -1)`;
  // As wide as the start's alignment and what is left allow.
  const bits = sql`least(bitCount(bitXor(acc.1, acc.1 - 1)) - 1, 32, toInt64(floor(log2(${last} - acc.1 + 1))))`;
  const next = sql`arrayMap(k -> (acc.1 + toInt64(exp2(k)), arrayPushBack(acc.2, concat(IPv4NumToString(toUInt32(acc.1)), '/', toString(32 - k)))), [${bits}])[1]`;
  const first = sql`(ifNull(${from}, 0), CAST([], 'Array(String)'))`;
  const list = sql`arrayFold((acc, i) -> if(acc.1 > ${last}, acc, ${next}), range(64), ${first}).2`;
  return sql`if(isNull(${from}) OR isNull(${to}), '', ${stringsToDynamic(list)})`;
}

const groups6 = (s: Sql, prefix: Sql): Sql =>
  sql`if(isNull(${v6(s)}), '', arrayStringConcat(arrayMap(i -> substring(lower(hex(${cut6(s, prefix)})), i * 4 + 1, 4), range(8)), ':'))`;

// ——— addresses in texts ———

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const before = '(?:^|[^0-9A-Za-z.])';
const after = '(?:$|[^0-9A-Za-z.]|\\.[^0-9]|\\.$)';
const whole = new RegExp(`^(?:${octet}\\.){3}${octet}$`);
const start = new RegExp(`^(?:${octet}\\.){1,3}$`);
/** The expression that finds an address, or one that starts so (`10.1.`); undefined where the text is neither. */
function patternOf(text: string, prefix: boolean): string | undefined {
  if (whole.test(text)) return before + text.replaceAll('.', '\\.') + after;
  if (!prefix || !start.test(text)) return undefined;
  const given = text.split('.').length - 1;
  return before + text.replaceAll('.', '\\.') + `${octet}\\.`.repeat(3 - given) + octet + after;
}
/** The same in SQL, '' where the text is neither. */
const patternAt = (text: Sql, prefix: boolean): Sql => {
  const given = sql`countSubstrings(${text}, '.')`;
  const rest = prefix
    ? sql`if(endsWith(${text}, '.'), concat(repeat(${string(`${octet}\\.`)}, toUInt8(greatest(3 - toInt64(${given}), 0))), ${string(octet)}), '')`
    : sql`''`;
  const valid = prefix
    ? sql`match(${text}, ${string(`^(?:(?:${octet}\\.){3}${octet}|(?:${octet}\\.){1,3})$`)})`
    : sql`match(${text}, ${string(whole.source)})`;
  return sql`if(${valid}, concat(${string(before)}, replaceAll(${text}, '.', '\\\\.'), ${rest}, ${string(after)}), '')`;
};
function hasAddress(s: Sql, address: Operand, call: CallInfo, prefix: boolean): Sql {
  if (typeof address.literal?.value === 'string') {
    const pattern = patternOf(address.literal.value, prefix);
    return pattern === undefined ? sql`false` : sql`toBool(match(${s}, ${string(pattern)}))`;
  }
  const pattern = call.name(patternAt(toText(address), prefix));
  return sql`(${pattern} != '' AND match(${s}, ${pattern}))`;
}
/** Addresses one by one, or in lists. */
const hasAny = (s: Sql, addresses: readonly Operand[], call: CallInfo, prefix: boolean): Sql => {
  const tests = addresses.flatMap((a): readonly Sql[] => {
    if (a.type !== 'dynamic') return [hasAddress(s, a, call, prefix)];
    const list: unknown = typeof a.literal?.value === 'string' ? JSON.parse(a.literal.value) : undefined;
    if (Array.isArray(list)) {
      const patterns = list.flatMap((v: unknown) => (typeof v === 'string' ? (patternOf(v, prefix) ?? []) : []));
      return patterns.length ? [sql`toBool(match(${s}, ${string(patterns.join('|'))}))`] : [sql`false`];
    }
    const pattern = patternAt(text(sql`x`), prefix);
    return [sql`arrayExists(x -> (${pattern} != '' AND match(${s}, ${pattern})), ${elementsOf(a.sql)})`];
  });
  return tests.length ? sql`(${join(tests, sql` OR `)})` : sql`false`;
};

/** Text that is no address is read as `::`, of which nothing is known; so the answer is null, as of any unknown address. */
const geoInfo: ScalarFunction['build'] = ([ip], call) => {
  const ipLocation = call.lookups?.ipLocation;
  if (!ipLocation) return call.fail('no database of IP locations is at hand where this query runs');
  const place = sql`dictGetOrDefault(${string(ipLocation.networks)}, 'place', toIPv6OrDefault(trimBoth(${ip!.sql})), toUInt64(0))`;
  return sql`dictGetOrDefault(${string(ipLocation.places)}, 'info', ${place}, '')`;
};

export const ipFunctions: readonly ScalarFunction[] = [
  scalarWith('geo_info_from_ip_address', ['string'], 'dynamic', geoInfo, 'maybe'),
  scalarWith('ipv4_is_private', ['string'], 'bool', ([ip], call) => isPrivate(ip!.sql, call), 'maybe'),
  scalar('ipv4_is_in_range', ['string', 'string'], 'bool', inRange, 'maybe'),
  scalarWith(
    'ipv4_is_in_any_range',
    ['string', '...any'],
    'bool',
    ([ip, ...ranges]) => {
      const tests = ranges.map((r) =>
        r.type === 'dynamic'
          ? sql`arrayExists(x -> ifNull(${inRange(ip!.sql, text(sql`x`))}, false), ${elementsOf(r.sql)})`
          : sql`ifNull(${inRange(ip!.sql, r.sql)}, false)`,
      );
      return sql`if(isNull(${number(ip!.sql)}), NULL, (${join(tests, sql` OR `)}))`;
    },
    'maybe',
  ),
  scalar(
    'ipv4_is_match',
    ['string', 'string', 'long?'],
    'bool',
    (a, b, prefix) =>
      sql`if(isNull(${number(a)}) OR isNull(${number(b)}), NULL, ${sameNetwork(a, b, smallest([suffix(a), suffix(b), ...(prefix ? [prefix] : [])]))})`,
    'maybe',
  ),
  scalar(
    'ipv4_compare',
    ['string', 'string', 'long?'],
    'long',
    (a, b, prefix) => {
      const p = smallest([suffix(a), suffix(b), ...(prefix ? [prefix] : [])]);
      return sql`if(isNull(${number(a)}) OR isNull(${number(b)}), NULL, toInt64(sign(toInt64(${network(number(a), p)}) - toInt64(${network(number(b), p)}))))`;
    },
    'maybe',
  ),
  scalar('parse_ipv4', ['string'], 'long', (s) => cut(number(s), suffix(s)), 'maybe'),
  scalar(
    'parse_ipv4_mask',
    ['string', 'long'],
    'long',
    (s, p) => sql`if(${p} BETWEEN 0 AND 32, ${cut(number(s), sql`least(${p}, ${suffix(s)})`)}, NULL)`,
    'maybe',
  ),
  scalar('ipv4_netmask_suffix', ['string'], 'long', (s) => sql`if(isNull(${number(s)}), NULL, ${suffix(s)})`, 'maybe'),
  scalarWith('format_ipv4', ['any', 'long?'], 'string', (args, call) => formatted(args, call, false), 'maybe'),
  scalarWith('format_ipv4_mask', ['any', 'long?'], 'string', (args, call) => formatted(args, call, true), 'maybe'),
  scalarWith('ipv4_range_to_cidr_list', ['string', 'string'], 'dynamic', ([from, to], call) =>
    cidrs(call.name(number(from!.sql)), call.name(number(to!.sql))),
  ),
  scalar('ipv6_is_in_range', ['string', 'string'], 'bool', inRange6, 'maybe'),
  scalarWith(
    'ipv6_is_in_any_range',
    ['string', '...any'],
    'bool',
    ([ip, ...ranges]) => {
      const tests = ranges.map((r) =>
        r.type === 'dynamic'
          ? sql`arrayExists(x -> ifNull(${inRange6(ip!.sql, text(sql`x`))}, false), ${elementsOf(r.sql)})`
          : sql`ifNull(${inRange6(ip!.sql, r.sql)}, false)`,
      );
      return sql`if(isNull(${v6(ip!.sql)}), NULL, (${join(tests, sql` OR `)}))`;
    },
    'maybe',
  ),
  scalar(
    'ipv6_compare',
    ['string', 'string', 'long?'],
    'long',
    (a, b, prefix) => {
      const p = sql`least(${join([suffix6(a), suffix6(b), ...(prefix ? [prefix] : [])].map((x) => sql`ifNull(${x}, 128)`))})`;
      return sql`if(isNull(${v6(a)}) OR isNull(${v6(b)}), NULL, multiIf(${cut6(a, p)} < ${cut6(b, p)}, -1, ${cut6(a, p)} = ${cut6(b, p)}, 0, 1))`;
    },
    'maybe',
  ),
  scalar(
    'ipv6_is_match',
    ['string', 'string', 'long?'],
    'bool',
    (a, b, prefix) => {
      const p = sql`least(${join([suffix6(a), suffix6(b), ...(prefix ? [prefix] : [])].map((x) => sql`ifNull(${x}, 128)`))})`;
      return sql`if(isNull(${v6(a)}) OR isNull(${v6(b)}), NULL, ${cut6(a, p)} = ${cut6(b, p)})`;
    },
    'maybe',
  ),
  scalar('parse_ipv6', ['string'], 'string', (s) => groups6(s, sql`ifNull(${suffix6(s)}, 128)`), 'maybe'),
  // Here a mask behind dotted numbers counts their bits, whatever stands before them.
  scalar(
    'parse_ipv6_mask',
    ['string', 'long'],
    'string',
    (s, p) => {
      const own = sql`toInt64OrNull(extract(${s}, '/(\\\\d+)$')) + if(position(${s}, '.') > 0, 96, 0)`;
      return sql`if(${p} BETWEEN 0 AND 128, ${groups6(s, sql`least(${p}, ifNull(${own}, 128))`)}, '')`;
    },
    'maybe',
  ),
  scalarWith('has_ipv4', ['string', 'string'], 'bool', ([s, ip], call) => hasAddress(s!.sql, ip!, call, false)),
  scalarWith('has_any_ipv4', ['string', '...any'], 'bool', ([s, ...ips], call) => hasAny(s!.sql, ips, call, false)),
  scalarWith('has_ipv4_prefix', ['string', 'string'], 'bool', ([s, p], call) => hasAddress(s!.sql, p!, call, true)),
  scalarWith('has_any_ipv4_prefix', ['string', '...any'], 'bool', ([s, ...ps], call) => hasAny(s!.sql, ps, call, true)),
];
