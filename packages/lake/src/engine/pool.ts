import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { sizeOf, wholeLines } from './answer-file.ts';
import { CpuShares } from './cpu-shares.ts';
import { EngineError, toEngineError } from './errors.ts';
import { intoFile } from './formats.ts';
import type { Connection, Native } from './native.ts';
import { sqlName, sqlString } from '../sql.ts';

export interface Job {
  readonly queryId: string;
  readonly sql: string;
  readonly insert: boolean;
  /** Output format where the SQL names none. */
  readonly format: string;
  readonly database?: string | undefined;
  /** Settings and `param_*`, as in the URL. */
  readonly settings: Readonly<Record<string, string>>;
  readonly readonly: 0 | 1 | 2;
}

export interface Answer {
  readonly bytes: Uint8Array;
  readonly elapsedSeconds: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
  /** Processor time; see `CpuShares`. */
  readonly cpuSeconds: number;
}

/** Where chDB's defaults are not a server's. A mapped file that is cut meanwhile would kill the process, so files are read instead. */
const asServer = { implicit_select: '0', allow_introspection_functions: '0', storage_file_read_method: 'pread' };

const nothing = new Uint8Array();
const cancelled = (): EngineError => new EngineError(394, 'Query was cancelled', 'QUERY_WAS_CANCELLED');
const killAgainMs = 100;
/** How often a statement with a bound on its answer is looked at, ms. */
const lookMs = 50;
/** Spaces make the addon run the statement as given, with its rows elsewhere. */
const noPayload = Buffer.from(' ');

/**
 * Runs statements side by side, each on a connection of its own (0.1 ms to open), so that settings, parameters and the current database of one
 * can't reach another. At most `size` at a time; at most `queue` wait; more are refused with 202.
 */
export class Pool {
  readonly #native: Native;
  readonly #dataDir: string;
  readonly #keep: Connection;
  readonly #size: number;
  readonly #queueLimit: number;
  readonly #waiting: (() => void)[] = [];
  /** By query id: what cancels it. */
  readonly #running = new Map<string, () => void>();
  readonly #cpu = new CpuShares();
  #busy = 0;

  constructor(native: Native, options: { dataDir: string; size: number; queue: number; args: readonly string[] }) {
    this.#native = native;
    this.#dataDir = options.dataDir;
    this.#size = options.size;
    this.#queueLimit = options.queue;
    // The engine shuts down with its last connection and takes 20 ms to come back; this one stays open.
    this.#keep = native.CreateConnection(options.dataDir, options.args);
  }

  get busy(): number {
    return this.#busy;
  }

  /** Runs a job. Throws EngineError. An aborted job is killed in the engine, and settles when the engine has let go of it. */
  async run(job: Job, signal: AbortSignal, tag: string = randomUUID()): Promise<Answer> {
    await this.#enter(signal);
    const share = this.#cpu.begin();
    try {
      const answer = await this.#withConnection(job, tag, async (connection) => {
        const cancelling = this.#cancelling(job.queryId, tag, signal);
        try {
          return await this.#execute(connection, job);
        } finally {
          cancelling[Symbol.dispose]();
        }
      });
      return { ...answer, cpuSeconds: this.#cpu.end(share) };
    } catch (error) {
      throw toEngineError(error);
    } finally {
      this.#cpu.end(share);
      this.#leave();
    }
  }

  /** Runs a job whose format is line by line, handing out its bytes as the engine makes them. */
  async *stream(job: Job, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    await this.#enter(signal);
    let connection: Connection | undefined;
    const share = this.#cpu.begin();
    try {
      const tag = randomUUID();
      connection = this.#native.CreateConnection(this.#dataDir);
      this.#prepare(connection, job, tag);
      const cancelling = this.#cancelling(job.queryId, tag, signal);
      try {
        yield* this.#chunks(connection, job, signal);
      } finally {
        cancelling[Symbol.dispose]();
      }
    } catch (error) {
      throw toEngineError(error);
    } finally {
      if (connection) this.#native.CloseConnection(connection);
      this.#cpu.end(share);
      this.#leave();
    }
  }

  /**
   * Runs a job whose format is line by line until it is over, or its answer has more than `bytesMax` bytes: the engine's own `max_result_bytes` does
   * not hold here, and an answer that is gathered whole counts for no memory limit. What the job read is what the engine last said of it.
   */
  async gather(job: Job, bytesMax: number, signal: AbortSignal): Promise<Answer> {
    await this.#enter(signal);
    let connection: Connection | undefined;
    const started = performance.now();
    const tag = randomUUID();
    const parts: Uint8Array[] = [];
    let size = 0;
    let read = { rowsRead: 0, bytesRead: 0 };
    const look = (): void => {
      read = this.#progress(tag) ?? read;
    };
    const timer = setInterval(look, lookMs);
    const share = this.#cpu.begin();
    try {
      connection = this.#native.CreateConnection(this.#dataDir);
      this.#prepare(connection, job, tag);
      const cancelling = this.#cancelling(job.queryId, tag, signal);
      try {
        for await (const bytes of this.#chunks(connection, job, signal)) {
          look();
          parts.push(bytes);
          size += bytes.length;
          if (size > bytesMax) break;
        }
      } finally {
        cancelling[Symbol.dispose]();
      }
    } catch (error) {
      throw toEngineError(error);
    } finally {
      clearInterval(timer);
      if (connection) this.#native.CloseConnection(connection);
      this.#cpu.end(share);
      this.#leave();
    }
    const elapsedSeconds = (performance.now() - started) / 1_000;
    const { seconds: cpuSeconds } = share;
    return { bytes: Buffer.concat(parts), elapsedSeconds, cpuSeconds, ...read, rowsWritten: 0, bytesWritten: 0 };
  }

  /**
   * The same for a SELECT whose format tells what was read, on the engine's own threads: the answer goes to the file `path`, whose size is looked at. Whole
   * lines, to the first end of one past `bytesMax`. What an answer that was ended had read is what the engine last said of it.
   */
  async bounded(
    job: Job,
    { bytesMax, path }: { bytesMax: number; path: string },
    signal: AbortSignal,
  ): Promise<Answer> {
    const tag = randomUUID();
    const started = performance.now();
    let read = { rowsRead: 0, bytesRead: 0 };
    let over = false;
    const look = (): void => {
      read = this.#progress(tag) ?? read;
      over ||= sizeOf(path) > bytesMax;
      if (over) this.#kill(tag);
    };
    const timer = setInterval(look, lookMs);
    try {
      const ran = await this.run({ ...job, sql: intoFile(job.sql, path) }, signal, tag).catch((error: unknown) => {
        if (!over || signal.aborted) throw error;
      });
      const elapsedSeconds = (performance.now() - started) / 1_000;
      const bytes = await wholeLines(path, bytesMax);
      // One that was ended used at most what it took.
      const cpuSeconds = ran?.cpuSeconds ?? elapsedSeconds;
      return { bytes, elapsedSeconds, cpuSeconds, ...read, rowsWritten: 0, bytesWritten: 0 };
    } finally {
      clearInterval(timer);
      await rm(path, { force: true });
    }
  }

  /** Cancels a running statement. False when there is none of that id. */
  kill(queryId: string): boolean {
    const cancel = this.#running.get(queryId);
    cancel?.();
    return cancel !== undefined;
  }

  /** Is a statement of this id still running? */
  has(queryId: string): boolean {
    return this.#running.has(queryId);
  }

  close(): void {
    this.#native.CloseConnection(this.#keep);
  }

  async *#chunks(connection: Connection, job: Job, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const handle = this.#native.StreamQuery(connection, job.sql, job.format);
    try {
      for (;;) {
        const chunk = await this.#native.StreamFetch(handle);
        if (chunk.done) return;
        if (signal.aborted) throw cancelled();
        yield chunk.bytes;
      }
    } finally {
      this.#native.StreamCancel(handle);
    }
  }

  async #execute(connection: Connection, job: Job): Promise<Omit<Answer, 'cpuSeconds'>> {
    const none = { rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 };
    if (job.insert) {
      const done = await this.#native.InsertRawAsyncConnection(connection, job.sql, noPayload, false);
      return {
        ...none,
        bytes: nothing,
        elapsedSeconds: done.elapsed,
        rowsWritten: done.rowsWritten,
        bytesWritten: done.bytesWritten,
      };
    }
    const done = await this.#native.QueryAsyncConnection(connection, job.sql, job.format);
    return {
      ...none,
      bytes: done.bytes,
      elapsedSeconds: done.elapsed,
      rowsRead: done.rowsRead,
      bytesRead: done.bytesRead,
    };
  }

  async #withConnection<T>(job: Job, tag: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#native.CreateConnection(this.#dataDir);
    try {
      this.#prepare(connection, job, tag);
      return await work(connection);
    } finally {
      this.#native.CloseConnection(connection);
    }
  }

  #prepare(connection: Connection, job: Job, tag: string): void {
    const run = (sql: string): void => void this.#native.QueryWithConnection(connection, sql, 'TabSeparated');
    // chDB gives a query's id itself and keeps it; the tag is how this one is found again in system.processes.
    const pairs = Object.entries({ ...asServer, ...job.settings, query_cache_tag: tag });
    run(`SET ${pairs.map(([name, value]) => `${settingName(name)} = ${sqlString(value)}`).join(', ')}`);
    if (job.database) run(`USE ${sqlName(job.database)}`);
    if (job.readonly) run(`SET readonly = ${job.readonly}`);
  }

  /** Makes a statement cancellable by its signal and id, until disposed. Throws EngineError when it is aborted already. */
  #cancelling(queryId: string, tag: string, signal: AbortSignal): Disposable {
    if (signal.aborted) throw cancelled();
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      this.#kill(tag);
      // The engine knows a statement only once it has begun to run it: a first KILL may come too early.
      timer ??= setInterval(() => this.#kill(tag), killAgainMs);
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#running.set(queryId, cancel);
    return {
      [Symbol.dispose]: () => {
        clearInterval(timer);
        signal.removeEventListener('abort', cancel);
        if (this.#running.get(queryId) === cancel) this.#running.delete(queryId);
      },
    };
  }

  #kill(tag: string): void {
    try {
      const sql = `KILL QUERY WHERE Settings['query_cache_tag'] = ${sqlString(tag)} ASYNC`;
      this.#native.QueryWithConnection(this.#keep, sql, 'TabSeparated');
    } catch {
      // The statement ended by itself in between.
    }
  }

  /** What a running statement has read so far; undefined when it has ended. */
  #progress(tag: string): { rowsRead: number; bytesRead: number } | undefined {
    try {
      const sql = `SELECT read_rows, read_bytes FROM system.processes WHERE Settings['query_cache_tag'] = ${sqlString(tag)}`;
      const [rows, bytes] = this.#native.QueryWithConnection(this.#keep, sql, 'TabSeparated').trim().split('\t');
      return rows === undefined || bytes === undefined
        ? undefined
        : { rowsRead: Number(rows), bytesRead: Number(bytes) };
    } catch {
      return undefined;
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled();
    if (this.#busy < this.#size) {
      this.#busy++;
      return;
    }
    if (this.#waiting.length >= this.#queueLimit)
      throw new EngineError(
        202,
        `Too many simultaneous queries. Maximum: ${this.#size} running, ${this.#queueLimit} waiting`,
        'TOO_MANY_SIMULTANEOUS_QUERIES',
      );
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(cancelled());
      };
      const go = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      this.#waiting.push(go);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy--;
  }
}

function settingName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new EngineError(
      115,
      `Setting ${JSON.stringify(name)} is neither a builtin setting nor a name`,
      'UNKNOWN_SETTING',
    );
  return name;
}
