import { integer, sql, type Sql } from '../../sql.ts';
import { finiteInteger, fromUnixTicks, toJsonElement, unixTicks } from '../convert.ts';
import { scalarWith, type AggregateFunction, type Operand, type ScalarFunction } from '../registry.ts';
import { bind } from './shared.ts';

/** What make-series counts with. https://learn.microsoft.com/kusto/query/make-series-operator */

/** The longest array that make-series gives: 2^20. */
const maxBins = integer(1_048_576);

/** A value on the number line of its type: ticks of a datetime or timespan. */
const onLine = (o: Operand): Sql => (o.type === 'datetime' ? unixTicks(o.sql) : o.sql);
/** ⌊a / b⌋ of whole numbers without passing through a real, which has too few digits for ticks. */
const floorDivided = (a: Sql, b: Sql, type: Operand['type']): Sql =>
  type === 'real'
    ? finiteInteger(sql`floor((${a}) / ${b})`)
    : sql`toInt64(intDiv(${a} - positiveModulo(${a}, ${b}), ${b}))`;

export const axisFunctions: readonly ScalarFunction[] = [
  /** The number of the bin that a value lies in, counted from an origin. */
  scalarWith('$series_bin', ['any', 'any', 'any'], 'long', ([v, origin, step]) =>
    floorDivided(sql`(${onLine(v!)} - ${onLine(origin!)})`, step!.sql, v!.type),
  ),
  /** The number of the last bin that begins before an end. */
  scalarWith('$series_last', ['any', 'any', 'any'], 'long', ([end, origin, step]) => {
    const span = sql`(${onLine(origin!)} - ${onLine(end!)})`;
    return sql`-1 - ${floorDivided(span, step!.sql, end!.type)}`;
  }),
  /** Where the bin of a number begins. */
  scalarWith('$series_at', ['any', 'any', 'long'], 'first', ([origin, step, bin]) => at(origin!, step!.sql, bin!.sql)),
  /** The axis, where the query says where it begins and ends: of constants, so that the engine makes it once. */
  scalarWith('$series_axis', ['any', 'any', 'long', 'long'], 'dynamic', ([origin, step, first, last]) => {
    const count = sql`toUInt64(least(greatest(ifNull(${last!.sql} - ${first!.sql} + 1, 0), 0), ${maxBins}))`;
    return axisText(origin!, step!.sql, first!.sql, count);
  }),
];
const axisText = (origin: Operand, step: Sql, first: Sql, count: Sql): Sql => {
  const value = { ...origin, sql: at(origin, step, sql`(${first} + toInt64(i))`), nullable: true };
  return text(sql`arrayMap(i -> ${toJsonElement(value)}, range(${count}))`);
};
const at = (origin: Operand, step: Sql, bin: Sql): Sql => {
  const value = sql`(${onLine(origin)} + ${bin} * (${step}))`;
  return origin.type === 'datetime' ? fromUnixTicks(value) : value;
};

/** The bins of a group as tuples (number, …), in order, and the first and last number of its axis. */
function overBins(pairs: Sql, first: Operand, last: Operand, make: (bins: Sql, lo: Sql, n: Sql) => Sql): Sql {
  const open = (o: Operand): boolean => o.literal?.value === null;
  return bind({ mb: sql`arraySort(x -> x.1, groupArray(${pairs}))` }, ({ mb }) => {
    const lo = open(first) ? sql`${mb}[1].1` : sql`assumeNotNull(${first.sql})`;
    const hi = open(last) ? sql`${mb}[-1].1` : sql`assumeNotNull(${last.sql})`;
    const known = open(first) || open(last) ? sql`notEmpty(${mb})` : sql`true`;
    return bind({ ml: lo, mh: hi }, ({ ml, mh }) =>
      bind({ mn: sql`if(${known}, toUInt64(least(greatest(${mh} - ${ml} + 1, 0), ${maxBins})), 0)` }, ({ mn }) =>
        make(mb, ml, mn),
      ),
    );
  });
}
const text = (elements: Sql): Sql => sql`concat('[', arrayStringConcat(${elements}, ','), ']')`;

export const axisAggregates: readonly AggregateFunction[] = [
  {
    // bin, value, what stands where there is none, first and last number of the axis (null: the group's own)
    name: '$make_series',
    parameters: ['long', 'any', 'any', 'long', 'long'],
    result: 'dynamic',
    nulls: 'never',
    build: ([bin, value, missing, first, last]) => {
      const none = toJsonElement(missing!);
      return overBins(sql`(assumeNotNull(${bin!.sql}), ${toJsonElement(value!)})`, first!, last!, (bins, lo, n) => {
        // Each value with the gap before it.
        const before = sql`arrayResize(arrayPushFront(arrayMap(x -> x.1, ${bins}), ${lo} - 1), length(${bins}))`;
        const gap = sql`toUInt64(greatest(x.1 - b - 1, 0))`;
        const parts = sql`arrayMap((x, b) -> arrayPushBack(arrayWithConstant(${gap}, ${none}), x.2), ${bins}, ${before})`;
        return text(sql`arrayResize(arrayFlatten(${parts}), ${n}, ${none})`);
      });
    },
  },
  {
    name: '$make_axis',
    parameters: ['long', 'any', 'any', 'long', 'long'],
    result: 'dynamic',
    nulls: 'never',
    build: ([bin, origin, step, first, last]) =>
      overBins(sql`tuple(assumeNotNull(${bin!.sql}))`, first!, last!, (_bins, lo, n) =>
        axisText(origin!, step!.sql, lo, n),
      ),
  },
];
