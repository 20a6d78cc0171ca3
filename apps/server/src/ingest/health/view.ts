import { SallyportError, type DoorHealth, type SourceDetail, type SourceHealth } from '@sallyport/contracts';
import { sqlString, type Lake } from '@sallyport/lake';
import { z } from 'zod';
import type { Database } from '../../platform/database/types.ts';
import type { Source } from '../sources/load.ts';
import type { Streams } from '../sources/streams.ts';
import { doorName, doorNames } from './doors.ts';
import { driftOf } from './drift.ts';
import {
  doorRows,
  doorsInHours,
  heardStreams,
  sendersOf,
  sourceFacts,
  sourceHours,
  type Grouping,
  type SourceFacts,
  type SourceHour,
} from './queries.ts';
import { rateOf, stateOf } from './state.ts';
import { doorStatus } from './status.ts';

export interface ViewServices {
  readonly database: Database;
  readonly lake: Lake;
  readonly streams: () => Streams;
  /** Where each door is: a path or a port; undefined when it is closed. */
  readonly placeOf: (door: string) => { readonly place: string; readonly message?: string } | undefined;
  readonly connections: (door: string) => number;
  readonly now: () => Date;
}

const sendersMax = 200;
const errorsMax = 20;
const hourMs = 3_600_000;
/** Doors that hold connections. */
const connecting = new Set(['syslog-tcp', 'syslog-tls']);

type Known = Pick<Source, 'id' | 'name' | 'vendor' | 'product'> & { readonly streams: readonly string[] };

/** All sources that ship, and each table's own stream that brought rows. */
async function knownSources({ database, streams }: ViewServices): Promise<Known[]> {
  const shipped = streams().sources.map(({ id, name, vendor, product, streams: own }) => ({
    id,
    name,
    vendor,
    product,
    streams: own.map((stream) => stream.name),
  }));
  const known = new Set(shipped.flatMap((source) => source.streams));
  const own = (await heardStreams(database)).filter((stream) => !known.has(stream));
  return [
    ...shipped,
    ...own.map((stream) => ({ id: stream, name: stream, vendor: '', product: 'Rows of a table', streams: [stream] })),
  ];
}

const groupsOf = (sources: readonly Known[]): Grouping[] =>
  sources.flatMap(({ id, streams }) => streams.map((stream) => ({ stream, source: id })));

const sum = (hours: readonly SourceHour[], of: (hour: SourceHour) => number): number =>
  hours.reduce((total, hour) => total + of(hour), 0);

function healthOf(
  { id, name, vendor, product, streams }: Known,
  tables: readonly string[],
  facts: SourceFacts | undefined,
  hours: readonly SourceHour[],
  now: Date,
): SourceHealth {
  return {
    id,
    name,
    vendor,
    product,
    streams: [...streams],
    tables: [...tables],
    state: facts === undefined ? 'unused' : stateOf(hours, facts, now),
    rowsLastDay: sum(hours, (hour) => hour.rows),
    bytesLastDay: sum(hours, (hour) => hour.bytes),
    errorsLastDay: sum(hours, (hour) => hour.refused),
    firstRowAt: facts?.firstAt.toISOString() ?? null,
    lastRowAt: facts?.lastRowAt?.toISOString() ?? null,
    lastEventAt: facts?.lastEventAt?.toISOString() ?? null,
    rate: rateOf(hours, now),
    hours: hours.map(({ hour, rows, refused, usual, low, high }) => ({
      hour: hour.toISOString(),
      rows,
      refused,
      usual,
      low,
      high,
    })),
  };
}

async function healthOfAll(services: ViewServices, sources: readonly Known[]) {
  const { database, streams, now } = services;
  const groups = groupsOf(sources);
  const facts = new Map((await sourceFacts(database, groups)).map((one) => [one.source, one]));
  const hours = Map.groupBy(await sourceHours(database, groups, now()), ({ source }) => source);
  return sources.map((source) => {
    const own = facts.get(source.id);
    const tables = new Set(source.streams.flatMap((stream) => streams().tablesOf(stream)));
    return { facts: own, health: healthOf(source, [...tables], own, hours.get(source.id) ?? [], now()) };
  });
}

/**
 * How much a source brings is counted over all that it brings: it is shown to those who see all of each table that it fills. `whole`: these tables; undefined: all of them.
 */
const shownTo =
  ({ streams }: Pick<ViewServices, 'streams'>, whole: ReadonlySet<string> | undefined) =>
  (source: Known): boolean => {
    if (whole === undefined) return true;
    const tables = source.streams.flatMap((stream) => streams().tablesOf(stream));
    return tables.length > 0 && tables.every((table) => whole.has(table));
  };

export async function listSources(
  services: ViewServices,
  whole?: ReadonlySet<string>,
): Promise<{ sources: SourceHealth[] }> {
  const all = await healthOfAll(services, (await knownSources(services)).filter(shownTo(services, whole)));
  return { sources: all.map(({ health }) => health).toSorted((a, b) => a.name.localeCompare(b.name)) };
}

const reasons: Readonly<Record<string, string>> = {
  Parse: 'the line does not have the form that its stream accepts',
  Transform: 'the stream’s transform could not be run on the line',
};

const ErrorRow = z.tuple([z.number(), z.string(), z.string(), z.string(), z.string()]);

/** The newest lines that could not be read: of some streams, or of all. `rawLengthMax` in characters. */
export async function refusedLines(
  lake: Lake,
  {
    streams,
    most,
    rawLengthMax,
  }: { readonly streams?: readonly string[]; readonly most: number; readonly rawLengthMax: number },
): Promise<SourceDetail['errors']> {
  const where = streams === undefined ? '' : `WHERE InputStreamId IN (${streams.map(sqlString).join(', ')})`;
  const { rows } = await lake.query(
    `SELECT toUnixTimestamp64Milli(TimeGenerated) AS at, InputStreamId, OperationName, substringUTF8(Message, 1, ${rawLengthMax}), CorrelationId
     FROM DCRLogErrors ${where} ORDER BY TimeGenerated DESC LIMIT ${most}`,
    { operation: 'data', tables: ['DCRLogErrors'] },
  );
  return rows.map((row) => {
    const [at, stream, operation, raw, file] = ErrorRow.parse(row);
    const reason = reasons[operation] ?? operation;
    return {
      at: new Date(at).toISOString(),
      stream,
      raw,
      message: file === '' ? reason : `${reason} (file ${file})`,
    };
  });
}

/** Throws NotFound, also where its tables are not seen whole. */
export async function getSource(
  services: ViewServices,
  id: string,
  whole?: ReadonlySet<string>,
): Promise<SourceDetail> {
  const { database, lake, now } = services;
  const source = (await knownSources(services)).filter(shownTo(services, whole)).find((one) => one.id === id);
  if (source === undefined)
    throw new SallyportError('NotFound', `no source is named \`${id}\``, { target: 'params.id' });
  const [found] = await healthOfAll(services, [source]);
  if (found === undefined) throw new Error('a source without health');
  const { health, facts } = found;
  const senders = await sendersOf(database, source.streams, now(), sendersMax);
  return {
    source: health,
    firstEventAt: facts?.firstEventAt?.toISOString() ?? null,
    lagMedianSeconds: facts?.lagMedianSeconds ?? null,
    lagP99Seconds: facts?.lagP99Seconds ?? null,
    senders: senders.map(({ door, lastAt, ...sender }) => ({
      ...sender,
      door,
      doorName: doorName(door),
      lastAt: lastAt.toISOString(),
    })),
    errors:
      facts === undefined || (whole && !whole.has('DCRLogErrors'))
        ? []
        : await refusedLines(lake, { streams: source.streams, most: errorsMax, rawLengthMax: 2_000 }),
    drift: facts === undefined ? [] : await driftOf(lake, source.streams, now()),
  };
}

export async function listDoors(services: ViewServices): Promise<{ doors: DoorHealth[] }> {
  const { database, now, placeOf, connections } = services;
  const running = Math.floor(now().getTime() / hourMs) * hourMs;
  const dayAgo = new Date(running - 23 * hourMs);
  const day = new Map((await doorsInHours(database, dayAgo, now())).map((one) => [one.door, one]));
  const lately = new Map(
    (await doorsInHours(database, new Date(running - hourMs), now())).map((one) => [one.door, one]),
  );
  const byHour = Map.groupBy(await doorRows(database, dayAgo, now()), ({ door }) => door);
  const ids = new Set([...Object.keys(doorNames), ...day.keys()]);
  const doors = [...ids].map((id): DoorHealth => {
    const own = day.get(id) ?? { calls: 0, rows: 0, bytes: 0, lastAt: null, reasons: [], lastError: null };
    const at = placeOf(id);
    const status = doorStatus(lately.get(id) ?? { calls: 0, rows: 0, reasons: [] });
    const rows = new Map(byHour.get(id)?.map((one) => [one.hour.getTime(), one.rows]));
    const of = (kind: string) =>
      own.reasons.flatMap((one) => (one.kind === kind ? [{ reason: one.reason, count: one.count }] : []));
    const failing = status.status === 'Failure' || at?.message !== undefined;
    const isQuiet = own.rows + own.calls === 0;
    return {
      id,
      name: doorName(id),
      state: at === undefined ? 'closed' : failing ? 'failing' : isQuiet ? 'quiet' : 'open',
      message: at?.message ?? (status.status === 'Failure' ? status.description : ''),
      place: at?.place ?? '',
      connections: connecting.has(id) ? connections(id) : null,
      callsLastDay: own.calls,
      rowsLastDay: own.rows,
      bytesLastDay: own.bytes,
      refused: of('refused'),
      dropped: of('dropped'),
      cutLines: of('cut')[0]?.count ?? 0,
      lastAt: own.lastAt?.toISOString() ?? null,
      lastError: own.lastError,
      hours: Array.from({ length: 24 }, (_, i) => rows.get(running - (23 - i) * hourMs) ?? 0),
    };
  });
  return { doors };
}
