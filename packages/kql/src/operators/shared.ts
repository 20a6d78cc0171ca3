import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import type { Place } from '../bind/place.ts';
import { resultColumns, valueType } from '../bind/types.ts';
import { child, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import {
  columnOf,
  hiddenFields,
  isHidden,
  literal,
  type Expr,
  type Field,
  type NamedExpr,
  type Rel,
  type SortKey,
  type WindowItem,
} from '../plan/plan.ts';
import { previous, rowNumber, seriesColumns } from '../functions/index.ts';
import { impliedName } from './names.ts';
import { sessionStep } from './session.ts';
import { kqlTypes, type Column, type KqlType } from '../types.ts';

/** One operator over its input, and one that stands at the head of a pipe. */
export type OperatorBinder = (node: SyntaxNode, input: Rel, env: Env, b: Binder) => Rel;
export type SourceBinder = (node: SyntaxNode, env: Env, b: Binder) => Rel;

export interface Parameters {
  text(name: string): string | undefined;
}
/** The `name=value` parameters of an operator, as text. */
export function parametersOf(node: SyntaxNode): Parameters {
  const values = new Map(
    elements(node, 'Parameters').flatMap((p) =>
      kindOf(p) === 'NamedParameter' ? [[nameOf(child(p, 'Name')).toLowerCase(), child(p, 'Expression')] as const] : [],
    ),
  );
  return {
    text: (name) => {
      const value = values.get(name);
      if (!value) return undefined;
      return typeof value.LiteralValue === 'string'
        ? value.LiteralValue
        : kindOf(value) === 'NameDeclaration'
          ? nameOf(value)
          : textOf(value);
    },
  };
}

/**
 * Projects visible items. Columns that carry the input's order go along hidden where the items drop them, and so do hidden columns
 * that steps must keep apart.
 */
export function projectTo(input: Rel, items: readonly NamedExpr[], b: Binder): Rel {
  const hidden: NamedExpr[] = [];
  const order: SortKey[] = input.order.map((key) => {
    const same = items.find((i) => i.expr.kind === 'column' && i.expr.name === key.column);
    if (same) return { ...key, column: same.name };
    const carried = hidden.find((h) => h.expr.kind === 'column' && h.expr.name === key.column);
    if (carried) return { ...key, column: carried.name };
    const name = key.column.startsWith('$$') ? key.column : b.hidden('order');
    const field = input.fields.find((f) => f.name === key.column)!;
    hidden.push({ name, expr: columnOf(field) });
    return { ...key, column: name };
  });
  for (const field of hiddenFields(input))
    if (!hidden.some((h) => h.name === field.name)) hidden.push({ name: field.name, expr: columnOf(field) });
  const all = [...items, ...hidden];
  return { kind: 'project', input, items: all, fields: all.map(fieldOf), order };
}
/** A column of the relation, as the library names it. Refused where the two do not agree. */
export function fieldNamed(rel: Rel, name: string, node: SyntaxNode, b: Binder): Expr {
  const field = rel.fields.find((f) => f.name === name);
  if (field) return columnOf(field);
  const unseen = b.unseen.get(name);
  if (unseen) return literal(unseen, null);
  return b.fail('UnsupportedExpression', `the column ${name} cannot be given here`, node);
}
/** What the library calls the column at this place. */
export function nameAt(
  columns: readonly { readonly name: string }[],
  index: number,
  node: SyntaxNode,
  b: Binder,
): string {
  return (
    columns[index]?.name ?? b.fail('UnsupportedExpression', 'the columns of this operator cannot be told apart', node)
  );
}
export const fieldOf = (item: NamedExpr): Field => ({ name: item.name, type: item.expr.type });
export const passAll = (input: Rel): NamedExpr[] =>
  input.fields.filter((f) => !isHidden(f)).map((f) => ({ name: f.name, expr: columnOf(f) }));

/**
 * Binds row expressions in which window functions may stand: each such call becomes a hidden column computed before, and calls
 * inside its arguments earlier still. Answers the bound expressions and the relation that they read.
 */
export function bindRows(
  input: Rel,
  env: Env,
  b: Binder,
  bind: (place: Place) => NamedExpr[],
): { items: NamedExpr[]; input: Rel } {
  let relation = input;
  const window = (item: Omit<WindowItem, 'name'>, node: SyntaxNode): Expr => {
    if (!b.isSerialized(input))
      return b.fail('InvalidArgument', `${item.fn.name}() needs ordered rows: sort them first, or say serialize`, node);
    const name = b.hidden('window');
    const restart = item.fn.restart === undefined ? undefined : item.args[item.fn.restart];
    let partitionBy: readonly string[] = b.partitionBy;
    if (restart) {
      const run = b.hidden('run');
      const runItem: WindowItem = { name: run, fn: b.runCounter, args: [restart], type: 'long' };
      relation = windowStep(relation, runItem, partitionBy);
      partitionBy = [...partitionBy, run];
    }
    if (item.fn.sessions) {
      const { relation: scanned, start } = sessionStep(relation, item.args, partitionBy, node, b);
      relation = scanned;
      return start;
    }
    let args = withMissing(item, node, b);
    if (item.fn.ranks) {
      const [value] = args;
      const before = { name: b.hidden('window'), fn: previous, args: [value!], type: valueType(value!.type) };
      const row = { name: b.hidden('window'), fn: rowNumber, args: [], type: 'long' as const };
      for (const step of [before, row]) relation = windowStep(relation, step, partitionBy);
      args = [value!, ...[before, row].map((s): Expr => ({ kind: 'column', name: s.name, type: s.type }))];
    }
    relation = windowStep(relation, { ...item, args, name }, partitionBy);
    return { kind: 'column', name, type: item.type };
  };
  const beneath = (expr: Expr): string => {
    const name = b.hidden('window');
    relation = {
      kind: 'project',
      input: relation,
      items: [...relation.fields.map((f) => ({ name: f.name, expr: columnOf(f) })), { name, expr }],
      fields: [...relation.fields, { name, type: 'tuple' }],
      order: relation.order,
    };
    return name;
  };
  const items = bind({ env, input, window, beneath });
  return { items, input: relation };
}
const isNumber = (type: Expr['type']): boolean => /^(int|long|real|decimal)$/.test(type);
/** The arguments of `prev` and `next`, whose last, for where there is no row, is of the first one's type. */
function withMissing(item: Omit<WindowItem, 'name'>, node: SyntaxNode, b: Binder): readonly Expr[] {
  const [value, offset, missing] = item.args;
  if (!/^(prev|next)$/.test(item.fn.name) || !value || !offset || !missing) return item.args;
  const type = valueType(value.type);
  if (type !== 'dynamic' && missing.type !== type && !(isNumber(missing.type) && isNumber(type)))
    return b.fail(
      'InvalidArgument',
      `${item.fn.name}() has a ${missing.type} where there is no row, else a ${type}`,
      node,
    );
  return [value, offset, missing.type === type ? missing : b.cast(missing, type, node)];
}
const windowStep = (input: Rel, item: WindowItem, partitionBy: readonly string[]): Rel => ({
  kind: 'window',
  input,
  items: [item],
  partitionBy,
  fields: [...input.fields, { name: item.name, type: item.type }],
  order: input.order,
});
/** The relation without the hidden columns that window steps added. */
export const dropWindows = (rel: Rel): Rel => {
  const fields = rel.fields.filter((f) => !/^\$\$(window|run)\d/.test(f.name));
  // The relation itself when there are none: it may be marked as serialized.
  return fields.length === rel.fields.length ? rel : { ...rel, fields };
};

/** The columns of a call that gives several (`series_stats(x)`), in order; undefined of every other expression. */
export function columnsOfCall(node: SyntaxNode, place: Place, b: Binder): Expr[] | undefined {
  if (kindOf(node) !== 'FunctionCallExpression') return undefined;
  const several = seriesColumns.get(nameOf(child(node, 'Name')));
  if (!several) return arraysSorted(node)?.map((_, i) => b.element(b.expr(node, place), i, node));
  const args = elements(child(node, 'ArgumentList'), 'Expressions').map((a) => b.expr(a, place));
  if (!place.beneath) return several.each.map((entry, i) => b.call(entry, args, several.types[i]!, node));
  const tuple = place.beneath(b.call(several.whole, args, 'dynamic', node));
  return several.types.map((type, i) => ({ kind: 'element', tuple, index: i + 1, type }));
}
/** The arrays of `array_sort_asc(a, b)`: with several, each is a column. */
function arraysSorted(node: SyntaxNode): SyntaxNode[] | undefined {
  if (kindOf(node) !== 'FunctionCallExpression' || !/^array_sort_(asc|desc)$/.test(nameOf(child(node, 'Name'))))
    return undefined;
  const arrays = elements(child(node, 'ArgumentList'), 'Expressions').filter((a) => a.ResultType?.Name !== 'bool');
  return arrays.length > 1 ? arrays : undefined;
}
const valueOf = (node: SyntaxNode): SyntaxNode =>
  kindOf(node) === 'SimpleNamedExpression' || kindOf(node) === 'CompoundNamedExpression'
    ? child(node, 'Expression')
    : node;
/** Whether an item gives several columns, or names several. */
export const givesSeveral = (node: SyntaxNode): boolean =>
  kindOf(node) === 'CompoundNamedExpression' ||
  (kindOf(valueOf(node)) === 'FunctionCallExpression' &&
    (seriesColumns.has(nameOf(child(valueOf(node), 'Name'))) || arraysSorted(valueOf(node)) !== undefined));
/**
 * Columns of such a call past those that the query names: given (`project`), left out though the library counts them (`extend`: the real
 * engine leaves them out), or left out (`print`).
 */
export type Rest = 'given' | 'uncounted' | 'none';
const firstOfName = (columns: readonly Column[]): readonly Column[] =>
  [...new Map(columns.toReversed().map((c) => [c.name, c])).values()].toReversed();

/**
 * The library's columns without those that `extend` left out; a number at the end tells equal names of two tables apart. With
 * `filledAgain` that is not so: then it numbers a column that `parse` fills again, where the real engine and this one have it once. A
 * column that it has once where a union has it in several types is these.
 */
export function presentColumns(
  columns: readonly Column[],
  { fields }: Pick<Rel, 'fields'>,
  b?: Binder,
  filledAgain = false,
): Column[] {
  const names = new Set(fields.map((f) => f.name));
  const there = (name: string): boolean => names.has(name) || names.has(name.replace(/\d+$/, ''));
  const again = (name: string): boolean => filledAgain && /\d$/.test(name) && !names.has(name) && there(name);
  for (const c of columns) if (again(c.name)) b?.filledAgain.add(c.name);
  // Where it numbers it, or has it twice and numbers it at the next operator.
  const once = filledAgain ? firstOfName(columns) : columns;
  if (once.length < columns.length) for (const c of columns) if (!once.includes(c)) b?.filledAgain.add(`${c.name}1`);
  const mayLack = (name: string): boolean => /^series_[a-z0-9]+_/.test(name) || b?.unseen.has(name) === true;
  const stays = (name: string): boolean =>
    b?.filledAgain.has(name) === true ? names.has(name) : !mayLack(name) || there(name);
  const inTypes = (c: Column): Column[] =>
    names.has(c.name)
      ? []
      : kqlTypes.map((type) => ({ name: `${c.name}_${type}`, type })).filter((t) => names.has(t.name));
  return once
    .filter((c) => stays(c.name))
    .flatMap((c) => {
      const types = inTypes(c);
      return types.length > 1 ? types : [c];
    });
}

/** The items of `extend` or `project` with the names that the library gives them. */
export function namedItems(
  node: SyntaxNode,
  place: Place,
  b: Binder,
  taken: ReadonlySet<string>,
  rest: Rest = 'uncounted',
): NamedExpr[] {
  const nodes = elements(node, 'Expressions');
  const columns = resultColumns(node);
  const explicit = new Set(nodes.flatMap((n) => givenNames(n)));
  const fresh = columns.filter((c) => !explicit.has(c.name) && !taken.has(c.name)).map((c) => c.name);
  // `extend` puts a result in the place of what has its name.
  const nameFor = (n: SyntaxNode): string | undefined => {
    const implied = impliedName(n);
    if (implied === undefined || !(taken.has(implied) || columns.some((c) => c.name === implied))) return fresh.shift();
    if (fresh.includes(implied)) fresh.splice(fresh.indexOf(implied), 1);
    return implied;
  };
  return nodes.flatMap((n) => bindItem(n, place, b, () => nameFor(n), rest));
}
/** The names that an item states or that its column has. */
export function givenNames(node: SyntaxNode): string[] {
  switch (kindOf(node)) {
    case 'SimpleNamedExpression':
      return [nameOf(child(node, 'Name'))];
    case 'CompoundNamedExpression':
      return elements(child(node, 'Names'), 'Names').map(nameOf);
    case 'NameReference':
      return [nameOf(node)];
    default:
      return [];
  }
}
function bindItem(node: SyntaxNode, place: Place, b: Binder, fresh: () => string | undefined, rest: Rest): NamedExpr[] {
  const kind = kindOf(node);
  const several = columnsOfCall(valueOf(node), place, b);
  if (several) {
    const names = givenNames(node);
    return several.flatMap((expr, i): NamedExpr[] => {
      if (names[i] !== undefined) return [{ name: names[i], expr }];
      const all = names.length === 0;
      const name = all || rest !== 'none' ? fresh() : undefined;
      if (all && name === undefined)
        return b.fail('UnsupportedExpression', 'the columns of this call cannot be told apart', node);
      return name !== undefined && (all || rest === 'given') ? [{ name, expr }] : [];
    });
  }
  if (kind === 'CompoundNamedExpression') {
    const value = b.expr(child(node, 'Expression'), place);
    // `(a, b) = expr` takes the elements of a dynamic array in turn.
    return givenNames(node).map((name, i) => ({ name, expr: b.element(value, i, node) }));
  }
  const name = givenNames(node)[0] ?? fresh();
  if (name === undefined) return b.fail('UnsupportedExpression', 'this expression needs a name', node);
  const expr = b.expr(kind === 'SimpleNamedExpression' ? child(node, 'Expression') : node, place);
  return [{ name, expr }];
}

/** The items in the library's order, names and types. */
export function typed(
  items: readonly NamedExpr[],
  columns: readonly { name: string; type: KqlType }[],
  b: Binder,
  node: SyntaxNode,
): NamedExpr[] {
  return items.map((item) => {
    const column = columns.find((c) => c.name === item.name);
    if (item.expr.kind === 'call' && item.expr.fn.fixedType) return item;
    return column && valueType(item.expr.type) !== column.type
      ? { name: item.name, expr: b.cast(item.expr, column.type, node) }
      : item;
  });
}
