import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';

/** Most bytes that one file may unpack to. */
const unpackedFileBytesMax = 8 * 1024 ** 3;
/** Most bytes that all files of one archive may unpack to. */
const unpackedArchiveBytesMax = 16 * 1024 ** 3;
/** Most files of one folder tree or archive. */
const filesMax = 100_000;
/** Deepest folder looked into. */
const folderDepthMax = 32;

/** A file to import, whatever it came out of. Open one before asking for the next. */
export interface InputFile {
  /** Path as a person would say it: relative to what was asked for, `archive.zip/inner.json` inside an archive. */
  readonly name: string;
  /** Why it is not read; `open` then gives nothing. */
  readonly message?: string;
  /** Unpacked, as far as it is known without reading it: what an archive says may be wrong. */
  readonly bytes?: number;
  open(): AsyncIterable<Buffer>;
}

const unread = (name: string, message: string): InputFile => ({ name, message, open: () => noBytes() });
// eslint-disable-next-line require-yield
async function* noBytes(): AsyncGenerator<Buffer> {}

/**
 * Files that come with data sets and tell about them: not read in folders and zips, which is said. Asked for by name, they are read like any other. The
 * endings are those of texts for people: `notice.log` is a log of Zeek.
 */
const aboutOthers =
  /^(readme|license|licence|copying|notice|index|changelog|contributing|(md5|sha1|sha256)sums?)(\.(adoc|html?|md|pdf|rst|tsv|txt))?$/i;
const tellsOfOthers = 'tells about other files, and is read when it is asked for by name';
const hidden = /^\.|^__MACOSX$/;

/** Ends with an error once more than `bytesMax` have come. */
async function* bounded(stream: Readable, bytesMax: number, spend: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    spend(chunk.length);
    if (bytes > bytesMax) throw new Error(`unpacks to more than ${bytesMax / 1024 ** 3} GiB`);
    yield chunk;
  }
}

const gunzip = (stream: Readable): Readable =>
  // A file that is cut off is read up to there. The error of one that is damaged reaches whoever reads the result.
  pipeline(stream, createGunzip({ chunkSize: 64 * 1024, finishFlush: constants.Z_SYNC_FLUSH }), () => undefined);

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const isZip = (head: Buffer): boolean => head.subarray(0, 4).toString('hex') === '504b0304';
const isGzip = (head: Buffer): boolean => head.subarray(0, 2).toString('hex') === '1f8b';

async function* entryBytes(zip: ZipFile, entry: Entry, spend: (bytes: number) => void): AsyncGenerator<Buffer> {
  const stream = await zip.openReadStreamPromise(entry);
  yield* bounded(entry.fileName.endsWith('.gz') ? gunzip(stream) : stream, unpackedFileBytesMax, spend);
}

/** Files of a zip, one after another. Names are for display alone: nothing is written to disk. */
async function* zipFiles(path: string, name: string): AsyncGenerator<InputFile> {
  let zip: ZipFile;
  try {
    zip = await yauzl.openPromise(path, { autoClose: false });
  } catch (error) {
    yield unread(name, `a zip that can’t be opened: ${messageOf(error)}`);
    return;
  }
  let left = unpackedArchiveBytesMax;
  const spend = (bytes: number) => {
    left -= bytes;
    if (left < 0) throw new Error(`the archive unpacks to more than ${unpackedArchiveBytesMax / 1024 ** 3} GiB`);
  };
  try {
    let count = 0;
    for await (const entry of zip.eachEntry()) {
      if (++count > filesMax) return yield unread(name, `more than ${filesMax} files; the rest is not read`);
      const inner = `${name}/${entry.fileName}`;
      const parts = entry.fileName.split('/');
      const base = parts.at(-1) ?? '';
      if (base === '' || parts.some((part) => hidden.test(part))) continue;
      if (aboutOthers.test(base)) yield unread(inner, tellsOfOthers);
      else if (entry.isEncrypted()) yield unread(inner, 'encrypted, which is not opened');
      else
        yield {
          name: inner,
          ...(entry.fileName.endsWith('.gz') ? {} : { bytes: entry.uncompressedSize }),
          open: () => entryBytes(zip, entry, spend),
        };
    }
  } catch (error) {
    yield unread(name, `a damaged zip: ${messageOf(error)}`);
  } finally {
    zip.close();
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function* oneFile(path: string, name: string): AsyncGenerator<InputFile> {
  let head: Buffer;
  try {
    head = await firstBytes(path, 4);
  } catch (error) {
    yield unread(name, messageOf(error));
    return;
  }
  if (isZip(head)) return yield* zipFiles(path, name);
  yield {
    name,
    ...(isGzip(head) ? {} : { bytes: (await stat(path)).size }),
    open: () => {
      const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
      return bounded(isGzip(head) ? gunzip(stream) : stream, unpackedFileBytesMax, () => undefined);
    },
  };
}

/** Regular files below a folder in order of name. Links are not followed. */
async function* paths(folder: string, depth = 0): AsyncGenerator<string> {
  if (depth > folderDepthMax) return;
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (hidden.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* paths(path, depth + 1);
    else if (entry.isFile()) yield path;
  }
}

/**
 * Every file at `path`: itself, those of a folder, those of a zip, unpacked from gzip where they are. `name` is what a single file is called
 * in results (default: its base name). Throws when `path` does not exist.
 */
export async function* inputFiles(path: string, name = basename(path)): AsyncGenerator<InputFile> {
  const facts = await stat(path);
  if (!facts.isDirectory()) return yield* oneFile(path, name);
  let count = 0;
  for await (const file of paths(path)) {
    const inner = relative(path, file);
    if (++count > filesMax) return yield unread(inner, `more than ${filesMax} files; the rest is not read`);
    if (aboutOthers.test(basename(file))) yield unread(inner, tellsOfOthers);
    else yield* oneFile(file, inner);
  }
}
