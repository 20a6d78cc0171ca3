import { identifier, sql, string, type Sql } from './sql.ts';
import type { Column, KqlCatalogue, TableSchema } from './types.ts';

/**
 * Columns that each table of Log Analytics has, and shows only to a query that names them.
 * https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns
 * A table that stores one of these as its own keeps it.
 */
interface StandardColumn extends Column {
  /** Only tables of this name have it. Default: all. */
  readonly tables?: RegExp;
  /** Its value in a table that does not store it. `row`: every column of the row; `received`: when it was stored here; `generated`: TimeGenerated. */
  readonly value: (of: {
    readonly table: string;
    readonly row: Sql;
    readonly received: Sql;
    readonly generated: Sql;
  }) => Sql;
}
const none = (): Sql => sql`''`;
const defenderTables =
  /^(?:AADS|EntraIdS|AI|Alert(?:Info|Evidence)|Behavior(?:Info|Entities)|Campaign|Cloud(?:App|Audit|Dns|Process|Storage)\w*Events|DataSecurity|Device|Disruption|Email|Exposure|FileMalicious|GraphApi|Identity|Message(?:Events|PostDelivery|Url)|OAuthApp|Url)/;
const standardColumns: readonly StandardColumn[] = [
  { name: 'TenantId', type: 'string', value: none },
  { name: 'Type', type: 'string', value: ({ table }) => string(table) },
  { name: 'SourceSystem', type: 'string', value: none },
  // Of Microsoft's tables only those that store it have it, and others take it for a name of their own: `project-rename _ResourceId = AssociatedResourceId`.
  { name: '_ResourceId', type: 'string', tables: /_CL$/, value: none },
  // Custom logs of the HTTP Data Collector API have it beside these, and the tables of Azure's first agent.
  { name: 'MG', type: 'string', tables: /_CL$|^Event$/, value: none },
  { name: 'ManagementGroupName', type: 'string', tables: /_CL$/, value: none },
  // Defender XDR's hunting has its tables' time under this name.
  { name: 'Timestamp', type: 'datetime', tables: defenderTables, value: ({ generated }) => generated },
  { name: '_SubscriptionId', type: 'string', tables: /_CL$/, value: none },
  { name: '_IsBillable', type: 'string', value: () => sql`'True'` },
  { name: '_BilledSize', type: 'real', value: ({ row }) => sql`toFloat64(byteSize(${row}))` },
  { name: '_TimeReceived', type: 'datetime', value: ({ received }) => received },
  // The same for the same row whichever part of the table holds it; two equal rows have one id. A tuple, since the hash of several values is null where one of them is.
  { name: '_ItemId', type: 'string', value: ({ row }) => sql`lower(hex(sipHash128(tuple(${row}))))` },
];
const byName = new Map(standardColumns.map((c) => [c.name, c]));
function extended(table: TableSchema, columns: readonly StandardColumn[]): TableSchema {
  if (table.reference) return table;
  const missing = columns.filter(
    (c) =>
      c.tables?.test(table.place?.table ?? table.name) !== false && !table.columns.some((own) => own.name === c.name),
  );
  if (missing.length === 0) return table;
  const shown = missing.map(({ name, type }) => ({ name, type }));
  return { ...table, columns: [...table.columns, ...shown], standard: missing.map((c) => c.name) };
}

/** Reads tables without naming them. */
const anyTable = /\*|\b(?:search|find|table)\b/;

/** The catalogue in which this text, of these words, is understood: the tables that it names have the standard columns that it names. */
export function withStandardColumns(catalogue: KqlCatalogue, text: string, words: ReadonlySet<string>): KqlCatalogue {
  const columns = standardColumns.filter((c) => words.has(c.name));
  if (columns.length === 0) return catalogue;
  const all = anyTable.test(text);
  const changed = new Map<string, TableSchema>();
  for (const table of catalogue.tables) {
    if (!all && !words.has(table.name)) continue;
    const wider = extended(table, columns);
    if (wider !== table) changed.set(table.name, wider);
  }
  if (changed.size === 0) return catalogue;
  const which = all ? '*' : [...changed.keys()].join(',');
  return {
    ...catalogue,
    version: `${catalogue.version} ${columns.map((c) => c.name).join(',')} in ${which}`,
    tables: catalogue.tables.map((t) => changed.get(t.name) ?? t),
  };
}

/** The SQL of a standard column that the table does not store; undefined for its own columns. */
export function standardValue(table: TableSchema, name: string, alias: Sql): Sql | undefined {
  if (!table.standard?.includes(name)) return undefined;
  return byName.get(name)?.value({
    table: table.place?.table ?? table.name,
    row: sql`${alias}.*`,
    received: sql`${alias}.${identifier('_IngestedAt')}`,
    generated: sql`${alias}.${identifier('TimeGenerated')}`,
  });
}
