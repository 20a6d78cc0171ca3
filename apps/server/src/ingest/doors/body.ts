import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { SallyportError } from '@sallyport/contracts';

const unpackers = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;

const tooLarge = (bytesMax: number): SallyportError =>
  new SallyportError('PayloadTooLarge', `the body, unpacked, is larger than ${bytesMax} bytes`);

/** What must have come of a body each `ms`. */
export interface Pace {
  readonly bytes: number;
  readonly ms: number;
}
/** Less than any line gives: a body that comes slower keeps a place that others of its sender wait for. */
const slowest: Pace = { bytes: 1_200, ms: 5_000 };

/** Reads `body` into `into`; answers how many bytes there were. By events: an async iterator would cost a promise for each 16 KiB that TLS gives. */
async function gather(body: Readable, into: Buffer, pace: Pace): Promise<number> {
  let length = 0;
  const take = (part: Buffer): void => {
    if (length + part.length > into.length) return void body.destroy(tooLarge(into.length));
    part.copy(into, length);
    length += part.length;
  };
  let timer: NodeJS.Timeout | undefined;
  const whole = new Promise<void>((resolve, reject) => {
    let before = 0;
    timer = setInterval(() => {
      if (length - before < pace.bytes) reject(new SallyportError('BadRequest', 'the body came too slowly'));
      before = length;
    }, pace.ms);
    body.on('data', take);
    body.once('end', resolve);
    body.once('error', reject);
    body.once('close', () => reject(new SallyportError('BadRequest', 'the body was cut off')));
  });
  try {
    await whole;
    return length;
  } finally {
    clearInterval(timer);
    // The buffer is another body's from here on.
    body.off('data', take);
  }
}

/**
 * Buffers for bodies, used again and again. Memory outside of V8's heap makes it collect garbage in the whole heap each time some 64 MB of it were
 * taken, and with a compiler's tables in that heap this cost more than all other work on a body.
 */
export class BodyBuffers {
  readonly #free: Buffer[] = [];
  readonly #bytesMax: number;
  readonly #keptMax: number;
  readonly #room: number;
  readonly #pace: Pace;

  /** `bytesMax` bounds a body, before and after unpacking; `keptMax` buffers of that size are kept; `room` bytes in front of a body are free. */
  constructor(options: { bytesMax: number; keptMax: number; room: number; pace?: Pace }) {
    this.#bytesMax = options.bytesMax;
    this.#keptMax = options.keptMax;
    this.#room = options.room;
    this.#pace = options.pace ?? slowest;
  }

  /**
   * Does `work` with the whole body, unpacked, in a buffer that it may change, and that is not its own any more once it has ended. A gzip bomb costs no
   * more memory than an honest body. Throws SallyportError PayloadTooLarge, UnsupportedMediaType, BadRequest (cut off, too slow, not what it is said to be).
   */
  async with<T>(body: Readable, encoding: string | undefined, work: (bytes: Buffer) => Promise<T>): Promise<T> {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#room + this.#bytesMax);
    try {
      const space = buffer.subarray(this.#room);
      const packed = space.subarray(0, await gather(body, space, this.#pace));
      const bytes = await this.#unpacked(packed, encoding);
      if (bytes !== packed) bytes.copy(space);
      return await work(space.subarray(0, bytes.length));
    } finally {
      if (this.#free.length < this.#keptMax) this.#free.push(buffer);
    }
  }

  async #unpacked(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
    const name = (encoding ?? 'identity').trim().toLowerCase();
    if (name === 'identity' || name === '') return bytes;
    if (name !== 'gzip' && name !== 'deflate')
      throw new SallyportError(
        'UnsupportedMediaType',
        `content encoding \`${name.slice(0, 32)}\` is not taken; gzip is`,
      );
    try {
      return await unpackers[name](bytes, { maxOutputLength: this.#bytesMax });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(this.#bytesMax);
      throw new SallyportError('BadRequest', `the body is not ${name}`, { target: 'body', cause });
    }
  }
}
