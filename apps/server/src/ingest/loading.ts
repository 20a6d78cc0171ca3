import { SallyportError } from '@sallyport/contracts';
import type { Lake, LoadLimits, LoadStatement, SpoolSegment } from '@sallyport/lake';
import type { Log } from '../platform/log.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Alone } from './policies/alone.ts';
import { savingsTable } from './policies/policy.ts';
import { savingsOf } from './policies/savings.ts';
import type { Framing } from './sources/lines.ts';
import type { StreamStatements } from './sources/statements.ts';
import type { Streams } from './sources/streams.ts';

/** What a segment's name in the spool says of it. */
export interface SegmentOrigin {
  readonly stream: string;
  readonly framing: Framing;
  /** Of segments that an import made. */
  readonly importId: string | undefined;
  /** The page of a connector that its lines are of. */
  readonly page?: string;
  /** The time zone of times that say none. */
  readonly zone?: string;
  /** The workspace that its rows go to. Undefined: the first. */
  readonly workspaceId?: string;
}

/** A connector's page, as its lines are stored. */
export interface StoredPage {
  readonly id: string;
  /** The time zone of its lines' times that say none. Default: UTC. */
  readonly zone?: string;
}

/** The spool's name for an import's lines of a stream. */
export const importStream = (importId: string, stream: string): string => `import/${importId}/${stream}`;

/** The spool's name for rows `{"RawData": "<line>"}` of a stream of lines, as Azure's clients send them. */
export const wrappedStream = (stream: string): string => `wrapped/${stream}`;

/** The spool's name for what goes to `spoolStream` as a part of a connector's page. */
export const pageStream = ({ id, zone }: StoredPage, spoolStream: string): string =>
  `page/${id}/${zone === undefined ? spoolStream : zonedStream(zone, spoolStream)}`;

/** The spool's name for what goes to `spoolStream`, with times that say no zone being of this one. */
export const zonedStream = (zone: string, spoolStream: string): string =>
  zone === 'UTC' ? spoolStream : `zone/${encodeURIComponent(zone)}/${spoolStream}`;

/** The spool's name for what goes to `spoolStream` in a workspace. Undefined: the first. */
export const inWorkspace = (workspaceId: string | undefined, spoolStream: string): string =>
  workspaceId === undefined ? spoolStream : `workspace/${workspaceId}/${spoolStream}`;

/** Says of pages whether they still stand: one whose poll has died is taken back, and its lines come again. */
export interface PageGate {
  /** Notes that a segment is about to store rows in these tables. False: its page was taken back, and it must not. */
  enter(page: string, segmentId: string, tables: readonly string[]): Promise<boolean>;
  /** Asked once the rows are there. False: its page was taken back meanwhile. */
  stands(page: string): Promise<boolean>;
}

/** Where no connector polls. */
export const noPages: PageGate = { enter: () => Promise.resolve(true), stands: () => Promise.resolve(true) };

export function originOf(spoolStream: string): SegmentOrigin {
  const [, workspaceId, own] = /^workspace\/([\w-]+)\/(.*)$/s.exec(spoolStream) ?? [];
  if (workspaceId !== undefined && own !== undefined) return { ...originOf(own), workspaceId };
  const [, page, inner] = /^page\/([\w-]+)\/(.*)$/s.exec(spoolStream) ?? [];
  if (page !== undefined && inner !== undefined) return { ...originOf(inner), page };
  const [, zone, zoned] = /^zone\/([^/]+)\/(.*)$/s.exec(spoolStream) ?? [];
  if (zone !== undefined && zoned !== undefined) return { ...originOf(zoned), zone: decodeURIComponent(zone) };
  const [, importId, stream] = /^import\/([\w-]+)\/(.*)$/s.exec(spoolStream) ?? [];
  if (spoolStream.startsWith('wrapped/'))
    return { stream: spoolStream.slice('wrapped/'.length), framing: 'wrapped', importId: undefined };
  if (importId === undefined || stream === undefined)
    return { stream: spoolStream, framing: 'door', importId: undefined };
  return { stream, framing: 'import', importId };
}

export interface LoadedSegment {
  readonly id: string;
  readonly origin: SegmentOrigin;
  readonly bytes: number;
  /** Rows stored, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface LoadingOptions {
  /** The rows of a workspace; of the first, where none is said. */
  readonly lakeOf: (workspaceId: string | undefined) => Lake | Promise<Lake>;
  readonly streams: Streams;
  readonly log: Log;
  readonly metrics: IngestMetrics;
  readonly alone: Alone;
  readonly pages: PageGate;
  readonly onLoaded: (segment: LoadedSegment) => Promise<void> | void;
}

type Bounded = NonNullable<StreamStatements['bounded']>;

/** An error that will come again: of the statement or the data, not of the moment. */
const permanent = (error: unknown): boolean =>
  error instanceof SallyportError && error.code !== 'Unavailable' && error.code !== 'TooManyRequests';

/** What the spool hands its segments to: stores a segment through its stream's statements. */
export function createLoading(options: LoadingOptions): (segment: SpoolSegment) => Promise<void> {
  const { lakeOf, streams, log, metrics, alone, pages, onLoaded } = options;

  const attempt = async (
    segment: SpoolSegment,
    statements: readonly LoadStatement[],
    retry: boolean,
    limits?: LoadLimits,
  ) => {
    const { id, path } = segment;
    const reader = { kind: 'lines' } as const;
    const lake = await lakeOf(originOf(segment.stream).workspaceId);
    return (await lake.load({ id, path, reader, retry, ...(limits === undefined ? {} : { limits }) }, statements)).rows;
  };

  /** The refused lines first: mostly there are none, and then the flows need not ask which are accepted. */
  const atOnce = async (segment: SpoolSegment, origin: SegmentOrigin): Promise<Record<string, number>> => {
    const { loads, flowsWhenNoneRefused, bounded } = streams.statements(origin.stream, origin.framing, origin.zone);
    const limits = bounded?.limits;
    if (flowsWhenNoneRefused === undefined) return attempt(segment, loads, segment.retry, limits);
    const refused = await attempt(
      segment,
      loads.filter((s) => s.table === 'DCRLogErrors'),
      segment.retry,
      limits,
    );
    const flows =
      refused['DCRLogErrors'] === 0 ? flowsWhenNoneRefused : loads.filter((s) => s.table !== 'DCRLogErrors');
    const rows = { ...refused, ...(await attempt(segment, flows, segment.retry, limits)) };
    if (bounded !== undefined) streams.withinBounds(origin.stream);
    return rows;
  };

  /** A stream made here was over its bounds: its lines are kept as refused, unread, so that the next one's turn comes. */
  const keepUnread = async (segment: SpoolSegment, stream: string, { refused }: Bounded) => {
    const until = streams.overBounds(stream);
    log.warn({ stream, until }, 'a transform took more than it may; its lines are kept as refused');
    return attempt(segment, [refused], true);
  };

  /** When a statement fails for good: the others' rows are stored, and the lines of a failed one are kept as refused. */
  const salvage = async (segment: SpoolSegment, origin: SegmentOrigin): Promise<Record<string, number>> => {
    const { loads, failed, bounded } = streams.statements(origin.stream, origin.framing, origin.zone);
    const refused = loads.filter((s) => s.table === 'DCRLogErrors');
    const rows: Record<string, number> = {};
    let broken = refused.length === loads.length;
    for (const table of new Set(loads.map((s) => s.table).filter((t) => t !== 'DCRLogErrors')))
      try {
        const own = loads.filter((s) => s.table === table);
        Object.assign(rows, await attempt(segment, own, true, bounded?.limits));
      } catch (err) {
        if (!permanent(err)) throw err;
        broken = true;
        log.error({ err, stream: origin.stream, table }, 'a transform failed; its lines are kept as refused');
      }
    return { ...rows, ...(await attempt(segment, broken ? [...refused, failed] : refused, true)) };
  };

  const store = (segment: SpoolSegment, origin: SegmentOrigin): Promise<Record<string, number>> =>
    atOnce(segment, origin).catch((error: unknown) => {
      if (!permanent(error)) throw error;
      const { bounded } = streams.statements(origin.stream, origin.framing, origin.zone);
      if (bounded !== undefined && error instanceof SallyportError && error.code === 'QueryLimitExceeded')
        return keepUnread(segment, origin.stream, bounded);
      log.warn({ err: error, stream: origin.stream }, 'a segment could not be stored at once; table by table');
      return salvage(segment, origin);
    });

  /** Stores a segment while its page stands; else nothing of it is left. */
  const inPage = async (
    { id, retry, stream }: SpoolSegment,
    page: string,
    tables: readonly string[],
    work: () => Promise<Record<string, number>>,
  ): Promise<Record<string, number>> => {
    const mayEnter = await pages.enter(page, id, tables);
    const rows = mayEnter ? await work() : {};
    if (mayEnter && (await pages.stands(page))) return rows;
    if (mayEnter || retry) await (await lakeOf(originOf(stream).workspaceId)).forget(id, tables);
    return {};
  };

  return async (segment) => {
    const origin = originOf(segment.stream);
    const { alone: apart = [], loads, failed } = streams.statements(origin.stream, origin.framing, origin.zone);
    const work = (): Promise<Record<string, number>> => store(segment, origin);
    const whole = (): Promise<Record<string, number>> => (apart.length === 0 ? work() : alone(apart, work));
    const tables = [...new Set([...loads, failed].map(({ table }) => table))];
    const stored = origin.page === undefined ? await whole() : await inPage(segment, origin.page, tables, whole);
    const { [savingsTable]: saved = 0, ...rows } = stored;
    if (saved > 0) metrics.saved(await savingsOf(await lakeOf(origin.workspaceId), segment.id));
    metrics.loaded(origin.stream, rows, segment.bytes);
    await onLoaded({ id: segment.id, origin, bytes: segment.bytes, rows });
  };
}
