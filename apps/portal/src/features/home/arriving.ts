import type { QueryResult, TableInfo } from '@sallyport/contracts';

/** Tables shown on the tile; those that wrote last come first. */
export const TABLES_MAX = 8;
const HOURS = 24;
const HOUR_MS = 3_600_000;

export interface Arriving {
  readonly table: string;
  readonly rows: number;
  /** Rows of each of the last 24 hours, the oldest first. */
  readonly hours: readonly number[];
}

/** The tables that had rows in the last day, newest first, at most `TABLES_MAX`. */
export const arrivingTables = (tables: readonly TableInfo[], now: Date): readonly string[] =>
  tables
    .filter(({ lastRowAt }) => lastRowAt !== null && Date.parse(lastRowAt) > now.getTime() - HOURS * HOUR_MS)
    .toSorted((a, b) => b.rows - a.rows)
    .slice(0, TABLES_MAX)
    .map(({ name }) => name);

const ofTable = (table: string): string =>
  `${table} | where TimeGenerated > ago(1d) | summarize Rows = count() by Hour = bin(TimeGenerated, 1h) | extend Table = "${table}"`;

/** One query for the hourly rows of all of them. Names come from the catalogue, which has letters, digits and `_` only. */
export function arrivingQuery(tables: readonly string[]): string {
  const [first, ...rest] = tables.map(ofTable);
  return rest.length === 0 ? (first ?? '') : `${first}\n| union (${rest.join('),\n  (')})`;
}

/** The answer as one line a table, hours without rows being zero. */
export function arrivingOf(result: QueryResult, tables: readonly string[], now: Date): readonly Arriving[] {
  const index = (name: string): number => result.columns.findIndex((column) => column.name === name);
  const [hour, rows, table] = [index('Hour'), index('Rows'), index('Table')];
  const last = Math.floor(now.getTime() / HOUR_MS);
  return tables
    .map((name): Arriving => {
      const hours = Array.from({ length: HOURS }, () => 0);
      for (const row of result.rows) {
        if (row[table] !== name) continue;
        const at = HOURS - 1 - (last - Math.floor(Date.parse(String(row[hour])) / HOUR_MS));
        if (at >= 0 && at < HOURS) hours[at] = (hours[at] ?? 0) + Number(row[rows]);
      }
      return { table: name, hours, rows: hours.reduce((sum, count) => sum + count, 0) };
    })
    .toSorted((a, b) => b.rows - a.rows);
}
