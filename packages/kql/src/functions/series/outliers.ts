import { real, sql, type Sql } from '../../sql.ts';
import { convert } from '../convert.ts';
import { scalarWith, type CallInfo, type Operand, type ScalarFunction } from '../registry.ts';
import { bind, constantNumber, constantText, dynamicOf, seriesOf } from './shared.ts';

/**
 * series_outliers: how far a value lies outside of a range between two percentiles, in widths of that range, made comparable between
 * ranges by what a normal distribution would give.
 * https://learn.microsoft.com/kusto/query/series-outliers-function
 */

/** The quantile of the normal distribution (P. J. Acklam's rational approximation and one step of Halley's method on it). */
function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  const poly = (c: readonly number[], x: number): number => c.reduce((sum, k) => sum * x + k, 0);
  const low = p < 0.02425;
  const q = low ? Math.sqrt(-2 * Math.log(p)) : p - 0.5;
  const tail = [
    -7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const tailBelow = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  const mid = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const midBelow = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
  ];
  return low ? poly(tail, q) / poly(tailBelow, q) : (q * poly(mid, q * q)) / poly(midBelow, q * q);
}

const quartile = normalQuantile(0.75);
/** A score of 1.5 between the quartiles is this many standard deviations. */
const mild = 4 * quartile;
/** What the real engine multiplies by for the default range, read off its answers: its own normal quantiles are coarser than ours. */
const defaultFactor = 2.772605605507915;

export interface Range {
  readonly low: number;
  readonly high: number;
  readonly below: number;
  readonly above: number;
}
/** The percentiles and the factors on both sides for a range. */
export function rangeOf(low: number, high: number): Range {
  if (low === 25 && high === 75) return { low, high, below: 1, above: 1 };
  if (low === 10 && high === 90) return { low, high, below: defaultFactor, above: defaultFactor };
  const [a, b] = [normalQuantile(low / 100), normalQuantile(high / 100)];
  const factor = (z: number): number => (1.5 * (b - a)) / (mild - z);
  return { low, high, below: factor(-a), above: factor(b) };
}
export const tukey = rangeOf(25, 75);
export const customTukey = rangeOf(10, 90);

/** Scores of an Array(Nullable(Float64)), as Array(Nullable(Float64)); where `skip` of `x` holds a value has no part, and its score is 0.
 * Test points at the end have no part in the percentiles. */
export const scoresOf = (values: Sql, range: Range, skip: Sql = sql`isNull(x)`, testPoints: Sql = sql`0`): Sql =>
  bind({ ov: values }, ({ ov }) => {
    const learned =
      testPoints.text === '0' ? ov : sql`arraySlice(${ov}, 1, greatest(toInt64(length(${ov})) - ${testPoints}, 0))`;
    return bind(
      {
        oq: sql`arrayReduce('quantilesExactInclusive(${real(range.low / 100)}, ${real(range.high / 100)})', arrayMap(x -> assumeNotNull(x), arrayFilter(x -> NOT (${skip}), ${learned})))`,
      },
      ({ oq }) => {
        const score = (edge: Sql, factor: number): Sql => sql`(x - ${edge}) / (${oq}[2] - ${oq}[1]) * ${real(factor)}`;
        return sql`arrayMap(x -> multiIf(${skip}, 0., x > ${oq}[2], ${score(sql`${oq}[2]`, range.above)}, x < ${oq}[1], ${score(sql`${oq}[1]`, range.below)}, 0.), ${ov})`;
      },
    );
  });

function percentile(o: Operand | undefined, otherwise: number, what: string, call: CallInfo): number {
  if (!o) return otherwise;
  const value = constantNumber(o, what, call);
  return value >= 2 && value <= 98 ? value : call.fail(`${what} must be between 2 and 98`);
}

export const outlierFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'series_outliers',
    ['dynamic', 'string?', 'any?', 'any?', 'any?', 'long?'],
    'dynamic',
    ([d, kind, ignore, low, high, test], call) => {
      const { valid, values } = seriesOf(d!);
      const custom = constantText(kind, ['ctukey', 'tukey'], 'kind', call) === 'ctukey';
      const from = percentile(low, 10, 'min_percentile', call);
      const to = percentile(high, 90, 'max_percentile', call);
      if (from >= to) return call.fail('min_percentile must be less than max_percentile');
      const ignored = ignore && ignore.literal?.value !== null ? convert(ignore, 'real')?.sql : undefined;
      const points = test ? sql`toInt64(greatest(ifNull(${test.sql}, 0), 0))` : sql`0`;
      const skip = ignored ? sql`isNull(x) OR x = ${ignored}` : sql`isNull(x)`;
      return dynamicOf({ valid, values: scoresOf(values, custom ? rangeOf(from, to) : tukey, skip, points) });
    },
  ),
];
