import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns, valueType } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, nameOf, type SyntaxNode } from '../bind/kusto.ts';
import { aggregateFunctions, countFunction, scalarFunctions } from '../functions/index.ts';
import { columnOf, isHidden, literal, type AggregateItem, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import { columnsOfCall, fieldNamed, nameAt, presentColumns, typed, type OperatorBinder } from './shared.ts';

/** summarize, distinct, count. */

const hiddenKeys = (input: Rel, b: Binder): NamedExpr[] =>
  input.fields.filter((f) => b.partitionBy.includes(f.name)).map((f) => ({ name: f.name, expr: columnOf(f) }));

export function aggregate(
  input: Rel,
  keys: readonly NamedExpr[],
  aggregates: readonly AggregateItem[],
  b: Binder,
): Rel {
  const all = [...keys, ...hiddenKeys(input, b)];
  const first = firstRow(input, keys, b);
  if (first) aggregates = [...aggregates, first];
  return {
    kind: 'aggregate',
    input,
    keys: all,
    aggregates,
    fields: [
      ...all.map((k) => ({ name: k.name, type: k.expr.type })),
      ...aggregates.map((a) => ({ name: a.name, type: a.type })),
    ],
    order: first ? [{ column: first.name, descending: false, nullsFirst: true }] : [],
  };
}

/** Groups of rows that are written in the query come in the order in which they first appear there. */
function firstRow(input: Rel, keys: readonly NamedExpr[], b: Binder): AggregateItem | undefined {
  const [row, ...more] = input.order;
  if (!keys.length || !row?.column.startsWith('$$row') || more.length) return undefined;
  const arg: Expr = { kind: 'column', name: row.column, type: 'long' };
  const span = { start: 0, end: 0 };
  return { name: b.hidden('row'), fn: aggregateFunctions.get('min')!, args: [arg], type: 'long', span };
}

/** Rows numbered in their order, for aggregates whose result shows it. */
export function numbered(input: Rel, b: Binder): Rel {
  const [only, ...others] = input.order;
  if (!only || (others.length === 0 && only.column.startsWith('$$row') && !only.descending)) return input;
  const name = b.hidden('rank');
  const fields = [...input.fields, { name, type: 'long' as const }];
  return {
    kind: 'window',
    input,
    items: [{ name, fn: b.rowNumber, args: [], type: 'long' }],
    partitionBy: [],
    fields,
    order: [{ column: name, descending: false, nullsFirst: true }],
  };
}

interface Output {
  readonly node: SyntaxNode;
  readonly exprs: readonly Expr[];
}

/** Binds aggregate expressions: every aggregate call becomes a hidden column, and what stands around it is computed after. */
export function bindAggregates(
  nodes: readonly SyntaxNode[],
  input: Rel,
  env: Env,
  b: Binder,
  grouped = true,
): { outputs: Output[]; aggregates: AggregateItem[] } {
  const aggregates: AggregateItem[] = [];
  const place = {
    env,
    input,
    aggregate: (item: Omit<AggregateItem, 'name'>): Expr => {
      const name = b.hidden('aggregate');
      aggregates.push({ ...item, name });
      return { kind: 'column', name, type: item.type };
    },
  };
  const outputs = nodes.map((n) => {
    const value =
      kindOf(n) === 'SimpleNamedExpression' || kindOf(n) === 'CompoundNamedExpression' ? child(n, 'Expression') : n;
    const several = severalColumns(value, input, env, b, aggregates, grouped) ?? columnsOfCall(value, place, b);
    return { node: n, exprs: several ?? [b.expr(value, place)] };
  });
  return { outputs, aggregates };
}

/** Aggregates that give several columns, by name. */
export const aggregatesOfColumns: ReadonlySet<string> = new Set([
  'arg_max',
  'arg_min',
  'argmax',
  'argmin',
  'take_any',
  'any',
  'percentiles',
  'percentilesw',
]);
/** Aggregates that give several columns: arg_max, arg_min, take_any of several, percentiles. */
function severalColumns(
  node: SyntaxNode,
  input: Rel,
  env: Env,
  b: Binder,
  aggregates: AggregateItem[],
  grouped: boolean,
): Expr[] | undefined {
  if (kindOf(node) !== 'FunctionCallExpression') return undefined;
  const name = nameOf(child(node, 'Name'));
  const args = elements(child(node, 'ArgumentList'), 'Expressions');
  const place = { env, input };
  const span = b.span(node);
  const expand = (nodes: readonly SyntaxNode[], except: readonly string[]): Expr[] =>
    nodes.flatMap((n) =>
      kindOf(n) === 'StarExpression'
        ? input.fields.filter((f) => !isHidden(f) && !except.includes(f.name)).map(columnOf)
        : [b.expr(n, place)],
    );
  const packed = (fn: string, first: readonly Expr[], values: readonly Expr[]): Expr[] => {
    const tuple = b.hidden('aggregate');
    // Over no rows a tuple has its types' zeros: without groups, which have rows, the values are made such as can be null.
    const nullable = scalarFunctions.get('$nullable')!;
    const args = grouped ? values : values.map((v) => b.call(nullable, [v], valueType(v.type), node));
    aggregates.push({ name: tuple, fn: aggregateFunctions.get(fn)!, args: [...first, ...args], type: 'tuple', span });
    return values.map((v, i) => ({ kind: 'element', tuple, index: i + 1, type: v.type as 'string' }));
  };
  switch (name) {
    case 'arg_max':
    case 'arg_min':
    case 'argmax':
    case 'argmin': {
      const by = b.expr(args[0]!, place);
      const starName = by.kind === 'column' ? [by.name] : [];
      return packed(
        name.includes('max') ? '$arg_max' : '$arg_min',
        [by],
        [by, ...expand(args.slice(1), [...starName, ...b.groupNames])],
      );
    }
    case 'take_any':
    case 'any': {
      if (args.length === 1 && kindOf(args[0]!) !== 'StarExpression') return undefined;
      return packed('$take_any', [], expand(args, b.groupNames));
    }
    case 'percentiles':
    case 'percentilesw': {
      const weights = name === 'percentilesw' ? 1 : 0;
      const [value, ...given] = args.map((a) => b.expr(a, place));
      const type = !value || value.type === 'tuple' || value.type === 'dynamic' ? 'real' : value.type;
      return given.slice(weights).map((percent) => {
        const one = b.hidden('aggregate');
        const fn = aggregateFunctions.get(weights ? 'percentilew' : 'percentile')!;
        aggregates.push({ name: one, fn, args: [value!, ...given.slice(0, weights), percent], type, span });
        return { kind: 'column', name: one, type };
      });
    }
    default:
      return undefined;
  }
}

/** The library names these after their first argument, the real engine after both. */
function ownName(node: SyntaxNode): string | undefined {
  if (kindOf(node) !== 'FunctionCallExpression') return undefined;
  const name = nameOf(child(node, 'Name'));
  const [x, y] = elements(child(node, 'ArgumentList'), 'Expressions');
  const both = x && y && kindOf(x) === 'NameReference' && kindOf(y) === 'NameReference';
  return both && /^covariancep?(if)?$/.test(name) ? `${name}_${nameOf(x)}_${nameOf(y)}` : undefined;
}

export const summarize: OperatorBinder = (node, unnumbered, env, b) => {
  const columns = resultColumns(node);
  const by = childOrNone(node, 'ByClause');
  const keyNodes = by ? elements(by, 'Expressions') : [];
  const input = numbered(unnumbered, b);
  const keys = keyNodes.map((n, i) => ({
    name: nameAt(columns, i, n, b),
    expr: b.expr(kindOf(n) === 'SimpleNamedExpression' ? child(n, 'Expression') : n, { env, input }),
  }));
  const typedKeys = typed(keys, columns, b, node);
  b.groupNames = keys.flatMap((k) => (k.expr.kind === 'column' ? [k.expr.name] : []));
  const { outputs, aggregates } = bindAggregates(elements(node, 'Aggregates'), input, env, b, keyNodes.length > 0);
  b.groupNames = [];
  const grouped = aggregate(input, typedKeys, aggregates, b);
  const values = outputs.flatMap((o) => o.exprs);
  const counted = columns.slice(keys.length);
  // `arg_max(x, *)` over columns that an `extend` left out.
  const names = counted.length === values.length ? counted : presentColumns(counted, input, b);
  if (names.length !== values.length)
    return b.fail(
      'UnsupportedExpression',
      `summarize gives ${values.length} columns where ${names.length} are expected`,
      node,
    );
  const results = typed(
    outputs
      .flatMap((o) => o.exprs.map(() => o.node))
      .map((n, i) => ({ name: ownName(n) ?? nameAt(names, i, node, b), expr: values[i]! })),
    columns,
    b,
    node,
  );
  const ordering = grouped.order.map((o) => o.column);
  const passed = grouped.fields.filter((f) => b.partitionBy.includes(f.name) || ordering.includes(f.name));
  const items = [
    ...typedKeys.map((k) => ({ name: k.name, expr: { kind: 'column', name: k.name, type: k.expr.type } as Expr })),
    ...results,
    ...passed.map((f) => ({ name: f.name, expr: columnOf(f) })),
  ];
  return {
    kind: 'project',
    input: grouped,
    items,
    fields: items.map((i) => ({ name: i.name, type: i.expr.type })),
    order: grouped.order,
  };
};

export const distinct: OperatorBinder = (node, input, env, b) => {
  const columns = resultColumns(node);
  const nodes = elements(node, 'Expressions');
  const items = nodes.some((n) => kindOf(n) === 'StarExpression')
    ? presentColumns(columns, input, b).map((c) => ({ name: c.name, expr: fieldNamed(input, c.name, node, b) }))
    : nodes.map((n, i) => ({ name: nameAt(columns, i, n, b), expr: b.expr(n, { env, input }) }));
  return aggregate(input, typed(items, columns, b, node), [], b);
};

export const count: OperatorBinder = (node, input, _env, b) => {
  const name = resultColumns(node)[0]?.name ?? 'Count';
  return aggregate(input, [], [{ name, fn: countFunction, args: [], type: 'long', span: b.span(node) }], b);
};
export { literal };
