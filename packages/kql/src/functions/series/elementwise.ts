import { sql, type Sql } from '../../sql.ts';
import { scalarWith, type CallInfo, type Operand, type ScalarFunction } from '../registry.ts';
import { boolsText, dynamicOf, seriesOf } from './shared.ts';

/** Functions that work element by element. https://learn.microsoft.com/kusto/query/scalar-functions#series-element-wise-functions */

const each = (name: string, f: (x: Sql) => Sql): ScalarFunction =>
  scalarWith(name, ['dynamic'], 'dynamic', ([d]) => {
    const { valid, values } = seriesOf(d!);
    return dynamicOf({ valid, values: sql`arrayMap(x -> ${f(sql`x`)}, ${values})` });
  });

interface Side {
  readonly valid: Sql;
  readonly whole: Sql;
  /** Set for a series; a plain number stands for itself beside every element. */
  readonly values?: Sql;
  readonly number?: Sql;
}
function sideOf(o: Operand, call: CallInfo): Side {
  if (o.type === 'dynamic') {
    const { valid, values, whole } = seriesOf(o);
    return { valid, whole, values: call.name(values) };
  }
  const numeric =
    o.type === 'int' || o.type === 'long' || o.type === 'real' || o.type === 'decimal' || o.type === 'bool';
  if (!numeric) return call.fail(`a ${o.type} is no series and no number`);
  const whole = o.type === 'int' || o.type === 'long' ? sql`true` : sql`false`;
  return { valid: sql`true`, whole, number: sql`toNullable(toFloat64(${o.sql}))` };
}
/** Two series side by side, or a series and a number; the shorter one is filled with nulls. */
function together(
  a: Operand,
  b: Operand,
  f: (x: Sql, y: Sql) => Sql,
  call: CallInfo,
): { left: Side; right: Side; values: Sql } {
  const left = sideOf(a, call);
  const right = sideOf(b, call);
  if (left.values && right.values) {
    const length = sql`greatest(length(${left.values}), length(${right.values}))`;
    const even = (values: Sql): Sql => sql`arrayResize(${values}, ${length}, NULL)`;
    return {
      left,
      right,
      values: sql`arrayMap((x, y) -> ${f(sql`x`, sql`y`)}, ${even(left.values)}, ${even(right.values)})`,
    };
  }
  const series = left.values ?? right.values ?? call.fail('one of the two must be a series');
  return { left, right, values: sql`arrayMap(x -> ${f(left.number ?? sql`x`, right.number ?? sql`x`)}, ${series})` };
}
const both = (l: Sql, r: Sql): Sql => (l.text === 'true' ? r : r.text === 'true' ? l : sql`(${l} AND ${r})`);

/** Sums, differences and products of whole numbers are whole numbers; what else there is, is real. */
const calculate = (name: string, keepsWhole: boolean, f: (x: Sql, y: Sql) => Sql): ScalarFunction =>
  scalarWith(name, ['any', 'any'], 'dynamic', ([a, b], call) => {
    const { left, right, values } = together(a!, b!, f, call);
    const valid = both(left.valid, right.valid);
    return dynamicOf(keepsWhole ? { valid, values, whole: both(left.whole, right.whole) } : { valid, values });
  });
const compare = (name: string, symbol: Sql): ScalarFunction =>
  scalarWith(name, ['any', 'any'], 'dynamic', ([a, b], call) => {
    const { left, right, values } = together(a!, b!, (x, y) => sql`${x} ${symbol} ${y}`, call);
    return sql`if(${both(left.valid, right.valid)}, ${boolsText(values)}, '')`;
  });

export const elementwiseFunctions: readonly ScalarFunction[] = [
  each('series_abs', (x) => sql`abs(${x})`),
  each('series_ceiling', (x) => sql`ceil(${x})`),
  each('series_floor', (x) => sql`floor(${x})`),
  each('series_exp', (x) => sql`exp(${x})`),
  each('series_log', (x) => sql`log(${x})`),
  each('series_sin', (x) => sql`sin(${x})`),
  each('series_cos', (x) => sql`cos(${x})`),
  each('series_tan', (x) => sql`tan(${x})`),
  each('series_asin', (x) => sql`asin(${x})`),
  each('series_acos', (x) => sql`acos(${x})`),
  each('series_atan', (x) => sql`atan(${x})`),
  each('series_sign', (x) => sql`toFloat64(sign(${x}))`),
  calculate('series_add', true, (x, y) => sql`${x} + ${y}`),
  calculate('series_subtract', true, (x, y) => sql`${x} - ${y}`),
  calculate('series_multiply', true, (x, y) => sql`${x} * ${y}`),
  calculate('series_divide', false, (x, y) => sql`${x} / ${y}`),
  calculate('series_pow', false, (x, y) => sql`pow(${x}, ${y})`),
  compare('series_equals', sql`=`),
  compare('series_not_equals', sql`!=`),
  compare('series_less', sql`<`),
  compare('series_less_equals', sql`<=`),
  compare('series_greater', sql`>`),
  compare('series_greater_equals', sql`>=`),
];
