import { join, sql } from '../sql.ts';
import { columnsOf, union, usesOf, type Block } from './block.ts';
import { emptyOf, engineCell } from './cells.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression } from './expression.ts';

export function emitUnion(e: Context, rel: RelOf<'union'>, needed: ReadonlySet<string>): Block {
  const fields = rel.fields.filter((f) => needed.has(f.name));
  const parts = rel.inputs.map(({ rel: input, items }) => {
    const byName = new Map(items.map((i) => [i.name, i]));
    const wanted = fields.map((f) => ({ f, item: byName.get(f.name) }));
    const used = union(...wanted.map(({ item }) => (item ? columnsOf(item.expr) : [])));
    const computed = wanted.flatMap(({ item }) => (item && item.expr.kind !== 'column' ? [item.expr] : []));
    const block = e.open(e.emit(input, used), usesOf(computed), 'groups');
    const scope = e.scope(block);
    const columns = new Map(
      wanted.map(({ f, item }) => [
        f.name,
        { sql: engineCell(f, item ? emitExpression(item.expr, scope).sql : emptyOf(f)), plain: false },
      ]),
    );
    return e.render({ ...block, columns }, new Set(columns.keys()));
  });
  return e.asFrom(
    join(parts, sql` UNION ALL `),
    fields.map((f) => f.name),
  );
}
