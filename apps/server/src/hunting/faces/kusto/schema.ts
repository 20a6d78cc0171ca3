import type { KqlCatalogue } from '@sallyport/kql';
import { columnsOf, netType, type Cell, type Table } from './table.ts';

/** The schema of the workspace in the forms that tools ask. https://learn.microsoft.com/kusto/management/show-schema-database */

/** A name as KQL takes it. */
export const bracketed = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) ? name : `['${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`;

/** `a:string, b:datetime`, as it stands in `.create table`. */
export const cslSchema = ({ columns }: KqlCatalogue['tables'][number]): string =>
  columns.map(({ name, type }) => `${bracketed(name)}:${type}`).join(', ');

export const orderedColumns = ({ columns }: KqlCatalogue['tables'][number]) =>
  columns.map(({ name, type }) => ({ Name: name, Type: netType(type), CslType: type }));

interface Parameter {
  readonly Name: string;
  readonly Type?: string;
  readonly CslType?: string;
  readonly CslDefaultValue?: string;
  readonly Columns?: readonly object[];
}

/** Splits at commas outside of brackets and quotes. */
export function splitOuter(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()[\]{},]/g)) {
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth--;
    else if (token === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function parameter(text: string): Parameter {
  const [, name = text, type = '', fallback] = /^(\w+)\s*:\s*(\([\s\S]*\)|\w+)\s*(?:=\s*([\s\S]+))?$/.exec(text) ?? [];
  if (type.startsWith('(')) {
    const columns = splitOuter(type.slice(1, -1)).map((column) => {
      const [columnName = '', columnType = 'string'] = column.split(':').map((part) => part.trim());
      return { Name: columnName, Type: netType(columnType as 'string'), CslType: columnType };
    });
    return { Name: name, Columns: columns };
  }
  return {
    Name: name,
    Type: netType(type as 'string'),
    CslType: type,
    ...(fallback === undefined ? {} : { CslDefaultValue: fallback }),
  };
}

type StoredFunction = KqlCatalogue['functions'][number];

const functionSchema = ({ name, parameters, body }: StoredFunction) => ({
  Name: name,
  InputParameters: splitOuter(parameters.trim().replaceAll(/^\(|\)$/g, '')).map(parameter),
  Body: `{ ${body} }`,
  Folder: '',
  DocString: '',
  FunctionKind: 'Unknown',
  OutputColumns: [],
});

const byName = <T extends { readonly Name: string }>(items: readonly T[]): Record<string, T> =>
  Object.fromEntries(items.map((item) => [item.Name, item]));

export function schemaJson({ tables, functions }: KqlCatalogue, database: string): string {
  const schema = {
    Name: database,
    Tables: byName(
      tables.map((table) => ({ Name: table.name, Folder: '', DocString: '', OrderedColumns: orderedColumns(table) })),
    ),
    ExternalTables: {},
    MaterializedViews: {},
    EntityGroups: {},
    Graphs: {},
    MajorVersion: 1,
    MinorVersion: 0,
    Functions: byName(functions.map(functionSchema)),
    DatabaseAccessMode: 'ReadOnly',
    PrettyName: null,
  };
  return JSON.stringify({ Plugins: [], Databases: { [database]: schema } });
}

export function schemaTable({ tables }: KqlCatalogue, database: string): Table {
  const row = (table: Cell, column: Cell, type: Cell, version: Cell): Cell[] => [
    database,
    table,
    column,
    type,
    false,
    false,
    null,
    version,
  ];
  return {
    columns: columnsOf(
      'DatabaseName TableName ColumnName ColumnType IsDefaultTable:bool IsDefaultColumn:bool PrettyName Version',
    ),
    rows: [
      row(null, null, null, 'v1.0'),
      ...tables.flatMap((table) => [
        row(table.name, null, null, null),
        ...table.columns.map(({ name, type }) => row(table.name, name, netType(type), null)),
      ]),
    ],
  };
}

export const schemaScript = ({ tables, functions }: KqlCatalogue): Table => ({
  columns: columnsOf('DatabaseSchemaScript'),
  rows: [
    ...tables.map((table) => [`.create-merge table ${bracketed(table.name)} (${cslSchema(table)})`]),
    ...functions.map(({ name, parameters, body }) => [
      `.create-or-alter function ${bracketed(name)} ${parameters} { ${body} }`,
    ]),
  ],
});
