import { integer, sql, type Sql } from '../../sql.ts';
import type { SeriesTable } from './columns.ts';
import { arrayText, bind, seriesOf } from './shared.ts';

/**
 * series_fft and series_ifft, of any length. A length that is a power of two goes through M. C. Pease's form of the fast transform, whose
 * every stage reads two halves and writes them interleaved, so that no element is read by its index; other lengths are a convolution of such
 * ones. https://learn.microsoft.com/kusto/query/series-fft-function
 */

const plain = sql`'Array(Float64)'`;
/** The angle of `turns` n-th parts of a turn; the turns are a whole number below n, so that no digits are lost. */
const angle = (turns: Sql, n: Sql, inverse: boolean): Sql =>
  sql`${inverse ? sql`2` : sql`-2`} * pi() * (${turns}) / ${n}`;

/** Real and imaginary parts as a tuple of Array(Float64); nothing where the series is empty. */
function fast(re: Sql, im: Sql, inverse: boolean): Sql {
  return bind({ yr: re, yi: im, yn: sql`length(${re})` }, ({ yr, yi, yn }) => {
    const half = sql`intDiv(${yn}, 2)`;
    const turns = sql`bitShiftLeft(bitShiftRight(j, s), s)`;
    const table = (fn: Sql): Sql => sql`arrayMap(j -> ${fn}(${angle(turns, yn, inverse)}), range(${half}))`;
    const stage = bind({ yc: table(sql`cos`), ys: table(sql`sin`) }, ({ yc, ys }) => {
      const low = (part: Sql): Sql => sql`arraySlice(${part}, 1, ${half})`;
      const high = (part: Sql): Sql => sql`arraySlice(${part}, ${half} + 1)`;
      const halves = sql`${low(sql`t.1`)}, ${high(sql`t.1`)}, ${low(sql`t.2`)}, ${high(sql`t.2`)}, ${yc}, ${ys}`;
      const woven = (sum: Sql, difference: Sql): Sql =>
        sql`arrayFlatten(arrayMap((a, b, d, e, c, s) -> [${sum}, ${difference}], ${halves}))`;
      const real = woven(sql`a + b`, sql`(a - b) * c - (d - e) * s`);
      const imaginary = woven(sql`d + e`, sql`(a - b) * s + (d - e) * c`);
      return sql`(${real}, ${imaginary})`;
    });
    // The frequencies come out by their bits read backwards.
    const stages = sql`range(toUInt64(round(log2(greatest(${yn}, 1)))))`;
    const order = sql`arrayFold((t, s) -> arrayConcat(arrayMap(v -> 2 * v, t), arrayMap(v -> 2 * v + 1, t)), ${stages}, [toUInt64(0)])`;
    const folded = sql`arrayFold((t, s) -> ${stage}, ${stages}, (CAST(${yr}, ${plain}), CAST(${yi}, ${plain})))`;
    return bind({ yf: folded, yo: sql`arrayResize(${order}, ${yn})` }, ({ yf, yo }) => {
      const sorted = (part: Sql): Sql => sql`arraySort((v, o) -> o, ${part}, ${yo})`;
      return sql`(${sorted(sql`${yf}.1`)}, ${sorted(sql`${yf}.2`)})`;
    });
  });
}

/** The same for every length: L. I. Bluestein's convolution with a chirp, by three fast transforms of at least twice the length. */
function general(re: Sql, im: Sql, inverse: boolean): Sql {
  return bind({ zr: re, zi: im, zn: sql`length(${re})` }, ({ zr, zi, zn }) => {
    const turn = sql`${inverse ? sql`1` : sql`-1`} * pi() * (k * k % (2 * ${zn})) / ${zn}`;
    const chirp = (fn: Sql): Sql => sql`arrayMap(k -> ${fn}(${turn}), range(${zn}))`;
    const size = sql`if(${zn} = 0, 0, toUInt64(round(exp2(ceil(log2(2 * ${zn} - 1))))))`;
    return bind({ zc: chirp(sql`cos`), zs: chirp(sql`sin`), zm: size }, ({ zc, zs, zm }) => {
      const times = (op: Sql, first: Sql, second: Sql): Sql =>
        sql`arrayResize(arrayMap((a, b, c, s) -> a * ${first} ${op} b * ${second}, ${zr}, ${zi}, ${zc}, ${zs}), ${zm}, 0.)`;
      const x = fast(times(sql`-`, sql`c`, sql`s`), times(sql`+`, sql`s`, sql`c`), false);
      const around = (w: Sql): Sql => {
        const gap = sql`arrayWithConstant(toUInt64(greatest(toInt64(${zm}) - 2 * toInt64(${zn}) + (${zn} > 0), 0)), 0.)`;
        return sql`arrayConcat(${w}, ${gap}, arrayReverse(arraySlice(${w}, 2)))`;
      };
      const filter = fast(around(zc), sql`arrayMap(v -> -v, ${around(zs)})`, false);
      return bind({ zx: x, zf: filter }, ({ zx, zf }) => {
        const pairs = sql`${zx}.1, ${zx}.2, ${zf}.1, ${zf}.2`;
        const real = sql`arrayMap((a, b, c, s) -> a * c - b * s, ${pairs})`;
        const imaginary = sql`arrayMap((a, b, c, s) -> a * s + b * c, ${pairs})`;
        return bind({ zo: fast(real, imaginary, true) }, ({ zo }) => {
          const parts = sql`arraySlice(${zo}.1, 1, ${zn}), arraySlice(${zo}.2, 1, ${zn}), ${zc}, ${zs}`;
          return sql`(arrayMap((a, b, c, s) -> (a * c - b * s) / ${zm}, ${parts}), arrayMap((a, b, c, s) -> (a * s + b * c) / ${zm}, ${parts}))`;
        });
      });
    });
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
        : sql`arrayWithConstant(length(${xr}), 0.)`;
      const two = sql`bitAnd(length(${xr}), length(${xr}) - 1) = 0`;
      return bind({ xi: im, xp: two }, ({ xi, xp }) => {
        // Of the two ways, the one not taken is given nothing to do.
        const only = (way: Sql, part: Sql): Sql => sql`CAST(if(${way}, ${part}, []), ${plain})`;
        const not = sql`NOT ${xp}`;
        const ways = {
          xa: fast(only(xp, xr), only(xp, xi), inverse),
          xb: general(only(not, xr), only(not, xi), inverse),
        };
        return bind(ways, ({ xa, xb }) => {
          const scaled = inverse ? sql`v / length(${xr})` : sql`v`;
          const part = (i: number): Sql => {
            const values = sql`if(${xp}, tupleElement(${xa}, ${integer(i)}), tupleElement(${xb}, ${integer(i)}))`;
            return sql`if(${xo}, ${arrayText(sql`arrayMap(v -> toNullable(${scaled}), ${values})`)}, '')`;
          };
          return sql`(${part(1)}, ${part(2)})`;
        });
      });
    });
  },
});
export const fourierTables: readonly SeriesTable[] = [table('series_fft', false), table('series_ifft', true)];
