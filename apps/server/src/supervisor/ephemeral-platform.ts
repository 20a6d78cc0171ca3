import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startEngine } from '@sallyport/lake';
import type { Clock } from '../platform/clock.ts';
import { loadConfig, type ConfigSources } from '../platform/config/index.ts';
import { openPlatform, type OpenPlatform } from '../platform/create.ts';
import { silentLog, type Log } from '../platform/log.ts';
import { removeDataFolder, temporaryFolder } from './temporary.ts';
import { engineUrl } from './engine-url.ts';
import { startEphemeralPostgres } from './ephemeral-postgres.ts';

export interface EphemeralOptions {
  /** Settings that differ from their defaults. The machine's environment and files are not looked at. */
  readonly settings?: NonNullable<ConfigSources['flags']>;
  /** Default: silent. */
  readonly log?: Log;
  readonly clock?: Clock;
}

/** A platform on engines of its own in a temporary folder. Nothing is synced to disk. */
export async function startEphemeralPlatform(
  options: EphemeralOptions = {},
): Promise<{ platform: OpenPlatform; stop: () => Promise<void> }> {
  const log = options.log ?? silentLog;
  const dataDir = temporaryFolder();
  const spoolDir = join(dataDir, 'spool');
  mkdirSync(spoolDir, { mode: 0o711 });
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of started.toReversed()) await part.stop();
    removeDataFolder(dataDir);
  };
  const keep = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    started.push(part);
    return part;
  };
  try {
    const pair = [
      keep(startEphemeralPostgres(dataDir, log)),
      keep(
        startEngine({
          dataDir: join(dataDir, 'lake'),
          spoolDir,
          log: (line) => log.debug({ process: 'engine' }, line),
        }),
      ),
    ] as const;
    await Promise.allSettled(pair);
    const [postgres, engine] = await Promise.all(pair);
    const flags = { ...options.settings, dataDir, databaseUrl: postgres.url, lakeUrl: engineUrl(engine) };
    const platform = await openPlatform({
      config: loadConfig({ flags, environment: {}, file: '' }),
      log,
      embeddedLake: { groupId: engine.gid },
      ...(options.clock ? { clock: options.clock } : {}),
    });
    started.push({ stop: () => platform.close() });
    return { platform, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Runs `work` with a fresh platform, and removes everything afterwards. No HTTP; the outbox and the jobs are not running: call
 * `platform.outbox.flush()` to bring rows to the lake.
 */
export async function withEphemeralPlatform<T>(
  options: EphemeralOptions,
  work: (platform: OpenPlatform) => Promise<T>,
): Promise<T> {
  const { platform, stop } = await startEphemeralPlatform(options);
  try {
    return await work(platform);
  } finally {
    await stop();
  }
}
