import type { SocMetric } from '@sallyport/contracts';

/** One line of figures. Times are in minutes; null where nothing was measured. */
export interface Figures {
  /** Severity, owner, rule or day; empty for all. */
  readonly key: string;
  readonly incidents: number;
  readonly open: number;
  readonly closed: number;
  readonly triage: Percentiles;
  readonly acknowledge: Percentiles;
  readonly close: Percentiles;
  readonly falsePositives: number;
  /** Of those that were classified; null when none was. */
  readonly falsePositiveShare: number | null;
}
export interface Percentiles {
  readonly p50: number | null;
  readonly p90: number | null;
}

/** The rows of a metric, read by their columns' names. `key`: the column that they are grouped by. */
export function figuresOf({ columns, rows }: SocMetric, key?: string): Figures[] {
  const place = new Map(columns.map(({ name }, index) => [name, index]));
  return rows.map((row) => {
    const cell = (name: string): unknown => row[place.get(name) ?? -1];
    const numberOf = (name: string): number | null => {
      const value = cell(name);
      return typeof value === 'number' && Number.isFinite(value) ? value : null;
    };
    const both = (name: string): Percentiles => ({ p50: numberOf(`${name}P50`), p90: numberOf(`${name}P90`) });
    return {
      key: key === undefined ? '' : stringOf(cell(key)),
      incidents: numberOf('Incidents') ?? 0,
      open: numberOf('Open') ?? 0,
      closed: numberOf('ClosedIncidents') ?? 0,
      triage: both('Triage'),
      acknowledge: both('Acknowledge'),
      close: both('Close'),
      falsePositives: numberOf('FalsePositives') ?? 0,
      falsePositiveShare: numberOf('FalsePositiveShare'),
    };
  });
}

const DAYS_MAX = 400;
const DAY_MS = 86_400_000;
const unmeasured: Percentiles = { p50: null, p90: null };

/** Figures of each day between two times, those without incidents too; at most 400 days. */
export function everyDay(days: readonly Figures[], from: Date, to: Date): Figures[] {
  const known = new Map(days.map((day) => [day.key.slice(0, 10), day]));
  const first = Math.max(from.getTime(), to.getTime() - DAYS_MAX * DAY_MS);
  const begin = Math.floor(first / DAY_MS);
  return Array.from({ length: Math.floor(to.getTime() / DAY_MS) - begin + 1 }, (_, index) => {
    const key = new Date((begin + index) * DAY_MS).toISOString().slice(0, 10);
    return (
      known.get(key) ?? {
        key,
        incidents: 0,
        open: 0,
        closed: 0,
        triage: unmeasured,
        acknowledge: unmeasured,
        close: unmeasured,
        falsePositives: 0,
        falsePositiveShare: null,
      }
    );
  });
}

const stringOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
