import { fromUnixTicks, unixTicks } from '../functions/convert.ts';
import type { Field } from '../plan/plan.ts';
import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import { typeOf } from './cells.ts';
import type { RelOf } from './context.ts';

/**
 * A union of many wide tables (`search "x"`, `union *`): most columns belong to one or two of them, and the engine takes its time for each that each part must
 * say. So a part gives its own columns as one array of texts, in its own order, and what stands over the union reads from it by the part's number.
 */

/** More columns in all parts together than this, and those that few parts have are packed. */
const columnsMax = 10_000;

/** The columns that go packed. */
export function packedOf(rel: RelOf<'union'>, fields: readonly Field[]): ReadonlySet<string> {
  if (rel.inputs.length * fields.length <= columnsMax) return new Set();
  const uses = new Map<string, number>();
  for (const { items } of rel.inputs) for (const { name } of items) uses.set(name, (uses.get(name) ?? 0) + 1);
  const rare = fields.filter((f) => f.type !== 'tuple' && (uses.get(f.name) ?? 0) * 2 < rel.inputs.length);
  return new Set(rare.map((f) => f.name));
}

export const partName = '$$part';
export const textsName = '$$texts';
const none = 65_535n;

/** A value as text that `unpacked` reads back unchanged. Null is ''. */
const packedText = (field: Field, value: Sql): Sql => {
  switch (field.type) {
    case 'string':
    case 'dynamic':
      return value;
    case 'datetime':
      return sql`ifNull(toString(${unixTicks(value)}), '')`;
    default:
      return sql`ifNull(toString(${value}), '')`;
  }
};
const unpacked = (field: Field, text: Sql): Sql => {
  switch (field.type) {
    case 'string':
    case 'dynamic':
      return text;
    case 'datetime':
      return fromUnixTicks(sql`CAST(nullIf(${text}, ''), 'Nullable(Int64)')`);
    default:
      return sql`CAST(nullIf(${text}, ''), ${string(typeOf(field).text)})`;
  }
};

/** Gathers which part has which packed column where. */
export class Packing {
  readonly #places = new Map<string, { part: number; index: number }[]>();

  /** The array of one part's packed columns. */
  texts(part: number, values: readonly { readonly field: Field; readonly sql: Sql }[]): Sql {
    values.forEach(({ field }, i) => {
      const places = this.#places.get(field.name) ?? [];
      places.push({ part, index: i + 1 });
      this.#places.set(field.name, places);
    });
    if (values.length === 0) return sql`CAST([], 'Array(String)')`;
    return sql`[${join(values.map(({ field, sql: value }) => packedText(field, value)))}]`;
  }

  /** A packed column over the union. Past the end of the array there is ''. */
  column(field: Field, alias: Sql): Sql {
    const places = this.#places.get(field.name) ?? [];
    const part = sql`${alias}.${identifier(partName)}`;
    const number = (n: number): Sql => integer(BigInt(n));
    const [first, ...others] = places;
    const index =
      first && !others.length
        ? sql`if(${part} = ${number(first.part)}, ${number(first.index)}, ${integer(none)})`
        : sql`transform(${part}, [${join(places.map((p) => number(p.part)))}], [${join(places.map((p) => number(p.index)))}], ${integer(none)})`;
    return unpacked(field, places.length ? sql`${alias}.${identifier(textsName)}[${index}]` : sql`''`);
  }
}
