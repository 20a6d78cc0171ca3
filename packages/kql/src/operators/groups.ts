import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, kindOf } from '../bind/kusto.ts';
import { aggregateFunctions, countFunction } from '../functions/index.ts';
import { columnOf, isHidden, type NamedExpr, type Rel } from '../plan/plan.ts';
import { applySteps } from './expand.ts';
import { passAll, projectTo, typed, type OperatorBinder } from './shared.ts';
import { aggregate } from './summarize.ts';

/** Operators that work on groups of rows: partition, top-hitters, sample, sample-distinct. */

export const partition: OperatorBinder = (node, input, env, b) => {
  const by = b.expr(child(node, 'ByExpression'), { env, input });
  const operand = child(node, 'Operand');
  if (kindOf(operand) !== 'PartitionSubquery')
    return b.fail('UnsupportedOperator', 'partition with a query of its own is not supported', node);
  const key = b.hidden('part');
  const tagged = projectTo(input, [...passAll(input), { name: key, expr: by }], b);
  const result = b.partitioned([key], () => applySteps(child(operand, 'Subquery'), tagged, env, b));
  const visible = result.fields.filter((f) => !isHidden(f));
  const columns = resultColumns(node);
  const items = visible.map((f, i): NamedExpr => ({ name: columns[i]?.name ?? f.name, expr: columnOf(f) }));
  return {
    kind: 'project',
    input: result,
    items: typed(items, columns, b, node),
    fields: items.map((i) => ({ name: i.name, type: i.expr.type })),
    order: [],
  };
};

export const topHitters: OperatorBinder = (node, input, env, b) => {
  const columns = resultColumns(node);
  const of = b.expr(child(node, 'OfExpression'), { env, input });
  const by = childOrNone(node, 'ByClause');
  const weight = by && b.expr(child(by, 'Expression'), { env, input });
  const [key, total] = columns;
  if (!key || !total) return b.fail('UnsupportedExpression', 'top-hitters gives two columns', node);
  const span = b.span(node);
  const item = weight
    ? { name: total.name, fn: aggregateFunctions.get('sum')!, args: [weight], type: total.type, span }
    : { name: total.name, fn: countFunction, args: [], type: 'long' as const, span };
  const grouped = aggregate(input, [{ name: key.name, expr: of }], [item], b);
  const ordered: Rel = { ...grouped, order: [{ column: total.name, descending: true, nullsFirst: false }] };
  const count = b.cast(b.expr(child(node, 'Expression'), { env }), 'long', node);
  return { kind: 'limit', input: ordered, count, by: b.partitionBy, fields: ordered.fields, order: ordered.order };
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
