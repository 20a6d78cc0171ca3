import { createRequire } from 'node:module';

/** An engine connection: its own settings and current database. Runs one statement at a time. */
export type Connection = { readonly brand: unique symbol };

export interface QueryAnswer {
  readonly bytes: Uint8Array;
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

export interface InsertAnswer {
  readonly elapsed: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

export type StreamHandle = { readonly stream: unique symbol };

/**
 * chDB's addon. It is used directly rather than through `Session`, since `Session.close()` puts off closing until every query of the
 * process is done (a 60 s query would keep thousands of closed sessions alive, 0.35 MB each), and since only the raw call
 * tells how many rows an INSERT wrote.
 */
export interface Native {
  CreateConnection(path: string, args?: readonly string[]): Connection;
  CloseConnection(connection: Connection): void;
  QueryWithConnection(connection: Connection, sql: string, format: string): string;
  QueryAsyncConnection(connection: Connection, sql: string, format: string): Promise<QueryAnswer>;
  InsertRawAsyncConnection(
    connection: Connection,
    sql: string,
    payload: Uint8Array,
    countLines: boolean,
  ): Promise<InsertAnswer>;
  StreamQuery(connection: Connection, sql: string, format: string): StreamHandle;
  StreamFetch(
    handle: StreamHandle,
  ): Promise<{ readonly done: boolean; readonly bytes: Uint8Array; readonly numRows: number }>;
  StreamCancel(handle: StreamHandle): void;
  EngineVersion(): string;
}

/** Loads libchdb (0.1 s, 546 MB mapped). Throws when the platform's package is not installed. */
export function loadNative(): Native {
  const require = createRequire(import.meta.url);
  const loader = createRequire(require.resolve('chdb'))('./dist/loader.js') as { loadNative(): Native };
  return loader.loadNative();
}
