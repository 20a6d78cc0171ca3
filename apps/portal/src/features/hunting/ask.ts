import { AnswerEnd, AnswerHead, SallyportError, type Cell } from '@sallyport/contracts';
import { streamLines } from '../../shared/api.ts';
import { ColumnarRows } from '../../shared/table/rows.ts';

/** An answer as it is kept here: by column. */
export interface Answer extends AnswerHead, Pick<AnswerEnd, 'statistics' | 'partial'> {
  readonly rows: ColumnarRows;
}

/** Rows after which somebody is told how far it is. */
const TOLD_ROWS = 5_000;

/** Asks, and reads the rows as they come. Throws SallyportError, of an answer that broke off too. */
export async function ask(
  body: { query: string; timespan?: { from: string; to: string }; maxRows: number },
  signal: AbortSignal,
  onRows: (rows: number) => void = () => undefined,
): Promise<Answer> {
  let head: AnswerHead | undefined;
  let rows: ColumnarRows | undefined;
  let end: AnswerEnd | undefined;
  for await (const line of streamLines(body, signal)) {
    if (!head || !rows) {
      head = AnswerHead.parse(JSON.parse(line));
      rows = new ColumnarRows(head.columns);
    } else if (line.startsWith('{')) end = AnswerEnd.parse(JSON.parse(line));
    else {
      // Half a million rows are too many for a schema: cells are of our own server's making.
      rows.push(JSON.parse(line.startsWith(',') ? line.slice(1) : line) as Cell[]);
      if (rows.count % TOLD_ROWS === 0) onRows(rows.count);
    }
  }
  if (!head || !rows || !end) throw new SallyportError('Unavailable', 'the answer broke off');
  if (end.error) throw new SallyportError('QueryLimitExceeded', end.error.message);
  return { ...head, rows: rows.seal(), statistics: end.statistics, ...(end.partial ? { partial: end.partial } : {}) };
}
