import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '@sallyport/contracts';
import { soleShare, Spool, type Lake, type PoisonedSegment, type SpoolSegment } from '@sallyport/lake';
import { compile } from '@sallyport/kql';
import type { Platform } from '../platform/types.ts';
import type { Workspaces } from '../platform/workspaces/index.ts';
import { createImporter, type Importer } from './importer/import.ts';
import { ImportTracker } from './importer/tracker.ts';
import { keysIn, RecentCalls } from './doors/recent-calls.ts';
import { rowsOf } from './doors/rows.ts';
import { createLoading, noPages, originOf, type LoadedSegment, type PageGate } from './loading.ts';
import { StreamPins } from './pins/stream-pins.ts';
import { createIngestMetrics, type IngestMetrics } from './metrics.ts';
import { aloneHere, type Alone } from './policies/alone.ts';
import { createApplying } from './policies/apply.ts';
import { noPolicies, type Policies } from './policies/policy.ts';
import type { LoadedSources } from './sources/load.ts';
import type { OwnSource } from './sources/own.ts';
import { createStreams, type Streams } from './sources/streams.ts';

export type CorePlatform = Pick<Platform, 'lake' | 'clock' | 'log' | 'metrics' | 'spool'> & {
  /** Default: the first alone. */
  readonly workspaces?: Pick<Workspaces, 'find' | 'refresh' | 'get' | 'lake'>;
};

export interface SpoolSizes {
  readonly totalBytes: number;
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
}

/** Of the spool's bound, past which doors that are asked for their health say that they are full: nearly what a single sender can fill. */
const fullShare = 0.95 * soleShare;

/** The part of ingest that needs no HTTP: streams, spool, loading, importer. */
export interface IngestCore extends AsyncDisposable {
  readonly lake: Lake;
  /** The rows of a workspace; of the first, where none is said. Throws SallyportError NotFound. */
  readonly lakeOf: (workspaceId: string | undefined) => Lake | Promise<Lake>;
  readonly streams: Streams;
  readonly importer: Importer;
  readonly metrics: IngestMetrics;
  /**
   * Makes records of a stream durable: one a line, UTF-8; of JSON streams each line an object, or all of them in one JSON array. Resolves when synced to
   * disk. Throws SallyportError NotFound for an unknown stream, BadRequest for an array that is none, TooManyRequests (SpoolFull).
   */
  append(stream: string, records: Uint8Array): Promise<void>;
  /** What goes to a stream by who sends it. */
  readonly pins: { current(): StreamPins; use(pins: StreamPins): void };
  /** Calls that are durable already. */
  readonly recentCalls: RecentCalls;
  /** The spool itself, for doors that have made their lines. */
  readonly spool: Pick<Spool, 'append' | 'stats'>;
  /** Whether the spool can hardly take a call more. */
  isFull(): boolean;
  /** Resolves when everything acknowledged before the call is stored. */
  flush(): Promise<void>;
}

/** Opens the spool, takes up what an earlier process left in it, and begins to load. */
export async function openIngestCore(
  platform: CorePlatform,
  loaded: LoadedSources,
  sizes: SpoolSizes,
  options: {
    /** Waited for: a segment stays in the spool until it has resolved. */
    readonly onLoaded?: (segment: LoadedSegment) => Promise<void> | void;
    /** Called with a stored segment before its file goes. */
    readonly onSegment?: (segment: SpoolSegment, streams: Streams) => Promise<void>;
    readonly metrics?: IngestMetrics;
    /** Sources made here. */
    readonly own?: readonly OwnSource[];
    /** What tables store of their rows. Default: all. */
    readonly policies?: Policies;
    /** Default: within this process. */
    readonly alone?: Alone;
    /** Default: no connector polls. */
    readonly pages?: PageGate;
  } = {},
): Promise<IngestCore> {
  const { lake, clock, log } = platform;
  const tracker = new ImportTracker();
  const [catalogue, now] = [() => lake.catalogue, () => clock.now()];
  const apply = createApplying({
    policies: options.policies ?? noPolicies,
    lookups: lake.loadLookups,
    catalogue,
    now,
    onProblem: (table, message) =>
      log.error({ table, message }, 'the ingest policy of a table can’t be applied; every row is stored'),
  });
  const streams = createStreams({ loaded, catalogue, compile, now, apply, lookups: lake.loadLookups });
  streams.use(options.own ?? []);
  const metrics = options.metrics ?? createIngestMetrics(platform.metrics);
  const stored = async (segment: LoadedSegment): Promise<void> => {
    await options.onLoaded?.(segment);
    tracker.loaded(segment);
  };
  const recentCalls = new RecentCalls();
  let pins = new StreamPins();
  const lakeOf = (workspaceId: string | undefined): Lake | Promise<Lake> =>
    workspaceId === undefined ? lake : lakeOfWorkspace(platform.workspaces, workspaceId);
  const loadSegment = createLoading({
    lakeOf,
    streams,
    log,
    metrics,
    alone: options.alone ?? aloneHere(),
    pages: options.pages ?? noPages,
    onLoaded: stored,
  });
  const load = async (segment: SpoolSegment): Promise<void> => {
    // Left by an earlier process: its calls may have died without an answer, and come again.
    if (segment.retry) await rememberCalls(segment.path, recentCalls);
    await loadSegment(segment);
    await options
      .onSegment?.(segment, streams)
      .catch((err: unknown) => log.warn({ err, stream: segment.stream }, 'a segment could not be sampled'));
  };
  const onPoison = (segment: PoisonedSegment) => {
    log.error({ segment }, 'the engine does not take a segment; it is kept in the spool’s folder `poison`');
    tracker.poisoned(originOf(segment.stream), segment);
  };
  const opened = await Spool.open({
    folder: platform.spool.folder,
    gid: platform.spool.groupId,
    totalBytes: sizes.totalBytes,
    sealBytes: sizes.segmentBytes,
    sealMs: sizes.segmentAgeMs,
    load,
    onPoison,
  });
  metrics.watch(() => opened.stats());
  // Those that wait for their load. One that is gone by now was loaded, and remembered there.
  for (const name of await readdir(platform.spool.folder))
    if (/\.(ready|loading)$/.test(name)) await rememberCalls(join(platform.spool.folder, name), recentCalls);
  const toSpool = (stream: string, lines: Uint8Array): Promise<void> => opened.append(stream, lines);
  const append = async (stream: string, records: Uint8Array): Promise<void> => {
    if (!streams.has(stream))
      throw new SallyportError('NotFound', `there is no stream \`${stream}\``, { target: stream });
    const isArray = !streams.takesLines(stream) && /^\s*\[/.test(Buffer.from(records.subarray(0, 64)).toString());
    await toSpool(stream, isArray ? rowsOf(Buffer.from(records)).lines : records);
  };
  return {
    lake,
    lakeOf,
    streams,
    metrics,
    append,
    recentCalls,
    pins: { current: () => pins, use: (next) => void (pins = next) },
    spool: opened,
    isFull: () => opened.stats().bytes > sizes.totalBytes * fullShare,
    importer: createImporter({
      lake,
      lakeOf,
      streams,
      tracker,
      clock,
      log,
      append: async (spoolStream, lines, { records: rows, origin = { door: 'upload', sender: '' } }) => {
        await toSpool(spoolStream, lines);
        const { stream } = originOf(spoolStream);
        metrics.accepted({ ...origin, stream, rows, bytes: lines.length });
      },
    }),
    flush: () => opened.flush(),
    [Symbol.asyncDispose]: async () => {
      await opened.close();
      tracker.abandon();
    },
  };
}

/** Throws SallyportError NotFound. */
async function lakeOfWorkspace(workspaces: CorePlatform['workspaces'], id: string): Promise<Lake> {
  if (!workspaces) throw new SallyportError('NotFound', 'there is one workspace here');
  // Another server may have made it.
  if (!workspaces.find(id)) await workspaces.refresh();
  return workspaces.lake(workspaces.get(id));
}

/** Segments are read whole: they are as large as the setting `spoolSegmentBytes` says. */
async function rememberCalls(path: string, calls: RecentCalls): Promise<void> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  for (const key of keysIn(bytes)) calls.remember(key);
}
