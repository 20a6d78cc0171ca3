import type { ProbeRows } from '../../bind/probe.ts';
import type { AggregateFunction } from '../../functions/registry.ts';
import { integer, sql } from '../../sql.ts';
import type { Column, KqlType } from '../../types.ts';

/** The slots of bags: what the data is asked for before `bag_unpack` has columns. */

/** The slots of all bags, each once, as an array of `kind of value:name`; the kinds are the engine's names for those of JSON. */
export const bagSlots = (atMost: number): AggregateFunction => ({
  name: '$bag_slots',
  parameters: ['dynamic'],
  result: 'dynamic',
  nulls: 'never',
  build: ([bag]) =>
    sql`toJSONString(groupUniqArrayArray(${integer(atMost)})(arrayMap(p -> concat(toString(JSONType(p.2)), ':', p.1), JSONExtractKeysAndValuesRaw(${bag!.sql}))))`,
});

const types: Readonly<Record<string, KqlType>> = {
  Int64: 'long',
  UInt64: 'real',
  Double: 'real',
  String: 'string',
  Bool: 'bool',
};

/**
 * One column for each slot, by name. All values of one type: a column of that type; values of several, arrays and bags: dynamic. A null
 * says nothing of a slot's type. Undefined when there are so many that some may be missing.
 */
export function slotColumns(rows: ProbeRows, atMost: number): Column[] | undefined {
  const found = new Map<string, Set<KqlType>>();
  const slots = rows.flatMap(([cell]) => JSON.parse(String(cell)) as string[]);
  if (slots.length >= atMost) return undefined;
  for (const slot of slots) {
    const colon = slot.indexOf(':');
    const [kind, name] = [slot.slice(0, colon), slot.slice(colon + 1)];
    const kinds = found.get(name) ?? new Set();
    if (kind !== 'Null') kinds.add(types[kind] ?? 'dynamic');
    found.set(name, kinds);
  }
  const ordinal = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...found]
    .map(([name, kinds]): Column => ({ name, type: kinds.size === 1 ? [...kinds][0]! : 'dynamic' }))
    .toSorted((a, b) => ordinal(a.name, b.name));
}
