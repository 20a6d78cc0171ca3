import type { Column, TableDefinition } from '@sallyport/lake';
import { streamOfTable, tableOfRows } from '../table-rows.ts';
import type { CustomTables } from './custom.ts';
import { areAsStored, areColumnNames, ExportedRows, nameOf, type Row } from './rows.ts';

/** Where the rows of a file go that holds a table's rows. */
export interface TableTaker {
  readonly table: string;
  readonly stream: string;
  /** Makes the rows; undefined when they are stored as they are. */
  readonly rows: ExportedRows | undefined;
}

/** `…/SentinelOne_CL.json`, `ProofPointTAPClicksBlocked_CL_sample_data.json`: the custom table that a file is named after. */
const tableInFileName = /(?:^|\/)([A-Za-z][A-Za-z0-9_]{0,59}_CL)(?:_sample_data)?\.[^/]*$/;
const customName = /^[A-Za-z][A-Za-z0-9_]{0,59}_CL$/;

const cleaned = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([header, value]) => [nameOf(header).name, value]));

/** The one text that all rows have as `Type`. */
function typeIn(rows: readonly Row[]): string | undefined {
  const type = rows[0]?.['Type'];
  return typeof type === 'string' && rows.every((row) => row['Type'] === type) ? type : undefined;
}

export interface TableQuestion {
  readonly tables: ReadonlyMap<string, TableDefinition>;
  /** Whether people may load rows of it. */
  readonly mayLoad: (table: TableDefinition) => boolean;
  readonly custom: CustomTables;
  readonly fileName: string;
  readonly sample: readonly { readonly object: Row | undefined }[];
}

/**
 * The table that the rows of a file are of, by what they say themselves: `Type` beside `TimeGenerated`, as Log Analytics exports them. Undefined when they do not say it.
 */
export function toldTable(question: TableQuestion): TableTaker | undefined {
  const { rows, original } = rowsOf(question);
  const type = typeIn(rows);
  if (type === undefined || !rows.every((row) => Object.hasOwn(row, 'TimeGenerated'))) return undefined;
  return takerOf(question, type, original, false);
}

/** The same by columns alone, and else by the file's name. Undefined when it is nothing that looks like a table's rows. */
export function likelyTable(question: TableQuestion): TableTaker | undefined {
  const { rows, original } = rowsOf(question);
  if (rows.length === 0) return undefined;
  const sample = rows.map((object) => ({ text: '', object }));
  const byColumns = tableOfRows(question.tables, sample);
  if (byColumns !== undefined) return takerOf(question, byColumns.name, original, false);
  const inName = tableInFileName.exec(question.fileName)?.[1];
  const type = typeIn(rows);
  const name = type !== undefined && customName.test(type) ? type : inName;
  if (name === undefined) return undefined;
  const raw = !areColumnNames(rows.flatMap((row) => Object.keys(row)));
  return takerOf(question, name, original, raw);
}

/** The table whose stream a person chose; undefined when it is none that people may load. */
export function chosenTable(question: TableQuestion, stream: string): TableTaker | undefined {
  const name = stream.replace(/^(Microsoft|Custom)-/, '');
  const rows = question.sample.flatMap(({ object }) => (object === undefined ? [] : [object]));
  const names = rows.flatMap((row) => Object.keys(cleaned(row)));
  return takerOf(question, name, rows, customName.test(name) && !areColumnNames(names));
}

function rowsOf({ sample }: TableQuestion): { rows: readonly Row[]; original: readonly Row[] } {
  const original = sample.flatMap(({ object }) => (object === undefined ? [] : [object]));
  const isWhole = original.length > 0 && original.length === sample.length;
  return isWhole ? { rows: original.map(cleaned), original } : { rows: [], original: [] };
}

function takerOf(
  { tables, mayLoad, custom }: TableQuestion,
  name: string,
  sample: readonly Row[],
  raw: boolean,
): TableTaker | undefined {
  const table = tables.get(name);
  if (table !== undefined && !mayLoad(table)) return undefined;
  if (table !== undefined && !raw && areAsStored(table, sample))
    return { table: name, stream: streamOfTable(table), rows: undefined };
  const mayAdd = customName.test(name);
  const columns = mayAdd ? custom.columnsOf(name) : columnsOf(table);
  if (columns === undefined) return undefined;
  const suffixes = raw && (table === undefined || isSuffixed(table, sample));
  const rows = new ExportedRows(columns, sample, { mayAdd, raw: suffixes });
  return { table: name, stream: mayAdd ? `Custom-${name}` : `Microsoft-${name}`, rows };
}

const columnsOf = (table: TableDefinition | undefined): Map<string, Column['type']> | undefined =>
  table && new Map(table.columns.map((column) => [column.name, column.type]));

/** Whether raw records become more of the table's columns when their names get suffixes: there are tables of both kinds. */
function isSuffixed(table: TableDefinition, sample: readonly Row[]): boolean {
  const names = new Set(sample.flatMap((row) => Object.keys(row)));
  const own = new Set(table.columns.map((c) => c.name));
  const count = (has: (name: string) => boolean): number => [...names].filter(has).length;
  return (
    count((name) => ['_s', '_d', '_b', '_t', '_g'].some((end) => own.has(name + end))) >= count((name) => own.has(name))
  );
}
