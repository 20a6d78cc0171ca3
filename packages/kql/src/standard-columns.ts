import { identifier, sql, string, type Sql } from './sql.ts';
import type { Column, KqlCatalogue, TableSchema } from './types.ts';

/**
 * Columns that each table of Log Analytics has, and shows only to a query that names them.
 * https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns
 * A table that stores one of these as its own keeps it.
 */
interface StandardColumn extends Column {
  /** Its value in a table that does not store it. `row`: every column of the row; `received`: when it was stored here. */
  readonly value: (of: { readonly table: string; readonly row: Sql; readonly received: Sql }) => Sql;
}
const none = (): Sql => sql`''`;
const standardColumns: readonly StandardColumn[] = [
  { name: 'TenantId', type: 'string', value: none },
  { name: 'Type', type: 'string', value: ({ table }) => string(table) },
  { name: 'SourceSystem', type: 'string', value: none },
  { name: '_ResourceId', type: 'string', value: none },
  { name: '_SubscriptionId', type: 'string', value: none },
  { name: '_IsBillable', type: 'string', value: () => sql`'True'` },
  { name: '_BilledSize', type: 'real', value: ({ row }) => sql`toFloat64(byteSize(${row}))` },
  { name: '_TimeReceived', type: 'datetime', value: ({ received }) => received },
  // The same for the same row whichever part of the table holds it; two equal rows have one id.
  { name: '_ItemId', type: 'string', value: ({ row }) => sql`lower(hex(sipHash128(${row})))` },
];
const byName = new Map(standardColumns.map((c) => [c.name, c]));
const word = /[A-Za-z_]\w*/g;

/** Words of the text, and of the stored functions that it names, and that these name. */
function wordsOf(text: string, catalogue: KqlCatalogue): ReadonlySet<string> {
  const bodies = new Map(catalogue.functions.map((f) => [f.name, f.body]));
  const seen = new Set<string>();
  const texts = [text];
  for (let next = texts.pop(); next !== undefined; next = texts.pop())
    for (const [name] of next.matchAll(word)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const body = bodies.get(name);
      if (body !== undefined) texts.push(body);
    }
  return seen;
}

function extended(table: TableSchema, columns: readonly StandardColumn[]): TableSchema {
  const missing = columns.filter((c) => !table.columns.some((own) => own.name === c.name));
  if (missing.length === 0) return table;
  const shown = missing.map(({ name, type }) => ({ name, type }));
  return { ...table, columns: [...table.columns, ...shown], standard: missing.map((c) => c.name) };
}

/** Reads tables without naming them. */
const anyTable = /\*|\b(?:search|find|table)\b/;

/** The catalogue in which this text is understood: the tables that it names have the standard columns that it names. */
export function withStandardColumns(catalogue: KqlCatalogue, text: string): KqlCatalogue {
  const words = wordsOf(text, catalogue);
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
    table: table.name,
    row: sql`${alias}.*`,
    received: sql`${alias}.${identifier('_IngestedAt')}`,
  });
}
