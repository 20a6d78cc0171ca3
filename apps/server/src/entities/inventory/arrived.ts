import { sqlIdentifier, sqlString } from '@sallyport/kql';
import type { Lake } from '@sallyport/lake';
import { z } from 'zod';

/** When rows arrived: from (included) to (excluded). */
export interface Arrival {
  readonly from: Date;
  readonly to: Date;
}

const time = (at: Date): string => `fromUnixTimestamp64Milli(toInt64(${at.getTime()}), 'UTC')`;

/** Those of the tables that got rows meanwhile. Reads one column of them, and makes none. */
export async function tablesWithArrivals(
  lake: Lake,
  tables: readonly string[],
  { from, to }: Arrival,
): Promise<Set<string>> {
  const filled = new Set(
    lake
      .kqlCatalogue()
      .tables.filter(({ empty }) => !empty)
      .map(({ name }) => name),
  );
  const asked = tables.filter((name) => filled.has(name));
  if (asked.length === 0) return new Set();
  const ask = (name: string): string =>
    `SELECT name FROM (SELECT ${sqlString(name).text} AS name FROM ${sqlIdentifier(name).text} WHERE _IngestedAt >= ${time(from)} AND _IngestedAt < ${time(to)} LIMIT 1)`;
  const { rows } = await lake.query(asked.map(ask).join('\nUNION ALL\n'), { who: 'entities', operation: 'rule' });
  return new Set(rows.map((row) => z.tuple([z.string()]).parse(row)[0]));
}
