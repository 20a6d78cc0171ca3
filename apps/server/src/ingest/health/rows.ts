import type { RowObject } from '../../platform/types.ts';
import type { Streams } from '../sources/streams.ts';
import { doorName } from './doors.ts';
import type { DoorHours, SenderHour, StreamHour, TableHour } from './queries.ts';
import type { HealthStatus } from './status.ts';

/** A thing whose health is told. */
export interface Resource {
  /** `<stream>`, `<stream>/<door>/<sender>` or `doors/<door>`. */
  readonly id: string;
  readonly name: string;
  /** Id of the source, or `Door`. */
  readonly kind: string;
}

/** The source that a stream is of; a table's own stream is one by itself. */
export function streamResource(streams: Streams, stream: string): Resource {
  const source = streams.sources.find((one) => one.streams.some(({ name }) => name === stream));
  return { id: stream, name: source?.name ?? stream, kind: source?.id ?? stream };
}

export const doorResource = (door: string): Resource => ({ id: `doors/${door}`, name: doorName(door), kind: 'Door' });

/** An hour of which is told. */
export interface Told {
  readonly now: Date;
  readonly hour: Date;
  /** How many minutes of it a server was there. */
  readonly minutes: number;
}

interface HealthEvent {
  readonly operation: 'Data fetch status change' | 'Data fetch failure summary' | 'Schema sample';
  readonly status: 'Success' | 'Failure' | 'Informational';
  readonly reason: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A row of `SentinelHealth` about a data connector. https://learn.microsoft.com/azure/sentinel/health-table-reference */
export const connectorRow = (now: Date, { id, name, kind }: Resource, event: HealthEvent): RowObject => ({
  TimeGenerated: now,
  OperationName: event.operation,
  Status: event.status,
  Description: event.description,
  Reason: event.reason,
  SentinelResourceId: id,
  SentinelResourceKind: kind,
  SentinelResourceName: name,
  SentinelResourceType: 'Data connector',
  ExtendedProperties: event.properties,
  SourceSystem: 'Sallyport',
  Type: 'SentinelHealth',
});

const hourMs = 3_600_000;

const period = ({ hour, minutes }: Told) => ({
  StartTime: hour.toISOString(),
  EndTime: new Date(hour.getTime() + hourMs).toISOString(),
  ObservedMinutes: Math.round(minutes),
});

/** Rounded for people. */
const seconds = (value: number | null): number | undefined =>
  value === null ? undefined : Math.round(value * 10) / 10;

/** The hourly row of a stream. One without rows is `Informational`: whether that is wrong is for a rule to say. */
export function streamHourRow(
  told: Told,
  resource: Resource,
  tables: readonly string[],
  hour: StreamHour,
  state: HealthStatus,
): RowObject {
  const { rows, refused, bytes, lastEventAt, lagMedianSeconds, lagP99Seconds } = hour;
  const nothing = rows + refused === 0;
  return connectorRow(told.now, resource, {
    operation: 'Data fetch status change',
    status: nothing ? 'Informational' : state.status,
    reason: nothing ? '' : state.reason,
    description: nothing ? 'no rows came in this hour' : state.description,
    properties: {
      DestinationTable: tables.join(','),
      ...period(told),
      Rows: rows,
      Refused: refused,
      Bytes: bytes,
      LastEventTime: lastEventAt?.toISOString(),
      LagMedianSeconds: seconds(lagMedianSeconds),
      LagP99Seconds: seconds(lagP99Seconds),
    },
  });
}

/** The hourly row of a sender's part of a stream. */
export function senderHourRow(told: Told, resource: Resource, tables: readonly string[], hour: SenderHour): RowObject {
  const { stream, door, sender, rows, bytes } = hour;
  const of = { ...resource, id: `${stream}/${door}/${sender}`, name: `${resource.name} from ${sender}` };
  return connectorRow(told.now, of, {
    operation: 'Data fetch status change',
    status: rows === 0 ? 'Informational' : 'Success',
    reason: '',
    description: rows === 0 ? 'no rows came in this hour' : 'rows are stored',
    properties: {
      DestinationTable: tables.join(','),
      ...period(told),
      Stream: stream,
      Door: door,
      Sender: sender,
      Rows: rows,
      Bytes: bytes,
    },
  });
}

/** The hourly row of a door that did something; a summary of failures where there were some. */
export function doorHourRow(told: Told, hour: DoorHours, state: HealthStatus): RowObject {
  const { door, calls, rows, bytes, reasons, lastError } = hour;
  const counted = (kind: string) =>
    Object.fromEntries(reasons.filter((one) => one.kind === kind).map(({ reason, count }) => [reason, count]));
  const failed = reasons.some(({ kind, count }) => kind !== 'cut' && count > 0);
  return connectorRow(told.now, doorResource(door), {
    operation: failed ? 'Data fetch failure summary' : 'Data fetch status change',
    status: failed ? 'Informational' : 'Success',
    reason: state.reason,
    description: failed ? `${state.description}; last: ${lastError?.message ?? ''}` : state.description,
    properties: {
      ...period(told),
      Door: door,
      Calls: calls,
      Rows: rows,
      Bytes: bytes,
      Refused: counted('refused'),
      Dropped: counted('dropped'),
      CutLines: reasons.find(({ kind }) => kind === 'cut')?.count ?? 0,
    },
  });
}

/** Tables whose rows Azure does not charge for. https://learn.microsoft.com/azure/azure-monitor/logs/cost-logs#free-data-ingestion */
const freeTables = new Set(['AzureActivity', 'Heartbeat', 'Operation', 'SentinelHealth', 'Usage']);
const megabyte = 1e6;

/** A row of `Usage`: what a table took in an hour. https://learn.microsoft.com/azure/azure-monitor/reference/tables/usage */
export const usageRow = (told: Told, { table, bytes, segments }: TableHour): RowObject => ({
  TimeGenerated: told.now,
  DataType: table,
  Quantity: bytes / megabyte,
  QuantityUnit: 'MBytes',
  StartTime: told.hour,
  EndTime: new Date(told.hour.getTime() + hourMs),
  IsBillable: !freeTables.has(table),
  Solution: 'LogManagement',
  TotalBatches: segments,
  SourceSystem: 'Sallyport',
  Type: 'Usage',
});
