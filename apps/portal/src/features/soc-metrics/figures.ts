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

const stringOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
