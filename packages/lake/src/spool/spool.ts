import { SallyportError } from '@sallyport/contracts';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PayloadRange } from '../parts.ts';
import { FairQueue } from './fair-queue.ts';
import { payloadBytesMax, readJournal } from './journal.ts';
import { Shares } from './shares.ts';
import { dataPath, journalPath, recoverSegment, SegmentWriter, syncFolder, type SegmentState } from './segment-file.ts';

/** A sealed segment, as the loader gets it. */
export interface SpoolSegment {
  readonly id: string;
  readonly stream: string;
  /** The payloads, one after another, each followed by a line feed. */
  readonly path: string;
  readonly bytes: number;
  /** An earlier attempt may have stored rows. */
  readonly retry: boolean;
  /** Where each payload stands in the file. */
  readonly payloads: () => Promise<readonly PayloadRange[]>;
}

export interface PoisonedSegment {
  readonly id: string;
  readonly stream: string;
  readonly bytes: number;
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface SpoolOptions {
  /** Made when missing; one process at a time. */
  readonly folder: string;
  /**
   * Stores a segment; the segment is deleted when it resolves. SallyportError Unavailable or TooManyRequests: again later, for ever. Other errors:
   * again a few times at most, then the segment is set aside.
   */
  readonly load: (segment: SpoolSegment) => Promise<void>;
  /** A segment was set aside. It stays in `poison/` until a person decides. */
  readonly onPoison?: (segment: PoisonedSegment) => void;
  /** A segment is closed at this size, bytes. Default 32 MiB. */
  readonly sealBytes?: number;
  /** A segment is closed this long after its first payload, ms; up to ten times that while another of its stream waits for a loader. Default 500. */
  readonly sealMs?: number;
  /**
   * All that waits, bytes; past it `append` throws SpoolFull. A stream, and a sender, hold at most three times what is left free (see `Shares`), so
   * that none fills it for the others. Default 2 GiB.
   */
  readonly totalBytes?: number;
  /** Loads at a time. Default 2. */
  readonly loaders?: number;
  /** Group that may read segments: `Engine.gid`. */
  readonly gid?: number | undefined;
  /** Default Date.now. */
  readonly now?: () => number;
}

export interface SpoolStats {
  /** Waiting for the disk, in open segments, and in sealed ones. */
  readonly bytes: number;
  readonly openSegments: number;
  readonly readySegments: number;
  readonly loadingSegments: number;
  readonly poisonedSegments: number;
  /** Age of the oldest sealed segment, ms; 0 when there is none. */
  readonly oldestMs: number;
  /** For how long nothing was refused for want of room, ms; undefined when nothing ever was. One sender alone never fills the whole spool. */
  readonly refusedMs: number | undefined;
}

/** Between two looks of `flush` for segments that were opened since. */
const flushMs = 100;

/** The spool holds as much as it may. */
export class SpoolFull extends SallyportError {
  constructor(retryAfterSeconds: number) {
    super('TooManyRequests', 'the spool is full', { retryAfterSeconds });
  }
}

interface Pending {
  readonly payload: Uint8Array;
  /** Who sent it, when that is known. */
  readonly sender: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Stream {
  readonly name: string;
  pending: Pending[];
  writing: boolean;
  writer: SegmentWriter | undefined;
  /** Bytes in the open segment, by sender. */
  senders: Map<string, number>;
  openedAt: number;
  timer: NodeJS.Timeout | undefined;
  sealAsked: boolean;
}

interface Sealed {
  readonly id: string;
  readonly stream: string;
  readonly bytes: number;
  readonly senders: ReadonlyMap<string, number>;
  readonly sealedAt: number;
  retry: boolean;
  attempts: number;
  notBefore: number;
}

/** A segment on disk. */
type Found = Pick<Sealed, 'id' | 'stream' | 'bytes'>;

/** No stream's name begins so. */
const senderKey = (sender: string): string => `\n${sender}`;

const keysOf = (stream: string, sender: string | undefined): readonly string[] =>
  sender === undefined ? [stream] : [stream, senderKey(sender)];

const fullRetrySeconds = 5;
/** Tries of a load whose error is neither `later` nor certain to come again. */
const attemptsMax = 3;
const pauseMs = { first: 100, max: 30_000 };
/** Bytes that one write takes of what waits. */
const batchBytesMax = 8 * 2 ** 20;
const lagFactor = 10;

const later = (error: unknown): boolean =>
  error instanceof SallyportError && (error.code === 'Unavailable' || error.code === 'TooManyRequests');
const certain = (error: unknown): boolean =>
  error instanceof SallyportError && error.code !== 'QueryLimitExceeded' && error.code !== 'InternalError';

/**
 * What was acknowledged and is not yet in the lake: files on disk. `append` resolves when a payload is synced (one sync serves all that came
 * meanwhile); closed segments go to the loader, fairly between streams, and are deleted when it has stored them.
 */
export class Spool {
  readonly #options: Required<Omit<SpoolOptions, 'onPoison' | 'gid'>> & Pick<SpoolOptions, 'onPoison' | 'gid'>;
  readonly #streams = new Map<string, Stream>();
  readonly #queue = new FairQueue<Sealed>();
  readonly #loading = new Set<Sealed>();
  readonly #idle = new Set<() => void>();
  readonly #poisoned = new Map<string, PoisonedSegment>();
  readonly #shares: Shares;
  #sequence = 0;
  #refusedAt: number | undefined;
  #closed = false;
  #wake: NodeJS.Timeout | undefined;

  private constructor(options: SpoolOptions) {
    this.#options = {
      ...options,
      folder: resolve(options.folder),
      sealBytes: options.sealBytes ?? 32 * 2 ** 20,
      sealMs: options.sealMs ?? 500,
      totalBytes: options.totalBytes ?? 2 * 2 ** 30,
      loaders: options.loaders ?? 2,
      now: options.now ?? Date.now,
    };
    this.#shares = new Shares(this.#options.totalBytes);
  }

  /** Opens the folder, takes up what an earlier process left, and begins to load. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#recover();
    spool.#pump();
    return spool;
  }

  get folder(): string {
    return this.#options.folder;
  }

  /**
   * Resolves when the payload is on disk. `stream` names what loads it, at most 500 characters; `sender`, where it is known, who is held to a share of the
   * spool over all its streams. Throws SpoolFull (429); PayloadTooLarge; Unavailable when the disk refused it (then it is not stored).
   */
  append(stream: string, payload: Uint8Array, sender?: string): Promise<void> {
    if (this.#closed) return Promise.reject(new SallyportError('Unavailable', 'the spool is closed'));
    if (stream.length === 0 || stream.length > 500) return Promise.reject(new Error('not a stream name'));
    if (payload.length > payloadBytesMax)
      return Promise.reject(new SallyportError('PayloadTooLarge', `a payload holds at most ${payloadBytesMax} bytes`));
    if (payload.length === 0) return Promise.resolve();
    const keys = keysOf(stream, sender);
    if (!this.#shares.takes(keys, payload.length + 1)) {
      this.#refusedAt = this.#options.now();
      return Promise.reject(new SpoolFull(fullRetrySeconds));
    }
    this.#shares.add(keys, payload.length + 1);
    const state = this.#stream(stream);
    return new Promise<void>((resolve, reject) => {
      state.pending.push({ payload, sender, resolve, reject });
      this.#write(state);
    });
  }

  /** Closes all open segments now, and resolves when everything that was here is loaded or set aside. Waits as long as the lake is away. */
  async flush(): Promise<void> {
    const seal = (): void => {
      for (const state of this.#streams.values()) this.#askSeal(state);
    };
    seal();
    if (this.#isIdle()) return;
    // What comes meanwhile would else be waited for until its segment is of age.
    const again = setInterval(seal, flushMs);
    try {
      await new Promise<void>((resolve) => this.#idle.add(resolve));
    } finally {
      clearInterval(again);
    }
  }

  stats(): SpoolStats {
    const waiting = [...this.#queue, ...this.#loading];
    const oldest = waiting.reduce((min, { sealedAt }) => Math.min(min, sealedAt), Infinity);
    return {
      bytes: this.#shares.used,
      openSegments: [...this.#streams.values()].filter(({ writer }) => writer).length,
      readySegments: this.#queue.size,
      loadingSegments: this.#loading.size,
      poisonedSegments: this.#poisoned.size,
      oldestMs: waiting.length === 0 ? 0 : this.#options.now() - oldest,
      refusedMs: this.#refusedAt === undefined ? undefined : this.#options.now() - this.#refusedAt,
    };
  }

  /** Segments that were set aside; their files are in `poison/` of the folder. */
  poisoned(): readonly PoisonedSegment[] {
    return [...this.#poisoned.values()];
  }

  /** Puts a segment that was set aside back in the queue. False when there is none of that id. */
  async retryPoisoned(id: string): Promise<boolean> {
    const poisoned = this.#poisoned.get(id);
    if (!poisoned) return false;
    this.#poisoned.delete(id);
    const { folder } = this.#options;
    const aside = join(folder, 'poison');
    await rename(journalPath(aside, id), journalPath(folder, id));
    await rename(dataPath(aside, id, 'ready'), dataPath(folder, id, 'ready'));
    await rm(join(aside, `${id}.error.json`), { force: true });
    this.#enqueueFound({ id, stream: poisoned.stream, bytes: poisoned.bytes });
    this.#pump();
    return true;
  }

  /** Stops taking payloads, waits for the disk and for running loads; what is not loaded is taken up by the next `open`. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#wake);
    for (const state of this.#streams.values()) clearTimeout(state.timer);
    while ([...this.#streams.values()].some(({ writing }) => writing) || this.#loading.size > 0)
      await new Promise((settle) => setTimeout(settle, 5));
    for (const state of this.#streams.values()) await state.writer?.close();
    this.#streams.clear();
    this.#settleIdle();
  }

  #stream(name: string): Stream {
    const have = this.#streams.get(name);
    if (have) return have;
    const fresh: Stream = {
      name,
      pending: [],
      writing: false,
      writer: undefined,
      senders: new Map(),
      openedAt: 0,
      timer: undefined,
      sealAsked: false,
    };
    this.#streams.set(name, fresh);
    return fresh;
  }

  /** Writes what waits, batch after batch; while one is being synced the next gathers. */
  #write(state: Stream): void {
    if (state.writing) return;
    state.writing = true;
    void (async () => {
      // Let the callers of this turn join the first batch.
      await Promise.resolve();
      while (state.pending.length > 0 || (state.sealAsked && state.writer)) {
        if (state.pending.length > 0) await this.#writeBatch(state, takeBatch(state));
        if (state.writer && (state.sealAsked || state.writer.bytes >= this.#options.sealBytes)) await this.#seal(state);
      }
    })().finally(() => {
      state.writing = false;
      // What came between the loop's last look and now.
      if (state.pending.length > 0 || (state.sealAsked && state.writer)) this.#write(state);
      else if (!state.writer) this.#streams.delete(state.name);
      this.#settleIdle();
    });
  }

  async #writeBatch(state: Stream, batch: readonly Pending[]): Promise<void> {
    try {
      state.writer ??= await this.#openWriter(state);
      await state.writer.append(batch.map(({ payload }) => payload));
      for (const { payload, sender, resolve } of batch) {
        if (sender !== undefined) state.senders.set(sender, (state.senders.get(sender) ?? 0) + payload.length + 1);
        resolve();
      }
    } catch (cause) {
      for (const { payload, sender } of batch) this.#shares.release(keysOf(state.name, sender), payload.length + 1);
      const error = new SallyportError('Unavailable', 'the spool could not write to disk', {
        retryAfterSeconds: fullRetrySeconds,
        cause,
      });
      for (const { reject } of batch) reject(error);
      // What stands in the file is uncertain now; what was acknowledged before is found again by the journal.
      state.sealAsked = true;
    }
  }

  async #openWriter(state: Stream): Promise<SegmentWriter> {
    const { folder, gid, now, sealMs } = this.#options;
    const time = Math.floor(now()).toString(36).padStart(9, '0');
    const id = `${time}-${(this.#sequence++).toString(36).padStart(4, '0')}-${randomBytes(4).toString('hex')}`;
    const writer = await SegmentWriter.create(folder, id, state.name, gid);
    state.openedAt = now();
    state.timer = setTimeout(() => this.#aged(state), sealMs);
    return writer;
  }

  #aged(state: Stream): void {
    const { sealMs, now } = this.#options;
    // Of its own only: a stream with little must not wait for those with much.
    const lagging = this.#queue.has(state.name);
    if (lagging && now() - state.openedAt < sealMs * lagFactor)
      state.timer = setTimeout(() => this.#aged(state), sealMs);
    else this.#askSeal(state);
  }

  #askSeal(state: Stream): void {
    if (!state.writer && state.pending.length === 0) return;
    state.sealAsked = true;
    this.#write(state);
  }

  async #seal(state: Stream): Promise<void> {
    const writer = state.writer;
    if (!writer) return;
    state.writer = undefined;
    state.sealAsked = false;
    clearTimeout(state.timer);
    const counted = writer.bytes;
    const { senders } = state;
    state.senders = new Map();
    const segment = await this.#close(writer, state.name).catch(() => undefined);
    // A segment that could not be closed stays on disk and counted, and is taken up by the next `open`.
    if (segment) this.#enqueue(segment, senders, false);
    else if (counted === 0) await this.#remove(writer.id, 'open').catch(() => undefined);
    this.#pump();
  }

  async #close(writer: SegmentWriter, stream: string): Promise<Found | undefined> {
    const { id, bytes } = writer;
    if (writer.broken || bytes === 0) {
      await writer.close();
      return bytes === 0 ? undefined : recoverSegment(this.#options.folder, id, 'open');
    }
    await writer.seal();
    return { id, stream, bytes };
  }

  #enqueue(segment: Found, senders: ReadonlyMap<string, number>, retry: boolean): void {
    const sealedAt = this.#options.now();
    this.#queue.push(segment.stream, { ...segment, senders, retry, sealedAt, attempts: 0, notBefore: 0 });
  }

  /** Of an earlier process, which did not write down who sent it. */
  #enqueueFound(segment: Found): void {
    this.#enqueue(segment, new Map(), true);
    this.#shares.add([segment.stream], segment.bytes);
  }

  #release({ stream, bytes, senders }: Sealed): void {
    this.#shares.release([stream], bytes);
    for (const [sender, size] of senders) this.#shares.releaseShare(senderKey(sender), size);
  }

  /** Starts loads while there are loaders free and segments due. */
  #pump(): void {
    const { loaders, now } = this.#options;
    while (!this.#closed && this.#loading.size < loaders) {
      const segment = this.#queue.take(({ notBefore }) => notBefore <= now());
      if (!segment) break;
      this.#loading.add(segment);
      void this.#load(segment).finally(() => {
        this.#loading.delete(segment);
        this.#pump();
        this.#settleIdle();
      });
    }
    this.#wakeLater();
  }

  #wakeLater(): void {
    clearTimeout(this.#wake);
    if (this.#closed || this.#queue.size === 0 || this.#loading.size >= this.#options.loaders) return;
    const next = [...this.#queue].reduce((min, { notBefore }) => Math.min(min, notBefore), Infinity);
    this.#wake = setTimeout(() => this.#pump(), Math.max(1, next - this.#options.now()));
  }

  async #load(segment: Sealed): Promise<void> {
    const { folder, load } = this.#options;
    const { id, stream, bytes, retry } = segment;
    const path = dataPath(folder, id, 'loading');
    try {
      await rename(dataPath(folder, id, 'ready'), path);
      await load({ id, stream, path, bytes, retry, payloads: () => payloadsOf(folder, id) });
      await this.#remove(id, 'loading');
      this.#release(segment);
    } catch (error) {
      await this.#failed(segment, error);
    }
  }

  async #failed(segment: Sealed, error: unknown): Promise<void> {
    const { folder, now } = this.#options;
    segment.retry = true;
    segment.attempts++;
    try {
      await rename(dataPath(folder, segment.id, 'loading'), dataPath(folder, segment.id, 'ready'));
      if (!later(error) && (certain(error) || segment.attempts >= attemptsMax))
        return await this.#setAside(segment, error);
    } catch {
      // The disk refuses even a rename: the segment stays where it is, and is tried again.
    }
    segment.notBefore = now() + Math.min(pauseMs.max, pauseMs.first * 2 ** Math.min(segment.attempts, 16));
    this.#queue.push(segment.stream, segment);
  }

  async #setAside(segment: Sealed, error: unknown): Promise<void> {
    const { folder, now, onPoison } = this.#options;
    const { id, stream, bytes } = segment;
    const poisoned: PoisonedSegment = {
      id,
      stream,
      bytes,
      code: error instanceof SallyportError ? error.code : 'InternalError',
      message: error instanceof Error ? error.message : String(error),
      at: new Date(now()).toISOString(),
    };
    const aside = join(folder, 'poison');
    await writeFile(join(aside, `${id}.error.json`), JSON.stringify(poisoned));
    await rename(dataPath(folder, id, 'ready'), dataPath(aside, id, 'ready'));
    await rename(journalPath(folder, id), journalPath(aside, id));
    await syncFolder(aside);
    this.#release(segment);
    this.#poisoned.set(id, poisoned);
    onPoison?.(poisoned);
  }

  async #remove(id: string, state: SegmentState): Promise<void> {
    const { folder } = this.#options;
    await rm(dataPath(folder, id, state), { force: true });
    await rm(journalPath(folder, id), { force: true });
  }

  async #recover(): Promise<void> {
    const { folder, gid } = this.#options;
    await mkdir(join(folder, 'poison'), { recursive: true, mode: 0o700 });
    await chmod(folder, 0o710);
    if (gid !== undefined && process.getuid?.() === 0) await chown(folder, 0, gid);
    await this.#recoverPoisoned(join(folder, 'poison'));
    const names = (await readdir(folder)).toSorted();
    for (const name of names) {
      const [, id = '', state = ''] = /^([\w-]+)\.(open|ready|loading)$/.exec(name) ?? [];
      if (id !== '') await this.#recoverOne(id, state as SegmentState);
      else if (/\.(good|bad)$/.test(name)) await rm(join(folder, name), { force: true });
      else if (name.endsWith('.journal') && !names.some((n) => n.startsWith(name.slice(0, -7)) && n !== name))
        await rm(join(folder, name), { force: true });
    }
    await syncFolder(folder);
  }

  async #recoverOne(id: string, state: SegmentState): Promise<void> {
    const found = await recoverSegment(this.#options.folder, id, state);
    if (!found) return;
    // Even one that looks untouched: the rename to `loading` is not synced, so it proves nothing.
    this.#enqueueFound(found);
  }

  async #recoverPoisoned(aside: string): Promise<void> {
    for (const name of (await readdir(aside)).filter((n) => n.endsWith('.error.json'))) {
      const poisoned = JSON.parse(await readFile(join(aside, name), 'utf8')) as PoisonedSegment;
      this.#poisoned.set(poisoned.id, poisoned);
    }
  }

  #isIdle(): boolean {
    const writing = [...this.#streams.values()].some((s) => s.writing || s.writer || s.pending.length > 0);
    return !writing && this.#queue.size === 0 && this.#loading.size === 0;
  }

  #settleIdle(): void {
    if (!this.#isIdle() && !this.#closed) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

/** The next payloads of a stream to be written together. */
function takeBatch(state: Stream): readonly Pending[] {
  let bytes = 0;
  let count = 0;
  while (count < state.pending.length && (count === 0 || bytes < batchBytesMax))
    bytes += state.pending[count++]!.payload.length;
  return state.pending.splice(0, count);
}

async function payloadsOf(folder: string, id: string): Promise<readonly PayloadRange[]> {
  const journal = readJournal(await readFile(journalPath(folder, id)));
  return (journal?.entries ?? []).map(({ offset, length }) => ({ offset, length }));
}
