import { SallyportError } from '@sallyport/contracts';
import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { validUtf8 } from '../../importer/text.ts';
import type { Router } from './router.ts';

/** A batch goes to the spool at the latest so long after its first line: TCP has no acknowledgement, so what a sender thinks stored should be. */
const flushAfterMs = 200;
/** Or when it holds this much. */
const batchBytes = 1024 * 1024;
/** Lines that wait for the disk; past it senders wait. */
const waitingBytesMax = 16 * 1024 * 1024;
/** The same while the spool takes none: at a stop they would be lost, and in the senders' queues they are not. */
const blockedBytesMax = 2 * batchBytes;
/** Past this datagrams are dropped: the rest is for those that can be slowed. */
const droppingBytesMax = waitingBytesMax / 2;
/** What a stream's lines get at first. */
const firstBytes = 16 * 1024;
const lineFeed = 0x0a;
const pauseMs = { first: 100, max: 2_000 };

export interface CollectorOptions {
  readonly router: Router;
  /** Makes lines durable; throws SallyportError TooManyRequests when the spool is full. */
  readonly append: (stream: string, lines: Uint8Array) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Lines became durable. */
  readonly onDurable: (door: string, lines: number, bytes: number) => void;
}

/** Lines of one stream, each followed by a line feed, in one buffer: a million small ones would keep the garbage collector busy. */
class StreamLines {
  #bytes = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  add(line: Uint8Array): void {
    const length = this.#length + line.length + 1;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(line, this.#length);
    this.#bytes[length - 1] = lineFeed;
    this.#length = length;
  }

  /** Without the last line feed, which the spool adds. */
  payload(): Uint8Array {
    return validUtf8(this.#bytes.subarray(0, this.#length - 1));
  }
}

class Batch {
  readonly streams = new Map<string, StreamLines>();
  readonly doors = new Map<string, { lines: number; bytes: number }>();
  bytes = 0;
}

/**
 * Gathers the lines of all senders and makes them durable, batch by batch: while one is written the next gathers. When the spool is full, or the disk
 * refuses, it tries again for ever; what waits is bounded, since senders ask for room first.
 */
export class Collector {
  readonly #options: CollectorOptions;
  #batch = new Batch();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #waiting = 0;
  #stopping = false;
  #room: PromiseWithResolvers<void> | undefined;
  #blocked: string | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Why lines wait: what the spool said last; undefined when all is well. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** Whether a datagram has room. */
  get takesDatagrams(): boolean {
    return this.#waiting < droppingBytesMax;
  }

  /** Undefined when there is room for more lines, else what resolves when there is some again. */
  room(): Promise<void> | undefined {
    if (this.#waiting < (this.#blocked === undefined ? waitingBytesMax : blockedBytesMax)) return undefined;
    return (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  add(door: string, address: string, bytes: Uint8Array): void {
    const { stream, line } = this.#options.router.route(address, bytes);
    const batch = this.#batch;
    let own = batch.streams.get(stream);
    if (own === undefined) batch.streams.set(stream, (own = new StreamLines()));
    own.add(line);
    batch.bytes += line.length + 1;
    this.#waiting += line.length + 1;
    let count = batch.doors.get(door);
    if (count === undefined) batch.doors.set(door, (count = { lines: 0, bytes: 0 }));
    count.lines++;
    count.bytes += line.length;
    if (batch.bytes >= batchBytes) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), flushAfterMs);
  }

  /** Resolves when all lines given are durable. Stops trying once the spool refuses. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#write();
    await this.#writing;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined) return;
    this.#writing = (async () => {
      // What came while one was written is long enough here.
      while (this.#batch.bytes > 0) {
        const batch = this.#batch;
        this.#batch = new Batch();
        this.#options.router.nextBatch();
        clearTimeout(this.#timer);
        this.#timer = undefined;
        await this.#store(batch);
      }
    })().finally(() => {
      this.#writing = undefined;
      if (this.#batch.bytes > 0) this.#timer ??= setTimeout(() => this.#write(), flushAfterMs);
    });
  }

  async #store(batch: Batch): Promise<void> {
    const { onDurable } = this.#options;
    const stored = await Promise.all(
      [...batch.streams].map(([stream, lines]) => this.#append(stream, lines.payload())),
    );
    this.#waiting -= batch.bytes;
    this.#room?.resolve();
    this.#room = undefined;
    if (stored.every(Boolean)) for (const [door, { lines, bytes }] of batch.doors) onDurable(door, lines, bytes);
  }

  /** False when it was given up, at stop. */
  async #append(stream: string, payload: Uint8Array): Promise<boolean> {
    const { append, clock, log } = this.#options;
    for (let pause = pauseMs.first; ; pause = Math.min(pauseMs.max, pause * 2))
      try {
        await append(stream, payload);
        this.#blocked = undefined;
        return true;
      } catch (err) {
        const message = err instanceof SallyportError ? err.message : String(err);
        if (this.#blocked !== message) log.warn({ err, stream }, 'syslog lines wait for the spool');
        this.#blocked = message;
        if (this.#stopping) {
          log.error({ err, stream, bytes: payload.length }, 'syslog lines could not be stored before the stop');
          return false;
        }
        await clock.sleep(pause);
      }
  }
}
