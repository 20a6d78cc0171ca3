import { setTimeout as delay } from 'node:timers/promises';
import { SallyportError } from '@sallyport/contracts';
import pg from 'pg';
import type { Log } from '../log.ts';
import type { Database, Queryable } from './types.ts';

/** Long enough for a killed PostgreSQL to be started again and to replay its log. */
const connectPatienceMs = 15_000;
const transactionAttemptsMax = 5;
const statementTimeoutMs = 60_000;

const int8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? parseInt8 : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint past 2^53 came from the database');
  return value;
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** The server can't be reached, is starting or stopping, or cut the connection. */
export function isConnectionError(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(?:ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|57P0[123]|08\w{3})$/.test(code)) return true;
  return (
    error instanceof Error && /^(?:Connection terminated|Client has encountered a connection error)/.test(error.message)
  );
}

/** Serialization failure or deadlock: the whole transaction may be tried again. */
const isRetryable = (error: unknown) => /^(?:40001|40P01)$/.test(codeOf(error));

/** Whether the error is PostgreSQL's unique violation (23505), of that constraint when named. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false;
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint;
}

const unavailable = (cause: unknown) =>
  new SallyportError('Unavailable', 'the database does not answer', { retryAfterSeconds: 2, cause });

/** Tries to connect until it works, or for 15 s; then throws Unavailable. Other errors than of the connection are thrown at once. */
export async function patiently<T>(connect: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + connectPatienceMs;
  for (;;)
    try {
      return await connect();
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      if (Date.now() > deadline) throw unavailable(error);
      await delay(100);
    }
}

interface Client {
  query(sql: string, parameters?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

function queryable(run: <T>(work: (client: Client) => Promise<T>) => Promise<T>): Queryable {
  const query = async <Row extends object>(sql: string, parameters: readonly unknown[] = []) =>
    (await run((client) => client.query(sql, [...parameters]))).rows as Row[];
  return {
    query,
    first: async <Row extends object>(sql: string, parameters?: readonly unknown[]) =>
      (await query<Row>(sql, parameters))[0],
    execute: async (sql, parameters = []) => (await run((client) => client.query(sql, [...parameters]))).rowCount ?? 0,
  };
}

/** Opens a pool of connections. Connections are made when first needed; a server that is away is waited for, up to 15 s. */
export function openDatabase(options: { url: string; log: Log; connectionsMax?: number }): Database {
  const { url, log } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax ?? 10,
    types,
    application_name: 'sallyport',
    statement_timeout: statementTimeoutMs,
    connectionTimeoutMillis: connectPatienceMs,
    idleTimeoutMillis: 60_000,
  });
  pool.on('error', (err) => log.warn({ err }, 'lost an idle database connection'));

  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await patiently(() => pool.connect());
    // A client in use reports a lost connection both here and to its query; without a listener the former ends the process.
    const ignore = () => undefined;
    client.on('error', ignore);
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      broken = error as Error;
      throw unavailable(error);
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  };

  const attempt = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> =>
    withClient(async (client) => {
      await client.query('BEGIN');
      try {
        const answer = await work(queryable((run) => run(client)));
        await client.query('COMMIT');
        return answer;
      } catch (error) {
        if (!isConnectionError(error)) await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });

  const transaction = async <T>(work: (tx: Queryable) => Promise<T>): Promise<T> => {
    for (let attempts = 1; ; attempts++)
      try {
        return await attempt(work);
      } catch (error) {
        if (!isRetryable(error) || attempts >= transactionAttemptsMax) throw error;
        await delay(5 * 2 ** attempts * (0.5 + Math.random()));
      }
  };

  return {
    ...queryable(withClient),
    url,
    transaction,
    ping: async () => void (await withClient((client) => client.query('SELECT 1'))),
    close: () => pool.end(),
  };
}
