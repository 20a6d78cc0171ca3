import { integer, join, sql, string, type Sql } from '../../sql.ts';
import type { KqlType } from '../../types.ts';
import { scalarWith, type ScalarFunction } from '../registry.ts';
import type { SeriesTable } from './columns.ts';
import { arrayText, bind, numberText, seriesOf } from './shared.ts';

/**
 * Straight lines through a series: x counts its elements from 1. Nulls have no part in it.
 * https://learn.microsoft.com/kusto/query/series-fit-line-function, …/series-fit-2lines-function
 */

/** Slope and interception of the least squares line through (x, y), as a tuple; `x` and `y` are names of Array(Float64). */
export const lineThrough = (x: Sql, y: Sql): Sql =>
  bind({ ax: sql`arrayAvg(${x})`, ay: sql`arrayAvg(${y})`, ln: sql`length(${x})` }, ({ ax, ay, ln }) =>
    bind(
      {
        sx: sql`sqrt(arraySum(i -> pow(i - ${ax}, 2), ${x}) / ${ln})`,
        sy: sql`sqrt(arraySum(w -> pow(w - ${ay}, 2), ${y}) / ${ln})`,
        sc: sql`arraySum((i, w) -> (i - ${ax}) * (w - ${ay}), ${x}, ${y}) / ${ln}`,
      },
      ({ sx, sy, sc }) =>
        // By way of the correlation, as the real engine does: the last digits come out as its own.
        bind(
          { sl: sql`if(${sx} = 0 OR ${sy} = 0, 0., ${sc} / (${sx} * ${sy}) * ${sy} / ${sx})` },
          ({ sl }) => sql`(${sl}, ${ay} - ${sl} * ${ax})`,
        ),
    ),
  );

/** The places (from 1) and the values that are known of a name of Array(Nullable(Float64)). */
export const knownPoints = (values: Sql): { readonly px: Sql; readonly py: Sql } => ({
  px: sql`arrayMap(i -> toFloat64(i), arrayFilter((i, v) -> isNotNull(v), arrayEnumerate(${values}), ${values}))`,
  py: sql`arrayMap(v -> assumeNotNull(v), arrayFilter(v -> isNotNull(v), ${values}))`,
});

const spread = (y: Sql): Sql => sql`if(length(${y}) < 2, 0., arrayReduce('varSampStable', ${y}))`;
const determination = (variance: Sql, residual: Sql): Sql =>
  sql`if(${variance} = 0, 0., 1 - ${residual} / ${variance})`;

/** rsquare, slope, variance, rvariance, interception and the fitted line (Array(Float64)) of an Array(Nullable(Float64)). */
const fitLine = (values: Sql): Sql =>
  bind({ lv: values }, ({ lv }) =>
    bind(knownPoints(lv), ({ px, py }) =>
      bind({ ll: lineThrough(px, py), vy: spread(py) }, ({ ll, vy }) => {
        const error = sql`arraySum((i, w) -> pow(w - (${ll}.1 * i + ${ll}.2), 2), ${px}, ${py})`;
        return bind({ rv: sql`${error} / greatest(length(${px}) - 1, 1)` }, ({ rv }) => {
          const line = sql`arrayMap(i -> ${ll}.1 * i + ${ll}.2, arrayEnumerate(${lv}))`;
          return sql`(${determination(vy, rv)}, ${ll}.1, ${vy}, ${rv}, ${ll}.2, ${line})`;
        });
      }),
    ),
  );

/**
 * How many elements the first of two lines takes, by the least error of both: running sums of x, y, x², xy and y² around the means say it
 * for every split at once. Each side keeps two points, where there are four.
 */
function firstPart(px: Sql, py: Sql): Sql {
  const error = (n: Sql, x: Sql, y: Sql, xx: Sql, xy: Sql, yy: Sql): Sql =>
    sql`(${yy} - pow(${y}, 2) / ${n} - pow(${xy} - ${x} * ${y} / ${n}, 2) / (${xx} - pow(${x}, 2) / ${n}))`;
  const count = sql`length(${px})`;
  return bind({ ax: sql`arrayAvg(${px})`, ay: sql`arrayAvg(${py})` }, ({ ax, ay }) =>
    bind({ dx: sql`arrayMap(i -> i - ${ax}, ${px})`, dy: sql`arrayMap(w -> w - ${ay}, ${py})` }, ({ dx, dy }) => {
      const product = (l: Sql, r: Sql): Sql => sql`arrayMap((a, b) -> a * b, ${l}, ${r})`;
      const running = { q1: dx, q2: dy, q3: product(dx, dx), q4: product(dx, dy), q5: product(dy, dy) };
      const sums = Object.fromEntries(
        Object.entries(running).map(([k, v]) => [k, sql`arrayCumSum(${v})`]),
      ) as typeof running;
      return bind(sums, ({ q1, q2, q3, q4, q5 }) => {
        const rest = (q: Sql, part: Sql): Sql => sql`(${q} - ${part})`;
        const parts = [sql`a`, sql`b`, sql`c`, sql`d`, sql`e`] as const;
        return bind(
          { t1: sql`${q1}[-1]`, t2: sql`${q2}[-1]`, t3: sql`${q3}[-1]`, t4: sql`${q4}[-1]`, t5: sql`${q5}[-1]` },
          (t) => {
            const [a, b, c, d, e] = parts;
            const left = error(sql`k`, a, b, c, d, e);
            const right = error(
              sql`(${count} - k)`,
              rest(t.t1, a),
              rest(t.t2, b),
              rest(t.t3, c),
              rest(t.t4, d),
              rest(t.t5, e),
            );
            const errors = sql`arrayMap((k, ${join(parts)}) -> if(k < 2 OR k + 2 > ${count}, inf, ${left} + ${right}), arrayEnumerate(${q1}), ${join([q1, q2, q3, q4, q5])})`;
            return bind(
              { te: errors },
              ({ te }) => sql`if(${count} < 4, intDiv(${count}, 2), indexOf(${te}, arrayMin(${te})))`,
            );
          },
        );
      });
    }),
  );
}

/** rsquare, split_idx, variance, rvariance, line_fit, then right and left: rsquare, slope, interception, variance, rvariance. */
const fitTwoLines = (values: Sql): Sql =>
  bind({ wv: values }, ({ wv }) =>
    bind(knownPoints(wv), ({ px, py }) =>
      // The second line begins with the point after the first one's last.
      bind({ ws: sql`toUInt64(greatest(${px}[${firstPart(px, py)} + 1], 1) - 1)`, wy: py }, ({ ws, wy }) =>
        bind(
          { wl: fitLine(sql`arraySlice(${wv}, 1, ${ws})`), wr: fitLine(sql`arraySlice(${wv}, ${ws} + 1)`) },
          ({ wl, wr }) =>
            bind({ wf: sql`arrayConcat(${wl}.6, ${wr}.6)`, vy: spread(wy) }, ({ wf, vy }) => {
              const error = sql`arraySum((f, v) -> ifNull(pow(v - f, 2), 0), ${wf}, ${wv})`;
              return bind({ rv: sql`${error} / greatest(length(${wy}) - 1, 1)` }, ({ rv }) => {
                const side = (s: Sql): Sql => sql`${s}.1, ${s}.2, ${s}.5, ${s}.3, ${s}.4`;
                return sql`(${determination(vy, rv)}, toInt64(${ws}), ${vy}, ${rv}, ${wf}, ${side(wr)}, ${side(wl)})`;
              });
            }),
        ),
      ),
    ),
  );

type Columns = readonly { readonly name: string; readonly type: KqlType }[];
const real = (name: string): { name: string; type: KqlType } => ({ name, type: 'real' });
const lineColumns: Columns = [
  ...['rsquare', 'slope', 'variance', 'rvariance', 'interception'].map(real),
  { name: 'line_fit', type: 'dynamic' },
];
const sideNames = ['rsquare', 'slope', 'interception', 'variance', 'rvariance'];
const twoLineColumns: Columns = [
  real('rsquare'),
  { name: 'split_idx', type: 'long' },
  real('variance'),
  real('rvariance'),
  { name: 'line_fit', type: 'dynamic' },
  ...['right', 'left'].flatMap((side) => sideNames.map((name) => real(`${side}_${name}`))),
];

const item = (all: Sql, i: number): Sql => sql`tupleElement(${all}, ${integer(i + 1)})`;
const lineText = (line: Sql): Sql => arrayText(sql`arrayMap(v -> toNullable(v), ${line})`);
const table = (name: string, columns: Columns, fit: (values: Sql) => Sql): SeriesTable => ({
  name,
  parameters: ['dynamic'],
  columns,
  build: ([d]) => {
    const { valid, values } = seriesOf(d!);
    return bind({ fa: fit(values), fo: valid }, ({ fa, fo }) => {
      const items = columns.map((c, i) =>
        c.type === 'dynamic' ? sql`if(${fo}, ${lineText(item(fa, i))}, '')` : sql`if(${fo}, ${item(fa, i)}, NULL)`,
      );
      return sql`tuple(${join(items)})`;
    });
  },
});
export const fitTables: readonly SeriesTable[] = [
  table('series_fit_line', lineColumns, fitLine),
  table('series_fit_2lines', twoLineColumns, fitTwoLines),
];

/** The same as one bag; the members of the two sides as bags of their own. */
const bag = (name: string, columns: Columns, fit: (values: Sql) => Sql, nested: boolean): ScalarFunction =>
  scalarWith(name, ['dynamic'], 'dynamic', ([d]) => {
    const { valid, values } = seriesOf(d!);
    const text = bind({ fa: fit(values) }, ({ fa }) => {
      const member = (of: string, i: number): Sql => {
        const { type } = columns[i]!;
        const value = item(fa, i);
        const json =
          type === 'dynamic' ? lineText(value) : type === 'long' ? sql`toString(${value})` : numberText(value);
        return sql`${string(`"${of}":`)}, ${json}`;
      };
      const object = (members: readonly Sql[]): Sql => sql`concat('{', ${join(members, sql`, ',', `)}, '}')`;
      const count = nested ? columns.length - 2 * sideNames.length : columns.length;
      const members = columns.slice(0, count).map((c, i) => member(c.name, i));
      const sides = ['right', 'left'].map((side, s) => {
        const items = sideNames.map((n, i) => (nested ? member(n, count + s * sideNames.length + i) : sql``));
        return sql`${string(`"${side}":`)}, ${object(items)}`;
      });
      return object(nested ? [...members, ...sides] : members);
    });
    return sql`if(${valid}, ${text}, '')`;
  });
export const fitFunctions: readonly ScalarFunction[] = [
  bag('series_fit_line_dynamic', lineColumns, fitLine, false),
  bag('series_fit_2lines_dynamic', twoLineColumns, fitTwoLines, true),
];
