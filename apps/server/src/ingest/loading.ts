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
}

/** The spool's name for an import's lines of a stream. */
export const importStream = (importId: string, stream: string): string => `import/${importId}/${stream}`;

/** The spool's name for rows `{"RawData": "<line>"}` of a stream of lines, as Azure's clients send them. */
export const wrappedStream = (stream: string): string => `wrapped/${stream}`;

export function originOf(spoolStream: string): SegmentOrigin {
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
  readonly lake: Lake;
  readonly streams: Streams;
  readonly log: Log;
  readonly metrics: IngestMetrics;
  readonly alone: Alone;
  readonly onLoaded: (segment: LoadedSegment) => Promise<void> | void;
}

type Bounded = NonNullable<StreamStatements['bounded']>;

/** An error that will come again: of the statement or the data, not of the moment. */
const permanent = (error: unknown): boolean =>
  error instanceof SallyportError && error.code !== 'Unavailable' && error.code !== 'TooManyRequests';

/** What the spool hands its segments to: stores a segment through its stream's statements. */
export function createLoading(options: LoadingOptions): (segment: SpoolSegment) => Promise<void> {
  const { lake, streams, log, metrics, alone, onLoaded } = options;

  const attempt = async (
    segment: SpoolSegment,
    statements: readonly LoadStatement[],
    retry: boolean,
    limits?: LoadLimits,
  ) => {
    const { id, path } = segment;
    const reader = { kind: 'lines' } as const;
    return (await lake.load({ id, path, reader, retry, ...(limits === undefined ? {} : { limits }) }, statements)).rows;
  };

  /** The refused lines first: mostly there are none, and then the flows need not ask which are accepted. */
  const atOnce = async (segment: SpoolSegment, origin: SegmentOrigin): Promise<Record<string, number>> => {
    const { loads, flowsWhenNoneRefused, bounded } = streams.statements(origin.stream, origin.framing);
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
    const { loads, failed, bounded } = streams.statements(origin.stream, origin.framing);
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
      const { bounded } = streams.statements(origin.stream, origin.framing);
      if (bounded !== undefined && error instanceof SallyportError && error.code === 'QueryLimitExceeded')
        return keepUnread(segment, origin.stream, bounded);
      log.warn({ err: error, stream: origin.stream }, 'a segment could not be stored at once; table by table');
      return salvage(segment, origin);
    });

  return async (segment) => {
    const origin = originOf(segment.stream);
    const tables = streams.statements(origin.stream, origin.framing).alone ?? [];
    const work = (): Promise<Record<string, number>> => store(segment, origin);
    const stored = await (tables.length === 0 ? work() : alone(tables, work));
    const { [savingsTable]: saved = 0, ...rows } = stored;
    if (saved > 0) metrics.saved(await savingsOf(lake, segment.id));
    metrics.loaded(origin.stream, rows, segment.bytes);
    await onLoaded({ id: segment.id, origin, bytes: segment.bytes, rows });
  };
}
