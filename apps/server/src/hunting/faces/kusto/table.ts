import type { Column, KqlType } from '@sallyport/contracts';

/** A small table that we write ourselves: of a command, or beside a query's rows. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}
export type Cell = string | number | boolean | null;

/** Types of a column as `name:type` words. */
export const columnsOf = (words: string): Column[] =>
  words
    .trim()
    .split(/\s+/)
    .map((word) => {
      const [name = '', type = 'string'] = word.split(':');
      return { name, type: type as KqlType };
    });

/** .NET's names: in version 1 of the protocol without their namespace, in schemas with it. */
const netTypes: Readonly<Record<KqlType, string>> = {
  bool: 'System.SByte',
  datetime: 'System.DateTime',
  decimal: 'System.Data.SqlTypes.SqlDecimal',
  dynamic: 'System.Object',
  guid: 'System.Guid',
  int: 'System.Int32',
  long: 'System.Int64',
  real: 'System.Double',
  string: 'System.String',
  timespan: 'System.TimeSpan',
};
export const netType = (type: KqlType): string => netTypes[type];

export const v1Columns = (columns: readonly Column[]) =>
  columns.map(({ name, type }) => ({
    ColumnName: name,
    DataType: netType(type).replace(/^.*\./, ''),
    ColumnType: type,
  }));
export const v2Columns = (columns: readonly Column[]) =>
  columns.map(({ name, type }) => ({ ColumnName: name, ColumnType: type }));
