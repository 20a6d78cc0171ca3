import { binaryOperators } from '../functions/operators.ts';
import { columnOf, type Expr, type Rel } from '../plan/plan.ts';
import type { Binder } from './binder.ts';
import type { SyntaxNode } from './kusto.ts';

/** The read with what `set query_datetimescope_column`, `_from` and `_to` ask of every table that has the column. */
export function scoped(read: Rel, scope: ReadonlyMap<string, Expr>, node: SyntaxNode, b: Binder): Rel {
  const name = scope.get('column');
  const column = name?.kind === 'literal' ? read.fields.find((f) => f.name === name.value) : undefined;
  if (column?.type !== 'datetime') return read;
  const test = (kind: string, bound: Expr | undefined, rel: Rel): Rel => {
    if (!bound) return rel;
    const args = [columnOf(column), b.cast(bound, 'datetime', node)];
    const predicate = b.call(binaryOperators.get(kind)!, args, 'bool', node);
    return { kind: 'filter', input: rel, predicate, fields: rel.fields, order: rel.order };
  };
  const from = test('GreaterThanOrEqualExpression', scope.get('from'), read);
  return test('LessThanOrEqualExpression', scope.get('to'), from);
}
