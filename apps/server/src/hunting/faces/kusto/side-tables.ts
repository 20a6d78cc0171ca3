import type { Visualization } from '@sallyport/kql';
import type { OpenTable } from '../../queries.ts';
import type { PartialFailure, RequestIds } from './failure.ts';
import { queryStatistics, visualizationOf } from './statistics.ts';
import { columnsOf, type Cell, type Table } from './table.ts';

/** The tables that stand beside a query's own. */

export const primaryName = 'PrimaryResult';
const noGuid = '00000000-0000-0000-0000-000000000000';

/** For each table of the answer, from 1. */
export const queryProperties = (visualizations: readonly (Visualization | undefined)[]): Table => ({
  columns: columnsOf('TableId:int Key Value:dynamic'),
  rows: visualizations.map((visualization, i) => [
    i + 1,
    'Visualization',
    JSON.stringify(visualizationOf(visualization)),
  ]),
});

const completionColumns = columnsOf(
  'Timestamp:datetime ClientRequestId ActivityId:guid SubActivityId:guid ParentActivityId:guid Level:int LevelName StatusCode:int StatusCodeName EventType:int EventTypeName Payload',
);

/** How it went: one row that says so, one with a notice where there is one, and one with what it took. */
export function completionInformation(
  tables: readonly OpenTable[],
  failures: readonly PartialFailure[],
  { clientRequestId, activityId }: RequestIds,
  notice?: string,
): Table {
  const start: Cell[] = [new Date().toISOString(), clientRequestId, activityId, activityId, activityId];
  const payload = (text: string) => JSON.stringify({ Count: 1, Text: text });
  const outcome: Cell[][] =
    failures.length === 0
      ? [[...start, 4, 'Info', 0, 'S_OK (0)', 4, 'QueryInfo', payload('Query completed successfully')]]
      : failures.map(({ oneApi, status, statusName, eventName }) => [
          ...start,
          2,
          'Error',
          status,
          statusName,
          1,
          eventName,
          payload(oneApi.error['@message']),
        ]);
  const statistics = JSON.stringify(queryStatistics(tables));
  const stats: Cell[] = [...start, 6, 'Stats', 0, 'S_OK (0)', 0, 'QueryResourceConsumption', statistics];
  const notices: Cell[][] =
    notice === undefined ? [] : [[...start, 3, 'Warning', 0, 'S_OK (0)', 4, 'QueryInfo', payload(notice)]];
  return { columns: completionColumns, rows: [...outcome, ...notices, stats] };
}

export const v1Properties = (visualizations: readonly (Visualization | undefined)[]): Table => ({
  columns: columnsOf('Value'),
  rows: visualizations.map((visualization) => [JSON.stringify(visualizationOf(visualization))]),
});

const statusColumns = columnsOf(
  'Timestamp:datetime Severity:int SeverityName StatusCode:int StatusDescription Count:int RequestId:guid ActivityId:guid SubActivityId:guid ClientActivityId',
);

export function v1Status(
  tables: readonly OpenTable[],
  failures: readonly PartialFailure[],
  { clientRequestId, activityId }: RequestIds,
  notice?: string,
): Table {
  const row = (severity: number, name: string, status: number, text: string): Cell[] => [
    new Date().toISOString(),
    severity,
    name,
    status,
    text,
    1,
    activityId,
    activityId,
    activityId,
    clientRequestId,
  ];
  const outcome =
    failures.length === 0
      ? [row(4, 'Info', 0, 'Query completed successfully')]
      : failures.map(({ oneApi, status }) => row(2, 'Error', status, oneApi.error['@message']));
  const notices = notice === undefined ? [] : [row(3, 'Warning', 0, notice)];
  return {
    columns: statusColumns,
    rows: [...outcome, ...notices, row(6, 'Stats', 0, JSON.stringify(queryStatistics(tables)))],
  };
}

/** What the tables before it are. */
export const v1Contents = (names: readonly (string | undefined)[]): Table => ({
  columns: columnsOf('Ordinal:long Kind Name Id PrettyName'),
  rows: [
    ...names.map((name, i) => [i, 'QueryResult', primaryName, noGuid, name ?? '']),
    [names.length, 'QueryProperties', '@ExtendedProperties', noGuid, ''],
    [names.length + 1, 'QueryStatus', 'QueryStatus', noGuid, ''],
  ],
});
