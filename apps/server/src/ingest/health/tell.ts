import type { Queryable } from '../../platform/database/types.ts';
import type { Platform, RowObject } from '../../platform/types.ts';
import type { Streams } from '../sources/streams.ts';
import { senderHeartbeats } from './heartbeat.ts';
import { operationRow, silence, silentHours } from './operations.ts';
import {
  doorsInHours,
  sourceHours,
  sendersInHour,
  streamsInHour,
  tablesInHour,
  takeHour,
  untoldHours,
  type DoorHours,
  type SourceHour,
  type StreamHour,
} from './queries.ts';
import {
  connectorRow,
  doorHourRow,
  doorResource,
  senderHourRow,
  streamHourRow,
  streamResource,
  usageRow,
  type Resource,
  type Told,
} from './rows.ts';
import { sampleStream } from './sample.ts';
import { doorStatus, streamStatus, type HealthStatus } from './status.ts';
import { forgetOldHours } from '../store.ts';

const hourMs = 3_600_000;
/** The outbox takes so many at once. */
const writeRowsMax = 5_000;

export type TellServices = Pick<Platform, 'database' | 'outbox' | 'lake' | 'clock' | 'log'> & {
  readonly streams: () => Streams;
};

const hourOf = (at: Date): Date => new Date(Math.floor(at.getTime() / hourMs) * hourMs);

async function write(services: TellServices, table: string, rows: readonly RowObject[], tx: Queryable): Promise<void> {
  for (let at = 0; at < rows.length; at += writeRowsMax)
    await services.outbox.write(table, rows.slice(at, at + writeRowsMax), tx);
}

/** What changed since it was told last, of sources and doors: a row each, at once. */
export async function tellChanges(services: TellServices): Promise<void> {
  const { database, clock } = services;
  const now = clock.now();
  const before = new Date(hourOf(now).getTime() - hourMs);
  const streams = new Map<string, { rows: number; refused: number }>();
  for (const hour of [before, hourOf(now)])
    for (const { stream, rows, refused } of await streamsInHour(database, hour)) {
      const sum = streams.get(stream) ?? { rows: 0, refused: 0 };
      streams.set(stream, { rows: sum.rows + rows, refused: sum.refused + refused });
    }
  const found: (readonly [Resource, HealthStatus])[] = [];
  for (const [stream, sum] of streams)
    if (sum.rows + sum.refused > 0) found.push([streamResource(services.streams(), stream), streamStatus(sum)]);
  for (const door of await doorsInHours(database, before, now))
    if (door.calls + door.rows + door.reasons.length > 0) found.push([doorResource(door.door), doorStatus(door)]);
  await database.transaction(async (tx) => {
    const rows: RowObject[] = [];
    const operations: RowObject[] = [];
    for (const [resource, state] of found) {
      const isNew = await changeState(tx, resource.id, state, now);
      if (!isNew) continue;
      operations.push(operationRow(now, resource, state));
      const { status, reason, description } = state;
      const properties = { DestinationTable: services.streams().tablesOf(resource.id).join(',') };
      rows.push(
        connectorRow(now, resource, { operation: 'Data fetch status change', status, reason, description, properties }),
      );
    }
    await write(services, 'SentinelHealth', rows, tx);
    await write(services, 'Operation', operations, tx);
  });
}

/** Keeps the state; true when it is another than before. */
const changeState = async (
  tx: Queryable,
  resource: string,
  { status, reason }: HealthStatus,
  now: Date,
): Promise<boolean> =>
  (await tx.execute(
    `INSERT INTO ingest_health_states AS s (resource, status, reason, since) VALUES ($1, $2, $3, $4)
     ON CONFLICT (resource) DO UPDATE SET status = excluded.status, reason = excluded.reason, since = excluded.since
     WHERE s.status <> excluded.status OR s.reason <> excluded.reason`,
    [resource, status, reason, now.toISOString()],
  )) > 0;

/** Every hour that has ended and is not told yet: a row for each source, sender and door in `SentinelHealth`, one for each table in `Usage`. */
export async function tellHours(services: TellServices): Promise<void> {
  const { database, clock } = services;
  const now = clock.now();
  const hours = await untoldHours(database, now);
  for (const { hour, minutes } of hours) await tellHour(services, { now, hour, minutes });
  if (hours.length > 0) await forgetOldHours(database, now);
}

async function tellHour(services: TellServices, told: Told): Promise<void> {
  const { database } = services;
  const { hour } = told;
  const streams = await streamsInHour(database, hour);
  const senders = await sendersInHour(database, hour);
  const doors = await doorsInHours(database, hour, hour);
  const tables = await tablesInHour(database, hour);
  const groups = streams.map(({ stream }) => ({ stream, source: stream }));
  const quiet = Map.groupBy(await sourceHours(database, groups, hour, silentHours), ({ source }) => source);
  const samples = await samplesOf(services, told, streams);
  const tablesOf = (stream: string): readonly string[] => services.streams().tablesOf(stream);
  const rows = [
    ...streams.map((one) =>
      streamHourRow(told, streamResource(services.streams(), one.stream), tablesOf(one.stream), one, streamStatus(one)),
    ),
    ...senders.map((one) =>
      senderHourRow(told, streamResource(services.streams(), one.stream), tablesOf(one.stream), one),
    ),
    ...doors.filter(isBusy).map((one) => doorHourRow(told, one, doorStatus(one))),
    ...samples,
  ];
  await database.transaction(async (tx) => {
    if (!(await takeHour(tx, hour))) return;
    await write(services, 'SentinelHealth', rows, tx);
    await write(services, 'Operation', await operationsOf(services, told, tx, { streams, doors, quiet }), tx);
    await write(
      services,
      'Usage',
      tables.map((one) => usageRow(told, one)),
      tx,
    );
  });
}

/** Trouble that goes on is told each hour; silence when it begins and when it ends. */
async function operationsOf(
  services: TellServices,
  { now }: Told,
  tx: Queryable,
  hour: {
    readonly streams: readonly StreamHour[];
    readonly doors: readonly DoorHours[];
    readonly quiet: ReadonlyMap<string, readonly SourceHour[]>;
  },
): Promise<RowObject[]> {
  const found: (readonly [Resource, HealthStatus])[] = [
    ...hour.streams.map((one) => [streamResource(services.streams(), one.stream), streamStatus(one)] as const),
    ...hour.doors.map((one) => [doorResource(one.door), doorStatus(one)] as const),
  ].filter(([, { status }]) => status === 'Failure');
  for (const [stream, hours] of hour.quiet) {
    const state = silence(hours);
    const resource = streamResource(services.streams(), stream);
    if (await changeState(tx, `silence/${stream}`, state, now)) found.push([resource, state]);
  }
  return found.map(([resource, state]) => operationRow(now, resource, state));
}

const isBusy = ({ calls, rows, reasons }: DoorHours): boolean => calls + rows + reasons.length > 0;

/** What the shape of each stream's rows is: fields that nothing reads, columns and how many rows fill them, clocks that are off. */
async function samplesOf(services: TellServices, told: Told, hours: readonly StreamHour[]): Promise<RowObject[]> {
  const { lake, log } = services;
  const rows: RowObject[] = [];
  for (const { stream, segments, unreadFields } of hours) {
    const resource = streamResource(services.streams(), stream);
    const row = (properties: Readonly<Record<string, unknown>>): RowObject =>
      connectorRow(told.now, resource, {
        operation: 'Schema sample',
        status: 'Informational',
        reason: '',
        description: 'what a sample of the hour’s rows looks like',
        properties: { StartTime: told.hour.toISOString(), ...properties },
      });
    if (unreadFields !== null) rows.push(row({ UnreadFields: unreadFields }));
    try {
      for (const { table, rows: count, filled, hosts } of await sampleStream(
        lake,
        services.streams(),
        stream,
        segments,
      ))
        rows.push(
          row({
            DestinationTable: table,
            Rows: count,
            Filled: filled,
            Hosts: hosts.map(({ host, rows: own, lag, spread }) => ({
              Host: host,
              Rows: own,
              LagSeconds: lag,
              SpreadSeconds: spread,
            })),
          }),
        );
    } catch (err) {
      log.warn({ err, stream }, 'a stream’s rows could not be sampled');
    }
  }
  return rows;
}

/** Tells the health of sources and doors, each minute, once among all servers. Before the server starts. */
export function scheduleHealth(services: TellServices & Pick<Platform, 'jobs'>): void {
  services.jobs.schedule('ingest-health', '* * * * *', async ({ dueAt }) => {
    await services.outbox.write('Heartbeat', await senderHeartbeats(services.database, dueAt));
    await tellChanges(services);
    await tellHours(services);
  });
}
