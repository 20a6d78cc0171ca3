import { convertText, sqlName, sqlString, type Column } from '@sallyport/lake';
import type { KqlType } from '@sallyport/kql';

/** What the engine's JSON reader makes of a value by itself; the others come as text and are converted. */
const direct: Partial<Record<KqlType, string>> = {
  int: 'Nullable(Int32)',
  long: 'Nullable(Int64)',
  real: 'Nullable(Float64)',
  decimal: 'Nullable(Decimal(38, 18))',
  string: 'String',
};

/**
 * A dynamic comes as JSON text when it was an object, array, number or boolean; a string that is no JSON holds itself. What looks like an object from
 * both ends is taken for one: to parse each again would cost a third of the whole load, and a string that only looks so stays readable as text.
 */
const dynamic = (text: string): string =>
  `multiIf(${text} = '', '', startsWith(${text}, '{"') AND endsWith(${text}, '}'), ${text}, isValidJSON(${text}), ${text}, toJSONString(${text}))`;

function converted({ type }: Column, value: string): string {
  if (direct[type] !== undefined) return value;
  return type === 'dynamic' ? dynamic(value) : convertText(type, value);
}

/**
 * A subquery (with brackets) that reads columns out of the JSON object in `RawData`, by exact name. What does not convert is null (text: empty), as in
 * Azure; a line that is no JSON object gives a row of nulls.
 * `beside`: other columns of the source to carry along.
 * One `JSONExtract` into a tuple: one pass over the text for all columns, faster in chDB 26.7 than the JSONEachRow format.
 */
export function jsonColumns(columns: readonly Column[], source: string, beside: readonly string[] = []): string {
  const tuple = columns.map((column) => `${sqlName(column.name)} ${direct[column.type] ?? 'String'}`).join(', ');
  const select = columns.map((column, i) => `${converted(column, `_row.${i + 1}`)} AS ${sqlName(column.name)}`);
  const others = beside.map(sqlName);
  const row = `JSONExtract(RawData, ${sqlString(`Tuple(${tuple})`)}) AS _row`;
  return `(SELECT ${[...select, ...others].join(', ')} FROM (SELECT ${[row, ...others].join(', ')} FROM ${source}))`;
}
