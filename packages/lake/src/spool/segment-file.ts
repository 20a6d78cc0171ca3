import { open, readFile, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { journalHead, journalRecord, readJournal, recordBytes, type Journal } from './journal.ts';

export type SegmentState = 'open' | 'ready' | 'loading';

/** Owner may write, the engine's group may read. */
const fileMode = 0o640;

export const dataPath = (folder: string, id: string, state: SegmentState): string => join(folder, `${id}.${state}`);
export const journalPath = (folder: string, id: string): string => join(folder, `${id}.journal`);

/** Makes a folder's entries (new, renamed, deleted files) durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const lineFeed = Buffer.from('\n');

/** Well below IOV_MAX (1,024), past which writev gives up without saying so. */
const partsPerWrite = 256;

async function writeAll(file: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  for (let first = 0; first < parts.length; first += partsPerWrite) {
    // Not joined to one buffer: copies of every payload would make V8 collect garbage all the time.
    const some = parts.slice(first, first + partsPerWrite);
    const bytes = some.reduce((sum, part) => sum + part.length, 0);
    const { bytesWritten } = await file.writev(some, at);
    if (bytesWritten < bytes) await writeRest(file, Buffer.concat(some).subarray(bytesWritten), at + bytesWritten);
    at += bytes;
  }
}

async function writeRest(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** A segment that is being written: its bytes, and the journal that says which of them count. */
export class SegmentWriter {
  readonly id: string;
  readonly folder: string;
  readonly #data: FileHandle;
  readonly #journal: FileHandle;
  #dataBytes = 0;
  #journalBytes: number;
  payloads = 0;
  /** A write failed: the segment takes no more, and must be recovered before it is loaded. */
  broken = false;

  private constructor(folder: string, id: string, data: FileHandle, journal: FileHandle, headBytes: number) {
    this.folder = folder;
    this.id = id;
    this.#data = data;
    this.#journal = journal;
    this.#journalBytes = headBytes;
  }

  static async create(folder: string, id: string, stream: string, gid: number | undefined): Promise<SegmentWriter> {
    const path = dataPath(folder, id, 'open');
    const journal = await open(journalPath(folder, id), 'wx', 0o600);
    const data = await open(path, 'wx', fileMode);
    if (gid !== undefined) await data.chown(process.getuid?.() ?? 0, gid);
    await data.chmod(fileMode);
    const head = journalHead(stream);
    await writeAll(journal, [head], 0);
    const writer = new SegmentWriter(folder, id, data, journal, head.length);
    await syncFolder(folder);
    return writer;
  }

  /** Bytes of the segment so far. */
  get bytes(): number {
    return this.#dataBytes;
  }

  /** Writes payloads and makes them durable; when it throws, none of them is in the segment. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    const records = payloads.map(journalRecord);
    const data = payloads.flatMap((payload) => [payload, lineFeed]);
    const dataBytes = data.reduce((sum, part) => sum + part.length, 0);
    try {
      await Promise.all([
        writeAll(this.#data, data, this.#dataBytes).then(() => this.#data.datasync()),
        writeAll(this.#journal, records, this.#journalBytes).then(() => this.#journal.datasync()),
      ]);
    } catch (error) {
      this.broken = true;
      await Promise.allSettled([this.#data.truncate(this.#dataBytes), this.#journal.truncate(this.#journalBytes)]);
      throw error;
    }
    this.#dataBytes += dataBytes;
    this.#journalBytes += recordBytes * payloads.length;
    this.payloads += payloads.length;
  }

  /** Closes the files; the segment may be loaded from now on. */
  async seal(): Promise<void> {
    await this.#data.close();
    await this.#journal.close();
    await rename(dataPath(this.folder, this.id, 'open'), dataPath(this.folder, this.id, 'ready'));
  }

  async close(): Promise<void> {
    await this.#data.close();
    await this.#journal.close();
  }
}

export interface RecoveredSegment {
  readonly id: string;
  readonly stream: string;
  readonly bytes: number;
}

/**
 * Brings a segment that was found at start into state `ready`: what the journal does not vouch for is cut off. Undefined when nothing is left,
 * and the files are gone.
 */
export async function recoverSegment(
  folder: string,
  id: string,
  state: SegmentState,
): Promise<RecoveredSegment | undefined> {
  const path = dataPath(folder, id, state);
  const journal = readJournal(await readFile(journalPath(folder, id)).catch(() => Buffer.alloc(0)));
  if (!journal) return discard(folder, id, path);
  const { size } = await stat(path);
  const last = journal.entries.at(-1);
  const whole = last !== undefined && size === last.offset + last.length + 1;
  // A sealed segment was synced before it was renamed; only an open one, or one of the wrong size, can be torn.
  const good = whole && state !== 'open' ? journal.entries.length : await countGood(path, journal);
  const end = good === 0 ? undefined : journal.entries[good - 1];
  if (!end) return discard(folder, id, path);
  const bytes = end.offset + end.length + 1;
  if (bytes !== size) await truncate(path, bytes);
  await truncate(journalPath(folder, id), journal.headBytes + good * recordBytes);
  await rename(path, dataPath(folder, id, 'ready'));
  return { id, stream: journal.stream, bytes };
}

async function discard(folder: string, id: string, path: string): Promise<undefined> {
  await rm(path, { force: true });
  await rm(journalPath(folder, id), { force: true });
  return undefined;
}

/** How many payloads from the first on are whole. */
async function countGood(path: string, journal: Journal): Promise<number> {
  const file = await open(path, 'r');
  try {
    for (const [index, entry] of journal.entries.entries()) {
      const buffer = Buffer.alloc(entry.length + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, entry.offset);
      const whole = bytesRead === buffer.length && buffer[entry.length] === 10;
      if (!whole || crc32(buffer.subarray(0, entry.length)) !== entry.crc) return index;
    }
    return journal.entries.length;
  } finally {
    await file.close();
  }
}
