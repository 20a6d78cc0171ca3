import { createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import { ClickHouseLogLevel } from '@clickhouse/client';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionLost, toSallyportError, transient } from './errors.ts';

export interface ConnectionOptions {
  /** http(s)://host:port of the ClickHouse HTTP interface. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** How long a statement that can be repeated is tried again while the engine is away, ms. Default 20,000. */
  readonly retryMs?: number;
}

export interface Statement {
  readonly sql: string;
  readonly queryId?: string | undefined;
  readonly settings?: ClickHouseSettings;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly values?: Readable;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly queryId: string;
  readonly stream: Readable;
  readonly rowsWritten: number;
  /** What a statement that was waited for (`wait_end_of_query`) took; zeros for others. */
  readonly statistics: Statistics;
}

export interface Statistics {
  readonly elapsedSeconds: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  /** Processor time in the embedded engine; in a ClickHouse of one's own the time of its threads, which is no less. */
  readonly cpuSeconds: number;
}

/** Sockets kept to the engine; more statements than this wait in the client. */
const socketsMax = 64;
/** The engine's limits end a statement; this only frees us from a peer that went silent. */
const silenceMs = 15 * 60_000;
const pauseMs = { first: 50, max: 1_000 };

/** A connection to the engine, bound to a database: sends statements, repeats those that may be repeated, maps errors. */
export class Connection {
  readonly #client: ClickHouseClient;
  readonly #retryMs: number;

  constructor(options: ConnectionOptions, database?: string) {
    this.#retryMs = options.retryMs ?? 20_000;
    this.#client = createClient({
      url: options.url,
      username: options.username,
      password: options.password,
      ...(database === undefined ? {} : { database }),
      request_timeout: silenceMs,
      max_open_connections: socketsMax,
      application: 'sallyport',
      log: { level: ClickHouseLogLevel.OFF },
      // The engine makes machine code of what it is asked for the fourth time: 11 s of processor for a search over 33 tables, no gain for it, nor for the questions of bench/kql.
      clickhouse_settings: { compile_expressions: 0 },
    });
  }

  /** Sends one statement once. Throws what the client throws. */
  async sendOnce(statement: Statement): Promise<Reply> {
    const reply = await this.#client.exec({
      query: statement.sql,
      query_id: statement.queryId ?? randomUUID(),
      ...(statement.settings ? { clickhouse_settings: statement.settings } : {}),
      ...(statement.params ? { query_params: { ...statement.params } } : {}),
      ...(statement.values ? { values: statement.values } : {}),
      ...(statement.signal ? { abort_signal: statement.signal } : {}),
    });
    return {
      queryId: reply.query_id,
      stream: reply.stream as Readable,
      rowsWritten: Number(reply.summary?.written_rows ?? 0),
      statistics: {
        elapsedSeconds: Number(reply.summary?.elapsed_ns ?? 0) / 1e9,
        rowsRead: Number(reply.summary?.read_rows ?? 0),
        bytesRead: Number(reply.summary?.read_bytes ?? 0),
        cpuSeconds: Number(reply.summary?.real_time_microseconds ?? 0) / 1e6,
      },
    };
  }

  /**
   * Does `work`, again and again with growing pauses while the engine is away or busy, for at most `retryMs`. Only for work that may be done twice.
   * `retry` tells what is worth repeating. Throws SallyportError.
   */
  async repeat<T>(
    work: (attempt: number) => Promise<T>,
    options: { signal?: AbortSignal | undefined; retry?: (error: unknown) => boolean } = {},
  ): Promise<T> {
    const end = Date.now() + this.#retryMs;
    const worth = options.retry ?? transient;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work(attempt);
      } catch (error) {
        const pause = Math.min(pauseMs.max, pauseMs.first * 2 ** attempt);
        if (options.signal?.aborted || !worth(error) || Date.now() + pause > end)
          throw toSallyportError(error, options.signal);
        await sleep(pause);
      }
    }
  }

  /** Runs a statement that may be repeated, and reads its answer. */
  text(statement: Omit<Statement, 'values'>): Promise<string> {
    return this.repeat(
      async () => (await readAll((await this.sendOnce(statement)).stream)).toString('utf8'),
      statement,
    );
  }

  /** Rows of a statement as objects. */
  async rows(sql: string, params: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>[]> {
    const text = await this.text({
      sql: `${sql}\nFORMAT JSON`,
      params,
      settings: { wait_end_of_query: 1, output_format_json_quote_64bit_integers: 0 },
    });
    return (JSON.parse(text) as { data: Record<string, unknown>[] }).data;
  }

  /** Runs DDL: may be repeated when it says IF (NOT) EXISTS. */
  async command(sql: string, settings?: ClickHouseSettings): Promise<void> {
    await this.text({ sql, ...(settings ? { settings } : {}) });
  }

  async ping(): Promise<boolean> {
    return (await this.#client.ping()).success;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Reads a stream whole, or up to `max` bytes: then it ends the stream and throws `tooMuch()`. */
export async function readAll(
  stream: Readable,
  max = Infinity,
  tooMuch = () => new Error('too much'),
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > max) throw tooMuch();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export { connectionLost };
