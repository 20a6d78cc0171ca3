import { SallyportError } from '@sallyport/contracts';
import { durationMs } from '../../timespan.ts';

/** What a request's properties say. https://learn.microsoft.com/kusto/api/rest/request-properties */
export interface RequestProperties {
  readonly seconds: number;
  readonly now: Date | undefined;
  readonly timespan: { readonly from: Date; readonly to: Date } | undefined;
  readonly maxRows: number;
  /** Rows that are enough: more are no failure. */
  readonly takeRows: number | undefined;
  readonly maxBytes: number;
  /** Nothing but our own bounds cuts, and rows are passed on while the engine works. */
  readonly noTruncation: boolean;
  readonly progressive: boolean;
  readonly fragmented: boolean;
  readonly errorPlacement: 'InData' | 'EndOfTable' | 'EndOfDataset';
  readonly deferFailures: boolean;
  readonly clientRequestId: string | undefined;
  readonly application: string | undefined;
  /** Each the text of a constant. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** https://learn.microsoft.com/kusto/concepts/query-limits */
export const defaultRows = 500_000;
const defaultBytes = 64 * 2 ** 20;
const defaultSeconds = 240;
const secondsMax = 600;
/** Where `notruncation` ends all the same. */
const hardRows = 20_000_000;
const hardBytes = 2 * 2 ** 30;

const fault = (name: string, needed: string): never => {
  throw new SallyportError('BadRequest', `the request property '${name}' is ${needed}`);
};

/** Reads `properties` of a request, and the `set` statements that its text begins with, which win. Unknown ones are passed over. */
export function readProperties(raw: unknown, csl: string): RequestProperties {
  const bag = parseBag(raw);
  const options = new Map(Object.entries({ ...objectOf(bag['Options']), ...setStatements(csl) }));
  const parameters = Object.fromEntries(
    Object.entries(objectOf(bag['Parameters'])).map(([name, value]) => [name, constantOf(value)]),
  );
  const read = readers(options);
  const noTruncation = read.flag('notruncation');
  const rows = read.count('truncationmaxrecords') ?? read.count('truncation_max_records');
  const bytes = read.count('truncationmaxsize') ?? read.count('truncation_max_size');
  const language = read.text('query_language');
  if (language !== undefined && !/^(csl|kql)$/i.test(language)) fault('query_language', 'csl or kql here');
  const placement = read.text('results_error_reporting_placement')?.toLowerCase();
  return {
    seconds: secondsOf(read),
    now: read.moment('query_now'),
    timespan: timeScope(read),
    maxRows: Math.min(rows ?? (noTruncation ? hardRows : defaultRows), hardRows),
    takeRows: read.count('query_take_max_records'),
    maxBytes: Math.min(bytes ?? (noTruncation ? hardBytes : defaultBytes), hardBytes),
    noTruncation,
    progressive: read.flag('results_progressive_enabled'),
    fragmented: read.flag('results_v2_fragment_primary_tables'),
    errorPlacement:
      placement === 'end_of_table' ? 'EndOfTable' : placement === 'end_of_dataset' ? 'EndOfDataset' : 'InData',
    deferFailures: read.flag('deferpartialqueryfailures'),
    clientRequestId: typeof bag['ClientRequestId'] === 'string' ? bag['ClientRequestId'].slice(0, 256) : undefined,
    application: read.text('request_app_name')?.slice(0, 256),
    parameters,
  };
}

function parseBag(raw: unknown): Readonly<Record<string, unknown>> {
  if (typeof raw !== 'string') return objectOf(raw);
  if (raw.trim() === '') return {};
  try {
    return objectOf(JSON.parse(raw));
  } catch {
    throw new SallyportError('BadRequest', 'the request’s properties are not JSON');
  }
}

/** Clients send numbers and texts; others are JSON, which is what a dynamic takes. */
const constantOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** `set name[=value];` at the head of a text. */
function setStatements(csl: string): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  let rest = csl;
  for (;;) {
    const [all, name, value] =
      /^(?:\s|\/\/[^\n]*\n)*set\s+(\w+)\s*(?:=\s*((?:[\w.:-]+\([^)]*\)|"[^"]*"|'[^']*'|[\w.:-]+)))?\s*;/i.exec(rest) ??
      [];
    if (all === undefined || name === undefined) return found;
    found[name] = value ?? true;
    rest = rest.slice(all.length);
  }
}

type Readers = ReturnType<typeof readers>;

function readers(options: ReadonlyMap<string, unknown>) {
  const text = (name: string): string | undefined => {
    const value = options.get(name);
    if (value === undefined || value === null) return undefined;
    const plain = typeof value === 'string' ? value : JSON.stringify(value);
    // A literal of KQL gives its inner text.
    return (
      /^(?:\w+\((.*)\)|"(.*)"|'(.*)')$/s
        .exec(plain)
        ?.slice(1)
        .find((part) => part !== undefined) ?? plain
    );
  };
  return {
    text,
    flag: (name: string): boolean => /^(true|1)$/i.test(text(name) ?? ''),
    count: (name: string): number | undefined => {
      const value = text(name);
      if (value === undefined) return undefined;
      return /^\d{1,15}$/.test(value) ? Number(value) : fault(name, 'a number from 0');
    },
    moment: (name: string): Date | undefined => {
      const value = text(name);
      if (value === undefined) return undefined;
      const date = new Date(
        /(Z|[+-]\d\d:?\d\d)$/i.test(value) || !/\d[T ]\d/.test(value) ? value : `${value.replace(' ', 'T')}Z`,
      );
      return Number.isNaN(date.getTime()) ? fault(name, 'a datetime') : date;
    },
    seconds: (name: string): number | undefined => {
      const value = text(name);
      if (value === undefined) return undefined;
      return timespanSeconds(value) ?? fault(name, 'a timespan');
    },
  };
}

/** `[d.]hh:mm[:ss[.fff]]`, `10m`, or ISO 8601. */
export function timespanSeconds(text: string): number | undefined {
  const clock = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?$/.exec(text.trim());
  if (clock) {
    const [, days = 0, hours = 0, minutes = 0, seconds = 0] = clock;
    return Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  }
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*(d|h|m|s|ms)$/i.exec(text.trim()) ?? [];
  if (count !== undefined)
    return Number(count) * ({ d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 }[unit.toLowerCase()] ?? 1);
  const ms = durationMs(text.trim());
  return ms === undefined ? undefined : ms / 1_000;
}

function secondsOf(read: Readers): number {
  if (read.flag('norequesttimeout')) return secondsMax;
  const seconds = read.seconds('servertimeout') ?? defaultSeconds;
  return Math.min(Math.max(seconds, 1), secondsMax);
}

/** The engine's own first and last. */
const firstTime = new Date('1900-01-01T00:00:00Z');
const lastTime = new Date('2290-01-01T00:00:00Z');

/** `query_datetimescope_*`: bounds the time of every table. Only the time that every table has can be named. */
function timeScope(read: Readers): RequestProperties['timespan'] {
  const from = read.moment('query_datetimescope_from');
  const to = read.moment('query_datetimescope_to');
  if (!from && !to) return undefined;
  const column = read.text('query_datetimescope_column');
  if (column !== undefined && column !== 'TimeGenerated') fault('query_datetimescope_column', 'TimeGenerated here');
  return { from: from ?? firstTime, to: to ?? lastTime };
}
