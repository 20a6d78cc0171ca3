import type { IncidentSummary } from '@sallyport/contracts';
import { useState } from 'react';

type Seen = Pick<IncidentSummary, 'number' | 'lastUpdatedAt'>;

/** Numbers of the rows that have changed since they were seen. */
export const changedSince = (seen: ReadonlyMap<number, string>, rows: readonly Seen[]): ReadonlySet<number> =>
  new Set(
    rows
      .filter(({ number, lastUpdatedAt }) => (seen.get(number) ?? lastUpdatedAt) !== lastUpdatedAt)
      .map(({ number }) => number),
  );

const seenNow = (rows: readonly Seen[]): ReadonlyMap<number, string> =>
  new Map(rows.map(({ number, lastUpdatedAt }) => [number, lastUpdatedAt]));

/** Which rows have changed since the person began to look at this `view`, or last said that they have seen them. */
export function useChanged(
  rows: readonly Seen[],
  view: string,
): { readonly changed: ReadonlySet<number>; readonly see: () => void } {
  const [held, setHeld] = useState<{ view: string; seen: ReadonlyMap<number, string> }>();
  if (rows.length > 0 && held?.view !== view) setHeld({ view, seen: seenNow(rows) });
  const seen = held?.view === view ? held.seen : new Map<number, string>();
  return { changed: changedSince(seen, rows), see: () => setHeld({ view, seen: seenNow(rows) }) };
}
