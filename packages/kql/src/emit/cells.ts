import { convert, engineType, neverNull, timespanText, toDynamic } from '../functions/convert.ts';
import type { Operand } from '../functions/registry.ts';
import type { Field } from '../plan/plan.ts';
import { sql, string, type Sql } from '../sql.ts';
import { literalToSql } from './expression.ts';

/** Values at the edges of a relation: what leaves it, what joins it, what comes out of a dynamic. */

export const typeOf = (field: Field): Sql => (field.type === 'tuple' ? sql`String` : engineType(field.type));
export const emptyOf = (field: Field): Sql => literalToSql(field.type === 'tuple' ? 'dynamic' : field.type, null);

export const comparable = (o: Operand, other: Operand['type']): Sql => {
  if (o.type === other) return o.sql;
  if (o.type === 'dynamic') return convert(o, other)!.sql;
  return o.sql;
};

/** The elements of a dynamic as JSON texts: an array's; a bag's members. Null is one null, or nothing. */
export function arrayOf(o: Operand, { keepNull, bags }: { keepNull: boolean; bags: 'bag' | 'array' }): Sql {
  const d = toDynamic(o);
  const member =
    bags === 'bag'
      ? sql`concat('{', toJSONString(p.1), ':', p.2, '}')`
      : sql`concat('[', toJSONString(p.1), ',', p.2, ']')`;
  const members = sql`arrayMap(p -> ${member}, JSONExtractKeysAndValuesRaw(${d}))`;
  const none = keepNull ? sql`['']` : sql`CAST([], 'Array(String)')`;
  return sql`multiIf(startsWith(${d}, '['), JSONExtractArrayRaw(${d}), startsWith(${d}, '{'), ${members}, ${d} = '', ${none}, [${d}])`;
}

/** The value as exactly its engine type. A text is one already. */
export const engineCell = (field: Field, column: Sql): Sql =>
  neverNull(field.type) ? column : sql`CAST(${column}, ${string(typeOf(field).text)})`;
/** Whether `cell` says the column more than once. */
export const saysTwice = (field: Field): boolean =>
  field.type === 'long' || field.type === 'real' || field.type === 'timespan';
/** A column as the contracts' `Cell`. */
export function cell(field: Field, column: Sql): Sql {
  switch (field.type) {
    case 'long':
      // Integers that JavaScript can't hold go as text.
      return sql`if(intDiv(${column}, 9007199254740992) = 0, ${column}, toString(${column}))`;
    case 'real':
      return sql`if(isFinite(${column}), ${column}, replaceOne(replaceOne(toString(${column}), 'nan', 'NaN'), 'inf', 'Infinity'))`;
    case 'timespan':
      return sql`if(isNull(${column}), NULL, ${timespanText(column)})`;
    case 'decimal':
      return sql`toString(${column})`;
    case 'bool':
      return sql`CAST(${column}, 'Nullable(Bool)')`;
    default:
      return column;
  }
}
