import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants as zip, createGunzip, gunzipSync } from 'node:zlib';
import { evtxSignature } from '../../importer/evtx/evtx.ts';

/** So many bytes at the beginning tell a file from others, and so many before where reading stopped. */
export const headBytesMax = 1_024;
const tailBytesMax = 256;
/** Most that a gzipped file may unpack to when it is searched for what was read before. */
const unpackedBytesMax = 8 * 1024 ** 3;

/** A hash of some bytes, and how many. */
export interface Print {
  readonly bytes: number;
  readonly hash: string;
}

export const printOf = (bytes: Uint8Array): Print => ({
  bytes: bytes.length,
  hash: createHash('sha256').update(bytes).digest('base64url'),
});

/** What a file is at the moment. */
export interface Look {
  readonly path: string;
  readonly inode: number;
  readonly size: number;
  readonly changedAt: Date;
  /** Lines that grow; lines in gzip, which do not; or what can only be read whole: archives, event logs, UTF-16. */
  readonly form: 'lines' | 'gzip' | 'whole';
  /** The first bytes; of gzip, unpacked. */
  readonly head: Buffer;
}

/** Never through a link: the path is a real one, and stays it. */
export const openFile = (path: string): Promise<FileHandle> => open(path, constants.O_RDONLY | constants.O_NOFOLLOW);

const begins = (bytes: Buffer, ...signatures: readonly string[]): boolean =>
  signatures.some((hex) => bytes.subarray(0, hex.length / 2).toString('hex') === hex);

function unpackedHead(raw: Buffer): Buffer {
  try {
    const options = { finishFlush: zip.Z_SYNC_FLUSH, maxOutputLength: 64 * 1024 * 1024 };
    return gunzipSync(raw, options).subarray(0, headBytesMax);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Undefined when there is no such file, or it is none that may be read. */
export async function look(path: string): Promise<Look | undefined> {
  const file = await openFile(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16 * 1024), 0, 16 * 1024, 0);
    const raw = buffer.subarray(0, bytesRead);
    const whole =
      begins(raw, '504b0304', 'fffe', 'feff') || evtxSignature.equals(raw.subarray(0, evtxSignature.length));
    const gzip = begins(raw, '1f8b');
    return {
      path,
      inode: stat.ino,
      size: stat.size,
      changedAt: stat.mtime,
      form: whole ? 'whole' : gzip ? 'gzip' : 'lines',
      head: gzip ? unpackedHead(raw) : raw.subarray(0, headBytesMax),
    };
  } finally {
    await file.close();
  }
}

const fits = (print: Print, bytes: Buffer): boolean =>
  bytes.length === print.bytes && printOf(bytes).hash === print.hash;

export const beginsWith = (head: Buffer, print: Print): boolean => fits(print, head.subarray(0, print.bytes));

/** The print of the bytes before an offset. */
export async function tailBefore(file: FileHandle, offset: number): Promise<Print> {
  const length = Math.min(tailBytesMax, offset);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset - length);
  return printOf(buffer.subarray(0, bytesRead));
}

/** Whether a file of lines is the one that was read up to `offset`: its first bytes are the same, and those before the offset. */
export async function continues(
  { path, size, head, form }: Look,
  { offset, head: print, tail }: { readonly offset: number; readonly head: Print; readonly tail: Print },
): Promise<boolean> {
  if (form !== 'lines' || size < offset || !beginsWith(head, print)) return false;
  const file = await openFile(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    return (await tailBefore(file, offset)).hash === tail.hash;
  } finally {
    await file.close();
  }
}

/** What stands after `offset` in a gzipped file, piece by piece; undefined when the bytes before are not those that were read. */
export async function* unpackedAfter(path: string, offset: number, tail: Print): AsyncGenerator<Buffer, boolean> {
  const file = await openFile(path);
  // An error of either reaches whoever reads the result.
  const stream = pipeline(file.createReadStream(), createGunzip(), () => undefined);
  let [at, before, checked]: [number, Buffer, boolean] = [0, Buffer.alloc(0), offset === 0];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (at + chunk.length > unpackedBytesMax) return false;
      if (!checked && at + chunk.length >= offset) {
        const last = Buffer.concat([before, chunk.subarray(0, offset - at)]).subarray(-tail.bytes);
        if (!fits(tail, last)) return false;
        checked = true;
      }
      if (!checked) before = Buffer.concat([before, chunk]).subarray(-tailBytesMax);
      else if (at + chunk.length > offset) yield chunk.subarray(Math.max(0, offset - at));
      at += chunk.length;
    }
    return checked;
  } finally {
    stream.destroy();
  }
}
