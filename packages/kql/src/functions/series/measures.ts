import { integer, join, sql, string, type Sql } from '../../sql.ts';
import type { KqlType } from '../../types.ts';
import { scalarWith, type CallInfo, type Operand, type ScalarFunction } from '../registry.ts';
import type { SeriesTable } from './columns.ts';
import { bind, constantFlag, known, numberText, seriesOf } from './shared.ts';

/** Functions that make one number, or a few, of a series. */

/** Both series cut to the shorter one; a number stands beside every element of the other. Null where one is empty or no array. */
function overPairs(a: Operand, b: Operand, call: CallInfo, make: (l: Sql, r: Sql) => Sql): Sql {
  if (a.type !== 'dynamic' && b.type !== 'dynamic') return call.fail('one of the two must be a series');
  const side = (o: Operand): Sql | undefined => (o.type === 'dynamic' ? call.name(seriesOf(o).values) : undefined);
  const left = side(a);
  const right = side(b);
  const lengths = [left, right].flatMap((s) => (s ? [sql`length(${s})`] : []));
  const length = lengths.length === 2 ? sql`least(${join(lengths)})` : lengths[0]!;
  const even = (s: Sql | undefined, o: Operand): Sql =>
    s ? sql`arrayResize(${s}, ${length})` : sql`arrayWithConstant(${length}, toNullable(toFloat64(${o.sql})))`;
  return sql`if(${length} = 0, NULL, ${make(even(left, a), even(right, b))})`;
}
/** The sum of the products; an element that is no number counts for nothing. */
const dot = (l: Sql, r: Sql): Sql => sql`arraySum((x, y) -> ifNull(x * y, 0), ${l}, ${r})`;

const single = (name: string, of: (values: Sql) => Sql): ScalarFunction =>
  scalarWith(
    name,
    ['dynamic'],
    'real',
    ([d]) => {
      const { valid, values } = seriesOf(d!);
      return sql`if(${valid}, ${of(values)}, NULL)`;
    },
    'maybe',
  );

/** The columns of series_stats, and their types. */
const statistics = [
  ['min', 'real'],
  ['min_idx', 'long'],
  ['max', 'real'],
  ['max_idx', 'long'],
  ['avg', 'real'],
  ['stdev', 'real'],
  ['variance', 'real'],
] as const satisfies readonly (readonly [string, KqlType])[];

/**
 * min, min_idx, max, max_idx, avg, stdev, variance, sum, len as a tuple, null where unknown: elements that are not finite make all
 * unknown unless they are passed over.
 */
function statsOf(d: Operand, ignore: Operand | undefined, call: CallInfo): Sql {
  const { values } = seriesOf(d);
  const pass = constantFlag(ignore, 'ignore_nonfinite', call) ?? false;
  return bind({ a: values }, ({ a }) =>
    bind({ s: sql`arrayMap(v -> assumeNotNull(v), arrayFilter(v -> isFinite(v), ${a}))` }, ({ s }) => {
      const spread = (fn: string): Sql => sql`if(length(${s}) < 2, 0., arrayReduce(${string(fn)}, ${s}))`;
      const place = (fn: Sql): Sql => sql`toInt64(indexOf(${a}, ${fn}(${s}))) - 1`;
      const unknown = pass ? sql`empty(${s})` : sql`(empty(${s}) OR length(${s}) < length(${a}))`;
      const items = [
        sql`arrayMin(${s})`,
        place(sql`arrayMin`),
        sql`arrayMax(${s})`,
        place(sql`arrayMax`),
        sql`arrayAvg(${s})`,
        spread('stddevSampStable'),
        spread('varSampStable'),
        sql`arraySum(${s})`,
      ];
      return sql`tuple(${join(items.map((i) => sql`if(${unknown}, NULL, ${i})`))}, toInt64(length(${a})))`;
    }),
  );
}

export const statsTable: SeriesTable = {
  name: 'series_stats',
  parameters: ['dynamic', 'bool?'],
  columns: statistics.map(([name, type]) => ({ name, type })),
  build: ([d, ignore], call) => statsOf(d!, ignore, call),
};

export const measureFunctions: readonly ScalarFunction[] = [
  scalarWith('series_dot_product', ['any', 'any'], 'real', ([a, b], call) => overPairs(a!, b!, call, dot), 'maybe'),
  scalarWith(
    'series_cosine_similarity',
    ['dynamic', 'dynamic', 'real?', 'real?'],
    'real',
    ([a, b, first, second], call) =>
      overPairs(a!, b!, call, (l, r) => {
        const size = (given: Operand | undefined, s: Sql): Sql => given?.sql ?? sql`sqrt(${dot(s, s)})`;
        return sql`${dot(l, r)} / (${size(first, l)} * ${size(second, r)})`;
      }),
    'maybe',
  ),
  scalarWith(
    'series_pearson_correlation',
    ['dynamic', 'dynamic'],
    'real',
    ([a, b], call) => {
      const l = call.name(seriesOf(a!).values);
      const r = call.name(seriesOf(b!).values);
      const holes = (s: Sql): Sql => sql`arrayExists(v -> isNull(v), ${s})`;
      const even = sql`arrayResize(${known(r)}, length(${l}), 0.)`;
      return sql`if(length(${l}) = length(${r}) AND notEmpty(${l}) AND NOT ${holes(l)} AND NOT ${holes(r)}, arrayReduce('corr', arrayResize(${known(l)}, length(${l}), 0.), ${even}), NULL)`;
    },
    'maybe',
  ),
  single('series_magnitude', (v) => sql`sqrt(arraySum(v -> ifNull(v * v, 0), ${v}))`),
  single('series_sum', (v) => sql`arraySum(v -> ifNull(v, 0), ${v})`),
  single('series_product', (v) => sql`arrayProduct(v -> ifNull(v, 1), ${v})`),
  scalarWith('series_stats_dynamic', ['dynamic', 'bool?'], 'dynamic', ([d, ignore], call) => {
    const bag = bind({ sa: statsOf(d!, ignore, call) }, ({ sa }) => {
      const members = [...statistics.map(([name]) => name), 'sum', 'len'].map((name, i) => {
        const at = sql`tupleElement(${sa}, ${integer(i + 1)})`;
        const whole = name === 'len' || name.endsWith('_idx');
        return sql`${string(`"${name}":`)}, ${whole ? sql`ifNull(toString(${at}), 'null')` : numberText(at)}`;
      });
      return sql`concat('{', ${join(members, sql`, ',', `)}, '}')`;
    });
    return sql`if(${seriesOf(d!).valid}, ${bag}, '')`;
  }),
];
