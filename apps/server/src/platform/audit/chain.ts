import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { AuditEntry } from './types.ts';

/** A row of the chain: an entry and what ties it to the one before. */
export interface ChainedEntry extends Omit<AuditEntry, 'requestId' | 'details'> {
  readonly requestId: string;
  readonly details: unknown;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

export const firstHash = Buffer.alloc(32);

/** SHA-256 over the canonical JSON of everything in the row but its own hash. */
export function hashOf(entry: Omit<ChainedEntry, 'hash'>): Buffer {
  const { sequence, at, actor, operation, target, result, ipAddress, requestId, details, previousHash } = entry;
  const covered = {
    sequence,
    at,
    actor,
    operation,
    target,
    result,
    ipAddress,
    requestId,
    details,
    previousHash: previousHash.toString('hex'),
  };
  return createHash('sha256').update(canonicalJson(covered)).digest();
}

/** The sequence of the first entry that doesn't follow from the one before; undefined when all do. Entries in order, after `previous`. */
export function firstBreak(
  previous: { sequence: number; hash: Buffer },
  entries: readonly ChainedEntry[],
): number | undefined {
  let { sequence, hash } = previous;
  for (const entry of entries) {
    const follows =
      entry.sequence === sequence + 1 && entry.previousHash.equals(hash) && entry.hash.equals(hashOf(entry));
    if (!follows) return sequence + 1;
    ({ sequence, hash } = entry);
  }
  return undefined;
}
