import { integer, join, real, sql, type Sql } from '../../sql.ts';
import { scalarWith, type CallInfo, type Operand, type ScalarFunction } from '../registry.ts';
import type { SeriesTable } from './columns.ts';
import { knownPoints, lineThrough } from './fit.ts';
import { customTukey, scoresOf, tukey } from './outliers.ts';
import { bestPeriod } from './periods.ts';
import { arrayText, bind, constantText, dynamicOf, seriesOf } from './shared.ts';

/**
 * Series as seasonal + trend + residual, and what is built on it. The seasonal component is the median of each phase of the period, the
 * trend is taken of what is left; test points at the end have no part in either.
 * https://learn.microsoft.com/kusto/query/series-decompose-function, …-anomalies-function, …-forecast-function
 */

const trends = ['avg', 'linefit', 'none'] as const;
type Trend = (typeof trends)[number];

interface Settings {
  /** -1: detected; 0: none; else the period. An engine number. */
  readonly seasonality: Operand | undefined;
  readonly trend: Trend;
  readonly testPoints: Sql;
  /** The score that a detected period needs. */
  readonly threshold: Sql;
}
const settings = (
  seasonality: Operand | undefined,
  trend: Operand | undefined,
  testPoints: Operand | undefined,
  threshold: Operand | undefined,
  call: CallInfo,
): Settings => ({
  seasonality,
  trend: constantText(trend, trends, 'trend', call),
  testPoints: testPoints ? sql`toInt64(greatest(ifNull(${testPoints.sql}, 0), 0))` : sql`0`,
  threshold: threshold ? sql`ifNull(${threshold.sql}, 0.6)` : sql`0.6`,
});

/** The series without its test points. */
const trainingPart = (values: Sql, s: Settings): Sql =>
  sql`arraySlice(${values}, 1, greatest(toInt64(length(${values})) - ${s.testPoints}, 0))`;

/** The period of the training part, as UInt64; 0 for none. */
function periodOf(train: Sql, s: Settings): Sql {
  const { seasonality: o } = s;
  const given = o?.literal?.value;
  if (typeof given === 'bigint' && given >= 0n) return sql`toUInt64(least(${integer(given)}, length(${train})))`;
  const detected = bestPeriod(train, s.threshold);
  if (!o || typeof given === 'bigint') return given === undefined || given === -1n ? detected : sql`toUInt64(0)`;
  return sql`multiIf(ifNull(${o.sql}, -1) = -1, ${detected}, ${o.sql} < 0, 0, toUInt64(least(assumeNotNull(${o.sql}), length(${train}))))`;
}

/** The median of each phase of the training part, repeated over `length` elements; zeros without a period. Array(Float64). */
const seasonalOf = (train: Sql, period: Sql, length: Sql): Sql =>
  bind({ dq: sql`greatest(${period}, 1)`, dm: sql`length(${train})` }, ({ dq, dm }) => {
    // The elements by phase; each phase is then a range of its own, the first of them one longer where the end cuts a period.
    const byPhase = sql`arraySort((x, i) -> (i % ${dq}, i), ${train}, range(${dm}))`;
    const phase = sql`(1 + j * intDiv(${dm}, ${dq}) + least(j, ${dm} % ${dq}), intDiv(${dm}, ${dq}) + (j < ${dm} % ${dq}))`;
    const ranges = sql`arrayMap(j -> ${phase}, range(${dq}))`;
    const medians = sql`arrayMap(v -> if(isFinite(v), assumeNotNull(v), 0.), arrayReduceInRanges('quantileExactInclusive(0.5)', ${ranges}, ${byPhase}))`;
    const tiled = sql`arrayResize(arrayFlatten(arrayWithConstant(intDiv(${length}, ${dq}) + 1, ${medians})), ${length})`;
    return sql`if(${period} = 0, arrayWithConstant(${length}, 0.), ${tiled})`;
  });

/** The trend of the training part without its season, over `length` elements. Array(Float64). */
function trendOf(deseasonal: Sql, length: Sql, trend: Trend): Sql {
  if (trend === 'none') return sql`arrayWithConstant(${length}, 0.)`;
  if (trend === 'avg') return sql`arrayWithConstant(${length}, ifNull(arrayReduce('avg', ${deseasonal}), 0.))`;
  return bind({ td: deseasonal }, ({ td }) =>
    bind(knownPoints(td), ({ px, py }) =>
      bind(
        { tl: lineThrough(px, py) },
        ({ tl }) => sql`arrayMap(i -> ${tl}.1 * i + ${tl}.2, arrayMap(i -> toFloat64(i + 1), range(${length})))`,
      ),
    ),
  );
}

/** baseline, seasonal, trend (Array(Float64)) and residual (Array(Nullable(Float64))) as a tuple. */
const decompose = (values: Sql, s: Settings): Sql =>
  bind({ dv: values }, ({ dv }) =>
    bind({ dt: trainingPart(dv, s), dn: sql`length(${dv})` }, ({ dt, dn }) =>
      bind({ ds: bind({ dp: periodOf(dt, s) }, ({ dp }) => seasonalOf(dt, dp, dn)) }, ({ ds }) => {
        const deseasonal = sql`arrayMap((x, a) -> x - a, ${dt}, arraySlice(${ds}, 1, length(${dt})))`;
        return bind({ dr: trendOf(deseasonal, dn, s.trend) }, ({ dr }) =>
          bind(
            { db: sql`arrayMap((a, b) -> a + b, ${ds}, ${dr})` },
            ({ db }) => sql`(${db}, ${ds}, ${dr}, arrayMap((x, a) -> x - a, ${dv}, ${db}))`,
          ),
        );
      }),
    ),
  );

const dynamics = (...names: readonly string[]): SeriesTable['columns'] =>
  names.map((name) => ({ name, type: 'dynamic' }));
const components = dynamics('baseline', 'seasonal', 'trend', 'residual');
const text = (valid: Sql, values: Sql, whole?: Sql): Sql => sql`if(${valid}, ${arrayText(values, whole)}, '')`;
const plain = (values: Sql): Sql => sql`arrayMap(v -> toNullable(v), ${values})`;
/** The four components as texts. */
const componentsOf = (d: Operand, s: Settings): Sql => {
  const { valid, values } = seriesOf(d);
  return bind(
    { da: decompose(values, s), df: valid },
    ({ da, df }) =>
      sql`(${join([1, 2, 3].map((i) => text(df, plain(sql`tupleElement(${da}, ${integer(i)})`))))}, ${text(df, sql`${da}.4`)})`,
  );
};

const anomalies: SeriesTable = {
  name: 'series_decompose_anomalies',
  parameters: ['dynamic', 'real?', 'long?', 'string?', 'long?', 'string?', 'real?'],
  columns: dynamics('ad_flag', 'ad_score', 'baseline'),
  build: ([d, threshold, seasonality, trend, testPoints, method, seasonThreshold], call) => {
    const { valid, values } = seriesOf(d!);
    const parts = decompose(values, settings(seasonality, trend, testPoints, seasonThreshold, call));
    const range = constantText(method, ['ctukey', 'tukey'], 'AD_method', call) === 'ctukey' ? customTukey : tukey;
    return bind(
      { da: parts, df: valid, dl: threshold ? sql`ifNull(${threshold.sql}, 1.5)` : real(1.5) },
      ({ da, df, dl }) =>
        bind({ dc: scoresOf(sql`${da}.4`, range) }, ({ dc }) => {
          const flags = sql`arrayMap(x -> toNullable(multiIf(x > ${dl}, 1., x < -${dl}, -1., 0.)), ${dc})`;
          return sql`(${text(df, flags, sql`true`)}, ${text(df, dc)}, ${text(df, plain(sql`${da}.1`))})`;
        }),
    );
  },
};

export const decomposeTables: readonly SeriesTable[] = [
  {
    name: 'series_decompose',
    parameters: ['dynamic', 'long?', 'string?', 'long?', 'real?'],
    columns: components,
    build: ([d, seasonality, trend, testPoints, threshold], call) =>
      componentsOf(d!, settings(seasonality, trend, testPoints, threshold, call)),
  },
  anomalies,
  {
    name: 'series_decompose_forecast',
    parameters: ['dynamic', 'long', 'long?', 'string?', 'real?'],
    columns: components,
    build: ([d, points, seasonality, trend, threshold], call) => {
      const chosen = settings(seasonality, trend, points, threshold, call);
      // Here the line is what is taken when the query does not say: an average does not go on.
      return componentsOf(d!, trend ? chosen : { ...chosen, trend: 'linefit' });
    },
  },
];

/** series_seasonal asks more of a period that is detected than series_decompose does. */
const seasonalThreshold = sql`0.7`;
export const seasonalFunctions: readonly ScalarFunction[] = [
  scalarWith('series_seasonal', ['dynamic', 'long?', 'long?'], 'dynamic', ([d, period, testPoints], call) => {
    const { valid, values } = seriesOf(d!);
    const s = settings(period, undefined, testPoints, undefined, call);
    const seasonal = bind({ dv: values }, ({ dv }) =>
      bind({ dt: trainingPart(dv, s) }, ({ dt }) =>
        bind({ dp: periodOf(dt, { ...s, threshold: seasonalThreshold }) }, ({ dp }) =>
          seasonalOf(dt, dp, sql`length(${dv})`),
        ),
      ),
    );
    return dynamicOf({ valid, values: plain(seasonal) });
  }),
];
