import { integer, join, real, sql, type Sql } from '../../sql.ts';
import type { Operand } from '../registry.ts';
import type { SeriesTable } from './columns.ts';
import { lineThrough } from './fit.ts';
import { arrayText, bind, constantNumber, seriesOf } from './shared.ts';

/**
 * Periods of a series. Kusto documents what is found (from 4 elements to half of the length, with a score from 0 to 1), not how. Here: the
 * autocorrelation of the series without its linear trend; a period is a lag whose correlation is the highest around it, and its score the
 * lesser of the correlations after one period and after two. Scores differ from the real engine's in the second digit.
 * https://learn.microsoft.com/kusto/query/series-periods-detect-function
 */

/** The shortest period that is looked for. */
const shortest = 4;
/** Peaks that are weighed against each other. */
const maxPeaks = 24;
/** The most periods that a query may ask for. */
const maxAsked = 1024;
/** How much a multiple of a period must be better than it to be a period of its own. */
const margin = 0.02;

/**
 * The periods of `values` (Array(Nullable(Float64))), best first, as an array of tuples (period, correlation, score). Nulls lie on the
 * trend. `longest` is a Float64; none is longer than half of the series.
 */
export const periodsOf = (values: Sql, longest: Sql, least: Sql): Sql =>
  bind({ pv: values }, ({ pv }) => {
    const x = sql`arrayMap(i -> toFloat64(i), arrayFilter((i, v) -> isNotNull(v), arrayEnumerate(${pv}), ${pv}))`;
    const y = sql`arrayMap(v -> assumeNotNull(v), arrayFilter(v -> isNotNull(v), ${pv}))`;
    return bind({ pi: x, pk: y }, ({ pi, pk }) =>
      bind({ pt: lineThrough(pi, pk) }, ({ pt }) =>
        bind(
          {
            pz: sql`arrayMap((i, v) -> ifNull(v - (${pt}.1 * i + ${pt}.2), 0.), arrayEnumerate(${pv}), ${pv})`,
            pm: sql`toInt64(least(intDiv(length(${pv}), 2) + 0., greatest(floor(${longest}), 0) + 1))`,
            pn: sql`length(${pv})`,
          },
          ({ pz, pm, pn }) => peaks(pz, pm, pn, least),
        ),
      ),
    );
  });

function peaks(series: Sql, lags: Sql, length: Sql, least: Sql): Sql {
  // Unbiased: a lag has fewer pairs the longer it is. A series without any change has no correlation at all.
  const correlation = sql`arrayMap((r, k) -> if(isFinite(r), r * ${length} / (${length} - k), 0.), arrayAutocorrelation(${series}, toUInt64(${lags} + 1)), range(least(${length}, toUInt64(${lags} + 1))))`;
  return bind({ pu: correlation }, ({ pu }) => {
    const places = sql`range(length(${pu}))`;
    // The correlation after twice the lag, where the lags reach that far.
    const twice = sql`arrayResize(arrayFilter((u, k) -> k % 2 = 0, ${pu}, ${places}), length(${pu}), 1.)`;
    const columns = sql`${places}, ${pu}, ${twice}, arrayShiftRight(${pu}, 1, 2.), arrayShiftLeft(${pu}, 1, 2.)`;
    const candidates = sql`arrayFilter(c -> c.1 >= ${integer(shortest)} AND c.1 >= ${least} AND c.2 > c.4 AND c.2 >= c.5 AND least(c.2, c.3) > 0, arrayZip(${columns}))`;
    const weighed = sql`arrayMap(c -> (toFloat64(c.1), c.2, least(c.2, c.3, 1.)), ${candidates})`;
    const best = sql`arraySlice(arrayReverseSort(c -> c.2 * (${length} - c.1), ${weighed}), 1, ${integer(maxPeaks)})`;
    return bind({ pb: best }, ({ pb }) => {
      const higher = sql`arrayExists(o -> o.2 > c.2 AND abs(o.1 - c.1) * 4 <= c.1, ${pb})`;
      const multiple = sql`arrayExists(o -> o.1 < c.1 AND c.1 % o.1 = 0 AND o.3 + ${real(margin)} >= c.3, ${pb})`;
      return sql`arrayReverseSort(c -> c.3, arrayFilter(c -> NOT ${higher} AND NOT ${multiple}, ${pb}))`;
    });
  });
}

/** The best period of a series when its score reaches the threshold, else 0; a UInt64. */
export const bestPeriod = (values: Sql, threshold: Sql): Sql =>
  bind(
    { bp: sql`arrayElement(${periodsOf(values, sql`inf`, sql`0`)}, 1)` },
    ({ bp }) => sql`if(${bp}.3 >= ${threshold}, toUInt64(${bp}.1), 0)`,
  );

const columns = [
  { name: 'periods', type: 'dynamic' },
  { name: 'scores', type: 'dynamic' },
] as const;
const pair = (valid: Sql, periods: Sql, scores: Sql): Sql =>
  sql`(if(${valid}, ${arrayText(periods)}, ''), if(${valid}, ${arrayText(scores)}, ''))`;

export const periodTables: readonly SeriesTable[] = [
  {
    name: 'series_periods_detect',
    parameters: ['dynamic', 'real', 'real', 'long'],
    columns,
    build: ([d, least, longest, count], call) => {
      const { valid, values } = seriesOf(d!);
      const n = constantNumber(count!, 'num_periods', call);
      if (n < 0 || n > maxAsked) return call.fail(`num_periods must be between 0 and ${maxAsked}`);
      const found = periodsOf(values, sql`ifNull(${longest!.sql}, 0)`, sql`ifNull(${least!.sql}, 0)`);
      return bind({ pf: sql`arraySlice(${found}, 1, ${integer(n)})`, po: valid }, ({ pf, po }) => {
        const items = (of: Sql): Sql => sql`arrayResize(arrayMap(c -> toNullable(c.${of}), ${pf}), ${integer(n)}, 0.)`;
        return pair(po, items(sql`1`), items(sql`3`));
      });
    },
  },
  {
    name: 'series_periods_validate',
    parameters: ['dynamic', '...real'],
    columns,
    build: ([d, ...periods], call) => {
      const { valid, values } = seriesOf(d!);
      if (periods.length === 0) return call.fail('needs a period');
      if (periods.length > 16) return call.fail('takes at most 16 periods');
      const given = sql`[${join(periods.map((p: Operand) => sql`toNullable(toFloat64(${p.sql}))`))}]`;
      const longest = sql`arrayMax(arrayMap(p -> ifNull(p, 0.), ${given})) + 1`;
      return bind({ pf: periodsOf(values, longest, sql`0`), pg: given, po: valid }, ({ pf, pg, po }) => {
        const score = sql`arrayMax(arrayMap(c -> if(abs(c.1 - p) <= 1, c.3, 0.), arrayPushBack(${pf}, (0., 0., 0.))))`;
        const inside = sql`ifNull(p >= ${integer(shortest)}, false)`;
        return pair(po, pg, sql`arrayMap(p -> toNullable(if(${inside}, ${score}, 0.)), ${pg})`);
      });
    },
  },
];
