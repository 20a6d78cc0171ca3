import { deflateRawSync, gunzipSync, gzipSync, inflateSync, deflateSync, constants, crc32 } from 'node:zlib';
import type { LiteralValue } from '../plan/plan.ts';
import { HostRefusal, type HostFunction } from './host.ts';

/** gzip and zlib of texts, in base64. What cannot be read gives ''. */

/** A small text may stand for an endless one. */
const maxInflated = 2_000_000;

const textOf = (value: LiteralValue | undefined): string => (typeof value === 'string' ? value : '');
const decoder = new TextDecoder('utf-8', { fatal: true });

function inflate(encoded: string, read: (bytes: Buffer) => Buffer): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded) || encoded.length % 4 !== 0) return '';
  try {
    return decoder.decode(read(Buffer.from(encoded, 'base64')));
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw new HostRefusal(`the text is longer than ${maxInflated} characters`);
    return '';
  }
}

/** A text that deflate would not shorten is kept as it is, in one stored block; the real engine does the same. */
function deflated(text: string): { body: Buffer; stored: boolean } {
  const bytes = Buffer.from(text);
  const packed = deflateRawSync(bytes);
  return packed.length >= bytes.length && bytes.length < 65_536
    ? { body: deflateRawSync(bytes, { level: constants.Z_NO_COMPRESSION }), stored: true }
    : { body: packed, stored: false };
}
function gzip(text: string): string {
  const { body, stored } = deflated(text);
  if (!stored) return gzipSync(text).toString('base64');
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(text), 0);
  tail.writeUInt32LE(Buffer.byteLength(text), 4);
  // No time, no flags, an unknown system.
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]), body, tail]).toString('base64');
}
function zlib(text: string): string {
  const { body, stored } = deflated(text);
  const whole = deflateSync(text);
  if (!stored) return whole.toString('base64');
  return Buffer.concat([Buffer.from([0x78, 0x9c]), body, whole.subarray(-4)]).toString('base64');
}

const ofText = (name: string, convert: (text: string) => string): HostFunction => ({
  name,
  parameters: ['string'],
  result: 'string',
  evaluate: ([text]) => (textOf(text) === '' ? '' : convert(textOf(text))),
});
const limit = { maxOutputLength: maxInflated };
export const compressionFunctions: readonly HostFunction[] = [
  ofText('gzip_compress_to_base64_string', gzip),
  ofText('gzip_decompress_from_base64_string', (text) => inflate(text, (bytes) => gunzipSync(bytes, limit))),
  ofText('zlib_compress_to_base64_string', zlib),
  ofText('zlib_decompress_from_base64_string', (text) => inflate(text, (bytes) => inflateSync(bytes, limit))),
];
