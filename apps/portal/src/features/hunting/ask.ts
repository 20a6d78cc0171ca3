import { AnswerEnd, AnswerHead, SallyportError, type Cell } from '@sallyport/contracts';
import { streamLines } from '../../shared/api.ts';
import { ColumnarRows } from '../../shared/table/rows.ts';
import { edgesOf } from './pivot.ts';

/** An answer as it is kept here: by column. */
export interface Answer extends AnswerHead, Pick<AnswerEnd, 'statistics' | 'partial'> {
  readonly rows: ColumnarRows;
}

/** Rows after which somebody is told how far it is. */
const TOLD_ROWS = 5_000;

/** Asks, and reads the rows as they come. Throws SallyportError, of an answer that broke off too. */
export async function ask(
  body: { query: string; workspace?: string; timespan?: { from: string; to: string }; maxRows: number },
  signal: AbortSignal,
  onRows: (rows: number) => void = () => undefined,
): Promise<Answer> {
  const got: { head?: AnswerHead; rows?: ColumnarRows; end?: AnswerEnd } = {};
  // A graph is no rows: its edges are, and are drawn as what they are.
  const graph = edgesOf(body.query);
  const take = (line: string): void => {
    if (!got.rows) {
      got.head = AnswerHead.parse(JSON.parse(line));
      got.rows = new ColumnarRows(got.head.columns);
    } else if (line.startsWith('{')) got.end = AnswerEnd.parse(JSON.parse(line));
    else {
      // Half a million rows are too many for a schema: cells are of our own server's making.
      got.rows.push(JSON.parse(line.startsWith(',') ? line.slice(1) : line) as Cell[]);
      if (got.rows.count % TOLD_ROWS === 0) onRows(got.rows.count);
    }
  };
  for await (const lines of streamLines(graph ? { ...body, query: graph.query } : body, signal)) lines.forEach(take);
  const { head, rows, end } = got;
  if (!head || !rows || !end) throw new SallyportError('Unavailable', 'the answer broke off');
  if (end.error) throw new SallyportError('QueryLimitExceeded', end.error.message);
  const { source = '', target = '' } = graph ?? {};
  const drawn = graph ? { visualization: { kind: 'graph', properties: { source, target } } } : {};
  return {
    ...head,
    ...drawn,
    rows: rows.seal(),
    statistics: end.statistics,
    ...(end.partial ? { partial: end.partial } : {}),
  };
}
