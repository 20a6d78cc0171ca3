import type { Binder } from '../bind/binder.ts';
import { child, elements, kindOf, type SyntaxNode } from '../bind/kusto.ts';
import { columnOf, literal, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import { legName, legsOf, slotsOf, visible, type Leg, type Slot } from './legs.ts';
import { parametersOf, type OperatorBinder, type SourceBinder } from './shared.ts';

/** union: the rows of several tables, columns brought together by name and type. */

/** What `ingestion_time()` reads; null of rows that are of no table. */
const arrival = { name: '$$ingestion_time', type: 'datetime' } as const;

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
  // A table's own column of that name stands beside it.
  const slots = slotsOf(legs, options.common ?? false).map((s) =>
    s.name === source ? { ...s, name: `${s.name}1` } : s,
  );
  const slotOf = new Map(slots.map((s) => [`${s.source}\0${s.type}`, s]));
  const inputs = legs.flatMap(({ rel, name, never }, n) => {
    if (never) return [];
    const items = visible(rel).flatMap((f): NamedExpr[] => {
      const slot = slotOf.get(`${f.name}\0${f.type}`);
      return slot ? [{ name: slot.name, expr: columnOf(f) }] : [];
    });
    const from: NamedExpr[] =
      source === undefined ? [] : [{ name: source, expr: literal('string', name || `${unnamed}${n}`) }];
    const hidden = rel.fields
      .filter((f) => b.partitionBy.includes(f.name) || f.name === arrival.name)
      .map((f) => ({ name: f.name, expr: columnOf(f) }));
    return [{ rel, items: [...from, ...items, ...hidden] }];
  });
  const kept = seenSlots(slots, legs, source !== undefined, b);
  const fields = [
    ...(source === undefined ? [] : [{ name: source, type: 'string' as const }]),
    ...kept.map(({ name, type }) => ({ name, type })),
    ...b.partitionBy.map((name) => partitionField(name, legs)),
    ...(legs.some(({ rel, never }) => !never && rel.fields.some((f) => f.name === arrival.name)) ? [arrival] : []),
  ];
  if (inputs.length === 0) return { kind: 'values', rows: [], fields, order: [] };
  return inWrittenOrder({ kind: 'union', inputs, fields, order: [] }, b);
}
/** The columns without those that only empty tables have; these are null for whoever names them. */
function seenSlots(slots: readonly Slot[], legs: readonly Leg[], withSource: boolean, b: Binder): readonly Slot[] {
  if (!legs.some((l) => l.empty)) return slots;
  const had = new Set(legs.flatMap(({ rel, empty }) => (empty ? [] : visible(rel).map((f) => `${f.name}\0${f.type}`))));
  const seen = slots.filter((s) => had.has(`${s.source}\0${s.type}`));
  if (seen.length === 0 && !withSource) return slots;
  for (const s of slots) if (!had.has(`${s.source}\0${s.type}`)) b.unseen.set(s.name, s.type);
  return seen;
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
