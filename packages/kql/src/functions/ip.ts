import { integer, join, sql, type Sql } from '../sql.ts';
import { elementsOf } from './dynamic.ts';
import { scalar, scalarWith, type CallInfo, type ScalarFunction } from './registry.ts';

/** IPv4 and IPv6. Text that is no address gives null. */

const address = (s: Sql): Sql => sql`if(position(${s}, '/') = 0, ${s}, splitByChar('/', trimBoth(${s}))[1])`;
const suffix = (s: Sql): Sql =>
  sql`if(position(${s}, '/') > 0, toInt64OrNull(splitByChar('/', trimBoth(${s}))[2]), 32)`;
const number = (s: Sql): Sql => sql`toInt64(IPv4StringToNumOrNull(${address(s)}))`;
/** The network's number: all bits after the prefix cleared. */
const network = (value: Sql, prefix: Sql): Sql =>
  sql`bitShiftRight(${value}, toUInt8(32 - greatest(least(${prefix}, 32), 0)))`;
const sameNetwork = (a: Sql, b: Sql, prefix: Sql): Sql =>
  sql`${network(number(a), prefix)} = ${network(number(b), prefix)}`;
const inRange = (ip: Sql, range: Sql): Sql =>
  sql`if(isNull(${number(ip)}) OR isNull(${number(range)}), NULL, ${sameNetwork(ip, range, sql`ifNull(${suffix(range)}, 32)`)})`;
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

const v6 = (s: Sql): Sql => sql`IPv6StringToNumOrNull(${address(s)})`;
const suffix6 = (s: Sql): Sql =>
  sql`if(position(${s}, '/') > 0, toInt64OrNull(splitByChar('/', trimBoth(${s}))[2]) + if(position(${s}, ':') > 0, 0, 96), 128)`;
const cut6 = (s: Sql, prefix: Sql): Sql =>
  sql`tupleElement(IPv6CIDRToRange(toIPv6OrDefault(${address(s)}), toUInt8(greatest(least(${prefix}, 128), 0))), 1)`;
const inRange6 = (ip: Sql, range: Sql): Sql =>
  sql`if(isNull(${v6(ip)}) OR isNull(${v6(range)}), NULL, ${cut6(ip, sql`ifNull(${suffix6(range)}, 128)`)} = ${cut6(range, sql`ifNull(${suffix6(range)}, 128)`)})`;

export const ipFunctions: readonly ScalarFunction[] = [
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
  scalar(
    'parse_ipv4',
    ['string'],
    'long',
    (s) =>
      sql`if(${suffix(s)} = 32, ${number(s)}, ${network(number(s), sql`ifNull(${suffix(s)}, 32)`)} * toInt64(exp2(32 - ifNull(${suffix(s)}, 32))))`,
    'maybe',
  ),
  scalar(
    'parse_ipv4_mask',
    ['string', 'long'],
    'long',
    (s, p) => sql`toInt64(${network(number(s), p)} * toInt64(exp2(32 - ${p})))`,
    'maybe',
  ),
  scalar('ipv4_netmask_suffix', ['string'], 'long', (s) => sql`if(isNull(${number(s)}), NULL, ${suffix(s)})`, 'maybe'),
  scalar(
    'format_ipv4',
    ['any', 'long?'],
    'string',
    (a, p) => {
      const value = sql`if(match(toString(${a}), '^\\\\d+$'), toInt64OrNull(toString(${a})), ${number(sql`toString(${a})`)})`;
      const prefix = p ?? suffix(sql`toString(${a})`);
      return sql`if(isNull(${value}), '', IPv4NumToString(toUInt32(ifNull(${network(value, prefix)}, 0) * toInt64(exp2(32 - ${prefix})))))`;
    },
    'maybe',
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
  scalar(
    'parse_ipv6',
    ['string'],
    'string',
    (s) =>
      sql`if(isNull(${v6(s)}), '', arrayStringConcat(arrayMap(i -> substring(lower(hex(${cut6(s, sql`ifNull(${suffix6(s)}, 128)`)})), i * 4 + 1, 4), range(8)), ':'))`,
    'maybe',
  ),
  scalarWith(
    'has_ipv4',
    ['string', 'string'],
    'bool',
    ([s, ip]) =>
      sql`isNotNull(${number(ip!.sql)}) AND match(${s!.sql}, concat('(?:^|[^0-9A-Za-z.])', replaceAll(${ip!.sql}, '.', '\\\\.'), '(?:$|[^0-9A-Za-z.]|\\\\.[^0-9]|\\\\.$)'))`,
  ),
  scalarWith('has_any_ipv4', ['string', '...any'], 'bool', ([s, ...ips]) => {
    const one = (ip: Sql): Sql =>
      sql`isNotNull(${number(ip)}) AND match(${s!.sql}, concat('(?:^|[^0-9A-Za-z.])', replaceAll(${ip}, '.', '\\\\.'), '(?:$|[^0-9A-Za-z.]|\\\\.[^0-9]|\\\\.$)'))`;
    return join(
      ips.map((i) =>
        i.type === 'dynamic' ? sql`arrayExists(x -> ${one(text(sql`x`))}, ${elementsOf(i.sql)})` : one(i.sql),
      ),
      sql` OR `,
    );
  }),
  scalarWith('has_ipv4_prefix', ['string', 'string'], 'bool', ([s, p]) => prefixTest(s!.sql, p!.sql)),
  scalarWith('has_any_ipv4_prefix', ['string', '...any'], 'bool', ([s, ...ps]) =>
    join(
      ps.map((p) =>
        p.type === 'dynamic'
          ? sql`arrayExists(x -> ${prefixTest(s!.sql, text(sql`x`))}, ${elementsOf(p.sql)})`
          : prefixTest(s!.sql, p.sql),
      ),
      sql` OR `,
    ),
  ),
];
/** An address in the text that starts with the prefix (`10.1.` or a whole address). */
const prefixTest = (s: Sql, p: Sql): Sql =>
  sql`match(${s}, concat('(?:^|[^0-9A-Za-z.])', replaceAll(${p}, '.', '\\\\.'), if(endsWith(${p}, '.'), '\\\\d{1,3}', ''), '(?:\\\\.\\\\d{1,3}){0,3}(?:$|[^0-9A-Za-z])'))`;
