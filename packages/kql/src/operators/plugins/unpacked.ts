import type { ProbeRows } from '../../bind/binder.ts';
import { scalarWith, type ScalarFunction } from '../../functions/registry.ts';
import { sql } from '../../sql.ts';
import type { Column, KqlType } from '../../types.ts';

/** The slots of bags: what the data is asked for before `bag_unpack` has columns. */

/** A bag's slots as an array of `["name","kind of value"]`; the kinds are the engine's names for those of JSON. */
export const bagSlots: ScalarFunction = scalarWith(
  '$bag_slots',
  ['dynamic'],
  'dynamic',
  ([bag]) => sql`toJSONString(arrayMap(p -> (p.1, toString(JSONType(p.2))), JSONExtractKeysAndValuesRaw(${bag!.sql})))`,
  'never',
);

const types: Readonly<Record<string, KqlType>> = {
  Int64: 'long',
  UInt64: 'real',
  Double: 'real',
  String: 'string',
  Bool: 'bool',
};

/**
 * One column for each slot, by name. All values of one type: a column of that type; values of several, arrays and bags: dynamic. A null
 * says nothing of a slot's type.
 */
export function slotColumns(rows: ProbeRows): Column[] {
  const found = new Map<string, Set<KqlType>>();
  for (const [cell] of rows) {
    const [name, kind] = JSON.parse(String(cell)) as [string, string];
    const kinds = found.get(name) ?? new Set();
    if (kind !== 'Null') kinds.add(types[kind] ?? 'dynamic');
    found.set(name, kinds);
  }
  const ordinal = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...found]
    .map(([name, kinds]): Column => ({ name, type: kinds.size === 1 ? [...kinds][0]! : 'dynamic' }))
    .toSorted((a, b) => ordinal(a.name, b.name));
}
