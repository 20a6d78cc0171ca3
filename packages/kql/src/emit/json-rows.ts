import { neverNull, timespanText } from '../functions/convert.ts';
import type { Field } from '../plan/plan.ts';
import { join, sql, string, type Sql } from '../sql.ts';
import type { JsonRows } from '../types.ts';

/**
 * A row as JSON text that the engine writes itself, so that a face of the wire takes it as it comes. Values are as Kusto's own
 * endpoints write them: https://learn.microsoft.com/kusto/api/rest/response-http-v2 and the clients' own test data.
 */
export function jsonRow(fields: readonly (readonly [Field, Sql])[], { shape, ...how }: JsonRows): Sql {
  const open = sql`${string(shape === 'array' ? ',[' : ',{')}`;
  const close = sql`${string(shape === 'array' ? ']' : '}')}`;
  const parts = fields.flatMap(([field, column], i) => {
    const name = shape === 'array' ? '' : `${JSON.stringify(field.name)}:`;
    const before = `${i === 0 ? '' : ','}${name}`;
    return before === '' ? [jsonCell(field, column, how)] : [string(before), jsonCell(field, column, how)];
  });
  return sql`concat(${join([open, ...parts, close])})`;
}

/**
 * One value as JSON text without a line break. long as a number of any size; real with a point, or `"NaN"`, `"Infinity"`, `"-Infinity"`; decimal, guid,
 * datetime (without zeros at the end of its fraction) and timespan as strings; dynamic as the value that it is, or as its text.
 */
function jsonCell(field: Field, c: Sql, { dynamic, safeLongs = false }: Omit<JsonRows, 'shape'>): Sql {
  const orNull = (json: Sql): Sql => (neverNull(field.type) ? json : sql`ifNull(${json}, 'null')`);
  const quoted = (text: Sql): Sql => orNull(sql`concat('"', ${text}, '"')`);
  switch (field.type) {
    case 'bool':
      return orNull(sql`if(isNull(${c}), NULL, if(${c}, 'true', 'false'))`);
    case 'long':
      if (safeLongs)
        return orNull(sql`if(abs(${c}) > 9007199254740991, concat('"', toString(${c}), '"'), toString(${c}))`);
      return orNull(sql`toString(${c})`);
    case 'int':
      return orNull(sql`toString(${c})`);
    case 'real':
      return orNull(
        sql`multiIf(isNull(${c}), NULL, isNaN(${c}), '"NaN"', isInfinite(${c}), if(${c} > 0, '"Infinity"', '"-Infinity"'), match(toString(${c}), '[.e]'), toString(${c}), concat(toString(${c}), '.0'))`,
      );
    case 'decimal':
    case 'guid':
      return quoted(sql`toString(${c})`);
    case 'datetime':
      return quoted(sql`replaceOne(concat(trimRight(trimRight(toString(${c}), '0'), '.'), 'Z'), ' ', 'T')`);
    case 'timespan':
      return quoted(timespanText(c));
    case 'dynamic':
      return dynamic === 'text'
        ? sql`if(ifNull(${c}, '') = '', 'null', toJSONString(${c}))`
        : // A line break inside of JSON is white space. What is no JSON would break the whole answer: it goes as a string, as Kusto has it.
          sql`multiIf(ifNull(${c}, '') = '', 'null', isValidJSON(${c}), translate(${c}, '\\r\\n', '  '), toJSONString(${c}))`;
    default:
      return sql`toJSONString(ifNull(${c}, ''))`;
  }
}
