import type { Cell, Column } from '@sallyport/contracts';
import { visible } from '../text.ts';
import type { Rows } from './rows.ts';

export interface ColumnFilter {
  readonly column: number;
  readonly way: 'contains' | 'is' | 'isNot';
  /** Null: the empty cell. */
  readonly text: string | null;
}

/** How the rows of an answer are looked at. Columns are meant by their place in the answer. */
export interface TableView {
  readonly sort?: { readonly column: number; readonly order: 'asc' | 'desc' } | undefined;
  /** Those shown, in their order; undefined: all. */
  readonly columns?: readonly number[] | undefined;
  readonly filters: readonly ColumnFilter[];
  readonly group?: number | undefined;
  /** Texts of the groups that are closed. */
  readonly closed: ReadonlySet<string>;
}
export const plainView: TableView = { filters: [], closed: new Set() };

export interface Group {
  readonly cell: Cell;
  readonly rows: number;
}

/** What stands on the lines of a table: a row by its number, or a group by -1 less its number. */
export interface Lines {
  readonly lines: Int32Array;
  readonly groups: readonly Group[];
  /** Rows that pass the filters, those of closed groups too. */
  readonly rows: number;
}

export const groupKey = (cell: Cell): string => (cell === null ? ' ' : String(cell));

const passes = ({ way, text }: ColumnFilter): ((cell: Cell) => boolean) => {
  if (way === 'is') return (cell) => (cell === null ? text === null : String(cell) === text);
  if (way === 'isNot') return (cell) => (cell === null ? text !== null : String(cell) !== text);
  const needle = (text ?? '').toLowerCase();
  return (cell) => cell !== null && String(cell).toLowerCase().includes(needle);
};

/** Filters, sorts and groups. Equal rows stay in the answer's order; empty cells come last whichever way. */
export function linesOf(rows: Rows, view: TableView): Lines {
  const tests = view.filters.map((filter) => ({ column: filter.column, passes: passes(filter) }));
  let kept = new Int32Array(rows.count);
  let count = 0;
  for (let row = 0; row < rows.count; row++)
    if (tests.every((test) => test.passes(rows.cell(row, test.column)))) kept[count++] = row;
  kept = kept.subarray(0, count);
  if (view.sort) {
    const ranks = rows.ranks(view.sort.column);
    const way = view.sort.order === 'asc' ? 1 : -1;
    kept.sort((a, b) => {
      const [x, y] = [ranks[a]!, ranks[b]!];
      if (x === y) return a - b;
      if (x === Infinity || y === Infinity) return x === Infinity ? 1 : -1;
      return way * (x - y);
    });
  }
  if (view.group === undefined) return { lines: kept, groups: [], rows: count };
  return grouped(rows, kept, view.group, view.closed);
}

/** Groups in the order of their size, the largest first. */
function grouped(rows: Rows, kept: Int32Array, column: number, closed: ReadonlySet<string>): Lines {
  const members = new Map<Cell, number[]>();
  for (const row of kept) {
    const cell = rows.cell(row, column);
    const known = members.get(cell);
    if (known) known.push(row);
    else members.set(cell, [row]);
  }
  const sorted = [...members].toSorted(([, a], [, b]) => b.length - a.length);
  const open = sorted.filter(([cell]) => !closed.has(groupKey(cell)));
  const lines = new Int32Array(sorted.length + open.reduce((sum, [, all]) => sum + all.length, 0));
  let at = 0;
  sorted.forEach(([cell, all], index) => {
    lines[at++] = -1 - index;
    if (closed.has(groupKey(cell))) return;
    lines.set(all, at);
    at += all.length;
  });
  return { lines, groups: sorted.map(([cell, all]) => ({ cell, rows: all.length })), rows: kept.length };
}

/** The shown columns, with one moved before or behind its neighbour. */
export function moved(
  all: number,
  shown: readonly number[] | undefined,
  column: number,
  by: -1 | 1,
): readonly number[] {
  const order = [...(shown ?? Array.from({ length: all }, (_, index) => index))];
  const from = order.indexOf(column);
  const to = from + by;
  if (from < 0 || to < 0 || to >= order.length) return order;
  [order[from], order[to]] = [order[to]!, order[from]!];
  return order;
}

/** A filter in words. */
export const filterText = (columns: readonly Column[], { column, way, text }: ColumnFilter): string => {
  const name = columns[column]?.name ?? '';
  const value = text === null ? 'empty' : text === '' ? '""' : visible(text);
  return `${name} ${way === 'contains' ? 'contains' : way === 'is' ? 'is' : 'is not'} ${value}`;
};
