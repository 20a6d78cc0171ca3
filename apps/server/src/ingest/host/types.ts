import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';

/** What a part of the collector works with. */
export interface HostServices {
  /** Makes records of a stream durable; see `Ingest.append`. */
  readonly append: (stream: string, records: Uint8Array) => Promise<void>;
  /** A small JSON value that is kept over restarts, by name. */
  readonly memory: (name: string) => { read(): Promise<unknown>; write(value: unknown): Promise<void> };
  readonly clock: Clock;
  readonly log: Log;
  /** Of this machine, as rows name it. */
  readonly computer: string;
  /** Where the machine's files are: `/`, or a folder made up by a test. */
  readonly root: string;
}

export type HostState = 'running' | 'limited' | 'unavailable';

export interface HostHealth {
  readonly part: string;
  readonly state: HostState;
  /** What it does, or why it can't. */
  readonly message: string;
}

/** One thing that is collected. */
export interface HostPart {
  readonly name: string;
  /** Runs until `signal` aborts. Throws when it can't go on; it is started again, ever slower. */
  run(services: HostServices, signal: AbortSignal, report: (state: HostState, message: string) => void): Promise<void>;
}

/** Objects as lines of a JSON stream. */
export const jsonLines = (rows: readonly object[]): Buffer =>
  Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));

/** Most bytes that go to the spool at once. */
export const batchBytesMax = 1024 * 1024;

/** `append`, and again while the spool is full: a log on this machine waits, it is not dropped. */
export async function appendPatiently(
  { append, clock, log }: HostServices,
  stream: string,
  records: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = 1_000; ; pauseMs = Math.min(60_000, pauseMs * 2))
    try {
      return await append(stream, records);
    } catch (err) {
      if (signal.aborted) throw err;
      log.warn({ err, stream }, 'this machine’s logs wait for the spool');
      await clock.sleep(pauseMs, signal);
    }
}
