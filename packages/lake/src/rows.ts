import type { ClickHouseSettings } from '@clickhouse/client';
import { SallyportError } from '@sallyport/contracts';
import type { Column, TableDefinition } from './catalogue/catalogue.ts';
import { engineReader, inputSource } from './reader.ts';
import { sqlName, sqlString } from './sql.ts';

/** Rows as the body of an insert, and the columns that occur in them. */
export interface EncodedRows {
  readonly columns: readonly Column[];
  readonly body: Buffer;
  /** Settings that reading the body needs. */
  readonly settings: ClickHouseSettings;
}

/** A dynamic is JSON text: an object or array is written as such. A Date is ISO 8601. */
function cell(column: Column, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  if (column.type === 'dynamic' && value !== null && value !== undefined && typeof value !== 'string')
    return JSON.stringify(value);
  if (column.type === 'string' && typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value;
}

/** Throws SallyportError BadRequest for a column that the table has not. */
export function encodeRows(table: TableDefinition, rows: readonly Readonly<Record<string, unknown>>[]): EncodedRows {
  const known = new Map(table.columns.map((column) => [column.name, column]));
  const used = new Map<string, Column>();
  const lines = rows.map((row) => {
    const out: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(row)) {
      const column = known.get(name);
      if (!column)
        throw new SallyportError('BadRequest', `table \`${table.name}\` has no column \`${name}\``, { target: name });
      used.set(name, column);
      out[name] = cell(column, value);
    }
    return JSON.stringify(out);
  });
  const columns = [...used.values()];
  const body = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
  return { columns, body, settings: engineReader({ kind: 'json', columns }).settings };
}

/** The INSERT whose body is `encodeRows`'s. Columns that no row has take their defaults. */
export function insertStatement(
  database: string,
  table: TableDefinition,
  columns: readonly Column[],
  id: string,
): string {
  const reader = engineReader({ kind: 'json', columns });
  const names = [...columns.map(({ name }) => name), '_SegmentId'].map(sqlName).join(', ');
  return (
    `INSERT INTO ${sqlName(database)}.${sqlName(table.name)} (${names}) ` +
    `SELECT *, ${sqlString(id)} FROM ${reader.source(inputSource(reader))}\nFORMAT ${reader.format}`
  );
}
