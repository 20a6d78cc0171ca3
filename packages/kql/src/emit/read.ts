import { epochTicks } from '../functions/convert.ts';
import type { Expr, Rel } from '../plan/plan.ts';
import { storedMember } from '../plan/promote-paths.ts';
import { identifier, sql, string, type Sql } from '../sql.ts';
import { storedTable, type TableSchema } from '../types.ts';
import { standardValue } from '../standard-columns.ts';
import { columnsOf, hasQuery, union, usesOf, whereClause, type Block } from './block.ts';
import type { Context, RelOf } from './context.ts';
import { emitPredicate, literalToSql, type Scope } from './expression.ts';
import { isHarmless } from './harmless.ts';
import { ofTheRow } from './of-the-row.ts';

/** Tables, and the conditions on rows. */

function tableName(e: Context, table: TableSchema): Sql {
  if (table.reference) return table.reference;
  const given = e.options.source?.(table);
  if (given) return given;
  const { database } = e.options;
  return table.place || database === undefined
    ? storedTable(table)
    : sql`${identifier(database)}.${identifier(table.name)}`;
}

function timespan(e: Context, table: TableSchema, column: (name: string) => Sql): Sql[] {
  const { timespan } = e.options;
  if (!timespan || table.reference || !table.columns.some((c) => c.name === 'TimeGenerated' && c.type === 'datetime'))
    return [];
  const at = (d: Date): Sql => literalToSql('datetime', epochTicks + BigInt(d.getTime()) * 10_000n);
  const time = column('TimeGenerated');
  return [sql`${time} >= ${at(timespan.from)}`, sql`${time} < ${at(timespan.to)}`];
}

export function emitRead(
  e: Context,
  rel: RelOf<'read'>,
  needed: ReadonlySet<string>,
  filters: readonly Expr[] = [],
): Block {
  const alias = e.alias();
  const column = (name: string): Sql => sql`${alias}.${identifier(name)}`;
  const { tenantId } = rel.table.place ?? e.options;
  const field = fieldsUnder(rel.table, alias, tenantId);
  const from = sql`${tableName(e, rel.table)} AS ${alias}`;
  const columns = new Map(
    rel.fields
      .filter((f) => needed.has(f.name) || filters.some((p) => columnsOf(p).has(f.name)))
      .map((f) => [f.name, { sql: field(f.name), plain: f.name !== 'TenantId' || tenantId === undefined }]),
  );
  const scopeBlock: Block = { from, columns, where: [], names: [], closed: false };
  const within = rowsWithin(e, rel.table, alias, tenantId);
  const time = timespan(e, rel.table, column);
  const barred = within.length > 0 && !rel.table.reference && !e.options.source?.(rel.table);
  // A condition that fails for some rows, or takes long for them, would tell of rows outside.
  const conditions = (predicates: readonly Expr[], scope: Scope): Pick<Block, 'first' | 'where'> => {
    const isFirst = (p: Expr): boolean => barred && isHarmless(p);
    const written = (some: readonly Expr[]): Sql[] => some.map((p) => emitPredicate(p, scope));
    const rest = written(predicates.filter((p) => !isFirst(p)));
    // What is harmless goes first: it costs less than what a scope may ask of a row.
    const first = [...time, ...written(predicates.filter(isFirst)), ...within];
    return barred ? { first, where: rest } : { where: [...first, ...rest] };
  };
  // A filter with a subquery may read tables whose own windows matter: it is left out, which only widens the read.
  const own = conditions(
    filters.filter((p) => !hasQuery(p)),
    e.bareScope(scopeBlock),
  );
  if (!rel.table.reference)
    e.reads.push({
      table: rel.table.place?.table ?? rel.table.name,
      ...(rel.table.place ? { database: rel.table.place.database } : {}),
      filteredSql: sql`SELECT * FROM ${from}${whereClause(own)}`.text,
      condition: conditionOn(e, rel.table, filters),
    });
  return { ...scopeBlock, ...conditions(filters, e.scopeOf(scopeBlock, filters)) };
}

/** What `CompileOptions.within` says of the table's rows. */
function rowsWithin(e: Context, table: TableSchema, alias: Sql, tenantId: string | undefined): Sql[] {
  const { within, sourceIsWithin, source } = e.options;
  if (!within || (sourceIsWithin && !table.reference && source?.(table))) return [];
  const rows = within.of(table);
  if (rows === 'whole') return [];
  if (rows === 'nothing') return [sql`false`];
  const isStored = !table.reference && !source?.(table);
  return [rows.sql(alias, { tenantId, lookups: e.options.lookups, now: () => e.moment(), isStored })];
}

/** The table's columns as SQL, whether or not it stores them. */
export const fieldsUnder =
  (table: TableSchema, alias: Sql, tenantId: string | undefined) =>
  (name: string): Sql => {
    if (name === '$$ingestion_time') return sql`${alias}.${identifier('_IngestedAt')}`;
    if (name === 'TenantId' && tenantId !== undefined) {
      const stored = sql`${alias}.${identifier(name)}`;
      return table.standard?.includes(name)
        ? string(tenantId)
        : sql`if(${stored} = '', ${string(tenantId)}, ${stored})`;
    }
    return standardValue(table, name, alias) ?? sql`${alias}.${identifier(storedMember(table, name) ?? name)}`;
  };

/** See `TableRead.condition`. */
function conditionOn(e: Context, table: TableSchema, filters: readonly Expr[]): string {
  const { tenantId } = table.place ?? e.options;
  const field = fieldsUnder(table, sql`r`, tenantId);
  const known = filters.flatMap((p) => ofTheRow(field, (scope) => emitPredicate(p, scope), e.options.lookups) ?? []);
  return known.length > 0 ? known.map((text) => `(${text})`).join(' AND ') : 'true';
}

export function emitFilter(e: Context, rel: RelOf<'filter'>, needed: ReadonlySet<string>): Block {
  const predicates: Expr[] = [];
  let base: Rel = rel;
  while (base.kind === 'filter') {
    predicates.unshift(base.predicate);
    base = base.input;
  }
  if (base.kind === 'read') return emitRead(e, base, needed, predicates);
  const used = union(...predicates.map((p) => columnsOf(p)));
  const input = e.open(e.emit(base, union(needed, used)), usesOf(predicates), 'groups');
  const scope = e.scopeOf(input, predicates);
  const where = predicates.map((p) => emitPredicate(p, scope));
  return input.grouping
    ? { ...input, having: [...(input.having ?? []), ...where] }
    : { ...input, where: [...input.where, ...where] };
}
