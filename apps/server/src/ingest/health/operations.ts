import type { RowObject } from '../../platform/types.ts';
import type { SourceHour } from './queries.ts';
import type { Resource } from './rows.ts';
import { isSilent } from './state.ts';
import type { HealthStatus } from './status.ts';

/** Hours in a row that a stream is silent for before that is told. */
export const silentHours = 2;

/** What Azure Monitor calls what our reasons are; all of its category `Ingestion`. */
const operations: Readonly<Record<string, string>> = {
  SpoolFull: 'Ingestion rate',
  TooManyRequests: 'Ingestion rate',
  DatagramsDropped: 'Ingestion rate',
  PayloadTooLarge: 'Ingestion rate',
  LinesRefused: 'Data validation',
};

/**
 * A row of `Operation` about trouble with what comes in, or its end.
 * https://learn.microsoft.com/azure/azure-monitor/logs/monitor-workspace
 */
export const operationRow = (now: Date, { id, name }: Resource, state: HealthStatus): RowObject => ({
  TimeGenerated: now,
  OperationCategory: operations[state.reason] ?? 'Data collection status',
  OperationStatus: state.status === 'Success' ? 'Succeeded' : state.reason === 'Silent' ? 'Warning' : 'Error',
  OperationKey: id,
  Detail: `${name}: ${state.description}`,
  Solution: 'LogManagement',
  SourceSystem: 'Sallyport',
  Type: 'Operation',
});

/** Whether a stream has gone silent, by its last full hours and what is usual in them. */
export function silence(hours: readonly SourceHour[]): HealthStatus {
  const isQuiet = hours.length >= silentHours && hours.slice(-silentHours).every(isSilent);
  if (!isQuiet) return { status: 'Success', reason: '', description: 'rows come as usual' };
  const usual = Math.round(hours.at(-1)?.usual ?? 0);
  const description = `next to nothing has come for ${silentHours} hours, where ${usual} rows an hour are usual`;
  return { status: 'Failure', reason: 'Silent', description };
}
