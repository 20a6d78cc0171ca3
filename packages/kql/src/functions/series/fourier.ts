import { integer, sql, string, type Sql } from '../../sql.ts';
import type { SeriesTable } from './columns.ts';
import { arrayText, bind, seriesOf } from './shared.ts';

/**
 * series_fft and series_ifft, of any length: each element in turn is added to all frequencies, its angle taken from a table of the n roots
 * of unity. https://learn.microsoft.com/kusto/query/series-fft-function
 */

/** The time grows with the square of the length. */
const maxLength = 16_384;

/** Real and imaginary parts as a tuple of Array(Float64). */
function transform(re: Sql, im: Sql, inverse: boolean): Sql {
  const sign = inverse ? sql`2` : sql`-2`;
  return bind({ zr: re, zi: im, zn: sql`length(${re})` }, ({ zr, zi, zn }) => {
    // The state: the sums, and the place of the element. The angle of frequency k is k·place turns of n, taken as a whole number first.
    const angle = sql`${sign} * pi() * ((k * t.3) % ${zn}) / ${zn}`;
    const cosine = sql`arrayMap(k -> cos(${angle}), range(${zn}))`;
    const sine = sql`arrayMap(k -> sin(${angle}), range(${zn}))`;
    const step = bind({ zc: cosine, zs: sine }, ({ zc, zs }) => {
      const real = sql`arrayMap((v, c, s) -> v + e.1 * c - e.2 * s, t.1, ${zc}, ${zs})`;
      const imaginary = sql`arrayMap((v, c, s) -> v + e.1 * s + e.2 * c, t.2, ${zc}, ${zs})`;
      return sql`(${real}, ${imaginary}, t.3 + 1)`;
    });
    const none = sql`CAST(arrayWithConstant(${zn}, 0.), 'Array(Float64)')`;
    return sql`arrayFold((t, e) -> ${step}, arrayZip(${zr}, ${zi}), (${none}, ${none}, toUInt64(0)))`;
  });
}

const table = (name: string, inverse: boolean): SeriesTable => ({
  name,
  parameters: ['dynamic', 'dynamic?'],
  columns: [
    { name: 'real', type: 'dynamic' },
    { name: 'imag', type: 'dynamic' },
  ],
  build: ([x, y]) => {
    const given = seriesOf(x!);
    const re = sql`arrayMap(v -> ifNull(v, 0.), ${given.values})`;
    return bind({ xr: re, xo: given.valid }, ({ xr, xo }) => {
      const im = y
        ? sql`arrayResize(arrayMap(v -> ifNull(v, 0.), ${seriesOf(y).values}), length(${xr}), 0.)`
        : sql`CAST(arrayWithConstant(length(${xr}), 0.), 'Array(Float64)')`;
      const tooLong = sql`throwIf(length(${xr}) > ${integer(maxLength)}, ${string(`${name}: a series of more than ${maxLength} elements`)})`;
      return bind({ xa: transform(xr, im, inverse), xt: tooLong }, ({ xa, xt }) => {
        const scaled = inverse ? sql`v / length(${xr})` : sql`v`;
        const part = (i: number): Sql =>
          sql`if(${xo} AND ${xt} = 0, ${arrayText(sql`arrayMap(v -> toNullable(${scaled}), tupleElement(${xa}, ${integer(i)}))`)}, '')`;
        return sql`(${part(1)}, ${part(2)})`;
      });
    });
  },
});
export const fourierTables: readonly SeriesTable[] = [table('series_fft', false), table('series_ifft', true)];
