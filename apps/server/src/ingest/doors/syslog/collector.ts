import { SallyportError } from '@sallyport/contracts';
import { Shares } from '@sallyport/lake';
import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import type { Arrived } from '../../metrics.ts';
import { validUtf8 } from '../../importer/text.ts';
import { inWorkspace, originOf, zonedStream } from '../../loading.ts';
import type { Routed, Router } from './router.ts';

/** A batch goes to the spool at the latest so long after its first line: TCP has no acknowledgement, so what a sender thinks stored should be. */
const flushAfterMs = 200;
/** Or when it holds this much. */
const batchBytes = 1024 * 1024;
/** Lines that wait for the disk, over all streams; each stream has a share of it (see `Shares`), past which its senders wait. */
const waitingBytesMax = 16 * 1024 * 1024;
/** Of a stream that the spool takes no lines of: at a stop they would be lost, and in the senders' queues they are not. */
const blockedBytesMax = 2 * batchBytes;
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
  /** Lines of one sender became durable. */
  readonly onDurable: (arrived: Arrived) => void;
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

/** What one sender brought through one door. */
interface Brought {
  readonly door: string;
  readonly sender: string;
  rows: number;
  bytes: number;
}

class Batch {
  readonly lines = new StreamLines();
  readonly brought = new Map<string, Brought>();
  bytes = 0;

  add(door: string, sender: string, line: Uint8Array): void {
    this.lines.add(line);
    this.bytes += line.length + 1;
    const key = `${door} ${sender}`;
    let own = this.brought.get(key);
    if (own === undefined) this.brought.set(key, (own = { door, sender, rows: 0, bytes: 0 }));
    own.rows++;
    own.bytes += line.length;
  }
}

/** The spool's name of a line's stream. */
const laneOf = ({ stream, zone, workspaceId }: Routed): string =>
  inWorkspace(workspaceId, zone === undefined ? stream : zonedStream(zone, stream));

/** The lines of one stream of the spool on their way: while a batch is written the next gathers. */
interface Lane {
  readonly stream: string;
  batch: Batch;
  /** Bytes that wait: those of the batch, and of the one that is written. */
  waiting: number;
  timer: NodeJS.Timeout | undefined;
  writing: Promise<void> | undefined;
  /** What the spool said last; undefined when all is well. */
  blocked: string | undefined;
  /** Resolves when there is room again. */
  room: PromiseWithResolvers<void> | undefined;
}

/**
 * Gathers the lines of all senders and makes them durable, stream by stream, so that one that the spool takes no more of does not hold up the others. When the
 * spool or the disk refuses, it tries again for ever; what waits is bounded, since senders ask for room.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #shares = new Shares(waitingBytesMax);
  #stopping = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Why lines wait: what the spool said last of some stream; undefined when all is well. */
  get blocked(): string | undefined {
    for (const { blocked } of this.#lanes.values()) if (blocked !== undefined) return blocked;
    return undefined;
  }

  /** Takes a line; answers its lane. Those who can be slowed ask for `room` before the next. */
  add(door: string, address: string, bytes: Uint8Array): string {
    const routed = this.#options.router.route(address, bytes);
    const lane = this.#lane(laneOf(routed));
    this.#take(lane, door, address, routed.line);
    return lane.stream;
  }

  /** Takes a datagram unless its stream has no room: false then. Half of each share is for those that can be slowed. */
  offer(door: string, address: string, bytes: Uint8Array): boolean {
    const routed = this.#options.router.route(address, bytes);
    const { line } = routed;
    const lane = this.#lane(laneOf(routed));
    if (!this.#shares.takes([lane.stream], lane.waiting + line.length + 1)) return false;
    this.#take(lane, door, address, line);
    return true;
  }

  /** Undefined when there is room for more lines of all of these lanes, else what resolves when one of them has some again: ask then anew. */
  room(streams: Iterable<string>): Promise<void> | undefined {
    for (const stream of streams) {
      const lane = this.#lanes.get(stream);
      if (lane !== undefined && !this.#hasRoom(lane)) return (lane.room ??= Promise.withResolvers<void>()).promise;
    }
    return undefined;
  }

  /** Resolves when all lines given are durable. Stops trying once the spool refuses. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const lane of this.#lanes.values()) this.#write(lane);
    await Promise.all([...this.#lanes.values()].flatMap(({ writing }) => writing ?? []));
  }

  #lane(stream: string): Lane {
    let lane = this.#lanes.get(stream);
    if (lane === undefined) {
      const nothing = { timer: undefined, writing: undefined, blocked: undefined, room: undefined };
      this.#lanes.set(stream, (lane = { stream, batch: new Batch(), waiting: 0, ...nothing }));
    }
    return lane;
  }

  #hasRoom({ stream, waiting, blocked }: Lane): boolean {
    return this.#shares.takes([stream], 0) && (blocked === undefined || waiting < blockedBytesMax);
  }

  #take(lane: Lane, door: string, address: string, line: Uint8Array): void {
    lane.batch.add(door, address, line);
    lane.waiting += line.length + 1;
    this.#shares.add([lane.stream], line.length + 1);
    if (lane.batch.bytes >= batchBytes) this.#write(lane);
    else lane.timer ??= setTimeout(() => this.#write(lane), flushAfterMs);
  }

  #write(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    if (lane.writing !== undefined) return;
    lane.writing = (async () => {
      // What came while one was written is long enough here.
      while (lane.batch.bytes > 0) {
        const { batch } = lane;
        lane.batch = new Batch();
        clearTimeout(lane.timer);
        lane.timer = undefined;
        await this.#store(lane, batch);
      }
    })().finally(() => {
      lane.writing = undefined;
      if (lane.batch.bytes > 0) lane.timer ??= setTimeout(() => this.#write(lane), flushAfterMs);
      else if (lane.room === undefined) this.#lanes.delete(lane.stream);
    });
  }

  async #store(lane: Lane, batch: Batch): Promise<void> {
    const stored = await this.#append(lane, batch.lines.payload());
    lane.waiting -= batch.bytes;
    this.#shares.release([lane.stream], batch.bytes);
    for (const other of this.#lanes.values())
      if (other.room !== undefined && this.#hasRoom(other)) {
        other.room.resolve();
        other.room = undefined;
      }
    if (stored)
      for (const { door, sender, rows, bytes } of batch.brought.values())
        this.#options.onDurable({ door, sender, stream: originOf(lane.stream).stream, rows, bytes });
  }

  /** False when it was given up, at stop. */
  async #append(lane: Lane, payload: Uint8Array): Promise<boolean> {
    const { append, clock, log } = this.#options;
    const { stream } = lane;
    for (let pause = pauseMs.first; ; pause = Math.min(pauseMs.max, pause * 2))
      try {
        await append(stream, payload);
        lane.blocked = undefined;
        return true;
      } catch (err) {
        const message = err instanceof SallyportError ? err.message : String(err);
        if (lane.blocked !== message) log.warn({ err, stream }, 'syslog lines wait for the spool');
        lane.blocked = message;
        if (this.#stopping) {
          log.error({ err, stream, bytes: payload.length }, 'syslog lines could not be stored before the stop');
          return false;
        }
        await clock.sleep(pause);
      }
  }
}
