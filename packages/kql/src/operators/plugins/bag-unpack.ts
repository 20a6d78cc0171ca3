import { childOrNone, elements, child, nameOf, type SyntaxNode } from '../../bind/kusto.ts';
import { resultColumns, typeOfNode } from '../../bind/types.ts';
import { columnOf, isHidden, literal, type Expr, type Field, type NamedExpr, type Rel } from '../../plan/plan.ts';
import type { Column, KqlType } from '../../types.ts';
import { passAll, projectTo } from '../shared.ts';
import { arrayArgument, columnArgument, named, textArgument } from './arguments.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';
import { bagSlots, slotColumns } from './unpacked.ts';

/** Most columns that a bag may unpack to. */
const maxColumns = 1_000;
/** And most kinds of values in them. */
const maxKinds = 4 * maxColumns;

interface Unpacking {
  readonly call: PluginCall;
  readonly bag: Field;
  readonly prefix: string;
  readonly conflict: 'error' | 'replace_source' | 'keep_source';
  readonly ignored: ReadonlySet<string>;
}

/** `bag_unpack(Column [, OutputColumnPrefix [, columnsConflict [, ignoredProperties]]])`, with its columns stated or not. */
export const bagUnpack: PluginBinder = (call) => {
  const args = named(call, ['column', 'OutputColumnPrefix', 'columnsConflict', 'ignoredProperties']);
  const bag = columnArgument(call, args.get('column'));
  if (bag.type !== 'dynamic') return call.b.fail('InvalidArgument', 'bag_unpack() needs a dynamic column', call.call);
  const conflict = textArgument(call, args.get('columnsConflict')) ?? 'error';
  if (conflict !== 'error' && conflict !== 'replace_source' && conflict !== 'keep_source')
    return call.b.fail(
      'InvalidArgument',
      'columnsConflict is one of error, replace_source and keep_source',
      args.get('columnsConflict')!,
    );
  const ignored = new Set((arrayArgument(call, args.get('ignoredProperties')) ?? []).map(String));
  const prefix = textArgument(call, args.get('OutputColumnPrefix')) ?? '';
  const unpacking: Unpacking = { call, bag, prefix, conflict, ignored };
  return call.schema ? withSchema(unpacking, call.schema) : withoutSchema(unpacking);
};

/** A slot as a column. */
function slot({ call: { b, call }, bag, prefix, ignored }: Unpacking, name: string, type: KqlType): Expr {
  const key = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
  if (key === undefined || ignored.has(key)) return literal(type, null);
  return b.cast(b.member(columnOf(bag), key, call), type, call);
}

function withSchema(unpacking: Unpacking, row: SyntaxNode): Rel {
  const { call, bag, conflict } = unpacking;
  const { node, input, b } = call;
  const unpacked = elements(row, 'Columns').map((c): NamedExpr => {
    const name = nameOf(child(c, 'Name'));
    const type = typeOfNode(child(c, 'Type'));
    const kept = input.fields.find((f) => f.name === name && f.name !== bag.name);
    if (!kept || conflict === 'replace_source') return { name, expr: slot(unpacking, name, type) };
    return { name, expr: b.cast(columnOf(kept), type, node) };
  });
  const own = new Set(unpacked.map((u) => u.name));
  const rest = childOrNone(row, 'AsteriskToken')
    ? passAll(input).filter((i) => i.name !== bag.name && !own.has(i.name))
    : [];
  const items = [...rest, ...unpacked];
  const columns = resultColumns(node);
  const ordered =
    columns.length === items.length
      ? columns.map((c) => items.find((i) => i.name === c.name) ?? { name: c.name, expr: literal(c.type, null) })
      : items;
  return projectTo(input, ordered, b);
}

/** The slots that the data has: asked of the engine. */
function askSlots({ call, bag, prefix, ignored }: Unpacking): Column[] {
  const { b, input, node } = call;
  const slots = { name: 'slots', fn: bagSlots(maxKinds), args: [columnOf(bag)], type: 'dynamic' as const };
  const all: Rel = {
    kind: 'aggregate',
    input: { ...input, order: [] },
    keys: [],
    aggregates: [{ ...slots, span: b.span(node) }],
    fields: [{ name: 'slots', type: 'dynamic' }],
    order: [],
  };
  const what = 'the columns of bag_unpack(): state them, evaluate bag_unpack(d) : (*, Name:string, …)';
  const found = slotColumns(b.probe(all, 1, what, node), maxKinds);
  if (!found || found.length > maxColumns)
    return b.fail('TooComplex', `more than ${maxColumns} slots; state columns`, node);
  return found.filter((c) => !ignored.has(c.name)).map((c) => ({ name: prefix + c.name, type: c.type }));
}

function withoutSchema(unpacking: Unpacking): Rel {
  const { call, bag, conflict } = unpacking;
  const { b, input, node } = call;
  const visible = input.fields.filter((f) => !isHidden(f));
  const slots = askSlots(unpacking);
  if (slots.length === 0) {
    const rest = passAll(input).filter((i) => i.name !== bag.name);
    const open = b.openColumns(call.call, columnsOf(rest));
    return projectTo(input, [...rest, ...open.map(({ name, type }) => ({ name, expr: literal(type, null) }))], b);
  }
  for (const { name } of slots)
    if (name === '' || name.startsWith('$$'))
      b.fail(
        'InvalidArgument',
        `a slot named ${JSON.stringify(name)} cannot be a column: leave it out with ignoredProperties`,
        node,
      );
  const clash = slots.find((s) => s.name !== bag.name && visible.some((f) => f.name === s.name));
  if (clash && conflict === 'error')
    return b.fail(
      'InvalidArgument',
      `bag_unpack() would give a second column ${clash.name}: say columnsConflict='replace_source' or 'keep_source', or a prefix`,
      node,
    );
  // A slot named as a column of the source stands in that column's place.
  const items = visible.flatMap((f): NamedExpr[] => {
    const same = slots.find((s) => s.name === f.name);
    if (same && (f.name === bag.name || conflict === 'replace_source'))
      return [{ name: f.name, expr: slot(unpacking, same.name, same.type) }];
    return f.name === bag.name ? [] : [{ name: f.name, expr: columnOf(f) }];
  });
  const added = slots.filter((s) => !visible.some((f) => f.name === s.name));
  items.push(...added.map((s) => ({ name: s.name, expr: slot(unpacking, s.name, s.type) })));
  b.settle(call.call, columnsOf(items));
  return projectTo(input, items, b);
}
const columnsOf = (items: readonly NamedExpr[]): Column[] =>
  items.map((i) => ({ name: i.name, type: i.expr.type === 'tuple' ? 'dynamic' : i.expr.type }));
