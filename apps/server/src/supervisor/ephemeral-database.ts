import { openDatabase, type Database } from '../platform/database/index.ts';
import { silentLog, type Log } from '../platform/log.ts';
import { startEphemeralPostgres } from './ephemeral-postgres.ts';
import { removeDataFolder, temporaryFolder } from './temporary.ts';

export interface EphemeralDatabase {
  readonly database: Database;
  readonly url: string;
  /** Stops PostgreSQL and removes its folder. */
  stop(): Promise<void>;
}

/** A migrated PostgreSQL in a temporary folder, for tests (one a test file) and replay. About one second. */
export async function startEphemeralDatabase(log: Log = silentLog): Promise<EphemeralDatabase> {
  const folder = temporaryFolder();
  const postgres = await startEphemeralPostgres(folder, log);
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
