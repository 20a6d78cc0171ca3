import { createHash } from 'node:crypto';

/** The namespace of Sallyport's alert ids: any UUID, never to be changed. */
const namespace = Buffer.from('5a11e9047a1e4d0c9b0f3f1c6d2e8a74', 'hex');

/** A UUID version 5 (RFC 9562, section 5.5) of the parts: the same parts, the same UUID. */
export function uuidOf(...parts: readonly string[]): string {
  const hash = createHash('sha1').update(namespace).update(JSON.stringify(parts)).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
