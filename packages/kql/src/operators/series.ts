import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import type { Place } from '../bind/place.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { aggregateFunctions } from '../functions/index.ts';
import { binaryOperators } from '../functions/operators.ts';
import { columnOf, literal, type AggregateItem, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { aggregate, bindAggregates } from './summarize.ts';
import { fieldNamed, parametersOf, typed, type OperatorBinder } from './shared.ts';

/**
 * make-series: a summarize by bins, then for each group one array over all bins.
 * https://learn.microsoft.com/kusto/query/make-series-operator
 */

interface Axis {
  readonly on: Expr;
  readonly name: string;
  /** What bins are counted from: the start, or where `bin()` counts from. */
  readonly origin: Expr;
  readonly step: Expr;
  /** The numbers of the first and the last bin; null where each group has its own. */
  readonly first: Expr;
  readonly last: Expr;
  /** Where the axis begins and ends (not included), when the query says so. */
  readonly from: Expr | undefined;
  readonly end: Expr | undefined;
}

const own = literal('long', null);
const origins: Partial<Record<KqlType, Expr>> = {
  datetime: literal('datetime', 0n),
  timespan: literal('timespan', 0n),
  long: literal('long', 0n),
  real: literal('real', 0),
};

/** The parts as the query has them; `stop` is included, and its bins are those of `bin()`. */
function partsOf(range: SyntaxNode, env: Env, b: Binder): { from?: Expr; to?: Expr; stop?: Expr; step: Expr } {
  if (kindOf(range) === 'MakeSeriesInRangeClause') {
    const [from, stop, step] = elements(child(range, 'Arguments'), 'Expressions').map((e) => b.expr(e, { env }));
    if (!from || !stop || !step) return b.fail('InvalidArgument', 'in range() takes a start, a stop and a step', range);
    return { from, stop, step };
  }
  const part = (clause: string): Expr | undefined => {
    const found = childOrNone(range, clause);
    return found && b.expr(child(found, 'Expression'), { env });
  };
  const [from, to, step] = ['From', 'To', 'Step'].map((c) => part(`MakeSeries${c}Clause`));
  if (!step) return b.fail('UnsupportedExpression', 'make-series needs a step', range);
  return { ...(from ? { from } : {}), ...(to ? { to } : {}), step };
}

function axisOf(node: SyntaxNode, input: Rel, env: Env, b: Binder): Axis {
  const onNode = child(child(node, 'OnClause'), 'Expression');
  const named = kindOf(onNode) === 'SimpleNamedExpression';
  const value = b.expr(named ? child(onNode, 'Expression') : onNode, { env, input });
  const name = named ? nameOf(child(onNode, 'Name')) : value.kind === 'column' ? value.name : textOf(onNode);
  const range = child(node, 'RangeClause');
  const parts = partsOf(range, env, b);
  const numbers = [value, parts.from, parts.to, parts.stop, parts.step].map((e) => e?.type);
  const type =
    value.type === 'datetime' || value.type === 'timespan'
      ? value.type
      : numbers.some((t) => t === 'real' || t === 'decimal')
        ? 'real'
        : 'long';
  const stepType = type === 'datetime' ? 'timespan' : type;
  const step = b.cast(parts.step, stepType, range);
  if (step.kind === 'literal' && Number(step.value) <= 0)
    return b.fail('InvalidArgument', 'the step of make-series must be more than zero', range);
  const place: Place = { env, input };
  const call = (fn: string, args: readonly Expr[], result: KqlType): Expr => b.builtIn(fn, args, result, range, place);
  const on = b.cast(value, type, onNode);
  const zero = origins[type]!;
  const { from: start, to, stop } = parts;
  const given = { on, name, step };
  if (start && stop) {
    const first = call('$series_bin', [b.cast(start, type, range), zero, step], 'long');
    const last = call('$series_bin', [b.cast(stop, type, range), zero, step], 'long');
    const after = b.call(plus, [last, literal('long', 1n)], 'long', range);
    const at = (bin: Expr): Expr => call('$series_at', [zero, step, bin], type);
    return { ...given, origin: zero, first, last, from: at(first), end: at(after) };
  }
  const from = start && b.cast(start, type, range);
  const end = to && b.cast(to, type, range);
  const origin = from ?? zero;
  const last = end ? call('$series_last', [end, origin, step], 'long') : own;
  return { ...given, origin, first: from ? literal('long', 0n) : own, last, from, end };
}

const plus = binaryOperators.get('AddExpression')!;
const column = (name: string, type: KqlType): Expr => ({ kind: 'column', name, type });

/** The rows that lie on the axis. */
function inside(axis: Axis, input: Rel, env: Env, node: SyntaxNode, b: Binder): Rel {
  const test = (kind: string, args: readonly Expr[]): Expr => b.call(binaryOperators.get(kind)!, args, 'bool', node);
  const tests = [
    ...(axis.from ? [test('GreaterThanOrEqualExpression', [axis.on, axis.from])] : []),
    ...(axis.end ? [test('LessThanExpression', [axis.on, axis.end])] : []),
  ];
  if (!tests.length) tests.push(b.builtIn('isnotnull', [axis.on], 'bool', node, { env, input }));
  return tests.reduce<Rel>(
    (rel, predicate) => ({ kind: 'filter', input: rel, predicate, fields: rel.fields, order: rel.order }),
    input,
  );
}

export const makeSeries: OperatorBinder = (node, input, env, b) => {
  const columns = resultColumns(node);
  const axis = axisOf(node, input, env, b);
  const rows = inside(axis, input, env, node, b);
  const byClause = childOrNone(node, 'ByClause');
  const keys: NamedExpr[] = (byClause ? elements(byClause, 'Expressions') : []).map((n, i) => ({
    name: columns[i]?.name ?? `Column${i + 1}`,
    expr: b.expr(kindOf(n) === 'SimpleNamedExpression' ? child(n, 'Expression') : n, { env, input: rows }),
  }));
  const bin = b.hidden('bin');
  const number = b.builtIn('$series_bin', [axis.on, axis.origin, axis.step], 'long', node, { env, input: rows });
  const items = elements(node, 'Aggregates');
  const { outputs, aggregates } = bindAggregates(
    items.map((i) => child(i, 'Expression')),
    rows,
    env,
    b,
  );
  const perBin = aggregate(rows, [...keys, { name: bin, expr: number }], aggregates, b);
  const values = outputs.flatMap((o, i) =>
    o.exprs.map((expr) => ({ name: b.hidden('value'), expr, missing: missingOf(items[i]!, env, b) })),
  );
  const keyColumns = keys.map((k) => ({ name: k.name, expr: column(k.name, k.expr.type as KqlType) }));
  // Hidden columns by which steps keep rows apart, and those that hold the order of groups, go along.
  const carried = perBin.fields
    .filter((f) => b.partitionBy.includes(f.name) || perBin.order.some((o) => o.column === f.name))
    .map((f) => ({ name: f.name, expr: columnOf(f) }));
  const all = [
    ...keyColumns,
    { name: bin, expr: column(bin, 'long') },
    ...carried,
    ...values.map(({ name, expr }) => ({ name, expr })),
  ];
  const shaped: Rel = {
    kind: 'project',
    input: perBin,
    items: all,
    fields: all.map((i) => ({ name: i.name, type: i.expr.type })),
    order: perBin.order,
  };
  const gather = (name: string, fn: string, args: readonly Expr[]): AggregateItem => ({
    name,
    fn: aggregateFunctions.get(fn)!,
    args: [column(bin, 'long'), ...args, axis.first, axis.last],
    type: 'dynamic',
    span: b.span(node),
  });
  const names = columns.filter((c) => c.name !== axis.name && !keys.some((k) => k.name === c.name)).map((c) => c.name);
  const series = values.map((v, i): AggregateItem => {
    const name = names[i] ?? b.fail('UnsupportedExpression', 'the columns of make-series cannot be told apart', node);
    // Elements of a real series are real, the missing ones too.
    const missing = v.expr.type === 'real' ? b.cast(v.missing, 'real', node) : v.missing;
    return gather(name, '$make_series', [column(v.name, v.expr.type as KqlType), missing]);
  });
  const fixed = axis.first !== own && axis.last !== own;
  const places = fixed ? [] : [gather(axis.name, '$make_axis', [axis.origin, axis.step])];
  const axisValue = (): Expr =>
    b.builtIn('$series_axis', [axis.origin, axis.step, axis.first, axis.last], 'dynamic', node, { env, input });
  // Over no rows there is no series, so that a constant groups where nothing else does.
  const nonempty = parametersOf(node).text('kind') === 'nonempty';
  const grouping = keyColumns.length || nonempty ? keyColumns : [{ name: b.hidden('all'), expr: literal('long', 0n) }];
  const grouped = aggregate(shaped, grouping, [...series, ...places], b);
  const out = columns.map((c): NamedExpr => {
    const expr = fixed && c.name === axis.name ? axisValue() : fieldNamed(grouped, c.name, node, b);
    return { name: c.name, expr };
  });
  const keyTypes = columns.filter((c) => keys.some((k) => k.name === c.name));
  const kept = grouped.fields
    .filter((f) => b.partitionBy.includes(f.name) || grouped.order.some((o) => o.column === f.name))
    .map((f) => ({ name: f.name, expr: columnOf(f) }));
  const done = [...typed(out, keyTypes, b, node), ...kept];
  return {
    kind: 'project',
    input: grouped,
    items: done,
    fields: done.map((i) => ({ name: i.name, type: i.expr.type })),
    order: grouped.order,
  };
};

/** What stands where a series has no value: 0 when the query does not say. */
function missingOf(item: SyntaxNode, env: Env, b: Binder): Expr {
  const given = childOrNone(item, 'DefaultExpression');
  return given ? b.expr(child(given, 'Expression'), { env }) : literal('long', 0n);
}
