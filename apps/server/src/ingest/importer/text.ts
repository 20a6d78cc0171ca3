import { isUtf8 } from 'node:buffer';
import { headBytes } from './kind.ts';

type Chunks = AsyncIterable<Buffer>;

const utf16 = (bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined =>
  bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;

/** Gathers the first `headBytes` of `chunks` (all, when there are fewer) in front of the rest. An error comes with the rest, so that the head is not lost. */
export async function headOf(
  chunks: Chunks,
): Promise<{ head: Buffer; complete: boolean; rest: AsyncIterator<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let length = 0;
  while (length < headBytes) {
    let next: IteratorResult<Buffer>;
    try {
      next = await iterator.next();
    } catch (error) {
      return { head: Buffer.concat(parts), complete: false, rest: { next: () => Promise.reject(error as Error) } };
    }
    if (next.done) return { head: Buffer.concat(parts), complete: true, rest: iterator };
    parts.push(next.value);
    length += next.value.length;
  }
  return { head: Buffer.concat(parts), complete: false, rest: iterator };
}

/**
 * The same text as UTF-8 without byte order mark. UTF-16 is read when its mark stands in front (Windows tools write it). Bytes that are not
 * UTF-8 pass as they are: `validUtf8` mends them where records are written.
 */
export async function* utf8Of(chunks: Chunks): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined;
  let first = true;
  for await (let chunk of chunks) {
    if (first) {
      const encoding = utf16(chunk);
      if (encoding !== undefined) decoder = new TextDecoder(encoding);
      else if (chunk.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) chunk = chunk.subarray(3);
      first = false;
    }
    yield decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
  if (decoder !== undefined) yield Buffer.from(decoder.decode());
}

/** The same bytes, or with U+FFFD in place of what is not UTF-8. The engine stores any bytes, but JSON answers must be UTF-8. */
export const validUtf8 = (bytes: Uint8Array): Uint8Array =>
  isUtf8(bytes) ? bytes : Buffer.from(new TextDecoder().decode(bytes));
