import { neverNull } from '../functions/convert.ts';
import { join, sql, type Sql } from '../sql.ts';
import { columnsOf, union, type Block } from './block.ts';
import type { Context, RelOf } from './context.ts';
import { callInfo, emitArguments } from './expression.ts';

export function emitWindow(e: Context, rel: RelOf<'window'>, needed: ReadonlySet<string>): Block {
  const items = rel.items.filter((i) => needed.has(i.name));
  const own = new Set(rel.items.map((i) => i.name));
  const keys = rel.input.order.map((k) => k.column);
  const passed = [...needed].filter((name) => !own.has(name));
  const used = union(passed, keys, rel.partitionBy, ...items.flatMap((i) => i.args.map((a) => columnsOf(a))));
  const input = e.open(e.emit(rel.input, used), used);
  const scope = e.scope(input);
  const order = keys.length ? sql`ORDER BY ${e.orderBy(rel.input.order, input)}` : sql``;
  const columns = new Map<string, { sql: Sql; plain: boolean }>(passed.map((name) => [name, input.columns.get(name)!]));
  for (const item of items) {
    const span = { start: 0, end: 0 };
    const operands = emitArguments(item.fn.name, item.fn.parameters, item.args, span, scope);
    const built = item.fn.build(operands, callInfo(item.fn.name, item.type, span, scope));
    const partition = rel.partitionBy.length
      ? sql`PARTITION BY ${join(rel.partitionBy.map((name) => input.columns.get(name)!.sql))}`
      : sql``;
    const windowed = sql`${built.call} OVER (${partition} ${order} ${built.frame})`;
    const text = built.around?.(windowed) ?? windowed;
    columns.set(item.name, { sql: neverNull(item.type) ? sql`ifNull(${text}, '')` : text, plain: false });
  }
  return { ...input, columns, closed: true };
}
