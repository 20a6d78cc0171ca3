import type { Binder } from '../bind/binder.ts';
import { child, elements, kindOf, type SyntaxNode } from '../bind/kusto.ts';
import { columnOf, literal, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import { legName, legsOf, slotsOf, type Leg } from './legs.ts';
import { parametersOf, type OperatorBinder, type SourceBinder } from './shared.ts';

/** union: the rows of several tables, columns brought together by name and type. */

const isFuzzy = (node: SyntaxNode): boolean => parametersOf(node).text('isfuzzy')?.toLowerCase() === 'true';

function unionOf(node: SyntaxNode, legs: readonly Leg[], b: Binder): Rel {
  if (legs.length === 0) return b.fail('UnsupportedExpression', 'no table of this union is known here', node);
  const parameters = parametersOf(node);
  const kind = parameters.text('kind') ?? 'outer';
  if (kind !== 'outer' && kind !== 'inner') return b.fail('InvalidArgument', `union kind=${kind} is not known`, node);
  const source = parameters.text('withsource') ?? parameters.text('with_source');
  return stacked(legs, { common: kind === 'inner', ...(source === undefined ? {} : { source }) }, b);
}

/** The tables one below the other, with a column that says where each row is from when `source` names one. */
export function stacked(
  legs: readonly Leg[],
  options: { readonly common?: boolean; readonly source?: string; readonly unnamed?: string },
  b: Binder,
): Rel {
  const { source, unnamed = 'union_arg' } = options;
  const slots = slotsOf(legs, options.common ?? false);
  const inputs = legs.flatMap(({ rel, name, never }, n) => {
    if (never) return [];
    const own = new Map(rel.fields.map((f) => [f.name, f]));
    const items = slots.flatMap((s): NamedExpr[] => {
      const field = own.get(s.source);
      return field?.type === s.type ? [{ name: s.name, expr: columnOf(field) }] : [];
    });
    const from: NamedExpr[] =
      source === undefined ? [] : [{ name: source, expr: literal('string', name || `${unnamed}${n}`) }];
    const hidden = rel.fields
      .filter((f) => b.partitionBy.includes(f.name))
      .map((f) => ({ name: f.name, expr: columnOf(f) }));
    return [{ rel, items: [...from, ...items, ...hidden] }];
  });
  const fields = [
    ...(source === undefined ? [] : [{ name: source, type: 'string' as const }]),
    ...slots.map(({ name, type }) => ({ name, type })),
    ...b.partitionBy.map((name) => partitionField(name, legs)),
  ];
  if (inputs.length === 0) return { kind: 'values', rows: [], fields, order: [] };
  return inWrittenOrder({ kind: 'union', inputs, fields, order: [] }, b);
}
const partitionField = (name: string, legs: readonly Leg[]): Rel['fields'][number] =>
  legs.flatMap(({ rel }) => rel.fields).find((f) => f.name === name) ?? { name, type: 'tuple' };

/** Rows that the query itself writes keep their order, table after table. */
function inWrittenOrder(rel: Extract<Rel, { kind: 'union' }>, b: Binder): Rel {
  const rowOf = (input: Rel): Expr | undefined => {
    const [row, ...more] = input.order;
    if (row && !more.length && row.column.startsWith('$$row'))
      return { kind: 'column', name: row.column, type: 'long' };
    return !row && input.kind === 'values' ? literal('long', 0n) : undefined;
  };
  const rows = rel.inputs.map(({ rel: input }) => rowOf(input));
  if (rows.includes(undefined)) return rel;
  const [table, row] = [b.hidden('table'), b.hidden('row')];
  return {
    ...rel,
    inputs: rel.inputs.map((input, i) => ({
      ...input,
      items: [...input.items, { name: table, expr: literal('long', BigInt(i)) }, { name: row, expr: rows[i]! }],
    })),
    fields: [...rel.fields, { name: table, type: 'long' }, { name: row, type: 'long' }],
    order: [table, row].map((column) => ({ column, descending: false, nullsFirst: true })),
  };
}

export const unionSource: SourceBinder = (node, env, b) =>
  unionOf(node, legsOf(elements(node, 'Expressions'), env, b, isFuzzy(node)), b);
export const union: OperatorBinder = (node, input, env, b) => {
  const parent = node.Parent;
  const name = parent && kindOf(parent) === 'PipeExpression' ? legName(child(parent, 'Expression'), env, b) : '';
  return unionOf(node, [{ rel: input, name }, ...legsOf(elements(node, 'Expressions'), env, b, isFuzzy(node))], b);
};
