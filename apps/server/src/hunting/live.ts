import type { QueryResult } from '@sallyport/contracts';
import { sql, sqlInteger, storedTable, type Sql } from '@sallyport/kql';
import type { RequestContext } from '../platform/http/index.ts';
import type { Asking } from './asking.ts';

/** An insert is seen a moment after the time that its rows say they arrived at. */
const settleMs = 5_000;
/** Who comes back later than this is told of the last hour only. */
const latestMs = 3_600_000;
const secondsMax = 30;

const instant = (at: number): Sql => sql`fromUnixTimestamp64Milli(${sqlInteger(at)}, 'UTC')`;

/**
 * Runs a query over what arrived (`_IngestedAt`) from `since` until a moment ago, and says until when: so calls one after the other see each row once.
 * Without `since` it only says from when on rows are new. Throws as `Asking.run` does.
 */
export async function runLive(
  asking: Asking,
  context: RequestContext,
  { query, since, maxRows, now }: { query: string; since: Date | undefined; maxRows: number; now: Date },
): Promise<{ until: string; result?: QueryResult }> {
  const to = now.getTime() - settleMs;
  if (!since || since.getTime() >= to) return { until: new Date(since ?? to).toISOString() };
  const from = Math.max(since.getTime(), to - latestMs);
  const result = await asking.run(context, {
    query,
    maxRows,
    now,
    seconds: secondsMax,
    client: 'Portal',
    target: '/api/query/live',
    source: (table, rows) =>
      table.reference
        ? undefined
        : sql`(SELECT * FROM ${storedTable(table)} AS r${rows(sql`r`)} WHERE _IngestedAt >= ${instant(from)} AND _IngestedAt < ${instant(to)})`,
  });
  return { until: new Date(to).toISOString(), result };
}
