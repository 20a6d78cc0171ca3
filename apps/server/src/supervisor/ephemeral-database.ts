import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase, type Database } from '../platform/database/index.ts';
import { silentLog, type Log } from '../platform/log.ts';
import { postgresHome, startPostgres } from './postgres.ts';

export interface EphemeralDatabase {
  readonly database: Database;
  readonly url: string;
  /** Stops PostgreSQL and removes its folder. */
  stop(): Promise<void>;
}

/** A temporary folder that PostgreSQL's user can pass through. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  chmodSync(folder, 0o711);
  return folder;
}

/** Removes a data folder with all in it, PostgreSQL's part too where that is elsewhere. */
export function removeDataFolder(folder: string): void {
  for (const path of [postgresHome(folder, process.getuid?.() === 0), folder])
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/** A migrated PostgreSQL in a temporary folder, for tests (one a test file) and replay. About one second. */
export async function startEphemeralDatabase(log: Log = silentLog): Promise<EphemeralDatabase> {
  const folder = temporaryFolder();
  const postgres = await startPostgres({ dataDir: folder, log, ephemeral: true });
  await migrate(postgres.url, log);
  const database = openDatabase({ url: postgres.url, log });
  return {
    database,
    url: postgres.url,
    stop: async () => {
      await database.close();
      await postgres.stop();
      removeDataFolder(folder);
    },
  };
}
