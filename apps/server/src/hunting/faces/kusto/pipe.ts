import { SallyportError } from '@sallyport/contracts';
import { bracketed } from './schema.ts';
import type { Cell, Table } from './table.ts';

/** A command may have a query behind it: `.show tables | count`. What it shows becomes a `datatable` of that query. */

/** Splits at the first pipe outside of quotes and brackets. */
export function splitPipe(text: string): { readonly command: string; readonly query: string | undefined } {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()[\]{}|]/g)) {
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth--;
    else if (token === '|' && depth === 0) return { command: text.slice(0, index), query: text.slice(index + 1) };
  }
  return { command: text, query: undefined };
}

const cellsMax = 50_000;

/** Throws BadRequest when the table is too large to be written into a query. */
export function asQuery({ columns, rows }: Table, query: string): string {
  if (columns.length * rows.length > cellsMax)
    throw new SallyportError('BadRequest', 'what this command shows is too large to be queried on: run it alone');
  const names = columns.map(({ name, type }) => `${bracketed(name)}:${type}`).join(', ');
  const cells = rows.flatMap((row) => row.map((cell, i) => literal(cell, columns[i]?.type ?? 'string')));
  return `datatable(${names})[${cells.join(',')}] | ${query}`;
}

function literal(cell: Cell, type: string): string {
  if (type === 'string') return JSON.stringify(cell ?? '').replaceAll(/\\u([0-9a-f]{4})/gi, '\\u$1');
  return cell === null ? `${type}(null)` : `${type}(${String(cell)})`;
}
