import type { NotebookCell } from '@sallyport/contracts';
import { useEffect, useRef, useState } from 'react';
import { spanOf } from '../../shared/time.ts';
import { ask } from '../hunting/ask.ts';
import type { CellAnswer } from './file.ts';
import type { CellState } from './QueryCell.tsx';

/** Rows of one query of a notebook. */
const ROWS_MAX = 10_000;
/** Rows of an answer that an export shows. */
const EXPORTED_MAX = 100;

/** Runs a notebook's queries: one, or all from the top, one after the other. Leaving the page ends what runs. */
export function useRuns(range: string) {
  const [states, setStates] = useState<ReadonlyMap<string, CellState>>(new Map());
  const [running, setRunning] = useState(false);
  const leaving = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => controller.abort();
  }, []);
  const put = (id: string, state: CellState): void => setStates((before) => new Map([...before, [id, state]]));

  const one = async (cell: NotebookCell): Promise<void> => {
    if (cell.kind !== 'query' || cell.text.trim() === '') return;
    put(cell.id, { running: true });
    const span = spanOf(cell.range || range, new Date());
    try {
      const body = { query: cell.text, maxRows: ROWS_MAX, ...(span ? { timespan: span } : {}) };
      put(cell.id, { running: false, answer: await ask(body, leaving.current.signal) });
    } catch (error) {
      if (!leaving.current.signal.aborted) put(cell.id, { running: false, error });
    }
  };
  return {
    running,
    one,
    all: async (cells: readonly NotebookCell[]): Promise<void> => {
      setRunning(true);
      for (const cell of cells) await one(cell);
      setRunning(false);
    },
    state: (id: string): CellState | undefined => states.get(id),
    /** What the queries gave, for an export. */
    answers: (): ReadonlyMap<string, CellAnswer> =>
      new Map(
        [...states].flatMap(([id, { answer }]): [string, CellAnswer][] => {
          if (!answer) return [];
          const { columns, rows } = answer;
          const shown = Array.from({ length: Math.min(rows.count, EXPORTED_MAX) }, (_, row) => rows.row(row));
          return [[id, { columns, rows: shown, total: rows.count }]];
        }),
      ),
  };
}
