import { mayBeRepaired, repairedJson } from './json-repair.ts';
import { join, sql, string, type Sql } from '../sql.ts';
import type { FieldType, LiteralValue } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import type { Operand } from './registry.ts';

/** Conversions between Kusto's types, and the shapes that values have in the engine. */

/** Ticks of 100 ns from 0001-01-01 (Kusto's origin) to 1970-01-01 (the engine's). */
export const epochTicks = 621_355_968_000_000_000n;
export const epochOffset = sql`621355968000000000`;
export const ticksPerDay = 864_000_000_000n;

const engineTypes: Readonly<Record<KqlType, Sql>> = {
  string: sql`String`,
  bool: sql`Nullable(Bool)`,
  int: sql`Nullable(Int32)`,
  long: sql`Nullable(Int64)`,
  real: sql`Nullable(Float64)`,
  decimal: sql`Nullable(Decimal(38, 18))`,
  datetime: sql`Nullable(DateTime64(7, 'UTC'))`,
  timespan: sql`Nullable(Int64)`,
  guid: sql`Nullable(UUID)`,
  dynamic: sql`String`,
};
/** The type that a KQL type has in the engine. */
export const engineType = (type: KqlType): Sql => engineTypes[type];
export const neverNull = (type: FieldType): boolean => type === 'string' || type === 'dynamic' || type === 'tuple';

/**
 * A whole real as Int64; not a number and the infinities, which the engine will not convert, are null. It converts in every row where the
 * same conversion stands twice, so none may meet them.
 */
export const finiteInteger = (real: Sql): Sql =>
  sql`if(isFinite(${real}), toInt64(if(isFinite(${real}), ${real}, 0)), NULL)`;
/** Ticks since 1970 of a datetime, as Int64. */
export const unixTicks = (datetime: Sql): Sql => sql`reinterpret(${datetime}, 'Int64')`;
/** A sum or difference that leaves Kusto's years 1 to 9999 is null. */
export const fromAnyTicks = (ticks: Sql): Sql =>
  fromUnixTicks(
    sql`nullIf(nullIf(clamp(${ticks}, toInt64(-621355968000000001), toInt64(2534023008000000000)), toInt64(-621355968000000001)), toInt64(2534023008000000000))`,
  );
export const fromUnixTicks = (ticks: Sql): Sql => sql`reinterpret(toInt64(${ticks}), 'DateTime64(7, \\'UTC\\')')`;

const pad = (n: bigint, width: number): string => n.toString().padStart(width, '0');
const daysToCivil = (days: bigint): [bigint, bigint, bigint] => {
  // Howard Hinnant's civil_from_days, counted from 0000-03-01.
  const z = days + 306n;
  const era = z / 146_097n;
  const doe = z % 146_097n;
  const yoe = (doe - doe / 1460n + doe / 36_524n - doe / 146_096n) / 365n;
  const doy = doe - (365n * yoe + yoe / 4n - yoe / 100n);
  const mp = (5n * doy + 2n) / 153n;
  const month = mp < 10n ? mp + 3n : mp - 9n;
  return [yoe + era * 400n + (month <= 2n ? 1n : 0n), month, doy - (153n * mp + 2n) / 5n + 1n];
};
/** `2020-01-31 10:20:30.1234567` of ticks since 0001-01-01. */
export function datetimeText(ticks: bigint): string {
  const [year, month, day] = daysToCivil(ticks / ticksPerDay);
  const rest = ticks % ticksPerDay;
  const seconds = rest / 10_000_000n;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)} ${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}.${pad(rest % 10_000_000n, 7)}`;
}
/** `[-][d.]hh:mm:ss[.fffffff]` of ticks. */
export function spanText(ticks: bigint): string {
  const all = ticks < 0n ? -ticks : ticks;
  const seconds = (all % ticksPerDay) / 10_000_000n;
  const days = all >= ticksPerDay ? `${all / ticksPerDay}.` : '';
  const fraction = all % 10_000_000n ? `.${pad(all % 10_000_000n, 7)}` : '';
  return `${ticks < 0n ? '-' : ''}${days}${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}${fraction}`;
}

/** A constant as SQL of its engine type. */
export function literalSql(type: KqlType, value: LiteralValue, make: LiteralMakers): Sql {
  if (value === null) return neverNull(type) ? string('') : sql`CAST(NULL, ${make.string(engineTypes[type].text)})`;
  switch (type) {
    case 'string':
    case 'dynamic':
      return make.string(String(value));
    case 'bool':
      return value ? sql`true` : sql`false`;
    case 'int':
      return sql`toInt32(${make.integer(value as bigint)})`;
    case 'long':
    case 'timespan':
      return sql`toInt64(${make.integer(value as bigint)})`;
    case 'real':
      return make.real(value as number);
    case 'decimal':
      return sql`toDecimal128(${make.string(String(value))}, 18)`;
    case 'datetime':
      return sql`toDateTime64(${make.string(datetimeText(value as bigint))}, 7, 'UTC')`;
    case 'guid':
      return sql`toUUID(${make.string(String(value))})`;
  }
}
export interface LiteralMakers {
  string(value: string): Sql;
  integer(value: bigint): Sql;
  real(value: number): Sql;
}

/** JSON text as this engine's functions give it, with Kusto's null (`''` for JSON null). */
export const cleanJson = (raw: Sql): Sql => sql`if(${raw} = 'null', '', ${raw})`;
/** The same in shorter SQL, of JSON text that is never NULL. */
export const cleanMember = (raw: Sql): Sql => sql`transform(${raw}, ['null'], [''])`;
/** A string as JSON text. Slashes stay plain by `engineSettings`. */
export const quoteJson = (text: Sql): Sql => sql`toJSONString(${text})`;

export const datetimeIso = (d: Sql): Sql => sql`concat(replaceOne(toString(${d}), ' ', 'T'), 'Z')`;
/** The same in SQL. */
export const timespanText = (t: Sql): Sql =>
  sql`concat(if(${t} < 0, '-', ''), if(abs(${t}) >= 864000000000, concat(toString(intDiv(abs(${t}), 864000000000)), '.'), ''), leftPad(toString(intDiv(abs(${t}), 36000000000) % 24), 2, '0'), ':', leftPad(toString(intDiv(abs(${t}), 600000000) % 60), 2, '0'), ':', leftPad(toString(intDiv(abs(${t}), 10000000) % 60), 2, '0'), if(abs(${t}) % 10000000 = 0, '', concat('.', leftPad(toString(abs(${t}) % 10000000), 7, '0'))))`;
/**
 * A real as the real engine writes it: `1.0`, `0.30000000000000007`, `1E+20`, `NaN`. Of the shortest texts that read back as the same
 * number it takes the greatest: the digits of the upper end of the interval that rounds to it, cut off.
 */
export const realText = (r: Sql): Sql =>
  sql`multiIf(isNaN(${r}), 'NaN', isInfinite(${r}), if(${r} > 0, 'inf', '-inf'), ${r} != 0 AND (abs(${r}) >= 1e15 OR abs(${r}) < 1e-5), ${scientific(r)}, length(toString(${r})) > 17, ${longReal(r)}, position(toString(${r}), '.') = 0, concat(toString(${r}), '.0'), toString(${r}))`;
/** 16 or 17 digits: half of the step to the next number is added exactly, and the text cut to its length. */
const longReal = (r: Sql): Sql => {
  const exact = (x: Sql): Sql => sql`toDecimal256(toDecimalString(${x}, 40), 40)`;
  const half = sql`(reinterpret(reinterpret(${r}, 'UInt64') + 1, 'Float64') - ${r}) / 2`;
  return sql`left(toString(${exact(r)} + ${exact(half)}), length(toString(${r})))`;
};
const exponent = (r: Sql): Sql => sql`toInt32(floor(log10(abs(${r}))))`;
const mantissa = (r: Sql): Sql => sql`toString(roundBankers(${r} / exp10(${exponent(r)}), 15))`;
const scientific = (r: Sql): Sql =>
  sql`concat(${mantissa(r)}, 'E', if(abs(${r}) >= 1, '+', '-'), leftPad(toString(abs(${exponent(r)})), if(abs(${exponent(r)}) > 99, 3, 2), '0'))`;

/** A value as JSON text, '' where it is null: what it is inside a dynamic. */
export function toDynamic(o: Operand): Sql {
  const nullable = (json: Sql): Sql => (o.nullable ? sql`ifNull(${json}, '')` : json);
  switch (o.type) {
    case 'dynamic':
      return o.sql;
    case 'string':
      return quoteJson(o.sql);
    case 'bool':
      // if() takes a null condition as false.
      return o.nullable
        ? sql`multiIf(isNull(${o.sql}), '', ${o.sql}, 'true', 'false')`
        : sql`if(${o.sql}, 'true', 'false')`;
    case 'int':
    case 'long':
      return nullable(sql`toString(${o.sql})`);
    case 'real':
      return nullable(
        sql`if(isFinite(${o.sql}), if(position(toString(${o.sql}), '.') = 0 AND position(toString(${o.sql}), 'e') = 0, concat(toString(${o.sql}), '.0'), toString(${o.sql})), multiIf(isNaN(${o.sql}), '"NaN"', ${o.sql} > 0, '"Infinity"', ${o.sql} < 0, '"-Infinity"', ''))`,
      );
    case 'decimal':
    case 'guid':
      return nullable(sql`concat('"', toString(${o.sql}), '"')`);
    case 'datetime':
      return nullable(sql`concat('"', ${datetimeIso(o.sql)}, '"')`);
    case 'timespan':
      return nullable(sql`concat('"', ${timespanText(o.sql)}, '"')`);
  }
}
/** The same, with JSON's `null` for null: an element of an array or a value of a bag. */
export const toJsonElement = (o: Operand): Sql => {
  const json = toDynamic(o);
  return o.type === 'string' ? json : sql`if(${json} = '', 'null', ${json})`;
};

/** What `tostring` gives: never NULL. */
export function toText(o: Operand): Sql {
  const nullable = (text: Sql): Sql => (o.nullable ? sql`ifNull(${text}, '')` : text);
  switch (o.type) {
    case 'string':
      return o.sql;
    case 'dynamic':
      return sql`if(startsWith(${o.sql}, '"'), JSONExtractString(${o.sql}), ${o.sql})`;
    case 'bool':
      // A null condition counts as false in multiIf, so null is told apart here.
      return o.nullable
        ? sql`multiIf(isNull(${o.sql}), '', ${o.sql}, 'True', 'False')`
        : sql`if(${o.sql}, 'True', 'False')`;
    case 'datetime':
      return nullable(datetimeIso(o.sql));
    case 'timespan':
      return nullable(timespanText(o.sql));
    case 'real':
      return nullable(realText(o.sql));
    default:
      return nullable(sql`toString(${o.sql})`);
  }
}

/** `8 Nov 14`, `Saturday, 08-Nov-14`: years of two digits are 1950 to 2049. */
const dayFirst = string('^\\s*(?:[A-Za-z]+,?\\s*)?(\\d{1,2})[- ]([A-Za-z]{3})[A-Za-z]*[- ]');
const dated = (s: Sql): Sql => {
  const spaced = sql`replaceRegexpOne(${s}, ${dayFirst}, '\\\\1 \\\\2 ')`;
  const recent = sql`replaceRegexpOne(${spaced}, '^(\\\\d+ \\\\w+) ([0-4]\\\\d)( |$)', '\\\\1 20\\\\2\\\\3')`;
  return sql`replaceRegexpOne(${recent}, '^(\\\\d+ \\\\w+) ([5-9]\\\\d)( |$)', '\\\\1 19\\\\2\\\\3')`;
};
/**
 * Kusto's own forms of a datetime in text, months before days where both are numbers; NULL where it is none. `zone`: of a text that says none, an IANA name; default: UTC.
 */
export const parseDatetime = (s: Sql, zone?: string): Sql => {
  const forms = [
    sql`match(${s}, '^\\\\s*\\\\d{4}-\\\\d{2}-'), ${s}`,
    sql`match(${s}, '^\\\\s*\\\\d{4}-\\\\d{2}\\\\s*$'), concat(trimBoth(${s}), '-01')`,
    // Seconds since 1970 are no date.
    sql`match(${s}, '^\\\\s*\\\\d{9,13}\\\\s*$'), ''`,
    sql`match(${s}, ${dayFirst}), ${dated(s)}`,
  ];
  const parsed = (name: Sql): Sql => sql`parseDateTime64BestEffortUSOrNull(multiIf(${join(forms)}, ${s}), 7, ${name})`;
  return zone === undefined ? parsed(sql`'UTC'`) : sql`toTimeZone(${parsed(string(zone))}, 'UTC')`;
};
const timespanPattern = string(
  '^\\s*(-)?(?:(\\d{1,7})\\.)?(\\d{1,2}):(\\d{1,2})(?::(\\d{1,2})(?:\\.(\\d{1,7}))?)?\\s*$',
);
const unitPattern = string('^\\s*(-?\\d+(?:\\.\\d+)?)\\s*(d|h|m|s|ms|microsecond|tick)s?\\s*$');
/** `[-][d.]hh:mm[:ss[.fffffff]]`, a bare number of days, or `1h`, as ticks; NULL where it is none of them. */
export function parseTimespan(s: Sql): Sql {
  const group = (n: Sql): Sql => sql`toInt64OrZero(extractGroups(${s}, ${timespanPattern})[${n}])`;
  const unit = sql`extractGroups(${s}, ${unitPattern})`;
  return sql`multiIf(match(${s}, ${timespanPattern}) AND ${group(sql`3`)} < 24 AND ${group(sql`4`)} < 60 AND ${group(sql`5`)} < 60, if(startsWith(trimLeft(${s}), '-'), -1, 1) * (${group(sql`2`)} * 864000000000 + ${group(sql`3`)} * 36000000000 + ${group(sql`4`)} * 600000000 + ${group(sql`5`)} * 10000000 + toInt64OrZero(rightPad(extractGroups(${s}, ${timespanPattern})[6], 7, '0'))), match(${s}, ${unitPattern}), toInt64(round(toFloat64OrZero(${unit}[1]) * transform(${unit}[2], ['d', 'h', 'm', 's', 'ms', 'microsecond', 'tick'], [864000000000, 36000000000, 600000000, 10000000, 10000, 10, 1], 0))), match(${s}, '^\\\\s*-?\\\\d+\\\\s*$'), toInt64OrNull(if(length(${s}) < 9, trimBoth(${s}), '')) * 864000000000, NULL)`;
}

const parseInteger = (s: Sql): Sql =>
  sql`if(match(${s}, '^\\\\s*0[xX][0-9a-fA-F]{1,16}\\\\s*$'), reinterpretAsInt64(reverse(unhex(leftPad(substring(trimBoth(${s}), 3), 16, '0')))), toInt64OrNull(trimBoth(${s})))`;

function fromText(s: Sql, to: KqlType, zone: string | undefined): Sql {
  switch (to) {
    case 'string':
      return s;
    case 'dynamic':
      return parseJson(s);
    case 'bool':
      return sql`multiIf(lower(trimBoth(${s})) IN ('true', '1'), true, lower(trimBoth(${s})) IN ('false', '0'), false, toInt64OrNull(${s}) != 0)`;
    case 'int':
      return sql`accurateCastOrNull(${parseInteger(s)}, 'Int32')`;
    case 'long':
      return parseInteger(s);
    case 'real':
      return sql`toFloat64OrNull(trimBoth(${s}))`;
    case 'decimal':
      return sql`toDecimal128OrNull(trimBoth(${s}), 18)`;
    case 'datetime':
      return parseDatetime(s, zone);
    case 'timespan':
      return parseTimespan(s);
    case 'guid':
      return sql`toUUIDOrNull(replaceRegexpAll(trimBoth(${s}), '[{}()]', ''))`;
  }
}
/**
 * `parse_json`: text that is no JSON is a dynamic string. The engine's text of it is asked, not the text itself: it must be JSON to the next function, too.
 */
export const parseJson = (s: Sql): Sql => {
  const raw = sql`JSONExtractRaw(${s})`;
  // Through arrays, which are empty in good rows: `if` computes both sides where the engine finds its parts elsewhere in the query.
  const refused = sql`arrayFilter(t -> ${mayBeRepaired(sql`t`)}, if(isValidJSON(${raw}), [], [${s}]))`;
  const repaired = sql`arrayMap(t -> JSONExtractRaw(${repairedJson(sql`t`)}), ${refused})[1]`;
  // The condition that names `raw` stands first: that one alone is computed before all else, and once.
  return sql`multiIf(isValidJSON(${raw}), multiIf(substring(${raw}, 1, 1) IN ('{', '[', '"'), ${raw}, ${raw} = 'null', '', trimBoth(${s})), trimBoth(${s}) = '', '', ${repaired} = '', ${quoteJson(s)}, ${repaired})`;
};

function numeric(o: Operand, to: KqlType): Sql | undefined {
  const from = o.type;
  const number = from === 'int' || from === 'long' || from === 'real' || from === 'decimal';
  switch (to) {
    case 'bool':
      return number ? sql`${o.sql} != 0` : undefined;
    case 'int':
      if (from === 'bool') return sql`toInt32(${o.sql})`;
      if (from === 'real') return sql`toInt32(${finiteInteger(sql`trunc(${o.sql})`)})`;
      if (from === 'decimal') return sql`toInt32OrNull(toString(trunc(${o.sql})))`;
      return number || from === 'timespan' ? sql`toInt32(${o.sql})` : undefined;
    case 'long':
      if (from === 'datetime') return sql`${unixTicks(o.sql)} + ${epochOffset}`;
      if (from === 'real') return finiteInteger(sql`trunc(${o.sql})`);
      if (from === 'decimal') return sql`toInt64OrNull(toString(trunc(${o.sql})))`;
      return number || from === 'bool' || from === 'timespan' ? sql`toInt64(${o.sql})` : undefined;
    case 'real':
      if (from === 'datetime') return sql`toFloat64(${unixTicks(o.sql)} + ${epochOffset})`;
      return number || from === 'bool' || from === 'timespan' ? sql`toFloat64(${o.sql})` : undefined;
    case 'decimal':
      if (from === 'real') return sql`accurateCastOrNull(${o.sql}, 'Decimal(38, 18)')`;
      return number || from === 'bool' ? sql`toDecimal128(${o.sql}, 18)` : undefined;
    case 'timespan':
      return from === 'int' || from === 'long'
        ? sql`toInt64(${o.sql})`
        : from === 'real'
          ? finiteInteger(sql`(${o.sql} * 864000000000)`)
          : undefined;
    case 'datetime':
      return from === 'int' || from === 'long' ? fromUnixTicks(sql`${o.sql} - ${epochOffset}`) : undefined;
    default:
      return undefined;
  }
}

function fromDynamic(d: Sql, to: KqlType, zone: string | undefined): Sql {
  const text = toText({ sql: d, type: 'dynamic', nullable: false });
  switch (to) {
    case 'int':
      return sql`accurateCastOrNull(${fromDynamic(d, 'long', zone)}, 'Int32')`;
    case 'long':
      return sql`multiIf(${d} = 'true', 1, ${d} = 'false', 0, coalesce(toInt64OrNull(${text}), accurateCastOrNull(trunc(toFloat64OrNull(${text})), 'Int64')))`;
    case 'real':
      return sql`multiIf(${d} = 'true', 1., ${d} = 'false', 0., toFloat64OrNull(${text}))`;
    default:
      return fromText(text, to, zone);
  }
}

/** The value as another type, as Kusto's `to…()` functions convert; undefined where Kusto has no such conversion. `zone`: see `parseDatetime`. */
export function convert(o: Operand, to: KqlType, zone?: string): { sql: Sql; nullable: boolean } | undefined {
  if (o.type === to) return { sql: o.sql, nullable: o.nullable };
  if (to === 'string') return { sql: toText(o), nullable: false };
  if (to === 'dynamic') return { sql: toDynamic(o), nullable: false };
  if (o.type === 'string') return { sql: fromText(o.sql, to, zone), nullable: true };
  if (o.type === 'dynamic') return { sql: fromDynamic(o.sql, to, zone), nullable: true };
  const converted = numeric(o, to);
  return converted && { sql: converted, nullable: true };
}
