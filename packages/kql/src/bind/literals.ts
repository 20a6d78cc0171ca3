import type { LiteralValue } from '../plan/plan.ts';
import { ticksPerDay } from '../functions/convert.ts';

/**
 * Constants are read from their own text: the library's parsed values lose the seventh digit of a datetime, days of a timespan, and
 * `real(nan)`.
 */

/** The text between the outer brackets of `long(…)`, or all of it; undefined type when it stands bare. */
const inner = (text: string): string => /^[a-zA-Z0-9_]+\s*\(([\s\S]*)\)$/.exec(text.trim())?.[1]?.trim() ?? text.trim();
const unquoted = (text: string): string => /^(["'])([\s\S]*)\1$/.exec(text)?.[2] ?? text;

const unitTicks: readonly (readonly [RegExp, number])[] = [
  [/^(d|days?)$/i, 864_000_000_000],
  [/^(h|hrs?|hours?)$/i, 36_000_000_000],
  [/^(m|mins?|minutes?)$/i, 600_000_000],
  [/^(s|secs?|seconds?)$/i, 10_000_000],
  [/^(ms|millis?|milliseconds?)$/i, 10_000],
  [/^(micros?|microseconds?)$/i, 10],
  [/^(nanos?|nanoseconds?)$/i, 0.01],
  [/^(ticks?)$/i, 1],
];

/** Ticks of `1h`, `1.5d`, `[-][d.]hh:mm[:ss[.fffffff]]` or a bare number of days; undefined when it is none. */
export function timespanTicks(text: string): bigint | undefined {
  const body = unquoted(inner(text)).trim();
  const unit = /^(-?\d+(?:\.\d+)?)\s*([a-zA-Z]+)$/.exec(body);
  if (unit) {
    const factor = unitTicks.find(([pattern]) => pattern.test(unit[2]!))?.[1];
    if (factor === undefined) return undefined;
    return /^-?\d+$/.test(unit[1]!) && factor >= 1
      ? BigInt(unit[1]!) * BigInt(factor)
      : BigInt(Math.round(Number(unit[1]) * factor));
  }
  // Days stand before a point, or before a colon where hours, minutes and seconds follow.
  const clock = /^(-)?(?:(\d+)(?:\.|:(?=\d{1,2}:\d{1,2}:)))?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/.exec(
    body,
  );
  if (clock) {
    const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = clock;
    const ticks =
      BigInt(days) * ticksPerDay +
      (BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds)) * 10_000_000n +
      BigInt(fraction.padEnd(7, '0'));
    return sign ? -ticks : ticks;
  }
  return /^-?\d+$/.test(body) ? BigInt(body) * ticksPerDay : undefined;
}

const daysFromCivil = (year: number, month: number, day: number): bigint => {
  const y = BigInt(month <= 2 ? year - 1 : year);
  const era = y / 400n;
  const yoe = y - era * 400n;
  const doy = BigInt(Math.trunc((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1);
  return era * 146_097n + yoe * 365n + yoe / 4n - yoe / 100n + doy - 306n;
};
const isoPattern =
  /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ]\s*(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7})\d*)?)?)?)?\s*(Z|GMT|UTC|[+-]\d{2}:?\d{2})?$/i;

/** Ticks since 0001-01-01 of a datetime in ISO form or one that JavaScript reads; undefined when it is none. */
export function datetimeTicks(text: string): bigint | undefined {
  const body = unquoted(inner(text)).trim();
  const iso = isoPattern.exec(
    body.replace(/^(\d{4})\s*-\s*(\d{1,2})(?:\s*-\s*(?=\d))?/, (all) => all.replaceAll(/\s/g, '')),
  );
  if (!iso) {
    const ms = Date.parse(/(GMT|UTC|Z|[+-]\d{2}:?\d{2})$/i.test(body) ? body : `${body} UTC`);
    return Number.isNaN(ms) ? undefined : 621_355_968_000_000_000n + BigInt(ms) * 10_000n;
  }
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = iso;
  const days = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days || Number(hour) > 23)
    return undefined;
  const seconds = BigInt(hour) * 3600n + BigInt(minute) * 60n + BigInt(second);
  const offset = /^[+-]/.test(zone)
    ? (zone.startsWith('-') ? -1n : 1n) * (BigInt(zone.slice(1, 3)) * 60n + BigInt(zone.slice(-2))) * 60n
    : 0n;
  return (
    daysFromCivil(Number(year), Number(month), Number(day)) * ticksPerDay +
    (seconds - offset) * 10_000_000n +
    BigInt(fraction.padEnd(7, '0'))
  );
}

/** Ticks since midnight of a datetime that has no date: `datetime("5:00:00 PM")`, `datetime(8:05)`; undefined when it is none. */
export function timeOfDay(text: string): bigint | undefined {
  const body = unquoted(inner(text)).trim();
  const found =
    /^(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?\s*([ap]m)$/i.exec(body) ?? /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(body);
  if (!found) return undefined;
  const [, hour = '', minute = '0', second = '0', half] = found;
  const [least, most] = half === undefined ? [0, 23] : [1, 12];
  if (Number(hour) < least || Number(hour) > most || Number(minute) > 59 || Number(second) > 59) return undefined;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  return BigInt(hours * 3600 + Number(minute) * 60 + Number(second)) * 10_000_000n;
}

const isNullText = (text: string): boolean => inner(text) === 'null';

const integerOf = (text: string, bits: number): LiteralValue | undefined => {
  if (/^[+-]?\d+$/.test(text)) {
    const value = BigInt(text.replace('+', ''));
    return BigInt.asIntN(bits, value) === value ? value : undefined;
  }
  const hex = /^(-)?(0x[0-9a-f]+)$/i.exec(text);
  return hex ? (hex[1] ? -BigInt.asIntN(64, BigInt(hex[2]!)) : BigInt.asIntN(64, BigInt(hex[2]!))) : undefined;
};
const realOf = (text: string): LiteralValue | undefined => {
  const special = { nan: Number.NaN, '+inf': Infinity, inf: Infinity, '-inf': -Infinity }[text.toLowerCase()];
  if (special !== undefined) return special;
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
};
const boolOf = (text: string): LiteralValue | undefined =>
  ({ true: true, false: false, '1': true, '0': false })[text.toLowerCase()] ?? (/^\d+$/.test(text) ? true : undefined);

type LiteralKind =
  | 'BooleanLiteralExpression'
  | 'IntLiteralExpression'
  | 'LongLiteralExpression'
  | 'RealLiteralExpression'
  | 'DecimalLiteralExpression'
  | 'DateTimeLiteralExpression'
  | 'TimespanLiteralExpression'
  | 'GuidLiteralExpression';

const readers: Readonly<Record<LiteralKind, (text: string) => LiteralValue | undefined>> = {
  BooleanLiteralExpression: (t) => boolOf(inner(t)),
  IntLiteralExpression: (t) => integerOf(inner(t), 32),
  LongLiteralExpression: (t) => integerOf(inner(t), 64),
  RealLiteralExpression: (t) => realOf(inner(t)),
  DecimalLiteralExpression: (t) => (/^[+-]?\d*\.?\d*(e[+-]?\d+)?$/i.test(inner(t)) ? inner(t) : undefined),
  DateTimeLiteralExpression: datetimeTicks,
  TimespanLiteralExpression: timespanTicks,
  GuidLiteralExpression: (t) =>
    /^[0-9a-f-]{32,36}$/i.test(unquoted(inner(t))) ? unquoted(inner(t)).toLowerCase() : undefined,
};

/** The value of a literal node's text; undefined when the text is none of its kind. */
export function literalValue(kind: string, text: string): LiteralValue | undefined {
  if (isNullText(text)) return null;
  return Object.hasOwn(readers, kind) ? readers[kind as LiteralKind](text) : undefined;
}
