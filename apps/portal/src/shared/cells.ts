import type { Cell, Column } from '@sallyport/contracts';
import { visible } from './text.ts';
import { exact, type Zone } from './time.ts';

/** A cell as one line of text, hidden characters shown. Times to the millisecond in the chosen zone. */
export function cellText(cell: Cell, type: Column['type'], zone: Zone): string {
  if (cell === null) return '';
  if (type === 'datetime' && typeof cell === 'string') {
    const at = new Date(cell);
    if (Number.isNaN(at.getTime())) return visible(cell);
    const [date, time, offset] = exact(at, zone).split(' ');
    return `${date} ${time}.${String(at.getMilliseconds()).padStart(3, '0')}${zone === 'utc' ? ' UTC' : ` ${offset}`}`;
  }
  if (typeof cell === 'boolean') return cell ? 'true' : 'false';
  return visible(String(cell));
}

/** A dynamic cell laid out over lines; other cells as they are. For the detail panel. */
export function cellBlock(cell: Cell, type: Column['type']): string {
  if (cell === null) return '';
  if (type === 'dynamic' && typeof cell === 'string')
    try {
      return visible(JSON.stringify(JSON.parse(cell), null, 2), { lines: true });
    } catch {
      return visible(cell, { lines: true });
    }
  return visible(String(cell), { lines: true });
}

const numeric = new Set<Column['type']>(['int', 'long', 'real', 'decimal']);
export const isNumeric = (type: Column['type']): boolean => numeric.has(type);

/** Order of two cells of one column; nulls last whichever way. */
export function compareCells(a: Cell, b: Cell, type: Column['type'], order: 'asc' | 'desc'): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const way = order === 'asc' ? 1 : -1;
  if (isNumeric(type)) {
    const [x, y] = [Number(a), Number(b)];
    return way * (x < y ? -1 : x > y ? 1 : 0);
  }
  const [x, y] = [String(a), String(b)];
  return way * (x < y ? -1 : x > y ? 1 : 0);
}

const CHARACTER = 7;
const PADDING = 28;
const [WIDTH_MIN, WIDTH_MAX] = [88, 380];
const SAMPLE_MAX = 60;

/** Width of each column, pixels, from its name and its first rows. */
export function columnWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map((column, index) => {
    let longest = column.name.length + 2;
    for (const row of rows.slice(0, SAMPLE_MAX)) {
      const length = column.type === 'datetime' ? 30 : String(row[index] ?? '').length;
      longest = Math.max(longest, length);
    }
    return Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, longest * CHARACTER + PADDING));
  });
}
