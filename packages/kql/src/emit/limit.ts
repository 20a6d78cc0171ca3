import { integer, join, sql } from '../sql.ts';
import { union, type Block } from './block.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression } from './expression.ts';

export function emitLimit(e: Context, rel: RelOf<'limit'>, needed: ReadonlySet<string>): Block {
  const used = union(
    rel.input.order.map((k) => k.column),
    rel.by,
  );
  const input = e.open(e.emit(rel.input, union(needed, used)), used, 'groups');
  const order = rel.input.order.length ? sql` ORDER BY ${e.orderBy(rel.input.order, input)}` : sql``;
  const by = rel.by.length ? sql` BY ${join(rel.by.map((name) => input.columns.get(name)!.sql))}` : sql``;
  const count = emitExpression(rel.count, e.scope(input)).sql;
  const constant = rel.count.kind === 'literal' ? (rel.count.value as bigint) : undefined;
  return {
    ...input,
    tail: sql`${order} LIMIT ${constant === undefined ? sql`(SELECT toUInt64(${count}))` : integer(constant)}${by}`,
    closed: true,
    ...(e.rewrites.mergeSteps ? { limited: { order, count: rel.by.length ? undefined : constant } } : {}),
  };
}
