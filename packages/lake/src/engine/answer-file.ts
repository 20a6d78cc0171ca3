import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { EngineError } from './errors.ts';

const lineFeed = 10;
/** Longest rest of the line at which an answer is cut, bytes. */
const lineBytesMax = 16 * 2 ** 20;

/** Bytes of a file; 0 when it is not there. */
export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

async function head(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * A file of lines: whole when it has at most `bytesMax` bytes, and else to the first end of a line past that, so that a reader sees that there was more.
 * Throws EngineError 396 when that line does not end.
 */
export async function wholeLines(path: string, bytesMax: number): Promise<Buffer> {
  const size = sizeOf(path);
  if (size === 0) return Buffer.alloc(0);
  const wanted = Math.min(size, bytesMax + lineBytesMax);
  const bytes = await head(path, wanted);
  if (size <= bytesMax) return bytes;
  const end = bytes.indexOf(lineFeed, bytesMax);
  if (end < 0)
    throw new EngineError(396, `Limit for result exceeded, max bytes: ${bytesMax}`, 'TOO_MANY_ROWS_OR_BYTES');
  return bytes.subarray(0, end + 1);
}
