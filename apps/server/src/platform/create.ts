import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue, Lake } from '@sallyport/lake';
import { createAuditLog } from './audit/index.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Config } from './config/index.ts';
import { migrate, openDatabase } from './database/index.ts';
import { createJobs, type HeartbeatTimes, type JobRunner } from './jobs/index.ts';
import { locatingSignIns } from './ip-location.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createOutbox, type Outbox } from './outbox/index.ts';
import { createSealing, loadSealingKey } from './sealing.ts';
import { createTracing } from './tracing.ts';
import type { Platform } from './types.ts';
import { createWork } from './work.ts';
import { openWorkspaces, type OpenWorkspaces } from './workspaces/index.ts';

/** A platform, and what starts and ends its parts. */
export interface OpenPlatform extends Platform {
  readonly outbox: Outbox;
  readonly jobs: JobRunner;
  readonly workspaces: OpenWorkspaces;
  /** Closes the connections. The outbox and the jobs must have been stopped. */
  close(): Promise<void>;
}

export interface PlatformOptions {
  /** With `databaseUrl` and `lakeUrl`, embedded or not. */
  readonly config: Config;
  readonly log: Log;
  readonly clock?: Clock;
  /** Given when the engine runs on this machine and may read the spool folder, with the group it needs for that. */
  readonly embeddedLake?: { readonly groupId: number | undefined } | undefined;
  /** How soon a dead server's jobs are taken over; for tests. */
  readonly heartbeat?: HeartbeatTimes;
  /** Also measure the process itself: memory, event loop. */
  readonly processMetrics?: boolean;
}

/** Connects to both engines, migrates the database, and puts the platform together. Throws when either stays away. */
export async function openPlatform(options: PlatformOptions): Promise<OpenPlatform> {
  const { config, log, clock = systemClock } = options;
  const metrics = createMetrics({ processMetrics: options.processMetrics ?? false });
  const tracing = createTracing();
  const [lake] = await Promise.all([
    connectLake(config, options.embeddedLake !== undefined),
    migrate(config.databaseUrl, log),
  ]);
  const database = openDatabase({ url: config.databaseUrl, log });
  const workspaces = await openWorkspaces({ database, lake, clock, log });
  const outbox = createOutbox({ database, target: locatingSignIns(lake, log), clock, log, metrics });
  const audit = createAuditLog({ database, outbox, clock });
  const work = createWork(audit);
  const jobs = createJobs({
    database,
    log,
    metrics,
    tracing,
    work,
    ...(options.heartbeat ? { heartbeat: options.heartbeat } : {}),
  });
  return {
    config,
    clock,
    log,
    metrics,
    tracing,
    database,
    lake,
    workspaces,
    outbox,
    spool: spoolPlace(config, options.embeddedLake?.groupId),
    audit,
    work,
    sealing: createSealing(loadSealingKey(config.dataDir)),
    jobs,
    close: async () => {
      await jobs.close();
      await workspaces.close();
      await lake.close();
      await database.close();
    },
  };
}

async function connectLake(config: Config, embedded: boolean): Promise<Lake> {
  const url = new URL(config.lakeUrl);
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  url.username = url.password = '';
  return Lake.connect({
    url: url.href,
    username: username === '' || username === undefined ? 'default' : username,
    password: password ?? '',
    workspace: config.workspace,
    catalogue: await Catalogue.load(),
    transport: embedded ? 'file' : 'body',
  });
}

function spoolPlace(config: Config, groupId: number | undefined): Platform['spool'] {
  const folder = join(config.dataDir, 'spool');
  mkdirSync(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  return { folder, groupId };
}
