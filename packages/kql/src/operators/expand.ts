import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns, typeOfNode } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, nameOf, type SyntaxNode } from '../bind/kusto.ts';
import { columnOf, isHidden, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { innerColumn } from './names.ts';
import { fieldNamed, parametersOf, passAll, presentColumns, projectTo, typed, type OperatorBinder } from './shared.ts';

/** mv-expand and mv-apply. */

interface Expansion {
  readonly name: string;
  readonly expr: Expr;
  readonly type: KqlType | undefined;
}
function expansions(node: SyntaxNode, input: Rel, env: Env, b: Binder): Expansion[] {
  const taken = new Set(input.fields.map((f) => f.name));
  const columns = resultColumns(node).map((c) => c.name);
  const fresh = columns.filter((n) => !taken.has(n) && !b.filledAgain.has(n));
  return elements(node, 'Expressions').map((n) => {
    const inner = child(n, 'Expression');
    const named = kindOf(inner) === 'SimpleNamedExpression';
    const value = named ? child(inner, 'Expression') : inner;
    const name = named
      ? nameOf(child(inner, 'Name'))
      : kindOf(inner) === 'NameReference'
        ? nameOf(inner)
        : (fresh.shift() ??
          innerColumn(value) ??
          columns.find((c) => /^Column\d+$/.test(c)) ??
          b.fail('UnsupportedExpression', 'this expression needs a name', n));
    const to = childOrNone(n, 'ToTypeOf');
    const typeNode = to && elements(child(to, 'TypeOf'), 'Types')[0];
    const type = typeNode && typeOfNode(typeNode);
    return { name, expr: b.cast(b.expr(value, { env, input }), 'dynamic', n), type };
  });
}

function unnest(
  input: Rel,
  items: readonly Expansion[],
  index: string,
  keepNull: boolean,
  bags: 'bag' | 'array',
  limit: Expr | undefined,
): Rel {
  const added = items.filter((i) => !input.fields.some((f) => f.name === i.name));
  const fields = [
    ...input.fields.map((f) => (items.some((i) => i.name === f.name) ? { name: f.name, type: 'dynamic' as const } : f)),
    ...added.map((i) => ({ name: i.name, type: 'dynamic' as const })),
    { name: index, type: 'long' as const },
  ];
  return {
    kind: 'unnest',
    input,
    items: items.map((i) => ({ name: i.name, expr: i.expr })),
    index,
    keepNull,
    bags,
    limit,
    fields,
    order: input.order.length ? [...input.order, { column: index, descending: false, nullsFirst: true }] : [],
  };
}

export const mvExpand: OperatorBinder = (node, input, env, b) => {
  const parameters = parametersOf(node);
  const bag = parameters.text('bagexpansion') ?? parameters.text('kind') ?? 'bag';
  if (bag !== 'bag' && bag !== 'array')
    return b.fail('InvalidArgument', `mv-expand bagexpansion=${bag} is not known`, node);
  const clause = childOrNone(node, 'RowLimitClause');
  const limit = clause ? b.expr(child(clause, 'RowLimit'), { env }) : undefined;
  const items = expansions(node, input, env, b);
  const asked = parameters.text('with_itemindex');
  // A column that has the name already keeps it.
  const isTaken = input.fields.some((f) => f.name === asked) && !items.some((i) => i.name === asked);
  const withIndex = isTaken ? resultColumns(node).at(-1)?.name : asked;
  const index = b.hidden('row');
  // A key of the order that is itself expanded orders by its value before.
  const base = items.some((i) => input.order.some((o) => o.column === i.name)) ? { ...input, order: [] } : input;
  const expanded = unnest(base, items, index, true, bag, limit);
  const columns = presentColumns(resultColumns(node), expanded, b);
  const shown: NamedExpr[] = columns.map((c) => {
    if (c.name === withIndex) return { name: c.name, expr: { kind: 'column', name: index, type: 'long' } };
    const item = items.find((i) => i.name === c.name);
    const field = fieldNamed(expanded, c.name, node, b);
    return { name: c.name, expr: item?.type ? b.cast(field, item.type, node) : field };
  });
  return projectTo(expanded, typed(shown, columns, b, node), b);
};

/** Each row of the input is kept whole in a hidden tuple, by which every step of the subquery keeps its rows apart. */
export const mvApply: OperatorBinder = (node, input, env, b) => {
  const visible = input.fields.filter((f) => !isHidden(f));
  const whole = b.hidden('whole');
  const tagged = projectTo(
    input,
    [...passAll(input), { name: whole, expr: { kind: 'rowTuple', args: visible.map(columnOf), type: 'tuple' } }],
    b,
  );
  const clause = childOrNone(node, 'RowLimitClause');
  const limit = clause ? b.expr(child(clause, 'RowLimit'), { env }) : undefined;
  const items = expansions(node, input, env, b);
  const index = b.hidden('row');
  const base = { ...tagged, order: [] };
  const raw = unnest(base, items, index, false, 'bag', limit);
  const withIndex = parametersOf(node).text('with_itemindex');
  const elementItems = raw.fields
    .filter((f) => !isHidden(f))
    .map((f): NamedExpr => {
      const item = items.find((i) => i.name === f.name);
      return { name: f.name, expr: item?.type ? b.cast(columnOf(f), item.type, node) : columnOf(f) };
    });
  if (withIndex) elementItems.push({ name: withIndex, expr: { kind: 'column', name: index, type: 'long' } });
  const expanded = projectTo(
    { ...raw, order: [{ column: index, descending: false, nullsFirst: true }] },
    elementItems,
    b,
  );
  const subquery = child(child(node, 'Subquery'), 'Expression');
  const result = b.partitioned([whole], () => applySteps(subquery, expanded, env, b));
  const made = new Set(resultFields(result));
  const columns = presentColumns(resultColumns(node), { fields: [...visible, ...result.fields] }, b);
  const expandedNames = new Set(items.map((i) => i.name));
  const out: NamedExpr[] = columns.map((c) => {
    const own = made.has(c.name);
    const at = visible.findIndex((f) => f.name === c.name);
    const fromRow = at >= 0 && !(own && expandedNames.has(c.name));
    if (fromRow) return { name: c.name, expr: { kind: 'element', tuple: whole, index: at + 2, type: c.type } };
    if (own) return { name: c.name, expr: fieldNamed(result, c.name, node, b) };
    return b.fail('UnsupportedExpression', `mv-apply cannot give the column ${c.name}`, node);
  });
  const done: Rel = { kind: 'project', input: result, items: typed(out, columns, b, node), fields: columns, order: [] };
  const outer = b.partitionBy;
  return outer.length === 0 ? done : b.fail('UnsupportedOperator', 'mv-apply inside mv-apply is not supported', node);
};
const resultFields = (rel: Rel): string[] => rel.fields.filter((f) => !isHidden(f)).map((f) => f.name);

/** The steps of a subquery that starts with an operator and no table. */
export function applySteps(node: SyntaxNode, input: Rel, env: Env, b: Binder): Rel {
  if (kindOf(node) === 'PipeExpression') {
    const before = applySteps(child(node, 'Expression'), input, env, b);
    return b.operator(child(node, 'Operator'), before, env);
  }
  if (kindOf(node) === 'ParenthesizedExpression') return applySteps(child(node, 'Expression'), input, env, b);
  return b.operator(node, input, env);
}
