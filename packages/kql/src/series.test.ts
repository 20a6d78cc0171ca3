import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { golden } from '../test/golden/series.ts';
import * as model from '../test/golden/series-model.ts';
import type { Series } from '../test/golden/series-model.ts';
import { compile, KqlError } from './index.ts';

const table = {
  name: 'S',
  columns: [
    { name: 'i', type: 'long' },
    { name: 's', type: 'dynamic' },
  ],
} as const;
const catalogue = { version: 'series-1', tables: [table], functions: [] };
const now = new Date('2026-01-03T00:00:00Z');

/** The same numbers every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
const random = generator(7);
const round = (x: number): number => Math.round(x * 1000) / 1000;
/** Lengths around every border, with and without holes, constant, whole, seasonal. */
const made: Series[] = Array.from({ length: 40 }, (_, k) => {
  const length = k < 5 ? k + 1 : 4 + Math.floor(random() * 40);
  const whole = k % 3 === 0;
  const holes = k % 4 === 1;
  return Array.from({ length }, (_v, i) => {
    const value = k === 7 ? 5 : 10 * Math.sin((i * Math.PI) / 3) + random() * 4 + i * 0.2;
    return holes && i > 0 && random() < 0.2 ? null : whole ? Math.round(value) : round(value);
  });
});
const full = made.map((s): number[] => s.map((v) => v ?? 0));

let engine: Engine;
beforeAll(() => {
  engine = openEngine();
  engine.create(table);
  const rows = (all: readonly Series[], from: number): string[] =>
    all.map((s, i) => `(${from + i}, '${JSON.stringify(s)}', now(), '')`);
  engine.run(`INSERT INTO S VALUES ${[...rows(made, 0), ...rows(full, 1000)].join(', ')}`);
});
afterAll(() => engine.close());

const rowsOf = (kql: string): unknown[][] => engine.rows(compile(kql, catalogue, { now }).sql);
/** The answers over the stored series, dynamics read as JSON; `which`: with holes, or without. */
const over = (which: 'made' | 'full', items: string): unknown[][] =>
  rowsOf(`S | where i ${which === 'made' ? '<' : '>='} 1000 | sort by i asc | project ${items}`).map((row) =>
    row.map((cell) => (typeof cell === 'string' && /^[[{]/.test(cell) ? (JSON.parse(cell) as unknown) : cell)),
  );
const specials: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };
/** Where the two differ by more than 1e-9 of their size, as texts. */
function faults(found: unknown, wanted: unknown, where: string): string[] {
  const fault = [`${where}: ${JSON.stringify(found)} for ${JSON.stringify(wanted)}`];
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return fault;
    return wanted.flatMap((w, i) => faults(found[i], w, `${where}[${i}]`));
  }
  if (typeof wanted !== 'number') return Object.is(found, wanted) ? [] : fault;
  const value = typeof found === 'string' ? specials[found] : found;
  if (typeof value !== 'number') return fault;
  const near = Number.isFinite(wanted)
    ? Math.abs(value - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted))
    : Object.is(value, wanted);
  return near ? [] : fault;
}
/** The faults of all series; those of which the model says nothing are passed over. */
const all = (
  found: readonly unknown[][],
  series: readonly Series[],
  wanted: (s: Series, k: number) => readonly unknown[] | undefined,
): string[] =>
  series.flatMap((s, k) => {
    const w = wanted(s, k);
    return w ? faults(found[k], w, `series ${k}`) : [];
  });
/** The faults of rows whose first two cells must be equal. */
const unequal = (found: readonly unknown[][]): string[] =>
  found.flatMap((row, k) => faults(row[0], row[1], `series ${k}`));

describe('golden', () => {
  it.each(golden)('$name', (g) => {
    const compiled = compile(g.kql, catalogue, { now });
    for (const part of g.sql ?? []) expect(compiled.sql).toContain(part);
    const names = compiled.columns.map((c) => c.name);
    expect(names).toEqual(g.columns ?? names);
    expect(engine.rows(compiled.sql)).toEqual(g.rows);
  });
  it.each([
    ['extend x=strcat(series_stats(s), "")', /several columns|stands by itself/],
    ['extend x=series_outliers(s, "median")', /'ctukey', 'tukey'/],
    ['extend x=series_outliers(s, "ctukey", 0, 1, 90)', /between 2 and 98/],
    ['extend series_decompose(s, 0, "quadratic")', /'avg', 'linefit', 'none'/],
    ['extend series_fit_poly(s, s, 40)', /degree must be between/],
    ['make-series count() on i step 0', /more than zero/],
  ])('refuses %s', (step, message) => {
    const refused = (): unknown => compile(`S | ${step}`, catalogue, { now });
    expect(refused).toThrow(KqlError);
    expect(refused).toThrow(message);
  });
});

describe('against plain models', () => {
  it('lines', () => {
    expect(all(over('made', '(a,b,c,d,e,f)=series_fit_line(s)'), made, (s) => model.fitLine(s))).toEqual([]);
  });
  it('two lines', () => {
    const found = over('full', '(r,split,v,rv,line)=series_fit_2lines(s) | project split, line');
    const wanted = (s: Series, k: number): unknown[] | undefined => {
      if (s.length < 4 || k === 7) return undefined;
      const at = model.split(s.map((v) => v ?? 0));
      return [at, [...model.fitLine(s.slice(0, at))[5], ...model.fitLine(s.slice(at))[5]]];
    };
    expect(all(found, full, wanted)).toEqual([]);
  });
  it('polynomials go through points of their own degree', () => {
    const cubic = [0.5, -2, 1, 3];
    const xs = [-3, -1, 0, 0.5, 2, 4, 7];
    const ys = xs.map((x) => model.polynomial(cubic, x));
    const data = `x=dynamic(${JSON.stringify(xs)}), y=dynamic(${JSON.stringify(ys)})`;
    const [row] = rowsOf(`print ${data} | extend (r,c,v,rv,fit)=series_fit_poly(y,x,3) | project c,fit,r`);
    const found = [JSON.parse(row![0] as string), JSON.parse(row![1] as string), row![2]];
    expect(faults(found, [cubic, ys, 1], 'cubic')).toEqual([]);
  });
  it('a polynomial of degree one is the line', () => {
    const items = '(a,b,c,d,e,f)=series_fit_line(s), (r,co,v,rv,pf)=series_fit_poly(s) | project pf, f';
    expect(unequal(over('made', items))).toEqual([]);
  });
  it('outliers', () => {
    const found = over('made', "series_outliers(s), series_outliers(s, 'tukey')");
    const factor = 2.772605605507915;
    const wanted = (s: Series): unknown[] => [model.outliers(s, 0.1, 0.9, factor), model.outliers(s, 0.25, 0.75, 1)];
    expect(all(found, made, wanted)).toEqual([]);
  });
  it.each([
    [6, 'avg', 0],
    [6, 'linefit', 3],
    [5, 'none', 0],
    [0, 'linefit', 2],
    [100, 'avg', 0],
  ])('decomposition: period %i, trend %s, %i test points', (period, trend, test) => {
    const found = over('made', `(a,b,c,d)=series_decompose(s, ${period}, '${trend}', ${test})`);
    const wanted = (s: Series): unknown[] | undefined => {
      const train = s.slice(0, Math.max(s.length - test, 0));
      if (train.length < 2 || train.every((v) => v === null)) return undefined;
      const parts = model.decompose(s, period, trend, test);
      return [parts['baseline'], parts['seasonal'], parts['trend'], parts['residual']];
    };
    expect(all(found, made, wanted)).toEqual([]);
  });
  it('anomalies are the outliers of the residual past the threshold', () => {
    const found = over('full', "(flag, score, base)=series_decompose_anomalies(s, 2.0, 6, 'linefit')");
    const wanted = (s: Series, k: number): unknown[] | undefined => {
      if (s.length < 12 || k === 7) return undefined;
      const { residual, baseline } = model.decompose(s, 6, 'linefit', 0);
      const scores = model.outliers(residual!, 0.1, 0.9, 2.772605605507915);
      return [scores.map((x) => (x > 2 ? 1 : x < -2 ? -1 : 0)), scores, baseline];
    };
    expect(all(found, full, wanted)).toEqual([]);
  });
  it('a forecast takes nothing of what it forecasts', () => {
    const items = '(a)=series_decompose_forecast(s, 4, 6), (b)=series_decompose(s, 6, "linefit", 4) | project a, b';
    expect(over('full', items).filter(([a, b]) => JSON.stringify(a) !== JSON.stringify(b))).toEqual([]);
  });
  it('filters', () => {
    const f = '[1,2,0.5]';
    const items = `series_fir(s,dynamic(${f})), series_fir(s,dynamic(${f}),true,true), series_fir(s,dynamic([1,-1])), series_iir(s,dynamic([1,0.5]),dynamic([2,-0.5,0.25])), series_iir(s,dynamic([1]),dynamic([1,-1]))`;
    const wanted = (s: Series): unknown[] => [
      model.fir(s, [1, 2, 0.5], true, false),
      model.fir(s, [1, 2, 0.5], true, true),
      model.fir(s, [1, -1], false, false),
      model.iir(s, [1, 0.5], [2, -0.5, 0.25]),
      model.iir(s, [1], [1, -1]),
    ];
    expect(all(over('full', items), full, wanted)).toEqual([]);
  });
  it('Fourier transforms of any length, and back', () => {
    const found = over('full', '(a,b)=series_fft(s, array_reverse(s)) | extend (c,d)=series_ifft(a,b)');
    const wanted = (s: Series): unknown[] => {
      const numbers = s.map((v) => v ?? 0);
      const { real, imag } = model.fourier(numbers, numbers.toReversed());
      return [real, imag, numbers, numbers.toReversed()];
    };
    expect(all(found, full, wanted)).toEqual([]);
  });
  it('fills', () => {
    const items =
      'series_fill_forward(s), array_reverse(series_fill_backward(array_reverse(s))), series_fill_linear(series_multiply(s,1.0)), series_fill_linear(series_multiply(s,1.0),double(null),false), series_fill_const(s,7)';
    const wanted = (s: Series): unknown[] => [
      model.forward(s),
      model.forward(s),
      model.linear(s, true),
      model.linear(s, false),
      s.map((v) => v ?? 7),
    ];
    expect(all(over('made', items), made, wanted)).toEqual([]);
  });
  it('sums, products and sizes pass over nulls', () => {
    const items = 'series_sum(s), series_magnitude(s), series_dot_product(s,s), series_dot_product(s,2)';
    const wanted = (s: Series): unknown[] => {
      const values = s.map((v) => v ?? 0);
      const squares = values.reduce((a, b) => a + b * b, 0);
      const total = values.reduce((a, b) => a + b, 0);
      return [total, Math.sqrt(squares), squares, 2 * total];
    };
    expect(all(over('made', items), made, wanted)).toEqual([]);
  });
  it('periods of sines with noise are found, noise and lines have none', () => {
    const noise = generator(3);
    const wave = (n: number, p: number): string =>
      JSON.stringify(
        Array.from({ length: n }, (_, i) => round(10 * Math.sin((2 * Math.PI * i) / p) + noise() * 3 + i / n)),
      );
    const none = JSON.stringify(Array.from({ length: 120 }, () => round(noise())));
    const slope = JSON.stringify(Array.from({ length: 120 }, (_, i) => round(i + noise())));
    const cases = [wave(100, 7), wave(168, 24), wave(300, 50), none, slope];
    const kql = `datatable(s:dynamic)[${cases.map((c) => `dynamic(${c})`).join(', ')}] | project (p, q)=series_periods_detect(s, 4, 500, 1) | project iff(todouble(q[0]) > 0.6, todouble(p[0]), 0.0)`;
    expect(rowsOf(kql).flat()).toEqual([7, 24, 50, 0, 0]);
  });
});
