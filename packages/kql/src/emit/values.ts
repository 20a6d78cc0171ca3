import { fromUnixTicks, unixTicks } from '../functions/convert.ts';
import type { Expr } from '../plan/plan.ts';
import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import type { Block } from './block.ts';
import { emptyOf, typeOf } from './cells.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression, type Scope } from './expression.ts';

/** Rows that the query itself states. */

export function emitValues(e: Context, rel: RelOf<'values'>, needed: ReadonlySet<string>): Block {
  const [first, ...others] = rel.rows;
  const outside: Scope = {
    column: (name) => {
      throw new Error(`a constant row reads ${name}`);
    },
    query: (r) => e.subquery(r),
    now: () => e.moment(),
    lookups: e.options.lookups,
    zone: e.options.zone,
    rewrites: e.rewrites,
  };
  if (first && others.length === 0) {
    const empty: Block = {
      from: sql`(SELECT 1) AS ${e.alias()}`,
      columns: new Map(),
      where: [],
      names: [],
      closed: false,
    };
    const named: Scope = { ...e.scope(empty), column: outside.column };
    const columns = new Map(
      rel.fields.flatMap((f, i) =>
        needed.has(f.name) ? [[f.name, { sql: emitExpression(first[i]!, named).sql, plain: false }] as const] : [],
      ),
    );
    return { ...empty, columns };
  }
  const used = rel.fields.map((field, i) => ({ field, i })).filter(({ field }) => needed.has(field.name));
  if (!first || used.length === 0) {
    const items = used.map(({ field }) => sql`${emptyOf(field)} AS ${identifier(field.name)}`);
    const rows = sql`SELECT ${items.length ? join(items) : sql`1 AS ${identifier('$$one')}`} FROM numbers(${integer(rel.rows.length)})`;
    return e.asFrom(
      rows,
      used.map(({ field }) => field.name),
    );
  }
  // `values` takes constants only: what a cell is computed to comes from a list, by its row.
  const isComputed = (i: number): boolean => rel.rows.some((row) => row[i]!.kind !== 'literal');
  const stated = used.filter(({ i }) => !isComputed(i));
  const at = identifier('$$at');
  const all = stated.length === used.length;
  const structure = [
    ...stated.map(({ field }) => sql`${identifier(field.name)} ${typeOf(field)}`),
    ...(all ? [] : [sql`${at} UInt64`]),
  ];
  const cell = (row: number, i: number): Sql => emitExpression(rel.rows[row]![i]!, outside).sql;
  const rows = rel.rows.map(
    (_, row) => sql`(${join([...stated.map(({ i }) => cell(row, i)), ...(all ? [] : [integer(row + 1)])])})`,
  );
  const columns = used.map(({ field, i }) => {
    if (stated.some((s) => s.i === i)) return identifier(field.name);
    const list = join(rel.rows.map((_, row) => cell(row, i)));
    return sql`CAST([${list}][${at}], ${string(typeOf(field).text)}) AS ${identifier(field.name)}`;
  });
  const table = sql`SELECT ${all ? sql`*` : join(columns)} FROM values(${string(join(structure).text)}, ${join(rows)})`;
  return e.asFrom(
    table,
    used.map(({ field }) => field.name),
  );
}

export function emitRange(e: Context, rel: RelOf<'range'>): Block {
  const [field] = rel.fields;
  const outside: Scope = {
    column: (name) => {
      throw new Error(`range reads ${name}`);
    },
    query: (r) => e.subquery(r),
    now: () => e.moment(),
    lookups: e.options.lookups,
    zone: e.options.zone,
    rewrites: e.rewrites,
  };
  const type = field!.type;
  const part = (e: Expr): Sql => emitExpression(e, outside).sql;
  const count = (from: Sql, to: Sql, step: Sql): Sql =>
    type === 'real' ? sql`floor((${to} - ${from}) / ${step} + 1e-9)` : sql`intDiv(${to} - ${from}, ${step})`;
  const ticks = type === 'datetime';
  const from = ticks ? unixTicks(part(rel.from)) : part(rel.from);
  const to = ticks ? unixTicks(part(rel.to)) : part(rel.to);
  const step = part(rel.step);
  // The count is a constant of the query; a bound keeps a slip of the step from filling memory, and says so.
  const rows = sql`(ifNull(${count(from, to, step)}, -1) + 1)`;
  const steps = sql`if(ifNull(${step}, 0) = 0 OR ifNull((${to} - ${from}) * sign(${step}) < 0, true), 0, toUInt64(${rows} + throwIf(${rows} > 10000000, 'range gives more than 10000000 rows')))`;
  const value = sql`${from} + (${identifier('i')}) * ${step}`;
  const cast = ticks
    ? fromUnixTicks(value)
    : type === 'real'
      ? value
      : sql`CAST(${value}, ${string(typeOf(field!).text)})`;
  return e.asFrom(
    sql`SELECT ${cast} AS ${identifier(field!.name)} FROM (SELECT toInt64(arrayJoin(range(${steps}))) AS ${identifier('i')})`,
    [field!.name],
  );
}
