import { createHash } from 'node:crypto';

const namespace = Buffer.from('6f1b8c5e9a6c5c0e8d7bc0a705a11a90', 'hex');
const cache = new Map<string, string>();
/** Names that get ids are those of people, devices, programs and apps: few. Past this the cache starts anew. */
const cacheEntriesMax = 50_000;

function remember(key: string, make: () => string): string {
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= cacheEntriesMax) cache.clear();
  const made = make();
  cache.set(key, made);
  return made;
}

/** The UUID version 5 (RFC 9562, section 5.5) of a name, in the demo's own namespace. */
export const uuidOf = (name: string): string =>
  remember(`uuid ${name}`, () => {
    const hash = createHash('sha1').update(namespace).update(name).digest();
    hash[6] = (hash[6]! & 0x0f) | 0x50;
    hash[8] = (hash[8]! & 0x3f) | 0x80;
    const hex = hash.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  });

/** A made-up file's or device's hash: the hash of its name. */
export const digestOf = (algorithm: 'md5' | 'sha1' | 'sha256', name: string): string =>
  remember(`${algorithm} ${name}`, () => createHash(algorithm).update(`contoso ${name}`).digest('hex'));
