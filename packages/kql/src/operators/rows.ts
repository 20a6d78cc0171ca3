import type { Binder } from '../bind/binder.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { isHidden, literal, type NamedExpr, type Rel, type SortKey } from '../plan/plan.ts';
import { beforeUnique } from './innerunique.ts';
import {
  bindRows,
  fieldNamed,
  dropWindows,
  givenNames,
  givesSeveral,
  namedItems,
  passAll,
  presentColumns,
  projectTo,
  typed,
  type OperatorBinder,
} from './shared.ts';

/** where, project and its kin, extend, serialize, sort, take, top: operators that keep, shape or order rows one by one. */

export const where: OperatorBinder = (node, input, env, b) => {
  const condition = child(node, 'Condition');
  const bound = bindRows(input, env, b, (place) => [
    { name: '$$predicate', expr: b.cast(b.expr(condition, place), 'bool', condition) },
  ]);
  const filtered: Extract<Rel, { kind: 'filter' }> = {
    kind: 'filter',
    input: bound.input,
    predicate: bound.items[0]!.expr,
    fields: bound.input.fields,
    order: bound.input.order,
  };
  return bound.input === input ? beforeUnique(filtered) : projectTo(dropWindows(filtered), passAll(input), b);
};

export const project: OperatorBinder = (node, input, env, b) => {
  const columns = resultColumns(node);
  const nodes = elements(node, 'Expressions');
  const bound = bindRows(input, env, b, (place) => {
    const items = !nodes.some(givesSeveral)
      ? nodes.map((n, i) => ({
          // The library names what has no name, and tells equal names apart.
          name: columns[i]?.name ?? givenNames(n)[0] ?? `Column${i + 1}`,
          expr: b.expr(kindOf(n) === 'SimpleNamedExpression' ? child(n, 'Expression') : n, place),
        }))
      : namedItems(node, place, b, new Set(), 'given');
    return typed(items, columns, b, node);
  });
  return projectTo(dropWindows(bound.input), bound.items, b);
};

export const extend: OperatorBinder = (node, input, env, b) => {
  const columns = resultColumns(node);
  const taken = new Set(input.fields.map((f) => f.name));
  const bound = bindRows(input, env, b, (place) => typed(namedItems(node, place, b, taken), columns, b, node));
  const kept = passAll(input).map((item) => bound.items.findLast((i) => i.name === item.name) ?? item);
  const added = bound.items.filter(
    (item, i) => !taken.has(item.name) && bound.items.findLastIndex((o) => o.name === item.name) === i,
  );
  return projectTo(dropWindows(bound.input), [...kept, ...added], b);
};

export const serialize: OperatorBinder = (node, input, env, b) =>
  elements(node, 'Expressions').length ? extend(node, b.serialized(input), env, b) : b.serialized(input);

/** project-away, -keep, -reorder: the library has worked out which columns stay, patterns and all. */
export const projectColumns: OperatorBinder = (node, input, _env, b) => {
  if (kindOf(node) === 'ProjectReorderOperator') return reordered(node, input, b);
  return projectTo(
    input,
    presentColumns(resultColumns(node), input, b).map((c) => ({
      name: c.name,
      expr: fieldNamed(input, c.name, node, b),
    })),
    b,
  );
};
/** Every column stays: first those that the library puts in front, where it names them as the rows do. */
function reordered(node: SyntaxNode, input: Rel, b: Binder): Rel {
  const place = new Map(resultColumns(node).map((c, i) => [c.name, i]));
  const at = (name: string): number => place.get(name) ?? place.size;
  return projectTo(
    input,
    passAll(input).toSorted((l, r) => at(l.name) - at(r.name)),
    b,
  );
}

export const projectRename: OperatorBinder = (node, input, _env, b) => {
  const renamed = new Map<string, string>();
  for (const n of elements(node, 'Expressions')) {
    if (kindOf(n) !== 'SimpleNamedExpression')
      return b.fail('UnsupportedExpression', 'only name = column is supported here', n);
    renamed.set(nameOf(child(n, 'Expression')), nameOf(child(n, 'Name')));
  }
  return projectTo(
    input,
    passAll(input).map((item) => ({ ...item, name: renamed.get(item.name) ?? item.name })),
    b,
  );
};

interface Key {
  readonly item: NamedExpr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}
function sortKey(node: SyntaxNode, item: NamedExpr): Key {
  const ordering = kindOf(node) === 'OrderedExpression' ? childOrNone(node, 'Ordering') : undefined;
  const direction = ordering && childOrNone(ordering, 'AscOrDescKeyword');
  const descending = !direction || !textOf(direction).endsWith('asc');
  const nulls = ordering && childOrNone(ordering, 'NullsClause');
  return { item, descending, nullsFirst: nulls ? /first/.test(textOf(nulls)) : !descending };
}

/** Orders a relation: keys that are no plain columns become hidden columns; the earlier order breaks ties. */
export function orderBy(
  input: Rel,
  nodes: readonly SyntaxNode[],
  env: Parameters<OperatorBinder>[2],
  b: Parameters<OperatorBinder>[3],
): Rel {
  const bound = bindRows(input, env, b, (place) =>
    nodes.map((n) => {
      const expr = b.expr(kindOf(n) === 'OrderedExpression' ? child(n, 'Expression') : n, place);
      return { name: expr.kind === 'column' ? expr.name : b.hidden('key'), expr };
    }),
  );
  const keys = nodes.map((n, i) => sortKey(n, bound.items[i]!));
  const computed = bound.items.filter((i) => i.name.startsWith('$$key'));
  const base =
    computed.length || bound.input !== input
      ? projectTo(dropWindows(bound.input), [...passAll(input), ...computed], b)
      : input;
  const order: SortKey[] = keys.map((k) => ({
    column: k.item.name,
    descending: k.descending,
    nullsFirst: k.nullsFirst,
  }));
  const seen = new Set(order.map((o) => o.column));
  return {
    ...base,
    order: [...order, ...base.order.filter((o) => o.column.startsWith('$$row') && !seen.has(o.column))],
  };
}
export const sort: OperatorBinder = (node, input, env, b) =>
  b.serialized(orderBy(input, elements(node, 'Expressions'), env, b));

const limited = (input: Rel, count: NamedExpr['expr'], by: readonly string[]): Rel => ({
  kind: 'limit',
  input,
  count,
  by,
  fields: input.fields,
  order: input.order,
});
const countOf = (
  node: SyntaxNode,
  env: Parameters<OperatorBinder>[2],
  b: Parameters<OperatorBinder>[3],
): NamedExpr['expr'] => {
  const count = b.expr(node, { env });
  if (count.kind === 'literal' && (typeof count.value !== 'bigint' || count.value < 0n))
    return b.fail('InvalidArgument', 'the number of rows must be a whole number, zero or more', node);
  return count.kind === 'literal' ? literal('long', count.value) : b.cast(count, 'long', node);
};
export const take: OperatorBinder = (node, input, env, b) =>
  limited(input, countOf(child(node, 'Expression'), env, b), b.partitionBy);
export const top: OperatorBinder = (node, input, env, b) =>
  limited(
    b.serialized(orderBy(input, [child(node, 'ByExpression')], env, b)),
    countOf(child(node, 'Expression'), env, b),
    b.partitionBy,
  );

export const getSchema: OperatorBinder = (_node, input) => {
  const names = {
    bool: 'System.SByte',
    int: 'System.Int32',
    long: 'System.Int64',
    real: 'System.Double',
    string: 'System.String',
    datetime: 'System.DateTime',
    timespan: 'System.TimeSpan',
    guid: 'System.Guid',
    decimal: 'System.Data.SqlTypes.SqlDecimal',
    dynamic: 'System.Object',
    tuple: '',
  } as const;
  return {
    kind: 'values',
    fields: [
      { name: 'ColumnName', type: 'string' },
      { name: 'ColumnOrdinal', type: 'long' },
      { name: 'DataType', type: 'string' },
      { name: 'ColumnType', type: 'string' },
    ],
    order: [],
    rows: input.fields
      .filter((f) => !isHidden(f))
      .map((f, i) => [
        literal('string', f.name),
        literal('long', BigInt(i)),
        literal('string', names[f.type]),
        literal('string', f.type),
      ]),
  };
};
