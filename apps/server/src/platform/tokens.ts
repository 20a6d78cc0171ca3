import { createHash, randomBytes } from 'node:crypto';

/** A secret of 256 random bits, as text for URLs. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What is kept of such a secret. It is random, so a plain hash can't be guessed back; passwords need argon2id instead. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();
