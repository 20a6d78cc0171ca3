import type { ClickHouseSettings } from '@clickhouse/client';
import type { Column } from './catalogue/catalogue.ts';
import type { KqlType } from './catalogue/file.ts';
import { sqlName, sqlString } from './sql.ts';

/** How a segment's bytes become rows of `source`. */
export type Reader =
  /** JSON objects (one after another, by line or comma): the declared columns, converted leniently: what does not convert is null. Others are left out. */
  | { readonly kind: 'json'; readonly columns: readonly Column[] }
  /** JSON objects, each whole in `RawData` (string). */
  | { readonly kind: 'jsonObjects' }
  /** Lines, each in `RawData` (string); empty ones are left out. Never fails, whatever the bytes. */
  | { readonly kind: 'lines' };

/** A reader in the engine's terms. */
export interface EngineReader {
  readonly format: string;
  readonly structure: string;
  readonly settings: ClickHouseSettings;
  /** A subquery over the raw rows, in brackets. */
  readonly source: (raw: string) => string;
}

const jsonSettings: ClickHouseSettings = {
  input_format_skip_unknown_fields: 1,
  input_format_json_read_numbers_as_strings: 1,
  input_format_json_read_bools_as_strings: 1,
  input_format_json_read_objects_as_strings: 1,
  input_format_json_read_arrays_as_strings: 1,
  input_format_null_as_default: 1,
  date_time_input_format: 'best_effort',
};

const ticksPerSecond = 10_000_000;

/** `[-][d.]hh:mm[:ss[.fffffff]]` or a whole number of ticks, as ticks. */
function timespan(text: string): string {
  const parts = `extractGroups(${text}, '^(-?)(?:(\\\\d+)\\\\.)?(\\\\d{1,2}):(\\\\d{2})(?::(\\\\d{2})(?:\\\\.(\\\\d{1,7}))?)?$')`;
  const number = (i: number): string => `toInt64OrZero(g[${i}])`;
  const seconds = `${number(2)} * 86400 + ${number(3)} * 3600 + ${number(4)} * 60 + ${number(5)}`;
  const ticks = `((${seconds}) * ${ticksPerSecond} + toInt64OrZero(rightPad(g[6], 7, '0'))) * if(g[1] = '-', -1, 1)`;
  return `coalesce(toInt64OrNull(${text}), arrayMap(g -> if(length(g) = 6, ${ticks}, NULL), [${parts}])[1])`;
}

const conversions: Readonly<Record<KqlType, (text: string) => string>> = {
  string: (text) => `ifNull(${text}, '')`,
  bool: (text) => `multiIf(lower(${text}) IN ('true', '1'), true, lower(${text}) IN ('false', '0'), false, NULL)`,
  int: (text) => `toInt32OrNull(${text})`,
  long: (text) => `toInt64OrNull(${text})`,
  real: (text) => `toFloat64OrNull(${text})`,
  decimal: (text) => `toDecimal128OrNull(${text}, 18)`,
  datetime: (text) => `parseDateTime64BestEffortOrNull(${text}, 7, 'UTC')`,
  timespan: (text) => timespan(`ifNull(${text}, '')`),
  guid: (text) => `toUUIDOrNull(${text})`,
  // A text that is no JSON is a dynamic that holds this text.
  dynamic: (text) => `multiIf(${text} IS NULL, '', ifNull(isValidJSON(${text}), 0), ${text}, toJSONString(${text}))`,
};

/** SQL that converts a Nullable(String) expression to a KQL type's engine type; what does not convert is null (string, dynamic: empty). */
export const convertText = (type: KqlType, text: string): string => conversions[type](text);

/**
 * How the strict reader reads a column, where that is not `Nullable(String)`: the engine's own parser is twice as fast as text and conversion, but
 * gives up the whole segment at the first value that is not of the type. Integers are read wider, since the parser wraps around silently.
 */
const strictTypes: Partial<Record<KqlType, { readonly read: string; readonly convert: (value: string) => string }>> = {
  string: { read: 'String', convert: (value) => value },
  bool: { read: 'Nullable(Bool)', convert: (value) => value },
  int: { read: 'Nullable(Int64)', convert: (value) => `accurateCastOrNull(${value}, 'Int32')` },
  long: { read: 'Nullable(Int128)', convert: (value) => `accurateCastOrNull(${value}, 'Int64')` },
  real: { read: 'Nullable(Float64)', convert: (value) => value },
  datetime: { read: "Nullable(DateTime64(7, 'UTC'))", convert: (value) => value },
  guid: { read: 'Nullable(UUID)', convert: (value) => value },
};

function jsonReader(columns: readonly Column[], strict: boolean): EngineReader {
  const raw = (i: number): string => `_c${i}`;
  const rule = (type: KqlType): { read: string; convert: (value: string) => string } =>
    (strict ? strictTypes[type] : undefined) ?? { read: 'Nullable(String)', convert: conversions[type] };
  const structure = columns.map(({ name, type }) => `${sqlName(name)} ${rule(type).read}`).join(', ');
  // Two levels: an alias that is also the name of a column read would stand for itself.
  const renamed = columns.map(({ name }, i) => `${sqlName(name)} AS ${raw(i)}`).join(', ');
  const converted = columns.map(({ name, type }, i) => `${rule(type).convert(raw(i))} AS ${sqlName(name)}`).join(', ');
  return {
    format: 'JSONEachRow',
    structure,
    settings: jsonSettings,
    source: (from) => `(SELECT ${converted} FROM (SELECT ${renamed} FROM ${from}))`,
  };
}

/**
 * A reader in the engine's terms. `strict` (JSON with columns only) is fast and fails at a value that is not of its column's type; lenient makes
 * such a value null. Throws when a JSON reader has no column.
 */
export function engineReader(reader: Reader, mode: 'strict' | 'lenient' = 'lenient'): EngineReader {
  if (reader.kind === 'json') {
    if (reader.columns.length === 0) throw new Error('a JSON reader needs at least one column');
    return jsonReader(reader.columns, mode === 'strict');
  }
  const lines = reader.kind === 'lines';
  return {
    format: lines ? 'LineAsString' : 'JSONAsString',
    structure: 'RawData String',
    settings: {},
    source: (from) => `(SELECT RawData FROM ${from}${lines ? " WHERE RawData != ''" : ''})`,
  };
}

/** The table function that reads a local file, uncompressed. */
export const fileSource = (path: string, { format, structure }: EngineReader): string =>
  `file(${sqlString(path)}, ${sqlString(format)}, ${sqlString(structure)}, 'none')`;

/** The table function that reads the request's own rows. */
export const inputSource = ({ structure }: EngineReader): string => `input(${sqlString(structure)})`;
