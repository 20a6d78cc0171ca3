import type { RunQuery } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from './queries.ts';
import { systemPrincipal } from '../platform/principal.ts';

/** What the log tells of one's own queries; those of pages for themselves are left out by where they ask. */
const history = `
declare query_parameters(who:string, words:string);
LAQueryLogs
| where TimeGenerated > ago(30d) and AADEmail == who and RequestTarget !in ('/api/query/live', '/api/query/explain', '/api/query/history')
| where isempty(words) or QueryText contains words
| project at = TimeGenerated, query = QueryText, from = QueryTimeRangeStart, to = QueryTimeRangeEnd, rows = tolong(ResponseRowCount),
    bytesRead = ScannedGB * 1e9, elapsedMs = ResponseDurationMs, cpuMs = StatsCPUTimeMs, code = ResponseCode, client = RequestClientApp
| order by at desc`;

const Text = z.string().nullable();
const Numeric = z.union([z.number(), z.null()]).transform((value) => value ?? 0);
const Row = z.tuple([
  z.string(),
  z.string(),
  Text,
  Text,
  Numeric,
  Numeric,
  Numeric,
  z.number().nullable(),
  Numeric,
  z.string(),
]);

/** One's own queries of the last 30 days, newest first, at most `limit`: KQL over `LAQueryLogs`. */
export async function runQueries(
  queries: Queries,
  asked: { who: string; search: string; limit: number; now: Date; signal: AbortSignal },
): Promise<RunQuery[]> {
  const { rows } = await queries.run({
    query: history,
    parameters: { who: JSON.stringify(asked.who), words: JSON.stringify(asked.search) },
    now: asked.now,
    maxRows: asked.limit,
    as: systemPrincipal('query history'),
    operation: 'hunting',
    limits: { seconds: 30 },
    signal: asked.signal,
  });
  return rows.map((cells) => {
    const [at, query, from, to, count, bytesRead, elapsedMs, cpuMs, code, client] = Row.parse(cells);
    const instant = (text: string): string => new Date(text).toISOString();
    return {
      at: instant(at),
      query,
      from: from === null ? null : instant(from),
      to: to === null ? null : instant(to),
      rows: count,
      bytesRead,
      elapsedMs,
      cpuMs,
      code,
      client,
    };
  });
}
