import type { Cell, QueryResult } from '@sallyport/contracts';
import { useEffect, useState } from 'react';
import { client } from '../../shared/api.ts';
import { ColumnarRows } from '../../shared/table/rows.ts';
import type { Answer } from './ask.ts';

/** Rows of the live view; older ones go. */
const ROWS_MAX = 5_000;

export interface Live {
  readonly answer: Answer | undefined;
  /** Rows that came with the last look; they stand first. */
  readonly fresh: number;
  readonly lookedAt: Date | undefined;
  readonly error: unknown;
}
const nothing: Live = { answer: undefined, fresh: 0, lookedAt: undefined, error: undefined };

function joined(before: Answer | undefined, { columns, rows, statistics }: QueryResult): Answer {
  const made = new ColumnarRows(columns);
  const older = before && JSON.stringify(before.columns) === JSON.stringify(columns) ? before.rows : undefined;
  const add = (row: readonly Cell[]): void => {
    if (made.count < ROWS_MAX) made.push(row);
  };
  rows.forEach(add);
  for (let row = 0; row < (older?.count ?? 0) && made.count < ROWS_MAX; row++) add(older?.row(row) ?? []);
  return { columns, rows: made.seal(), statistics };
}

/**
 * Asks a query again and again over what arrived since the last time; new rows come first. Rests while the page is hidden, and then makes up for it.
 * `query` undefined: off. A look ends before the next one begins.
 */
export function useLive(query: string | undefined, seconds: number): Live {
  const [live, setLive] = useState<Live & { readonly query: string | undefined }>({ ...nothing, query: undefined });
  useEffect(() => {
    if (query === undefined) return undefined;
    const leaving = new AbortController();
    let since: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          const { until, result } = await client.runLive({
            signal: leaving.signal,
            body: { query, ...(since === undefined ? {} : { since }) },
          });
          since = until;
          setLive((before) => {
            const known = before.query === query ? before : { ...nothing, query };
            const answer = result && result.rows.length > 0 ? joined(known.answer, result) : known.answer;
            return { query, answer, fresh: result?.rows.length ?? 0, lookedAt: new Date(), error: undefined };
          });
        } catch (error) {
          if (leaving.signal.aborted) return;
          setLive((before) => ({ ...(before.query === query ? before : nothing), query, error }));
        }
      }
      if (!leaving.signal.aborted) timer = setTimeout(() => void look(), seconds * 1_000);
    };
    void look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [query, seconds]);
  return query !== undefined && live.query === query ? live : nothing;
}
