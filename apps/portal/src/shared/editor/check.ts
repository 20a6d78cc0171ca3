import type { QueryFault } from '@sallyport/contracts';
import { blocksOf } from './blocks.ts';

const REST_MS = 600;
/** Queries of one text that are asked about. */
const QUERIES_MAX = 20;

/** Runs `work` when nothing has changed for a moment. Answers what calls it off, also when it is on its way. */
export function whenRested(work: (signal: AbortSignal) => Promise<void>, restMs = REST_MS): () => void {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    // Without an answer nothing is underlined; running the query will say what is wrong.
    work(stop.signal).catch(() => undefined);
  }, restMs);
  return () => {
    clearTimeout(timer);
    stop.abort();
  };
}

/**
 * The faults of each query of a text, at their places in the whole text. Those that the editor's own language service finds (`KS…`) are
 * left to it.
 */
export async function faultsIn(
  text: string,
  check: (query: string) => Promise<readonly QueryFault[]>,
): Promise<QueryFault[]> {
  const blocks = blocksOf(text).filter((block) => !/^\s*(?:\/\/[^\n]*\s*)*$/.test(block.text));
  const found = await Promise.all(
    blocks
      .slice(0, QUERIES_MAX)
      .map(async ({ text: query, from }) =>
        (await check(query)).map((fault) => ({ ...fault, start: fault.start + from, end: fault.end + from })),
      ),
  );
  return found.flat().filter(({ code }) => !code.startsWith('KS'));
}
