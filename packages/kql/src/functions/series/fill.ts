import { sql, type Sql } from '../../sql.ts';
import { convert } from '../convert.ts';
import { scalarWith, type CallInfo, type Operand, type ScalarFunction } from '../registry.ts';
import { bind, constantFlag, dynamicOf, seriesOf } from './shared.ts';

/** Functions that fill what is missing in a series; the elements keep their type. */

const realOf = (o: Operand, call: CallInfo): Sql =>
  convert(o, 'real')?.sql ?? call.fail(`a ${o.type} cannot stand in a series`);

/** Which elements count as missing, as a test of `x`: nulls, or those equal to the placeholder. */
function missing(placeholder: Operand | undefined, call: CallInfo): Sql {
  if (!placeholder || placeholder.literal?.value === null) return sql`isNull(x)`;
  const value = realOf(placeholder, call);
  return placeholder.literal
    ? sql`ifNull(x = ${value}, false)`
    : sql`if(isNull(${value}), isNull(x), ifNull(x = ${value}, false))`;
}

const carry = (name: string, fn: Sql): ScalarFunction =>
  scalarWith(name, ['dynamic', 'any?'], 'dynamic', ([d, placeholder], call) => {
    const { valid, values, whole } = seriesOf(d!);
    return dynamicOf({ valid, whole, values: sql`${fn}(x -> NOT ${missing(placeholder, call)}, ${values})` });
  });

/** Between two known values the line through them; whole numbers stay whole, the fraction cut off. */
function linear(values: Sql, test: Sql, whole: Sql, edges: boolean, constant: Sql): Sql {
  const between = sql`p + (q - p) * ((i - l) / (r - l))`;
  const inner = sql`if(${whole}, trunc(${between}), ${between})`;
  const edge = edges ? sql`ifNull(p, q)` : sql`NULL`;
  // `g`: what is known, `n`: its places.
  return bind({ g: sql`arrayMap(x -> if(${test}, NULL, x), ${values})` }, ({ g }) =>
    bind({ n: sql`arrayMap((x, i) -> if(isNull(x), NULL, toFloat64(i)), ${g}, arrayEnumerate(${g}))` }, ({ n }) => {
      const known = sql`x -> isNotNull(x)`;
      const sides = sql`arrayFill(${known}, ${g}), arrayReverseFill(${known}, ${g}), arrayFill(${known}, ${n}), arrayReverseFill(${known}, ${n})`;
      const filled = sql`arrayMap((x, i, p, q, l, r) -> multiIf(isNotNull(x), x, isNull(p) OR isNull(q), ${edge}, ${inner}), ${g}, arrayEnumerate(${g}), ${sides})`;
      return sql`if(arrayExists(${known}, ${g}), ${filled}, arrayMap(x -> ${constant}, ${g}))`;
    }),
  );
}

export const fillFunctions: readonly ScalarFunction[] = [
  carry('series_fill_forward', sql`arrayFill`),
  carry('series_fill_backward', sql`arrayReverseFill`),
  scalarWith('series_fill_const', ['dynamic', 'any?', 'any?'], 'dynamic', ([d, value, placeholder], call) => {
    const { valid, values, whole } = seriesOf(d!);
    const given = value ? realOf(value, call) : sql`0.`;
    const constant =
      !value || value.type === 'int' || value.type === 'long' ? given : sql`if(${whole}, trunc(${given}), ${given})`;
    return dynamicOf({
      valid,
      whole,
      values: sql`arrayMap(x -> if(${missing(placeholder, call)}, ${constant}, x), ${values})`,
    });
  }),
  scalarWith(
    'series_fill_linear',
    ['dynamic', 'any?', 'bool?', 'any?'],
    'dynamic',
    ([d, placeholder, edges, constant], call) => {
      const { valid, values, whole } = seriesOf(d!);
      const wholeName = call.name(whole);
      const fillEdges = constantFlag(edges, 'fill_edges', call) ?? true;
      const otherwise = constant ? sql`toNullable(${realOf(constant, call)})` : sql`toNullable(0.)`;
      return dynamicOf({
        valid,
        whole: wholeName,
        values: linear(values, missing(placeholder, call), wholeName, fillEdges, otherwise),
      });
    },
  ),
];
