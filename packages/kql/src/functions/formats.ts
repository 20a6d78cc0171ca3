import { integer, join, sql, string, type Sql } from '../sql.ts';
import { ticksPerDay, unixTicks } from './convert.ts';
import { scalarWith, type CallInfo, type ScalarFunction } from './registry.ts';

/** format_datetime() and format_timespan(). */

const day = sql`toInt64(${integer(ticksPerDay)})`;
/** .NET's letters in a format, each with what gives it. */
const formatTokens = /yyyy|yy|y|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|F{1,7}|tt|[^yMdHhmsfFt]+/g;
const padded = (value: Sql, width: number): Sql =>
  sql`leftPad(toString(${value}), greatest(${integer(width)}, length(toString(${value}))), '0')`;
function formatPiece(token: string, d: Sql): Sql {
  const hour12 = sql`if(toHour(${d}) % 12 = 0, 12, toHour(${d}) % 12)`;
  const fixed: Readonly<Record<string, Sql>> = {
    yyyy: padded(sql`toYear(${d})`, 4),
    yy: padded(sql`toYear(${d}) % 100`, 2),
    y: sql`toString(toYear(${d}) % 100)`,
    MM: padded(sql`toMonth(${d})`, 2),
    M: sql`toString(toMonth(${d}))`,
    dd: padded(sql`toDayOfMonth(${d})`, 2),
    d: sql`toString(toDayOfMonth(${d}))`,
    HH: padded(sql`toHour(${d})`, 2),
    H: sql`toString(toHour(${d}))`,
    hh: padded(hour12, 2),
    h: sql`toString(${hour12})`,
    mm: padded(sql`toMinute(${d})`, 2),
    m: sql`toString(toMinute(${d}))`,
    ss: padded(sql`toSecond(${d})`, 2),
    s: sql`toString(toSecond(${d}))`,
    tt: sql`if(toHour(${d}) < 12, 'AM', 'PM')`,
  };
  if (fixed[token]) return fixed[token];
  if (token.startsWith('f'))
    return sql`substring(${padded(sql`positiveModulo(${unixTicks(d)}, 10000000)`, 7)}, 1, ${integer(token.length)})`;
  if (token.startsWith('F'))
    return sql`trimRight(substring(${padded(sql`positiveModulo(${unixTicks(d)}, 10000000)`, 7)}, 1, ${integer(token.length)}), '0')`;
  return string(token);
}
/** Between the letters only these may stand, as in the real engine. */
const delimiters = /^[\s/\-:,._[\]]+$/;
function checkFormat(tokens: readonly string[], pattern: string, call: CallInfo): void {
  const bad =
    tokens.find((t) => !/^[a-zA-Z]/.test(t) && !delimiters.test(t)) ??
    tokens.find((t) => /^[a-zA-Z]/.test(t) && !/^([yMdHhmsfF])\1*$|^tt$/.test(t));
  if (bad !== undefined || tokens.join('') !== pattern)
    call.fail(`the format ${pattern} is not supported${bad === undefined ? '' : `: ${bad}`}`);
}
const formatDatetime: ScalarFunction['build'] = ([d, format], call) => {
  const pattern = format!.literal?.value;
  if (typeof pattern !== 'string') return call.fail('the format must be a constant');
  const tokens = pattern.match(formatTokens) ?? [];
  checkFormat(tokens, pattern, call);
  return sql`concat('', ${join(tokens.map((t) => formatPiece(t, d!.sql)))})`;
};

const spanTokens = /d{1,8}|HH?|hh?|mm?|ss?|f{1,7}|F{1,7}|[^dHhmsfF]+/g;
function spanPiece(token: string, t: Sql): Sql {
  const ticks = sql`abs(${t})`;
  const of = (per: bigint, mod: bigint): Sql => sql`(intDiv(${ticks}, ${integer(per)}) % ${integer(mod)})`;
  switch (token[0]) {
    case 'd':
      return padded(sql`intDiv(${ticks}, ${day})`, token.length);
    case 'H':
    case 'h':
      return padded(of(36_000_000_000n, 24n), token.length);
    case 'm':
      return padded(of(600_000_000n, 60n), token.length);
    case 's':
      return padded(of(10_000_000n, 60n), token.length);
    case 'f':
      return sql`substring(${padded(sql`${ticks} % 10000000`, 7)}, 1, ${integer(token.length)})`;
    case 'F':
      return sql`trimRight(substring(${padded(sql`${ticks} % 10000000`, 7)}, 1, ${integer(token.length)}), '0')`;
    default:
      return string(token);
  }
}
const formatTimespan: ScalarFunction['build'] = ([t, format], call) => {
  const pattern = format!.literal?.value;
  if (typeof pattern !== 'string') return call.fail('the format must be a constant');
  const tokens = pattern.match(spanTokens) ?? [];
  checkFormat(tokens, pattern, call);
  return sql`concat(if(${t!.sql} < 0, '-', ''), ${join(tokens.map((x) => spanPiece(x, t!.sql)))})`;
};

export const formatFunctions: readonly ScalarFunction[] = [
  scalarWith('format_datetime', ['datetime', 'string'], 'string', formatDatetime),
  scalarWith('format_timespan', ['timespan', 'string'], 'string', formatTimespan),
];
