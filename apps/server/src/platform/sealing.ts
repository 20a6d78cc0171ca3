import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Encrypts secrets that are kept in the database, under a key that is not. */
export interface Sealing {
  /** AES-256-GCM. `purpose` says where it is kept (`totp:<person>`); opening it for another purpose fails. */
  seal(secret: Uint8Array, purpose: string): Buffer;
  /** Throws when the key, the purpose or the bytes are not those of `seal`. */
  open(sealed: Uint8Array, purpose: string): Buffer;
  /** A secret of 64 bytes that is always the same for a purpose, and tells nothing of the others: it need not be kept. */
  derive(purpose: string): Buffer;
}

const version = 1;
const ivBytes = 12;
const tagBytes = 16;
const derivedBytes = 64;

export function createSealing(key: Uint8Array): Sealing {
  if (key.length !== 32) throw new RangeError('the sealing key must have 32 bytes');
  return {
    seal: (secret, purpose) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose));
      const text = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([Buffer.of(version), iv, cipher.getAuthTag(), text]);
    },
    open: (sealed, purpose) => {
      if (sealed.length < 1 + ivBytes + tagBytes || sealed[0] !== version) throw new Error('not a sealed secret');
      const iv = sealed.subarray(1, 1 + ivBytes);
      const tag = sealed.subarray(1 + ivBytes, 1 + ivBytes + tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(1 + ivBytes + tagBytes)), decipher.final()]);
    },
    derive: (purpose) => Buffer.from(hkdfSync('sha256', key, '', `derived:${purpose}`, derivedBytes)),
  };
}

/**
 * The key in `keys/sealing.key` of the data folder, made when there is none. Servers on several machines that share a database need
 * the same file. Without it, everyone must enrol their second factor anew.
 */
export function loadSealingKey(dataDir: string): Uint8Array {
  const folder = join(dataDir, 'keys');
  const path = join(folder, 'sealing.key');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, randomBytes(32), { mode: 0o600, flush: true });
    try {
      // Unlike a rename, a link never replaces a key that another server made meanwhile.
      linkSync(fresh, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(fresh);
    }
  }
  return readFileSync(path);
}
