import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { SallyportError } from '@sallyport/contracts';

const unpackers = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;

const tooLarge = (bytesMax: number): SallyportError =>
  new SallyportError('PayloadTooLarge', `the body, unpacked, is larger than ${bytesMax} bytes`);

/**
 * The whole body, unpacked, in a buffer that is the caller's to change. `bytesMax` bounds it before and after unpacking: a gzip bomb costs no more
 * memory than an honest body. Throws SallyportError PayloadTooLarge, UnsupportedMediaType, BadRequest.
 */
export async function readBody(body: Readable, encoding: string | undefined, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    parts.push(part);
  }
  const bytes = Buffer.concat(parts, length);
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return bytes;
  if (name !== 'gzip' && name !== 'deflate')
    throw new SallyportError('UnsupportedMediaType', `content encoding \`${name.slice(0, 32)}\` is not taken; gzip is`);
  try {
    return await unpackers[name](bytes, { maxOutputLength: bytesMax });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new SallyportError('BadRequest', `the body is not ${name}`, { target: 'body', cause });
  }
}
