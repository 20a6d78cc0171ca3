import {
  dataRoutes,
  type dataCollectionRuleRoutes,
  type pinRoutes,
  type sourceEditorRoutes,
  type uploadRoutes,
} from '@sallyport/contracts';
import type { SpoolStats } from '@sallyport/lake';
import type { Caller, Handlers } from '../platform/http/handlers.ts';
import type { NoteUse } from '../platform/http/exchange.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { clientAuthorityOf, loadTls, type TlsMaterial } from '../platform/http/tls.ts';
import { openIngestCore, type IngestCore } from './core.ts';
import { originOf, type LoadedSegment } from './loading.ts';
import { openSyslogDoors, syslogCounts, type SyslogDoors, type SyslogHealth } from './doors/syslog/index.ts';
import { syslogSettings, syslogTls } from './doors/syslog/settings.ts';
import { createHttpDoors, type HttpDoors } from './doors/index.ts';
import { openOtlpGrpc, type OtlpGrpc } from './doors/otlp/grpc.ts';
import { dataCollectionRuleHandlers } from './collection-rules/arm.ts';
import { OwnSources } from './editor/own-sources.ts';
import { sourceEditorHandlers } from './editor/routes.ts';
import { hostname } from 'node:os';
import { HealthBook } from './health/book.ts';
import { placeOf } from './health/places.ts';
import { keepHeartbeat } from './health/heartbeat.ts';
import { scheduleHealth } from './health/tell.ts';
import { countingFace } from './doors/door.ts';
import { ownFace, type ErrorFace } from '../platform/http/server.ts';
import { HealthKeeper } from './health/keeper.ts';
import { createHostCollector, type HostCollector, type HostHealth } from './host/collector.ts';
import { remembered } from '../platform/database/index.ts';
import type { Importer } from './importer/import.ts';
import { createIngestMetrics } from './metrics.ts';
import { aloneEverywhere } from './policies/alone.ts';
import { PolicyBook } from './policies/book.ts';
import { ClockWatch } from './policies/clocks.ts';
import { letGoOfEndedHolds } from './policies/keeper.ts';
import { createPull, pageGate, type Pull } from './pull/index.ts';
import { Pins } from './pins/pins.ts';
import { pinHandlers } from './pins/routes.ts';
import { dataHandlers, type RouteServices } from './routes.ts';
import { loadSources, shippedSources } from './sources/load.ts';
import type { Streams } from './sources/streams.ts';
import { Uploads, type RunRules } from './uploads/index.ts';
import { uploadHandlers } from './uploads/routes.ts';

export { openIngestCore, type IngestCore, type SpoolSizes } from './core.ts';
export { loadSources, shippedSources, type LoadedSources, type Source, type SourceProblem } from './sources/load.ts';
export type { FileResult, ImportOptions, ImportResult } from './importer/import.ts';
export type { RunRules } from './uploads/index.ts';
export type { HostHealth } from './host/collector.ts';
export type { SyslogHealth } from './doors/syslog/index.ts';

export interface Ingest extends Domain<Handlers<typeof dataRoutes>> {
  readonly uploads: Handlers<typeof uploadRoutes>;
  readonly sourceEditor: Handlers<typeof sourceEditorRoutes>;
  readonly collectionRules: Handlers<typeof dataCollectionRuleRoutes>;
  /** How errors of `handlers` are said, and those of the door among them counted. */
  readonly errorFace: ErrorFace;
  readonly pins: Handlers<typeof pinRoutes>;
  /** Doors that speak the wire of other products. */
  readonly doors: HttpDoors;
  /** What fetches logs. */
  readonly connectors: Pick<Pull, 'handlers'>;
  /** From `start` on. */
  readonly streams: Streams;
  /** From `start` on. */
  readonly importer: Importer;
  /**
   * Makes records of a stream durable, as a door does: one a line, UTF-8; of JSON streams each line an object, or all of them in one JSON array.
   * Resolves when synced to disk; they are in their tables a second or so later. Throws SallyportError NotFound for an unknown stream, BadRequest for an
   * array that is none, TooManyRequests when the spool is full.
   */
  append(stream: string, records: Uint8Array): Promise<void>;
  /** Resolves when everything that was acknowledged is in its tables. */
  flush(): Promise<void>;
  /** What waits in the spool; undefined before `start`. */
  spoolStats(): SpoolStats | undefined;
  /** What is collected of this machine, and what can't be; empty when the setting `collectHost` is off. */
  hostHealth(): readonly HostHealth[];
  /** Open syslog doors, what they dropped, refused and cut, and why lines wait; undefined when none is open. */
  syslogHealth(): SyslogHealth | undefined;
  /** The port for OpenTelemetry over gRPC; undefined when it is closed. */
  otlpGrpcPort(): number | undefined;
  /** A renewed certificate, for doors that serve it. */
  useTls(tls: TlsMaterial): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface IngestOptions {
  /** Runs the rules over what was uploaded. */
  readonly runRules: RunRules;
  /** Told of each segment that is in its tables, but of files that people gave, before the spool lets go of it. */
  readonly onStored?: (
    segment: Pick<LoadedSegment, 'id' | 'rows'> & { readonly workspaceId: string | undefined },
  ) => Promise<void>;
  /** What somebody who sees a part of the data sees of tables of these names. */
  readonly tablesSeen: RouteServices['tablesSeen'];
  readonly tablesWhole: RouteServices['tablesWhole'];
  /** Whether jobs run; default true. */
  readonly jobs?: boolean;
  /** Who holds an API token; for doors that are not behind the server's own HTTP. */
  readonly callerOfToken: (
    token: string,
    from: { readonly ipAddress: string; readonly userAgent: string },
  ) => Promise<Caller | undefined>;
  /** Who a client's certificate of this common name stands for. */
  readonly callerOfCertificate: (name: string) => Promise<Caller | undefined>;
  /** Told of each right that a caller uses. Default: nobody. */
  readonly noteUse?: NoteUse;
  /** Folders of sources. Default: those that ship. */
  readonly sourceFolders?: readonly string[];
}

const linesIn = (records: Uint8Array): number => records.reduce((sum, byte) => (byte === 0x0a ? sum + 1 : sum), 1);

/** Doors and sources: everything that comes in. Reads the sources; what is wrong with some is logged, and the others work. */
export async function createIngest(platform: Platform, options: IngestOptions): Promise<Ingest> {
  const { config, log, clock, database } = platform;
  const loaded = await loadSources(...(options.sourceFolders ?? [shippedSources]));
  for (const problem of loaded.problems) log.error(problem, 'a source was not loaded');
  const book = new HealthBook(() => clock.now());
  const keeper = new HealthKeeper({ book, database, lake: platform.lake, clock, log });
  const metrics = createIngestMetrics(platform.metrics, book);
  let opened: IngestCore | undefined;
  let host: HostCollector | undefined;
  let syslog: SyslogDoors | undefined;
  let otlpGrpc: OtlpGrpc | undefined;
  const stopping = new AbortController();
  const policies = new PolicyBook(database);
  const clocks = new ClockWatch({ lake: platform.lake, clock, log, outbox: platform.outbox, metrics });
  let keeping: Promise<unknown> | undefined;
  const counts = syslogCounts(metrics, clock, log);
  scheduleHealth({ ...platform, streams: () => core().streams });
  const core = (): IngestCore => {
    if (opened === undefined) throw new Error('ingest was not started');
    return opened;
  };
  const ownDoorFace = countingFace(metrics, 'logs-ingestion');
  const uploads = new Uploads({ platform, core, runRules: options.runRules, jobs: options.jobs ?? true });
  const own = new OwnSources({ platform, core, shipped: loaded });
  const pull = createPull(platform, core);
  const pins = new Pins({ platform, core });
  return {
    handlers: dataHandlers({
      platform,
      core,
      uploads,
      policies,
      tablesSeen: options.tablesSeen,
      tablesWhole: options.tablesWhole,
      doors: {
        placeOf: placeOf(() => ({ config, syslog, otlpGrpc, host })),
        connections: (door) => book.connections(door),
      },
    }),
    errorFace: (error, request) =>
      request.routeOptions.url === dataRoutes.ingestLogs.path ? ownDoorFace(error, request) : ownFace(error, request),
    uploads: uploadHandlers(uploads),
    sourceEditor: sourceEditorHandlers({ core, own, clock }),
    collectionRules: dataCollectionRuleHandlers(own, publicUrlOf(config)),
    doors: createHttpDoors(platform, core, metrics),
    connectors: pull,
    pins: pinHandlers(pins),
    get streams() {
      return core().streams;
    },
    get importer() {
      return core().importer;
    },
    append: (stream, records) => core().append(stream, records),
    flush: () => core().flush(),
    spoolStats: () => opened?.spool.stats(),
    hostHealth: () => host?.health() ?? [],
    syslogHealth: () => syslog?.health(),
    otlpGrpcPort: () => otlpGrpc?.port,
    useTls: (tls) => {
      syslog?.useTls(syslogTls(config, tls));
      otlpGrpc?.useTls(tls).catch((err: unknown) => log.error({ err }, 'the door for gRPC could not open again'));
    },
    start: async () => {
      await policies.reload();
      await platform.work.begin('store acknowledged segments');
      opened = await openIngestCore(
        platform,
        loaded,
        {
          totalBytes: config.spoolMaxBytes,
          segmentBytes: config.spoolSegmentBytes,
          segmentAgeMs: config.spoolSegmentAge,
        },
        {
          metrics,
          own: await own.enabled(),
          policies,
          alone: aloneEverywhere(database),
          pages: pageGate(database),
          onLoaded: async (segment) => {
            await uploads.stored(segment);
            const { importId, page } = segment.origin;
            if (importId === undefined || page !== undefined)
              await options.onStored?.({ ...segment, workspaceId: segment.origin.workspaceId });
            keeper.loaded(segment);
            // What is asked of rows is asked in the first workspace.
            if (segment.origin.workspaceId === undefined) clocks.add(segment);
          },
          onSegment: async (segment, streams) => {
            if (originOf(segment.stream).workspaceId === undefined) await keeper.sample(segment, streams);
          },
        },
      );
      own.follow();
      await pins.start();
      await uploads.open();
      keeper.start();
      keeping = Promise.all([
        letGoOfEndedHolds(platform.lake, clock, log, stopping.signal),
        policies.follow(clock, log, stopping.signal),
        clocks.run(stopping.signal),
        ...(config.collectHost ? [keepHeartbeat(platform, stopping.signal)] : []),
      ]);
      await pull.start();
      const doors = await syslogSettings(config, () => loadTls(config, clock));
      if (doors !== undefined) {
        await platform.work.begin('take logs by syslog');
        syslog = await openSyslogDoors({ core: core(), counts, clock, log }, doors);
      }
      const tls = config.otlpGrpcPort === 0 ? undefined : await loadTls(config, clock);
      if (tls !== undefined)
        otlpGrpc = await openOtlpGrpc({
          core,
          callerOfToken: options.callerOfToken,
          callerOfCertificate: options.callerOfCertificate,
          ...(options.noteUse ? { noteUse: options.noteUse } : {}),
          log,
          host: config.host,
          port: config.otlpGrpcPort,
          tls,
          clientAuthority: clientAuthorityOf(config, tls),
        });
      if (!config.collectHost) return;
      const computer = hostname();
      host = createHostCollector({
        clock,
        log,
        computer,
        root: '/',
        append: async (stream, records) => {
          await core().append(stream, records);
          metrics.accepted({ door: 'host', sender: computer, stream, rows: linesIn(records), bytes: records.length });
        },
        memory: (name) => remembered(database, `host ${computer} ${name}`),
      });
      host.start();
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([syslog?.stop(), otlpGrpc?.stop(), keeping]);
      otlpGrpc = undefined;
      syslog = undefined;
      await Promise.all([host?.stop(), pull.stop()]);
      await own.stop();
      await pins.stop();
      const uploadsStopped = uploads.stop();
      await opened?.[Symbol.asyncDispose]();
      await uploadsStopped;
      await keeper.stop();
      opened = undefined;
    },
  };
}
