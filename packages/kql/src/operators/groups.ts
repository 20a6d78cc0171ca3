import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, kindOf } from '../bind/kusto.ts';
import { aggregateFunctions, countFunction } from '../functions/index.ts';
import type { Rel } from '../plan/plan.ts';
import type { OperatorBinder } from './shared.ts';
import { aggregate } from './summarize.ts';

/** Operators that work on groups of rows: top-hitters, sample, sample-distinct. */

/**
 * top-hitters: the values with the most rows, or the largest sum. The real engine answers from its heap: the smallest first, and of equals
 * the one that came last; equals that came later push out earlier ones.
 */
export const topHitters: OperatorBinder = (node, input, env, b) => {
  const columns = resultColumns(node);
  const named = child(node, 'OfExpression');
  const of = b.expr(kindOf(named) === 'SimpleNamedExpression' ? child(named, 'Expression') : named, { env, input });
  const by = childOrNone(node, 'ByClause');
  const weight = by && b.expr(child(by, 'Expression'), { env, input });
  const [key, total] = columns;
  if (!key || !total) return b.fail('UnsupportedExpression', 'top-hitters gives two columns', node);
  const span = b.span(node);
  const item = weight
    ? { name: total.name, fn: aggregateFunctions.get('sum')!, args: [weight], type: total.type, span }
    : { name: total.name, fn: countFunction, args: [], type: 'long' as const, span };
  const grouped = aggregate(input, [{ name: key.name, expr: of }], [item], b);
  const latest = grouped.order.map((o) => ({ ...o, descending: true, nullsFirst: false }));
  const ordered: Rel = { ...grouped, order: [{ column: total.name, descending: true, nullsFirst: false }, ...latest] };
  const count = b.cast(b.expr(child(node, 'Expression'), { env }), 'long', node);
  return {
    kind: 'limit',
    input: ordered,
    count,
    by: b.partitionBy,
    fields: ordered.fields,
    order: [{ column: total.name, descending: false, nullsFirst: true }, ...latest],
  };
};

export const sample: OperatorBinder = (node, input, env, b) => {
  const count = b.cast(b.expr(child(node, 'Expression'), { env }), 'long', node);
  return { kind: 'limit', input, count, by: b.partitionBy, fields: input.fields, order: input.order };
};

export const sampleDistinct: OperatorBinder = (node, input, env, b) => {
  const name = resultColumns(node)[0]?.name ?? 'Column1';
  const values = aggregate(input, [{ name, expr: b.expr(child(node, 'OfExpression'), { env, input }) }], [], b);
  const count = b.cast(b.expr(child(node, 'Expression'), { env }), 'long', node);
  return { kind: 'limit', input: values, count, by: b.partitionBy, fields: values.fields, order: [] };
};
