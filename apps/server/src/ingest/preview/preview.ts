import { SallyportError, type Cell, type Column } from '@sallyport/contracts';
import { sqlIdentifier } from '@sallyport/kql';
import { engineType, sqlName, sqlString, type Lake, type LoadStatement, type TableDefinition } from '@sallyport/lake';
import { importMarks } from '../sources/lines.ts';
import type { Compile, StreamStatements } from '../sources/statements.ts';

/** A record as it would go to the spool. */
export interface PreviewRecord {
  readonly text: string;
  /** Whether the file is damaged there: it is refused whatever it looks like. */
  readonly broken: boolean;
}

export interface PreviewTable {
  readonly table: string;
  /** Those that a flow gives, in its order. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** The record that each row came from, from 0; null where the transform does not carry it. */
  readonly records: readonly (number | null)[];
}

export interface StreamPreview {
  readonly tables: readonly PreviewTable[];
  /** Records that the stream does not accept, from 0. */
  readonly refused: readonly number[];
  /** Statements that the engine does not run. */
  readonly failures: readonly { readonly table: string; readonly message: string }[];
}

/** Most records of one preview, and most bytes of them. */
export const previewRecordsMax = 500;
export const previewBytesMax = 256 * 1024;
/** What one statement may take: a person waits, and others do too. */
const limits = { seconds: 5, memoryBytes: 512 * 2 ** 20, rows: 2_000, bytes: 8_000_000 };
/** Statements side by side. */
const concurrency = 2;

export interface PreviewServices {
  readonly lake: Lake;
  readonly compile: Compile;
  readonly now: () => Date;
  /** Tables as they would be; default: as they are. */
  readonly table?: (name: string) => TableDefinition | undefined;
}

export interface PreviewOptions {
  readonly who?: string;
  readonly signal?: AbortSignal;
}

/** As many records from the beginning as a preview takes. */
export function previewable(records: readonly PreviewRecord[]): PreviewRecord[] {
  let left = previewBytesMax;
  return records
    .slice(0, previewRecordsMax)
    .filter(({ text }) => (left > 0 ? ((left -= Buffer.byteLength(text)), left >= 0) : false));
}

/** The lines of an import, record by record: each is a part of its own, so that rows tell which they came from. */
function segmentOf(records: readonly PreviewRecord[]): string {
  const line = ({ text, broken }: PreviewRecord, i: number): string =>
    `${broken ? importMarks.broken : importMarks.whole}r${i} \t${text.toWellFormed()}`;
  const lines = records.map((record, i) => sqlString(line(record, i)));
  return `(SELECT arrayJoin([${lines.join(', ')}]::Array(String)) AS RawData)`;
}

const rowsHere = sqlIdentifier('rows of the preview');
const partColumn = { name: '_part', type: 'string' } as const satisfies Column;

/** What a statement reads: the records, or what is prepared of them; with a bound, as the loader has it, so that the engine does not take it apart. */
const readBy = ({ over }: LoadStatement, source: string): string =>
  over === undefined ? source : `(${over.select(source)} LIMIT ${previewRecordsMax})`;

/** SQL that gives a statement's rows as cells, as the table would hold them. */
function cellsSql(
  statement: LoadStatement,
  table: TableDefinition,
  source: string,
  { compile, now }: PreviewServices,
): { readonly sql: string; readonly columns: readonly Column[] } {
  const own = statement.columns.map((name): Column => {
    const column = table.columns.find((c) => c.name === name);
    if (column === undefined) throw new Error(`${table.name} has no column ${name}`);
    return { name, type: column.type };
  });
  const columns = statement.parted ? [...own, partColumn] : own;
  const asStored = columns.map(({ name, type }) => {
    // An insert puts the column's default, which is empty, where null comes.
    const value = type === 'string' || type === 'dynamic' ? `ifNull(${sqlName(name)}, '')` : sqlName(name);
    return `CAST(${value} AS ${engineType(type)}) AS ${sqlName(name)}`;
  });
  const given = columns.map(({ name }) => sqlName(name)).join(', ');
  const rows = `(WITH _rows (${given}) AS (${statement.select(readBy(statement, source), 'preview')}) SELECT ${asStored.join(', ')} FROM _rows)`;
  const catalogue = {
    version: `preview ${JSON.stringify([table.name, columns.map((c) => [c.name, c.type])])}`,
    tables: [{ name: table.name, columns }],
    functions: [],
  };
  const compiled = compile(`['${table.name}']`, catalogue, { now: now(), source: () => rowsHere });
  return { sql: compiled.sql.replaceAll(rowsHere.text, () => rows), columns: compiled.columns };
}

function tableOf(table: string, columns: readonly Column[], rows: readonly (readonly unknown[])[]): PreviewTable {
  const part = columns.findIndex((c) => c.name === partColumn.name);
  // What the catalogue adds to every table says nothing here.
  const shown = columns.map((_, i) => i).filter((i) => i !== part && !['TenantId', 'Type'].includes(columns[i]!.name));
  return {
    table,
    columns: shown.map((i) => columns[i]!),
    rows: rows.map((row) => shown.map((i) => row[i] as Cell)),
    records: rows.map((row) => recordOf(part < 0 ? undefined : row[part])),
  };
}

const recordOf = (part: unknown): number | null =>
  typeof part === 'string' && /^r\d+$/.test(part) ? Number(part.slice(1)) : null;

/**
 * What a stream makes of records: the rows of each table as an insert would store them, by the engine itself, with nothing written. `statements` are those of an
 * import. A statement that fails is told, and the others give their rows. Throws SallyportError Unavailable and TooManyRequests.
 */
export async function previewRecords(
  services: PreviewServices,
  statements: StreamStatements,
  records: readonly PreviewRecord[],
  options: PreviewOptions = {},
): Promise<StreamPreview> {
  if (records.length === 0) return { tables: [], refused: [], failures: [] };
  const { lake } = services;
  const source = segmentOf(previewable(records));
  const found: (PreviewTable | undefined)[] = [];
  const failures: { table: string; message: string }[] = [];
  const one = async (statement: LoadStatement, index: number): Promise<void> => {
    const table = (services.table ?? ((name) => lake.catalogue.get(name)))(statement.table);
    if (table === undefined) return;
    try {
      const { sql, columns } = cellsSql(statement, table, source, services);
      const answer = await lake.query(sql, { operation: 'preview', limits, settings: { max_threads: 1 }, ...options });
      found[index] = tableOf(statement.table, columns, answer.rows);
    } catch (error) {
      if (!(error instanceof SallyportError) || ['Unavailable', 'TooManyRequests'].includes(error.code)) throw error;
      failures.push({ table: statement.table, message: error.message });
    }
  };
  await eachOf(statements.loads, one);
  const tables = found.filter((table) => table !== undefined);
  return {
    tables: merged(tables.filter(({ table, rows }) => table !== 'DCRLogErrors' && rows.length > 0)),
    refused: tables.filter(({ table }) => table === 'DCRLogErrors').flatMap((t) => t.records.flatMap((r) => r ?? [])),
    failures,
  };
}

/** Flows of the same table with the same columns as one. */
function merged(tables: readonly PreviewTable[]): PreviewTable[] {
  const byColumns = Map.groupBy(tables, ({ table, columns }) => JSON.stringify([table, columns]));
  return [...byColumns.values()].map((same) => ({
    ...same[0]!,
    rows: same.flatMap((t) => t.rows),
    records: same.flatMap((t) => t.records),
  }));
}

async function eachOf<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) await work(items[index]!, index);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
