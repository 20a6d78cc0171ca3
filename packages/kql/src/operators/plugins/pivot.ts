import { child, childOrNone, elements, kindOf, nameOf, type SyntaxNode } from '../../bind/kusto.ts';
import { resultColumns, typeOfNode } from '../../bind/types.ts';
import { aggregateFunctions, countFunction } from '../../functions/index.ts';
import { binaryOperators } from '../../functions/operators.ts';
import {
  columnOf,
  isHidden,
  literal,
  type AggregateItem,
  type Expr,
  type Field,
  type NamedExpr,
  type Rel,
} from '../../plan/plan.ts';
import type { Column, KqlType } from '../../types.ts';
import { passAll, projectTo } from '../shared.ts';
import { aggregate, numbered } from '../summarize.ts';
import { columnArgument } from './arguments.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';

/** Most columns that values may become. */
const maxColumns = 1_000;

/** What `pivot` may compute, and the same over the rows of one value. */
const conditional: Readonly<Record<string, string>> = {
  count: 'countif',
  sum: 'sumif',
  min: 'minif',
  max: 'maxif',
  avg: 'avgif',
  dcount: 'dcountif',
  stdev: 'stdevif',
  variance: 'varianceif',
  take_any: 'take_anyif',
  any: 'take_anyif',
  make_list: 'make_list_if',
  make_set: 'make_set_if',
  make_bag: 'make_bag_if',
};

interface Pivoting {
  readonly call: PluginCall;
  readonly pivot: Field;
  /** The pivot column as text: its values are the names of the new columns. */
  readonly text: Expr;
  readonly item: Omit<AggregateItem, 'name'>;
  readonly keys: readonly Field[];
}

/** `pivot(pivotColumn [, aggregate [, column …]])`, with its columns stated or asked of the data. */
export const pivot: PluginBinder = (call) => {
  const { args, b, input, node } = call;
  if (b.partitionBy.length)
    return b.fail('UnsupportedOperator', 'evaluate pivot() cannot stand inside partition or mv-apply', node);
  const column = columnArgument(call, args[0]);
  const item = args[1] ? aggregateArgument(call, args[1]) : countOf(call);
  const aggregated = item.args[0]?.kind === 'column' ? item.args[0].name : undefined;
  const named = args.slice(2).map((a) => columnArgument(call, a));
  const others = input.fields.filter((f) => !isHidden(f) && f.name !== column.name && f.name !== aggregated);
  const text = b.cast(columnOf(column), 'string', node);
  const pivoting: Pivoting = { call, pivot: column, text, item, keys: named.length ? named : others };
  return call.schema ? withSchema(pivoting, call.schema) : withoutSchema(pivoting);
};

const countOf = ({ b, call }: PluginCall): Omit<AggregateItem, 'name'> => ({
  fn: countFunction,
  args: [],
  type: 'long',
  span: b.span(call),
});
function aggregateArgument({ b, env, input }: PluginCall, arg: SyntaxNode): Omit<AggregateItem, 'name'> {
  const found: Omit<AggregateItem, 'name'>[] = [];
  const place = {
    env,
    input,
    aggregate: (item: Omit<AggregateItem, 'name'>): Expr => {
      found.push(item);
      return { kind: 'column', name: '$$pivot', type: item.type };
    },
  };
  const expr = b.expr(arg, place);
  const [item] = found;
  if (item && expr.kind === 'column' && expr.name === '$$pivot' && conditional[item.fn.name]) return item;
  const name = kindOf(arg) === 'FunctionCallExpression' ? nameOf(child(arg, 'Name')) : 'this';
  return b.fail('InvalidArgument', `pivot() cannot take ${name}: one of ${Object.keys(conditional).join(', ')}`, arg);
}

/** One row for each combination of the keys, one column for each of the values. */
function pivoted({ call, text, item, keys }: Pivoting, values: readonly string[]): Rel {
  const { b, node, input } = call;
  const equals = binaryOperators.get('EqualExpression')!;
  const fn = aggregateFunctions.get(conditional[item.fn.name]!)!;
  const aggregates = values.map((value): AggregateItem => {
    const test = b.call(equals, [text, literal('string', value)], 'bool', node);
    const [first, ...rest] = item.args;
    return { ...item, name: value, fn, args: first && item.fn !== countFunction ? [first, test, ...rest] : [test] };
  });
  const by = keys.map((k): NamedExpr => ({ name: k.name, expr: columnOf(k) }));
  return aggregate({ ...input, order: [] }, by, aggregates, b);
}

function withoutSchema(pivoting: Pivoting): Rel {
  const { call, pivot: column, item, keys } = pivoting;
  const { b, node, input } = call;
  const name = 'pivot_values';
  const what = 'the columns of pivot(): state them, evaluate pivot(…) : (Key:string, Name:long, …)';
  const found = b.probe(inOrderOfAppearance(pivoting, name), maxColumns, what, node).map(([value]) => String(value));
  if (found.length === 0) {
    const none = pivoted(pivoting, []);
    const known = keys.map((k) => ({ name: k.name, type: k.type === 'tuple' ? ('dynamic' as const) : k.type }));
    const empty = b.openColumns(call.call, known).map(({ name, type }) => ({ name, expr: literal(type, null) }));
    return projectTo(none, [...passAll(none), ...empty], b);
  }
  for (const value of found)
    if (value === '' || value.startsWith('$$') || keys.some((k) => k.name === value))
      b.fail(
        'InvalidArgument',
        `a value ${JSON.stringify(value)} of ${column.name} cannot be the name of a column here: leave its rows out`,
        node,
      );
  // Rows without an order have no first value.
  const ordered = input.order.length ? found : found.toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  const columns: Column[] = [
    ...keys.map((k) => ({ name: k.name, type: k.type === 'tuple' ? ('dynamic' as const) : k.type })),
    ...ordered.map((value) => ({ name: value, type: typeOf(item) })),
  ];
  b.settle(call.call, columns);
  return pivoted(pivoting, ordered);
}
/** The values of the pivot column, as they come in the rows. */
function inOrderOfAppearance({ call: { b, node, input }, text }: Pivoting, name: string): Rel {
  const rows = numbered(input, b);
  const [place] = rows.order;
  const first: AggregateItem[] = place
    ? [
        {
          name: b.hidden('first'),
          fn: aggregateFunctions.get('min')!,
          args: [{ kind: 'column', name: place.column, type: 'long' }],
          type: 'long',
          span: b.span(node),
        },
      ]
    : [];
  const order = first.map((f) => ({ column: f.name, descending: false, nullsFirst: true }));
  const values = b.partitioned([], () => aggregate({ ...rows, order: [] }, [{ name, expr: text }], first, b));
  return { ...values, order };
}
const typeOf = (item: Omit<AggregateItem, 'name'>): KqlType => (item.type === 'tuple' ? 'dynamic' : item.type);

/** Stated columns are keys where the keys have the name, else values of the pivot column. */
function withSchema(pivoting: Pivoting, row: SyntaxNode): Rel {
  const { call, keys } = pivoting;
  const { b, node } = call;
  const stated = elements(row, 'Columns').map((c) => ({
    name: nameOf(child(c, 'Name')),
    type: typeOfNode(child(c, 'Type')),
  }));
  const values = stated.filter((s) => !keys.some((k) => k.name === s.name)).map((s) => s.name);
  const table = pivoted(pivoting, values);
  const star = childOrNone(row, 'AsteriskToken') ? keys.filter((k) => !stated.some((s) => s.name === k.name)) : [];
  const items: NamedExpr[] = [
    ...star.map((k) => ({ name: k.name, expr: columnOf(k) })),
    ...stated.map((s) => {
      const field = table.fields.find((f) => f.name === s.name)!;
      return { name: s.name, expr: b.cast(columnOf(field), s.type, node) };
    }),
  ];
  const columns = resultColumns(node);
  const ordered = columns.flatMap((c) => items.filter((i) => i.name === c.name));
  return projectTo(table, ordered.length === items.length ? ordered : items, b);
}
