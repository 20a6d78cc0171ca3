import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrate } from '../platform/database/index.ts';
import type { Log } from '../platform/log.ts';
import { postgresHome, startPostgres, type EmbeddedPostgres } from './postgres.ts';
import { removeDataFolder, temporaryFolder } from './temporary.ts';

let starts = 0;
let template: Promise<string> | undefined;

/**
 * A migrated PostgreSQL for tests and replay, in a data folder of its own; nothing is synced to disk. To make a cluster and migrate it takes a second of processor, so a process
 * that starts a second one makes one to copy: each after it is a copy.
 */
export async function startEphemeralPostgres(dataDir: string, log: Log): Promise<EmbeddedPostgres> {
  starts++;
  if (starts > 1) await copyCluster(await (template ??= makeTemplate(log)), dataDir);
  const postgres = await startPostgres({ dataDir, log, ephemeral: true });
  try {
    await migrate(postgres.url, log);
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** A folder with a cluster that is migrated and was shut down. It goes with the process. */
async function makeTemplate(log: Log): Promise<string> {
  const folder = temporaryFolder();
  process.once('exit', () => removeDataFolder(folder));
  const postgres = await startPostgres({ dataDir: folder, log, ephemeral: true });
  await migrate(postgres.url, log);
  await postgres.stop();
  return folder;
}

/** With owners and modes: PostgreSQL refuses files of others. */
async function copyCluster(from: string, to: string): Promise<void> {
  const asRoot = process.getuid?.() === 0;
  const home = postgresHome(to, asRoot);
  mkdirSync(home, { recursive: true, mode: asRoot ? 0o755 : 0o700 });
  const parts = ['cluster', 'password'].map((name) => join(postgresHome(from, asRoot), name));
  await promisify(execFile)('cp', ['-a', ...parts, home]);
}
