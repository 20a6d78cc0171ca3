import { createHash } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import type { RowObject } from '../platform/types.ts';

export interface AskedQuery {
  readonly query: string;
  readonly timespan: { from: Date; to: Date } | undefined;
  readonly who: string;
  readonly requestId: string;
  /** The program that asked: `Portal`, or what a client says that it is. */
  readonly client: string;
  /** Where it asked: the route's path. */
  readonly target: string;
  readonly startedAt: Date;
  readonly elapsedMs: number;
  readonly outcome:
    | { readonly rows: number; readonly bytesRead: number; readonly cpuSeconds: number }
    | { readonly error: unknown };
}

const queryCharsMax = 100_000;

const texts = /\/\/[^\n]*|((?<!\w)h)?(?:@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/gi;
/** The query with stars for its obfuscated literals, `h"…"`: https://learn.microsoft.com/kusto/query/scalar-data-types/string#obfuscated-string-literals */
export const withoutObfuscated = (query: string): string =>
  query.replaceAll(texts, (whole: string, mark: string | undefined) => (mark === undefined ? whole : `${mark}"****"`));

/**
 * A row of `LAQueryLogs` for a query that someone asked: who, what, how long, how much.
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/laquerylogs
 */
export function queryLogRow({ outcome, ...asked }: AskedQuery): RowObject {
  const answered = 'error' in outcome ? { rows: 0, bytesRead: 0, cpuSeconds: 0 } : outcome;
  return {
    TimeGenerated: asked.startedAt,
    CorrelationId: asked.requestId,
    AADEmail: asked.who,
    QueryText: withoutObfuscated(asked.query).slice(0, queryCharsMax),
    QueryThumbprint: createHash('sha256').update(asked.query).digest('hex'),
    QueryTimeRangeStart: asked.timespan?.from ?? null,
    QueryTimeRangeEnd: asked.timespan?.to ?? null,
    RequestClientApp: asked.client,
    RequestTarget: asked.target,
    ResponseCode: 'error' in outcome ? statusOf(outcome.error) : 200,
    ResponseDurationMs: asked.elapsedMs,
    ResponseRowCount: answered.rows,
    ScannedGB: answered.bytesRead / 1e9,
    StatsCPUTimeMs: answered.cpuSeconds * 1_000,
    RecordKind: 'Query',
    SourceSystem: 'Sallyport',
    Type: 'LAQueryLogs',
  };
}

/** 499, nginx's own, for a query whose asker left. */
const statusOf = (error: unknown): number =>
  error instanceof SallyportError ? error.status : error instanceof Error && error.name === 'AbortError' ? 499 : 500;
