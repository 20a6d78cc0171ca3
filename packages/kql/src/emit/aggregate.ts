import { neverNull } from '../functions/convert.ts';
import { join, sql, type Sql } from '../sql.ts';
import { usesOf, type Block } from './block.ts';
import type { Context, RelOf } from './context.ts';
import { buildOnce, callInfo, emitArguments, emitExpression } from './expression.ts';

export function emitAggregate(e: Context, rel: RelOf<'aggregate'>, needed: ReadonlySet<string>): Block {
  const aggregates = rel.aggregates.filter((a) => needed.has(a.name));
  const order = aggregates.some((a) => a.fn.ordered) ? rel.input.order[0] : undefined;
  const given = [...rel.keys.map((k) => k.expr), ...aggregates.flatMap((a) => a.args)];
  const uses = new Map([...usesOf(given), ...(order ? [[order.column, 2] as const] : [])]);
  const input = e.open(e.emit(rel.input, new Set(uses.keys())), uses);
  const scope = e.scopeOf(input, given);
  const keys = rel.keys.map((k) => ({
    name: k.name,
    sql: emitExpression(k.expr, scope).sql,
    plain: k.expr.kind === 'column' && (input.columns.get(k.expr.name)?.plain ?? false),
  }));
  const columns = new Map<string, { sql: Sql; plain: boolean }>(
    keys.map((k) => [k.name, { sql: k.sql, plain: k.plain }]),
  );
  for (const a of aggregates) {
    const type = a.type === 'tuple' ? 'dynamic' : a.type;
    const operands = emitArguments(a.fn.name, a.fn.parameters, a.args, a.span, scope);
    const info = callInfo(a.fn.name, type, a.span, scope);
    const rank = order && input.columns.get(order.column)!.sql;
    const text = buildOnce(operands, scope, (given) => a.fn.build(given, info, rank));
    const maybeNull = neverNull(a.type) && a.type !== 'tuple' && a.fn.nulls !== 'never';
    columns.set(a.name, { sql: maybeNull ? sql`ifNull(${text}, '')` : text, plain: false });
  }
  // With no aggregate left to compute, the one row of an ungrouped summarize must still come.
  if (columns.size === 0) columns.set('$$one', { sql: sql`count()`, plain: false });
  const grouping = keys.length ? sql` GROUP BY ${join(keys.map((k) => k.sql))}` : sql``;
  return { ...input, columns, grouping, having: [], closed: !e.rewrites.mergeSteps };
}
