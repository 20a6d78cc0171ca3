import { integer, join, sql, type Sql } from '../../sql.ts';
import type { SeriesTable } from './columns.ts';
import { arrayText, bind, constantNumber, seriesOf } from './shared.ts';

/**
 * series_fit_poly: least squares by polynomials that are orthogonal over the points (G. E. Forsythe's recurrence), which stay exact where
 * the normal equations of higher powers do not.
 * https://learn.microsoft.com/kusto/query/series-fit-poly-function
 */

/** The highest degree taken. */
const maxDegree = 16;

/**
 * One step of the recurrence. The state `t`: the polynomial before and the one now over the points (1, 2), their coefficients, lowest power
 * first (3, 4), the squared length of the one before (5), the fitted values (6) and coefficients (7) so far.
 */
function fitted(x: Sql, y: Sql, degree: number): Sql {
  const step = bind({ fn: sql`arraySum(v -> v * v, t.2)` }, ({ fn }) => {
    const weight = sql`if(${fn} = 0, 0., arraySum((v, w) -> v * w, t.2, ${y}) / ${fn})`;
    const shift = sql`if(${fn} = 0, 0., arraySum((v, i) -> i * v * v, t.2, ${x}) / ${fn})`;
    return bind({ fw: weight, fs: shift, fb: sql`if(t.5 = 0, 0., ${fn} / t.5)` }, ({ fw, fs, fb }) => {
      const next = sql`arrayMap((i, v, u) -> (i - ${fs}) * v - ${fb} * u, ${x}, t.2, t.1)`;
      const nextCoefficients = sql`arrayMap((r, v, u) -> r - ${fs} * v - ${fb} * u, arrayShiftRight(t.4, 1, 0.), t.4, t.3)`;
      const values = sql`arrayMap((f, v) -> f + ${fw} * v, t.6, t.2)`;
      const coefficients = sql`arrayMap((f, v) -> f + ${fw} * v, t.7, t.4)`;
      return sql`(t.2, ${next}, t.4, ${nextCoefficients}, ${fn}, ${values}, ${coefficients})`;
    });
  });
  const none = sql`CAST(arrayWithConstant(length(${x}), 0.), 'Array(Float64)')`;
  const ones = sql`CAST(arrayWithConstant(length(${x}), 1.), 'Array(Float64)')`;
  const powers = (first: Sql): Sql => sql`CAST(arrayResize([${first}], ${integer(degree + 1)}, 0.), 'Array(Float64)')`;
  const start = sql`(${none}, ${ones}, ${powers(sql`0.`)}, ${powers(sql`1.`)}, 0., ${none}, ${powers(sql`0.`)})`;
  return sql`arrayFold((t, e) -> ${step}, range(${integer(degree + 1)}), ${start})`;
}

const columns = [
  { name: 'rsquare', type: 'real' },
  { name: 'coefficients', type: 'dynamic' },
  { name: 'variance', type: 'real' },
  { name: 'rvariance', type: 'real' },
  { name: 'poly_fit', type: 'dynamic' },
] as const;

/** Numbers of the points where both are known; the fitted values stand at all points of x. */
const fitPoly = (ys: Sql, xs: Sql, degree: number): Sql =>
  bind({ gy: ys, gx: xs }, ({ gy, gx }) => {
    const points = sql`arrayFilter(p -> isNotNull(p.1) AND isNotNull(p.2), arrayZip(${gx}, ${gy}))`;
    return bind({ gp: points }, ({ gp }) =>
      bind(
        {
          hx: sql`arrayMap(p -> assumeNotNull(p.1), ${gp})`,
          hy: sql`arrayMap(p -> assumeNotNull(p.2), ${gp})`,
          hz: sql`arrayMap(x -> ifNull(x, nan), ${gx})`,
        },
        ({ hx, hy, hz }) =>
          bind(
            { hf: fitted(hx, hy, degree), hv: sql`if(length(${hy}) < 2, 0., arrayReduce('varSampStable', ${hy}))` },
            ({ hf, hv }) => {
              const residual = sql`arraySum((f, v) -> pow(v - f, 2), ${hf}.6, ${hy}) / greatest(length(${hy}) - 1, 1)`;
              // Horner's rule, over all points at once.
              const line = sql`arrayFold((t, c) -> arrayMap((v, i) -> v * i + c, t, ${hz}), arrayReverse(${hf}.7), CAST(arrayWithConstant(length(${hz}), 0.), 'Array(Float64)'))`;
              return bind(
                { hr: residual },
                ({ hr }) => sql`(if(${hv} = 0, 0., 1 - ${hr} / ${hv}), arrayReverse(${hf}.7), ${hv}, ${hr}, ${line})`,
              );
            },
          ),
      ),
    );
  });

export const polyTable: SeriesTable = {
  name: 'series_fit_poly',
  parameters: ['dynamic', 'any?', 'long?'],
  columns,
  build: ([y, second, third], call) => {
    const { valid, values } = seriesOf(y!);
    if (second && second.type !== 'dynamic') return call.fail('x_series must be a series');
    const degree = third ? constantNumber(third, 'degree', call) : 1;
    if (degree < 1 || degree > maxDegree) return call.fail(`the degree must be between 1 and ${maxDegree}`);
    const given = second && second.literal?.value !== null ? seriesOf(second) : undefined;
    return bind({ gv: values, go: valid }, ({ gv, go }) => {
      const places = sql`arrayMap(i -> toNullable(toFloat64(i)), arrayEnumerate(${gv}))`;
      const xs = given ? sql`arrayResize(${given.values}, length(${gv}), NULL)` : places;
      return bind({ ga: fitPoly(gv, xs, degree) }, ({ ga }) => {
        const items = columns.map((c, i) => {
          const item = sql`tupleElement(${ga}, ${integer(i + 1)})`;
          const text = arrayText(sql`arrayMap(v -> toNullable(v), ${item})`);
          return c.type === 'dynamic' ? sql`if(${go}, ${text}, '')` : sql`if(${go}, ${item}, NULL)`;
        });
        return sql`tuple(${join(items)})`;
      });
    });
  },
};
