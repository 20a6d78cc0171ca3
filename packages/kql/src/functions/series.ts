import { join, sql, type Sql } from '../sql.ts';
import { arrayFrom, elementsOf } from './dynamic.ts';
import { scalar, scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/**
 * Functions over series: dynamic arrays of numbers. An element that is no number is null, and stays null.
 * https://learn.microsoft.com/kusto/query/scalar-functions#series-processing-functions
 */

/** The array's numbers, as Array(Nullable(Float64)). A single number counts as a series of it where `length` is given. */
export const numbersOf = (d: Sql): Sql => sql`arrayMap(x -> toFloat64OrNull(x), ${elementsOf(d)})`;
const number = (x: Sql): Sql =>
  sql`multiIf(isNull(${x}), 'null', isNaN(${x}), '"NaN"', isInfinite(${x}), if(${x} > 0, '"Infinity"', '"-Infinity"'), ifNull(toString(${x}), 'null'))`;
const fromNumbers = (array: Sql): Sql => arrayFrom(sql`arrayMap(x -> ${number(sql`x`)}, ${array})`);
const whenSeries = (d: Sql, value: Sql): Sql => sql`if(startsWith(${d}, '['), ${value}, '')`;

const each = (name: string, f: (x: Sql) => Sql): ScalarFunction =>
  scalarWith(name, ['dynamic'], 'dynamic', ([d]) =>
    whenSeries(d!.sql, fromNumbers(sql`arrayMap(x -> ${f(sql`x`)}, ${numbersOf(d!.sql)})`)),
  );

/** Two series side by side, or a series and a number; the shorter one is filled with nulls. */
const pairwise = (name: string, cell: (x: Sql, y: Sql) => Sql): ScalarFunction =>
  scalarWith(name, ['any', 'any'], 'dynamic', ([a, b], call) => {
    const side = (o: Operand, other: Operand): Sql => {
      if (o.type === 'dynamic') return call.name(numbersOf(o.sql));
      return sql`arrayMap(x -> toFloat64(${o.sql}), ${elementsOf(other.sql)})`;
    };
    if (a!.type !== 'dynamic' && b!.type !== 'dynamic') return call.fail('one of the two must be a series');
    const left = side(a!, b!);
    const right = side(b!, a!);
    const at = (series: Sql): Sql => sql`if(i <= length(${series}), arrayElement(${series}, i), NULL)`;
    return arrayFrom(
      sql`arrayMap(i -> ${cell(at(left), at(right))}, range(1, greatest(length(${left}), length(${right})) + 1))`,
    );
  });
const calculate = (name: string, f: (x: Sql, y: Sql) => Sql): ScalarFunction =>
  pairwise(name, (x, y) => number(sql`(${f(x, y)})`));
const compare = (name: string, symbol: Sql): ScalarFunction =>
  pairwise(name, (x, y) => sql`multiIf(isNull(${x} ${symbol} ${y}), 'null', ${x} ${symbol} ${y}, 'true', 'false')`);

/** What counts as missing in a fill: null, or the given placeholder. */
const missing = (placeholder: Operand | undefined): Sql =>
  placeholder && !(placeholder.literal?.value === null) && placeholder.type !== 'dynamic'
    ? sql`(isNull(x) OR x = ${placeholder.sql})`
    : sql`isNull(x)`;
const fill = (name: string, f: (values: Sql, none: Sql) => Sql): ScalarFunction =>
  scalarWith(name, ['dynamic', 'any?'], 'dynamic', ([d, placeholder], call) => {
    const values = call.name(numbersOf(d!.sql));
    const whole = call.name(sql`arrayMap(x -> if(${missing(placeholder)}, NULL, x), ${values})`);
    return whenSeries(d!.sql, fromNumbers(f(whole, missing(placeholder))));
  });
const forward = (values: Sql): Sql => sql`arrayFill(x -> isNotNull(x), ${values})`;
const backward = (values: Sql): Sql => sql`arrayReverseFill(x -> isNotNull(x), ${values})`;

const dot = (a: Sql, b: Sql): Sql => sql`arraySum(arrayMap((x, y) -> ifNull(x * y, 0), ${a}, ${b}))`;

export const seriesFunctions: readonly ScalarFunction[] = [
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
  calculate('series_add', (x, y) => sql`${x} + ${y}`),
  calculate('series_subtract', (x, y) => sql`${x} - ${y}`),
  calculate('series_multiply', (x, y) => sql`${x} * ${y}`),
  calculate('series_divide', (x, y) => sql`${x} / ${y}`),
  calculate('series_pow', (x, y) => sql`pow(${x}, ${y})`),
  compare('series_equals', sql`=`),
  compare('series_not_equals', sql`!=`),
  compare('series_less', sql`<`),
  compare('series_less_equals', sql`<=`),
  compare('series_greater', sql`>`),
  compare('series_greater_equals', sql`>=`),
  fill('series_fill_forward', forward),
  fill('series_fill_backward', backward),
  scalarWith('series_fill_const', ['dynamic', 'real', 'any?'], 'dynamic', ([d, value, placeholder]) =>
    whenSeries(
      d!.sql,
      fromNumbers(sql`arrayMap(x -> if(${missing(placeholder)}, ${value!.sql}, x), ${numbersOf(d!.sql)})`),
    ),
  ),
  scalarWith(
    'series_dot_product',
    ['any', 'any'],
    'real',
    ([a, b], call) => {
      if (a!.type !== 'dynamic' && b!.type !== 'dynamic') return call.fail('one of the two must be a series');
      const side = (o: Operand, other: Operand): Sql =>
        o.type === 'dynamic'
          ? call.name(numbersOf(o.sql))
          : sql`arrayMap(x -> toFloat64(${o.sql}), ${elementsOf(other.sql)})`;
      const [l, r] = [side(a!, b!), side(b!, a!)];
      return sql`if(length(${l}) = length(${r}), ${dot(l, sql`arrayResize(${r}, length(${l}))`)}, NULL)`;
    },
    'maybe',
  ),
  scalar('series_magnitude', ['dynamic'], 'real', (d) => sql`sqrt(${dot(numbersOf(d), numbersOf(d))})`, 'maybe'),
  scalar('series_sum', ['dynamic'], 'real', (d) => sql`arraySum(x -> ifNull(x, 0), ${numbersOf(d)})`, 'maybe'),
  scalarWith(
    'series_cosine_similarity',
    ['dynamic', 'dynamic', 'real?', 'real?'],
    'real',
    ([a, b]) => {
      const l = numbersOf(a!.sql);
      const r = numbersOf(b!.sql);
      const same = sql`arrayResize(${r}, length(${l}))`;
      return sql`if(length(${l}) = length(${r}), ${dot(l, same)} / (sqrt(${dot(l, l)}) * sqrt(${dot(r, r)})), NULL)`;
    },
    'maybe',
  ),
  scalarWith(
    'series_pearson_correlation',
    ['dynamic', 'dynamic'],
    'real',
    ([a, b], call) => {
      const l = call.name(numbersOf(a!.sql));
      const r = call.name(numbersOf(b!.sql));
      const same = sql`arrayResize(${r}, length(${l}))`;
      return sql`if(length(${l}) = length(${r}), arrayReduce('corr', arrayMap(x -> ifNull(x, 0), ${l}), arrayMap(x -> ifNull(x, 0), ${same})), NULL)`;
    },
    'maybe',
  ),
  scalarWith('series_stats_dynamic', ['dynamic', 'bool?'], 'dynamic', ([d], call) => {
    const all = call.name(numbersOf(d!.sql));
    const known = call.name(sql`arrayMap(x -> assumeNotNull(x), arrayFilter(x -> isNotNull(x), ${all}))`);
    const member = (name: Sql, value: Sql): Sql => sql`concat(${name}, ${number(value)})`;
    const spread = (fn: Sql): Sql => sql`if(length(${known}) < 2, 0., toFloat64(arrayReduce(${fn}, ${known})))`;
    return sql`concat('{', ${join(
      [
        member(sql`'"min":'`, sql`toNullable(arrayMin(${known}))`),
        member(sql`'"min_idx":'`, sql`toNullable(toFloat64(indexOf(${all}, arrayMin(${known})) - 1))`),
        member(sql`'"max":'`, sql`toNullable(arrayMax(${known}))`),
        member(sql`'"max_idx":'`, sql`toNullable(toFloat64(indexOf(${all}, arrayMax(${known})) - 1))`),
        member(sql`'"avg":'`, sql`toNullable(arrayAvg(${known}))`),
        member(sql`'"stdev":'`, sql`toNullable(${spread(sql`'stddevSamp'`)})`),
        member(sql`'"variance":'`, sql`toNullable(${spread(sql`'varSamp'`)})`),
        member(sql`'"sum":'`, sql`toNullable(arraySum(${known}))`),
        sql`concat('"len":', toString(length(${all})))`,
      ],
      sql`, ',', `,
    )}, '}')`;
  }),
];
