import type { Cell, Column } from '@sallyport/contracts';
import { kqlString } from '../../shared/kql.ts';

const plainName = /^[A-Za-z_]\w*$/;
/** A column's name as KQL takes it. */
export const nameOf = (name: string): string =>
  plainName.test(name) ? name : `['${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`;

/** A cell as a KQL literal of its column's type; undefined for null. */
export function literalOf(cell: Cell, type: Column['type']): string | undefined {
  if (cell === null) return undefined;
  const text = String(cell);
  if (type === 'string' || type === 'dynamic') return kqlString(text);
  if (type === 'bool') return text;
  if (type === 'int' || type === 'long' || type === 'real')
    return Number.isFinite(Number(text)) ? text : `real(${text.toLowerCase().replace('infinity', 'inf')})`;
  return `${type}(${text})`;
}

/** A condition that is true for rows whose column is this cell, or is not. */
export function condition({ name, type }: Column, cell: Cell, is: boolean): string {
  const column = nameOf(name);
  const value = literalOf(cell, type);
  if (type === 'dynamic')
    return value === undefined
      ? `${is ? 'isempty' : 'isnotempty'}(${column})`
      : `tostring(${column}) ${is ? '==' : '!='} ${value}`;
  if (value === undefined) return `${is ? 'isnull' : 'isnotnull'}(${column})`;
  return `${column} ${is ? '==' : '!='} ${value}`;
}

const render = /\n?\s*\|\s*render\b[^|]*$/;

/** A query with one more step before its `render`. Comments at its end stay above the step. */
export function withStep(query: string, step: string): string {
  const trimmed = query.trimEnd().replace(/;$/, '');
  const drawn = render.exec(trimmed);
  const head = drawn ? trimmed.slice(0, drawn.index) : trimmed;
  return `${head}\n| ${step}${drawn ? `\n${drawn[0].trim()}` : ''}`;
}

const graphEnd = /\|\s*make-graph\s+([A-Za-z_]\w*)\s*-+>\s*([A-Za-z_]\w*)[^|]*$/;

/** A query that ends with a graph as one of its edges, which are rows, with the columns that they go between; undefined for others. */
export function edgesOf(query: string): { query: string; source: string; target: string } | undefined {
  const [, source, target] = graphEnd.exec(query) ?? [];
  if (source === undefined || target === undefined) return undefined;
  return { query: `${query.trimEnd().replace(/;$/, '')}\n| graph-to-table edges`, source, target };
}

const TABLES_MAX = 20;
const AROUND_HOURS = 1;

/** Rows that hold the same text anywhere in these tables, within an hour of the row's own time where it has one. */
export function relatedQuery(cell: Cell, at: string | undefined, tables: readonly string[]): string {
  const names = tables.slice(0, TABLES_MAX).map(nameOf).join(', ');
  const time =
    at === undefined
      ? ''
      : `\n| where TimeGenerated between (datetime_add('hour', -${AROUND_HOURS}, datetime(${at})) .. datetime_add('hour', ${AROUND_HOURS}, datetime(${at})))`;
  return `search in (${names}) ${kqlString(String(cell))}${time}\n| take 500`;
}

/** A condition that is true for each of these rows and few others: over their columns that are the same in all, texts alone. */
export function commonCondition(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const same = columns.flatMap((column, index) => {
    const cell = rows[0]?.[index] ?? null;
    if (column.type !== 'string' || cell === null || cell === '' || rows.some((row) => (row[index] ?? null) !== cell))
      return [];
    return [condition(column, cell, true)];
  });
  return same.slice(0, 4).join(' and ') || 'false';
}
