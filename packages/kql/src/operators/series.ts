import type { Binder, Env } from '../bind/binder.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { aggregateFunctions } from '../functions/index.ts';
import { literal, type AggregateItem, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { aggregate, bindAggregates } from './summarize.ts';
import { fieldNamed, parametersOf, typed, type OperatorBinder } from './shared.ts';

/** make-series: a summarize by bins, then for each group one array over all bins. */

interface Axis {
  readonly on: Expr;
  readonly name: string;
  readonly from: Expr;
  /** Exclusive. */
  readonly to: Expr;
  readonly step: Expr;
}

/** The least or greatest value of the axis, where the query does not say. */
function edge(fn: 'min' | 'max', on: Expr, input: Rel, node: SyntaxNode, b: Binder): Expr {
  const rel: Rel = {
    kind: 'aggregate',
    input,
    keys: [],
    aggregates: [{ name: 'edge', fn: aggregateFunctions.get(fn)!, args: [on], type: on.type, span: b.span(node) }],
    fields: [{ name: 'edge', type: on.type }],
    order: [],
  };
  return { kind: 'scalarQuery', rel, type: on.type as KqlType };
}

function axisOf(node: SyntaxNode, input: Rel, env: Env, b: Binder): Axis {
  const onNode = child(child(node, 'OnClause'), 'Expression');
  const named = kindOf(onNode) === 'SimpleNamedExpression';
  const on = b.expr(named ? child(onNode, 'Expression') : onNode, { env, input });
  const name = named ? nameOf(child(onNode, 'Name')) : on.kind === 'column' ? on.name : textOf(onNode);
  const type = on.type as KqlType;
  const range = child(node, 'RangeClause');
  if (kindOf(range) === 'MakeSeriesInRangeClause') {
    const [from, to, step] = elements(child(range, 'Arguments'), 'Expressions').map((e) => b.expr(e, { env }));
    if (!from || !to || !step) return b.fail('InvalidArgument', 'in range() takes a start, a stop and a step', range);
    // The older form includes its end.
    return { on, name, from, to: b.builtIn('$past', [to, step], type, range, { env }), step };
  }
  const part = (clause: string): Expr | undefined => {
    const found = childOrNone(range, clause);
    return found && b.expr(child(found, 'Expression'), { env });
  };
  const step = part('MakeSeriesStepClause');
  if (!step) return b.fail('UnsupportedExpression', 'make-series needs a step', range);
  const from =
    part('MakeSeriesFromClause') ?? b.builtIn('bin', [edge('min', on, input, node, b), step], type, range, { env });
  const to =
    part('MakeSeriesToClause') ?? b.builtIn('$past', [edge('max', on, input, node, b), step], type, range, { env });
  return { on, name, from: b.cast(from, type, range), to: b.cast(to, type, range), step };
}

const column = (name: string, type: KqlType): Expr => ({ kind: 'column', name, type });

export const makeSeries: OperatorBinder = (node, input, env, b) => {
  if (b.partitionBy.length) return b.fail('UnsupportedOperator', 'make-series inside mv-apply is not supported', node);
  const columns = resultColumns(node);
  const axis = axisOf(node, input, env, b);
  const place = { env, input };
  const call = (name: string, args: readonly Expr[], type: KqlType): Expr => b.builtIn(name, args, type, node, place);
  const inside: Rel = {
    kind: 'filter',
    input,
    predicate: call('$within', [axis.on, axis.from, axis.to], 'bool'),
    fields: input.fields,
    order: input.order,
  };
  const byClause = childOrNone(node, 'ByClause');
  const keys: NamedExpr[] = (byClause ? elements(byClause, 'Expressions') : []).map((n, i) => ({
    name: columns[i]?.name ?? `Column${i + 1}`,
    expr: b.expr(kindOf(n) === 'SimpleNamedExpression' ? child(n, 'Expression') : n, { env, input: inside }),
  }));
  const bin = b.hidden('bin');
  const binned = { name: bin, expr: call('$bin_index', [axis.on, axis.from, axis.step], 'long') };
  const items = elements(node, 'Aggregates');
  const { outputs, aggregates } = bindAggregates(
    items.map((i) => child(i, 'Expression')),
    inside,
    env,
    b,
  );
  const perBin = aggregate(inside, [...keys, binned], aggregates, b);
  const values = outputs.map((o) => ({ name: b.hidden('value'), expr: o.exprs[0]! }));
  const keyColumns = keys.map((k) => ({ name: k.name, expr: column(k.name, k.expr.type as KqlType) }));
  const all = [...keyColumns, { name: bin, expr: column(bin, 'long') }, ...values];
  const shaped: Rel = {
    kind: 'project',
    input: perBin,
    items: all,
    fields: all.map((i) => ({ name: i.name, type: i.expr.type })),
    order: [],
  };
  const count = call('$bin_count', [axis.from, axis.to, axis.step], 'long');
  const names = columns.filter((c) => c.name !== axis.name && !keys.some((k) => k.name === c.name)).map((c) => c.name);
  const series = values.map((v, i): AggregateItem => {
    const given = childOrNone(items[i]!, 'DefaultExpression');
    const missing = given ? b.expr(child(given, 'Expression'), { env }) : literal('long', 0n);
    return {
      name: names[i] ?? b.fail('UnsupportedExpression', 'the columns of make-series cannot be told apart', node),
      fn: aggregateFunctions.get('$series')!,
      args: [column(bin, 'long'), column(v.name, v.expr.type as KqlType), count, missing],
      type: 'dynamic',
      span: b.span(node),
    };
  });
  // Over no rows there is no series, so that a constant groups where nothing else does.
  const nonempty = parametersOf(node).text('kind') === 'nonempty';
  const grouping = keyColumns.length || nonempty ? keyColumns : [{ name: b.hidden('all'), expr: literal('long', 0n) }];
  const grouped = aggregate(shaped, grouping, series, b);
  const axisValue = call('$axis', [axis.from, axis.step, count], 'dynamic');
  const out = columns.map((c): NamedExpr => {
    if (c.name === axis.name) return { name: c.name, expr: axisValue };
    return { name: c.name, expr: fieldNamed(grouped, c.name, node, b) };
  });
  const done = typed(out, columns, b, node);
  return {
    kind: 'project',
    input: grouped,
    items: done,
    fields: done.map((i) => ({ name: i.name, type: i.expr.type })),
    order: [],
  };
};
