import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * Clients send a call again when its answer got lost. Azure's give each call an id (`x-ms-client-request-id`) and keep it when they try again, so a call
 * that was durable before is acknowledged and not stored twice. The id goes into the spool in front of the rows, as a line that begins with the byte 1
 * (which no JSON holds): it is as durable as they are, and a server that was killed between the two finds it again.
 */
const markByte = 1;
const keyLength = 32;
/** Bytes of a mark: the byte, the key, a line feed. */
export const markLength = keyLength + 2;

/** A call is told from others by all of this: an id that a careless client uses again for other rows must not lose them. */
export function callKey(parts: { caller: string; stream: string; requestId: string; body: Uint8Array }): string {
  const { caller, stream, requestId, body } = parts;
  const text = JSON.stringify([caller, stream, requestId, body.length, crc32(body)]);
  return createHash('sha256').update(text).digest('hex').slice(0, keyLength);
}

/** Puts the mark in front of `lines`, into the bytes before them, of which there must be `markLength`. Answers mark and lines. */
export function withMark(lines: Uint8Array, key: string): Uint8Array {
  const start = lines.byteOffset - markLength;
  const marked = Buffer.from(lines.buffer, start, lines.length + markLength);
  marked[0] = markByte;
  marked.write(`${key}\n`, 1, 'latin1');
  return marked;
}

const markAt = (bytes: Buffer, at: number): string | undefined =>
  /^[0-9a-f]{32}$/.exec(bytes.toString('latin1', at + 1, at + 1 + keyLength))?.[0];

/** The keys of the calls in a segment's bytes. */
export function keysIn(bytes: Buffer): string[] {
  const keys: string[] = [];
  for (let at = bytes.indexOf(markByte); at !== -1; at = bytes.indexOf(markByte, at + 1)) {
    const key = at === 0 || bytes[at - 1] === 0x0a ? markAt(bytes, at) : undefined;
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

/** SQL: the line in `RawData` is no mark. */
export const isNoMark = `NOT startsWith(RawData, '\\x01')`;

/** Calls remembered; at 1 MB a call this is some minutes of the fastest stream that one server takes. Clients try again within seconds. */
const rememberedMax = 100_000;

/** The calls of the last minutes, and those on their way. */
export class RecentCalls {
  /** In order of their coming; true once durable. */
  readonly #calls = new Map<string, true | Promise<void>>();

  /** Does `work` unless a call of that key is durable, or on its way: then waits for that. What fails may be tried again. */
  async once(key: string, work: () => Promise<void>): Promise<void> {
    const known = this.#calls.get(key);
    if (known !== undefined) return known === true ? undefined : known;
    const call = work();
    this.#calls.set(key, call);
    try {
      await call;
      this.remember(key);
    } catch (error) {
      this.#calls.delete(key);
      throw error;
    }
  }

  remember(key: string): void {
    this.#calls.set(key, true);
    if (this.#calls.size <= rememberedMax) return;
    const [oldest] = this.#calls.keys();
    if (oldest !== undefined) this.#calls.delete(oldest);
  }
}
