import type { QueryOptions } from '@sallyport/lake';
import type { Parts, SourceRules } from './pass.ts';

/** Where more moving does not help, the engine's places are full. */
export const settlingRoundsMax = 8;

/**
 * One round of moving sets of patterns apart that push each other out of the engine: all are used once, then again, and those that had to be prepared again get another hash. Answers whether
 * another round is worth it; after `settlingRoundsMax` it is not. Throws as `Lake.query`.
 */
export async function settleRound(
  sources: readonly Pick<SourceRules<unknown>, 'isSettled' | 'moveApart' | 'prepare'>[],
  parts: Pick<Parts, 'lake'>,
  options: QueryOptions,
): Promise<boolean> {
  if (sources.every(({ isSettled }) => isSettled)) return false;
  for (const source of sources) await source.prepare(parts, options);
  for (const source of sources) source.moveApart(await source.prepare(parts, options));
  return true;
}
