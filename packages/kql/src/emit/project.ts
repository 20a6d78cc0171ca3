import { union, columnsOf, usesOf, type Block } from './block.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression } from './expression.ts';

export function emitProject(e: Context, rel: RelOf<'project'>, needed: ReadonlySet<string>): Block {
  const items = rel.items.filter((item) => needed.has(item.name));
  const used = union(...items.map((item) => columnsOf(item.expr)));
  const computed = items.filter((item) => item.expr.kind !== 'column').map((item) => item.expr);
  const input = e.open(e.emit(rel.input, used), usesOf(computed), 'groups');
  const scope = e.scope(input);
  const columns = new Map(
    items.map((item) => [
      item.name,
      item.expr.kind === 'column'
        ? input.columns.get(item.expr.name)!
        : { sql: emitExpression(item.expr, scope).sql, plain: false },
    ]),
  );
  return { ...input, columns };
}
