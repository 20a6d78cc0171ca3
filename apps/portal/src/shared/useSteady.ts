import { useEffect, useState } from 'react';
import { steady } from './steady.ts';

/** After this long without a hand on mouse or keys, nobody is about to click: new rows may come in by themselves. */
const AWAY_MS = 60_000;

let lastTouched = Date.now();
for (const kind of ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart'])
  window.addEventListener(kind, () => (lastTouched = Date.now()), { passive: true, capture: true });

/**
 * The rows of a live list, kept in place (see `steady`). A change of `view` (filters, sort) takes the newest answer at once, as
 * does `accept`. `engaged`: a person has rows selected or a panel open, so nothing is moved however long it takes.
 */
export function useSteady<Row>(
  newest: readonly Row[] | undefined,
  view: string,
  id: (row: Row) => string | number,
  engaged: boolean,
): { rows: readonly Row[]; waiting: number; accept: () => void } {
  const [held, setHeld] = useState<{ view: string; rows: readonly Row[] }>();
  // In an empty list nothing is moved.
  if (newest && (held?.view !== view || (held.rows.length === 0 && newest.length > 0))) setHeld({ view, rows: newest });
  useEffect(() => {
    if (!newest || engaged) return;
    // What came from outside is taken in once a person is away; there is no render to derive it in.
    // oxlint-disable-next-line react/set-state-in-effect
    if (document.hidden || Date.now() - lastTouched > AWAY_MS) setHeld({ view, rows: newest });
  }, [newest, view, engaged]);
  const shown = held?.view === view ? held.rows : (newest ?? []);
  return {
    ...steady(shown, newest ?? [], id),
    accept: () => newest && setHeld({ view, rows: newest }),
  };
}
