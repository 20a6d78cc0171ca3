import type { TableDefinition } from '@sallyport/lake';
import type { SampleRecord } from '../sources/recognise.ts';

/** A row that says less than this about its table is of any. */
const columnsMin = 5;

const isTime = (name: string): boolean => name === 'TimeGenerated' || name === 'Timestamp';

/** Rows without a time, or with columns that no table has, must say this much more. */
const nearColumnsMin = 10;
const nearShareMin = 0.8;

/** The one value that all rows have under a name, when it is a text. */
function common(rows: readonly Readonly<Record<string, unknown>>[], name: string): string | undefined {
  const [first] = rows;
  const value = first?.[name];
  return typeof value === 'string' && rows.every((row) => row[name] === value) ? value : undefined;
}

/** The table that has all these columns, and fewer others than any other table has; undefined when two are alike. */
function closest(tables: Iterable<TableDefinition>, names: ReadonlySet<string>): TableDefinition | undefined {
  let [best, ties]: [TableDefinition | undefined, number] = [undefined, 0];
  for (const table of tables) {
    if (best !== undefined && table.columns.length > best.columns.length) continue;
    const own = new Set(table.columns.map((c) => c.name));
    if (![...names].every((name) => own.has(name))) continue;
    ties = best?.columns.length === table.columns.length ? ties + 1 : 0;
    best = table;
  }
  return ties === 0 ? best : undefined;
}

/** Tables of whose exports people cut and add columns. Other tables' rows say whose they are, or have no other columns. */
const oftenCut = ['CommonSecurityLog', 'Syslog', 'SecurityEvent', 'WindowsEvent', 'Event'];

/** The first of `oftenCut` that has most of these columns. */
function nearest(
  tables: ReadonlyMap<string, TableDefinition>,
  names: ReadonlySet<string>,
): TableDefinition | undefined {
  const least = Math.max(nearColumnsMin, Math.ceil(names.size * nearShareMin));
  return oftenCut
    .flatMap((name) => tables.get(name) ?? [])
    .find((table) => table.columns.filter((c) => names.has(c.name)).length >= least);
}

/**
 * The table whose rows, as Log Analytics exports them, a sample holds: the one that the column `Type` names, or whose columns they are.
 * Undefined for anything else.
 */
export function tableOfRows(
  tables: ReadonlyMap<string, TableDefinition>,
  sample: readonly SampleRecord[],
): TableDefinition | undefined {
  const rows = sample.flatMap(({ object }) => (object === undefined ? [] : [object]));
  if (rows.length === 0 || rows.length < sample.length) return undefined;
  const names = new Set(rows.flatMap((row) => Object.keys(row)).filter((name) => !name.startsWith('_')));
  if (!rows.every((row) => Object.keys(row).some(isTime))) return nearest(tables, names);
  const type = common(rows, 'Type');
  if (type !== undefined) return tables.get(type);
  if (names.size < columnsMin) return undefined;
  return closest(tables.values(), names) ?? nearest(tables, names);
}

/** The stream of a table's own rows. */
export const streamOfTable = (table: TableDefinition): string =>
  `${table.name.endsWith('_CL') ? 'Custom' : 'Microsoft'}-${table.name}`;
