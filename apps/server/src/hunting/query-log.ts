import { createHash } from 'node:crypto';
import { SallyportError, type QueryResult } from '@sallyport/contracts';
import type { RowObject } from '../platform/types.ts';

export interface AskedQuery {
  readonly query: string;
  readonly timespan: { from: Date; to: Date } | undefined;
  readonly who: string;
  readonly requestId: string;
  readonly client: string;
  readonly startedAt: Date;
  readonly elapsedMs: number;
  readonly outcome: { result: QueryResult } | { error: unknown };
}

const queryCharsMax = 100_000;

/**
 * A row of `LAQueryLogs` for a query that someone asked: who, what, how long, how much.
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/laquerylogs
 */
export function queryLogRow(asked: AskedQuery): RowObject {
  const result = 'result' in asked.outcome ? asked.outcome.result : undefined;
  return {
    TimeGenerated: asked.startedAt,
    CorrelationId: asked.requestId,
    AADEmail: asked.who,
    QueryText: asked.query.slice(0, queryCharsMax),
    QueryThumbprint: createHash('sha256').update(asked.query).digest('hex'),
    QueryTimeRangeStart: asked.timespan?.from ?? null,
    QueryTimeRangeEnd: asked.timespan?.to ?? null,
    RequestClientApp: asked.client,
    RequestTarget: '/api/query',
    ResponseCode: 'error' in asked.outcome ? statusOf(asked.outcome.error) : 200,
    ResponseDurationMs: asked.elapsedMs,
    ResponseRowCount: result?.rows.length ?? 0,
    ScannedGB: (result?.statistics.bytesRead ?? 0) / 1e9,
    RecordKind: 'Query',
    SourceSystem: 'Sallyport',
    Type: 'LAQueryLogs',
  };
}

/** 499, nginx's own, for a query whose asker left. */
const statusOf = (error: unknown): number =>
  error instanceof SallyportError ? error.status : error instanceof Error && error.name === 'AbortError' ? 499 : 500;
