import { sql, type Sql } from '../../sql.ts';
import { scalarWith, type ScalarFunction } from '../registry.ts';
import { bind, constantFlag, dynamicOf, seriesOf } from './shared.ts';

/** series_fir and series_iir. https://learn.microsoft.com/kusto/query/series-fir-function, …/series-iir-function */

const zeros = (values: Sql): Sql => sql`arrayMap(v -> ifNull(v, 0.), ${values})`;
const plain = sql`'Array(Float64)'`;

/** Σ f[j] · x[i − j] for each i; before its first element a series counts as 0. One pass over the series for each coefficient. */
const convolve = (x: Sql, filter: Sql): Sql =>
  sql`arrayFold((t, c) -> (arrayMap((s, e) -> s + c * e, t.1, t.2), arrayShiftRight(t.2, 1, 0.)), ${filter}, (CAST(arrayWithConstant(length(${x}), 0.), ${plain}), CAST(${x}, ${plain}))).1`;

export const filterFunctions: readonly ScalarFunction[] = [
  scalarWith(
    'series_fir',
    ['dynamic', 'dynamic', 'bool?', 'bool?'],
    'dynamic',
    ([d, filter, normalize, center], call) => {
      const series = seriesOf(d!);
      const coefficients = seriesOf(filter!);
      const given = constantFlag(normalize, 'normalize', call);
      const centered = constantFlag(center, 'center', call) ?? false;
      const values = bind({ fx: zeros(series.values), ff: zeros(coefficients.values) }, ({ fx, ff }) => {
        const negative = sql`arrayExists(c -> c < 0, ${ff})`;
        // Where the window is centered, what comes after the end counts as 0 too.
        const half = sql`intDiv(length(${ff}), 2)`;
        const shifted = sql`arraySlice(${convolve(sql`arrayConcat(${fx}, arrayWithConstant(${half}, 0.))`, ff)}, ${half} + 1)`;
        const filtered = centered ? shifted : convolve(fx, ff);
        const scaled = sql`arrayMap(s -> toNullable(s / arraySum(${ff})), ${filtered})`;
        const raw = sql`arrayMap(s -> toNullable(s), ${filtered})`;
        if (given === undefined) return sql`if(${negative}, ${raw}, ${scaled})`;
        return given ? scaled : raw;
      });
      const impossible = given ? sql` AND NOT arrayExists(c -> c < 0, ${coefficients.values})` : sql``;
      return dynamicOf({ valid: sql`(${series.valid} AND ${coefficients.valid}${impossible})`, values });
    },
  ),
  scalarWith('series_iir', ['dynamic', 'dynamic', 'dynamic'], 'dynamic', ([d, numerators, denominators]) => {
    const series = seriesOf(d!);
    const [b, a] = [seriesOf(numerators!), seriesOf(denominators!)];
    const values = bind({ ix: zeros(series.values), ib: zeros(b.values), ia: zeros(a.values) }, ({ ix, ib, ia }) => {
      // `ir`: what is weighed against the newest outputs, oldest first.
      const back = sql`arrayReverse(arraySlice(${ia}, 2))`;
      return bind({ io: convolve(ix, ib), ir: back }, ({ io, ir }) => {
        const padded = sql`arraySlice(t, -length(${ir}))`;
        const next = sql`(e - arrayDotProduct(${padded}, ${ir})) / ${ia}[1]`;
        const start = sql`CAST(arrayWithConstant(length(${ir}), 0.), ${plain})`;
        const recursion = sql`arraySlice(arrayFold((t, e) -> arrayPushBack(t, ${next}), ${io}, ${start}), length(${ir}) + 1)`;
        const running = sql`arrayCumSum(${io})`;
        const alone = sql`arrayMap(e -> e / ${ia}[1], ${io})`;
        return sql`arrayMap(e -> toNullable(e), multiIf(length(${ia}) < 2, ${alone}, ${ia} = [1., -1.], ${running}, ${recursion}))`;
      });
    });
    return dynamicOf({ valid: sql`(${series.valid} AND ${a.valid} AND ${b.valid})`, values });
  }),
];
