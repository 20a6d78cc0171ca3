import { resultColumns, typeOfNode } from '../../bind/types.ts';
import { child, childOrNone, elements, nameOf } from '../../bind/kusto.ts';
import { columnOf, literal, type NamedExpr } from '../../plan/plan.ts';
import { passAll, projectTo } from '../shared.ts';
import type { PluginBinder } from './plugin.ts';

/** bag_unpack's columns must be stated: `evaluate bag_unpack(d) : (*, Name:string)`. */
export const bagUnpack: PluginBinder = ({ node, args, schema: row, input, env, b }) => {
  if (!row)
    return b.fail(
      'UnsupportedOperator',
      'evaluate bag_unpack() needs its columns stated: evaluate bag_unpack(d) : (*, Name:string, …)',
      node,
    );
  const bag = b.expr(args[0]!, { env, input });
  if (bag.kind !== 'column' || args.length > 1)
    return b.fail('UnsupportedExpression', 'bag_unpack() takes one column here', node);
  const unpacked = elements(row, 'Columns').map((c): NamedExpr => {
    const name = nameOf(child(c, 'Name'));
    const kept = input.fields.find((f) => f.name === name && f.name !== bag.name);
    const value = b.member(bag, name, node);
    return { name, expr: b.cast(kept ? columnOf(kept) : value, typeOfNode(child(c, 'Type')), node) };
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
};
