import { resourcePart } from './resources.ts';
import type { ParameterDefinition, TimeContext } from './schema.ts';

/** What a parameter is at the moment. `trusted`: the workbook's author wrote it; all else is data, or came with an address. */
export type ParameterValue =
  | {
      readonly kind: 'text';
      readonly values: readonly string[];
      readonly labels: readonly string[];
      readonly multi: boolean;
      readonly quote: string;
      readonly delimiter: string;
      readonly trusted: boolean;
    }
  | {
      readonly kind: 'time';
      readonly from: Date;
      readonly to: Date;
      readonly label: string;
      readonly relativeMs?: number;
    };

export type ParameterValues = ReadonlyMap<string, ParameterValue>;

export interface ParameterOption {
  readonly value: string;
  readonly label: string;
  readonly group?: string;
  readonly selected: boolean;
}

/** A single text, such as a parameter that a selected row fills. */
export const textValue = (value: string, trusted = false): ParameterValue => ({
  kind: 'text',
  values: [value],
  labels: [value],
  multi: false,
  quote: "'",
  delimiter: ',',
  trusted,
});

/** A value that can't stand where a query wants it. */
export class UnsafeParameter extends Error {
  readonly parameter: string;
  constructor(parameter: string) {
    super(
      `the value of the parameter “${parameter}” can’t stand outside of quotes here: it is neither a number, a time nor JSON`,
    );
    this.parameter = parameter;
  }
}

const reference = /\{([A-Za-z_]\w*)(?::([A-Za-z]+|\$[^{}]*))?\}/g;

/** Names of the parameters that a text refers to. */
export function parametersIn(text: string): string[] {
  return [...new Set([...text.matchAll(reference)].map((match) => match[1]!))];
}

/**
 * Fills parameters into KQL. A value that is data can't change what the query does: inside a string literal it is escaped as that literal wants it, outside it must be a number, a time, a
 * bool, a guid or JSON, or one literal for each of several. A parameter that isn't known stays as it is.
 * @throws UnsafeParameter for a value that could be code.
 */
export function fillQuery(query: string, values: ParameterValues): string {
  let filled = '';
  let at = 0;
  for (const { start, end, quote, verbatim } of literalsOf(query)) {
    filled += fill(query.slice(at, start), values, (name, value, format) => codeText(name, value, format));
    filled += fill(query.slice(start, end), values, (_, value, format) =>
      escapeIn(plainText(value, format), quote, verbatim),
    );
    at = end;
  }
  return filled + fill(query.slice(at), values, (name, value, format) => codeText(name, value, format));
}

/** Fills parameters into text for people. */
export function fillText(text: string, values: ParameterValues): string {
  return fill(text, values, (_, value, format) =>
    format === '' ? plainText(value, 'label') : plainText(value, format),
  );
}

/** Fills parameters into JSON text, each inside of a string. */
export function fillJson(json: string, values: ParameterValues): string {
  return fill(json, values, (_, value, format) => JSON.stringify(plainText(value, format)).slice(1, -1));
}

/** What a parameter says, for a condition of visibility. */
export function conditionText(value: ParameterValue | undefined): string {
  return value === undefined ? '' : plainText(value, 'value');
}

function fill(
  text: string,
  values: ParameterValues,
  write: (name: string, value: ParameterValue, format: string) => string,
): string {
  return text.replaceAll(reference, (whole, name: string, format = '') => {
    const value = values.get(name);
    return value === undefined ? whole : write(name, value, format as string);
  });
}

function codeText(name: string, value: ParameterValue, format: string): string {
  if (value.kind === 'time') return timeInQuery(value, format);
  if (value.trusted && format === '') return written(value);
  if (value.multi && format === '') return listed(value, name);
  const text = plainText(value, format);
  if (text === '' || isSafeCode(text)) return text;
  throw new UnsafeParameter(name);
}

/** As the author wants it: bare, or quoted and joined. */
const written = (value: ParameterValue & { kind: 'text' }): string =>
  value.multi ? listed(value, '') : (value.values[0] ?? '');

/** Nothing chosen is an empty literal, as Microsoft has it: `in ('')`. */
const listed = (value: ParameterValue & { kind: 'text' }, name: string): string =>
  (value.values.length > 0 ? value.values : ['']).map((one) => literal(one, value.quote, name)).join(value.delimiter);

function literal(text: string, quote: string, name: string): string {
  if (quote === "'" || quote === '"') return `${quote}${escapeIn(text, quote, false)}${quote}`;
  if (isSafeCode(text)) return `${quote}${text}${quote}`;
  throw new UnsafeParameter(name);
}

const safeCode =
  /^(?:[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?(?:d|h|m|s|ms)?|true|false|\*|datetime\([\d\-:TZ. +]{1,40}\)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?)$/i;
function isSafeCode(text: string): boolean {
  if (safeCode.test(text)) return true;
  if (!/^\s*[{["]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function escapeIn(text: string, quote: string, verbatim: boolean): string {
  // Between fences nothing can be escaped.
  if (quote.length > 1) return text.replaceAll(quote, '');
  if (verbatim) return text.replaceAll(quote, quote + quote).replaceAll(/[\r\n]+/g, ' ');
  return text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}

function plainText(value: ParameterValue, format: string): string {
  if (value.kind === 'time') return timeInText(value, format);
  const joined = value.values.join(value.multi ? value.delimiter : '');
  if (format.startsWith('$')) return atPath(value.values[0] ?? '', format);
  switch (format) {
    case 'label':
      return value.labels.join(', ');
    case 'count':
      return String(value.values.length);
    case 'escape':
      return encodeURIComponent(joined);
    case 'escapejson':
      return JSON.stringify(joined).slice(1, -1);
    case 'base64':
      return btoa(String.fromCodePoint(...new TextEncoder().encode(joined.slice(0, 10_000))));
    default:
      return format === '' || format === 'value'
        ? joined
        : value.values.map((one) => resourcePart(one, format) ?? one).join(value.multi ? value.delimiter : '');
  }
}

/** A plain path into JSON: `$.a.b`, `$.a[0]`, `$['a b']`. */
function atPath(json: string, path: string): string {
  let at: unknown;
  try {
    at = JSON.parse(json);
  } catch {
    return '';
  }
  for (const [, key, index, quoted] of path.matchAll(/\.([A-Za-z_]\w*)|\[(\d{1,6})\]|\['([^']{1,200})'\]/g)) {
    const name = key ?? quoted ?? index!;
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, name)
        ? (at as Record<string, unknown>)[name]
        : undefined;
  }
  if (at === undefined || at === null) return '';
  return typeof at === 'string' ? at : JSON.stringify(at);
}

type Time = ParameterValue & { readonly kind: 'time' };

function timeInQuery(time: Time, format: string): string {
  switch (format) {
    case 'start':
    case 'startISO':
      return `datetime(${time.from.toISOString()})`;
    case 'end':
    case 'endISO':
      return `datetime(${time.to.toISOString()})`;
    case 'grain':
      return grainOf(time);
    case 'seconds':
      return String(Math.round((time.to.getTime() - time.from.getTime()) / 1_000));
    default:
      return time.relativeMs === undefined
        ? ` between (datetime(${time.from.toISOString()}) .. datetime(${time.to.toISOString()}))`
        : ` > datetime(${time.from.toISOString()})`;
  }
}

function timeInText(time: Time, format: string): string {
  switch (format) {
    case 'start':
    case 'startISO':
      return time.from.toISOString();
    case 'end':
    case 'endISO':
      return time.to.toISOString();
    case 'grain':
      return grainOf(time);
    default:
      return time.label;
  }
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const grains: readonly (readonly [upTo: number, grain: string])[] = [
  [hour, '1m'],
  [4 * hour, '5m'],
  [12 * hour, '15m'],
  [day, '30m'],
  [3 * day, '1h'],
  [7 * day, '6h'],
  [14 * day, '12h'],
];
/** A step that gives some dozens of points: a day has half hours. */
function grainOf(time: Time): string {
  const span = time.to.getTime() - time.from.getTime();
  return grains.find(([upTo]) => span <= upTo + minute)?.[1] ?? '1d';
}

/** A time range of Microsoft's form, from now; `from/to` of an address is `custom`. */
export function timeValue(context: TimeContext, now: Date): ParameterValue {
  const duration = context.durationMs ?? day;
  const end = context.endTime ? new Date(context.endTime) : undefined;
  const to = end && Number.isFinite(end.getTime()) ? end : now;
  return {
    kind: 'time',
    from: new Date(to.getTime() - duration),
    to,
    label: end ? `${new Date(to.getTime() - duration).toISOString()} to ${to.toISOString()}` : durationLabel(duration),
    ...(end ? {} : { relativeMs: duration }),
  };
}

/** `Last 24 hours`, as Microsoft words it. */
export function durationLabel(ms: number): string {
  const [count, unit] =
    ms % day === 0 && ms > 2 * day
      ? [ms / day, 'day']
      : ms % hour === 0
        ? [ms / hour, 'hour']
        : [Math.round(ms / minute), 'minute'];
  return count === 1 ? `Last ${unit}` : `Last ${count} ${unit}s`;
}

interface Literal {
  readonly start: number;
  readonly end: number;
  readonly quote: string;
  readonly verbatim: boolean;
}

/** String literals and comments of KQL: where a parameter in it is text. Source: Kusto, "The string data type". */
function* literalsOf(query: string): Generator<Literal> {
  let at = 0;
  while (at < query.length) {
    const start = at;
    if (query.startsWith('//', at)) {
      const end = query.indexOf('\n', at);
      at = end < 0 ? query.length : end;
      yield { start, end: at, quote: '"', verbatim: true };
      continue;
    }
    const fence = ['```', '~~~'].find((one) => query.startsWith(one, at));
    if (fence !== undefined) {
      const end = query.indexOf(fence, at + 3);
      at = end < 0 ? query.length : end + 3;
      yield { start: start + 3, end: Math.max(start + 3, at - 3), quote: fence, verbatim: true };
      continue;
    }
    const quote = query[at]!;
    if (quote !== '"' && quote !== "'") {
      at++;
      continue;
    }
    const verbatim = at > 0 && query[at - 1] === '@';
    at++;
    while (at < query.length && query[at] !== '\n') {
      if (!verbatim && query[at] === '\\') at += 2;
      else if (query[at] !== quote) at++;
      else if (verbatim && query[at + 1] === quote) at += 2;
      else break;
    }
    yield { start: start + 1, end: Math.min(at, query.length), quote, verbatim };
    at++;
  }
}

/** Options written into the workbook: an array of texts or of `{value, label, selected, group}`. Anything else has none. */
export function staticOptions(jsonData: string | null | undefined): ParameterOption[] {
  let data: unknown;
  try {
    data = JSON.parse(jsonData ?? '[]');
  } catch {
    return [];
  }
  if (!Array.isArray(data)) return [];
  return data.slice(0, optionsMax).flatMap((one: unknown): ParameterOption[] => {
    if (typeof one === 'string' || typeof one === 'number')
      return [{ value: String(one), label: String(one), selected: false }];
    if (typeof one !== 'object' || one === null) return [];
    const { value, label, selected, group } = one as Record<string, unknown>;
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    return [
      {
        value: String(value),
        label: typeof label === 'string' ? label : String(value),
        selected: selected === true,
        ...(typeof group === 'string' && group !== '' ? { group } : {}),
      },
    ];
  });
}

export const optionsMax = 2_000;

/** Options that a query answered: its columns `value`, `label`, `selected` and `group`, or else the first column. */
export function rowOptions(columns: readonly string[], rows: readonly (readonly unknown[])[]): ParameterOption[] {
  const at = (name: string): number => columns.findIndex((column) => column.toLowerCase() === name);
  const [value, label, selected, group] = [Math.max(0, at('value')), at('label'), at('selected'), at('group')];
  const second = label < 0 && at('value') < 0 && columns.length > 1 && group < 0 && selected < 0 ? 1 : label;
  return rows.slice(0, optionsMax).map((row) => ({
    value: asText(row[value]),
    label: asText(second >= 0 ? row[second] : row[value]),
    selected: selected >= 0 && [true, 1, 'true', '1'].includes(row[selected] as never),
    ...(group >= 0 && asText(row[group]) !== '' ? { group: asText(row[group]) } : {}),
  }));
}

const asText = (cell: unknown): string =>
  cell === null || cell === undefined ? '' : typeof cell === 'string' ? cell : JSON.stringify(cell);

/** The workbook's own value of a drop down, which is a text, a number, or several. */
const ownTexts = (own: unknown): readonly string[] =>
  (Array.isArray(own) ? (own as readonly unknown[]) : [own]).flatMap((one) =>
    (typeof one === 'string' && one !== '') || typeof one === 'number' ? [String(one)] : [],
  );

const specials = /^value::(all|\d+)$/;

/**
 * What a drop down is: what a person chose (`chosen`), or the workbook's own value, among its options. Of the workbook's own, `value::all` and `value::3` mean all and the first three.
 * `trustedOptions`: the options are the author's, not a query's.
 */
export function dropDownValue(
  definition: ParameterDefinition,
  options: readonly ParameterOption[],
  chosen: readonly string[] | undefined,
  trustedOptions: boolean,
): ParameterValue | undefined {
  const own = ownTexts(definition.value);
  const wanted = chosen ?? (own.length > 0 ? own : ownTexts(definition.defaultValue));
  const multi = definition.multiSelect === true;
  const shape = {
    kind: 'text' as const,
    multi,
    quote: definition.quote ?? "'",
    delimiter: definition.delimiter ?? ',',
  };
  const special = wanted.map((one) => specials.exec(one)?.[1]).find((one) => one !== undefined);
  if (special === 'all') {
    const all = definition.typeSettings?.selectAllValue;
    if (all) return { ...shape, values: [all], labels: ['All'], trusted: true };
    return { ...shape, values: options.map(({ value }) => value), labels: ['All'], trusted: trustedOptions };
  }
  const picked =
    special !== undefined
      ? options.slice(0, Number(special))
      : wanted.length > 0
        ? wanted.map((one) => options.find(({ value }) => value === one) ?? { value: one, label: one, selected: false })
        : options.filter(({ selected }) => selected);
  const few = multi ? picked : picked.slice(0, 1);
  if (few.length === 0)
    return definition.isRequired === true ? undefined : { ...shape, values: [], labels: [], trusted: true };
  const isAuthors = (one: string): boolean =>
    (trustedOptions && options.some(({ value }) => value === one)) || (chosen === undefined && wanted.includes(one));
  return {
    ...shape,
    values: few.map(({ value }) => value),
    labels: few.map(({ label }) => label),
    trusted: few.every(({ value }) => isAuthors(value)),
  };
}
