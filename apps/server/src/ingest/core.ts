import { Spool, type Lake, type PoisonedSegment } from '@sallyport/lake';
import { compile } from '@sallyport/kql';
import type { Platform } from '../platform/types.ts';
import { createImporter, type Importer } from './importer/import.ts';
import { ImportTracker } from './importer/tracker.ts';
import { createLoading, originOf } from './loading.ts';
import { createIngestMetrics, type IngestMetrics } from './metrics.ts';
import type { LoadedSources } from './sources/load.ts';
import { createStreams, type Streams } from './sources/streams.ts';

export type CorePlatform = Pick<Platform, 'lake' | 'clock' | 'log' | 'metrics' | 'spool'>;

export interface SpoolSizes {
  readonly totalBytes: number;
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
}

/** The part of ingest that needs no HTTP: streams, spool, loading, importer. */
export interface IngestCore extends AsyncDisposable {
  readonly lake: Lake;
  readonly streams: Streams;
  readonly importer: Importer;
  readonly metrics: IngestMetrics;
  /**
   * Makes lines of a stream durable: UTF-8, one record a line, without a last line feed; of JSON streams each line a JSON object. Resolves when
   * synced to disk. Throws SpoolFull, and NotFound for an unknown stream.
   */
  append(stream: string, lines: Uint8Array): Promise<void>;
  /** Resolves when everything acknowledged before the call is stored. */
  flush(): Promise<void>;
}

/** Opens the spool, takes up what an earlier process left in it, and begins to load. */
export async function openIngestCore(
  platform: CorePlatform,
  loaded: LoadedSources,
  sizes: SpoolSizes,
): Promise<IngestCore> {
  const { lake, clock, log } = platform;
  const tracker = new ImportTracker();
  const streams = createStreams({ loaded, catalogue: () => lake.catalogue, compile, now: () => clock.now() });
  let spool: Spool | undefined;
  const metrics = createIngestMetrics(platform.metrics, () => spool?.stats());
  const load = createLoading({ lake, streams, log, metrics, onLoaded: (segment) => tracker.loaded(segment) });
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
  spool = opened;
  const append = (stream: string, lines: Uint8Array): Promise<void> => opened.append(stream, lines);
  return {
    lake,
    streams,
    metrics,
    append,
    importer: createImporter({ lake, streams, tracker, clock, log, append }),
    flush: () => opened.flush(),
    [Symbol.asyncDispose]: async () => {
      await opened.close();
      tracker.abandon();
    },
  };
}
