/** What the series functions mean, said plainly, for tests. A series is numbers and nulls. */

export type Series = readonly (number | null)[];
const known = (s: Series): number[] => s.filter((v) => v !== null);
const sum = (s: readonly number[]): number => s.reduce((a, b) => a + b, 0);
const mean = (s: readonly number[]): number => sum(s) / s.length;

export function quantile(s: readonly number[], p: number): number {
  const sorted = s.toSorted((a, b) => a - b);
  const rank = p * (sorted.length - 1);
  const low = Math.floor(rank);
  return sorted[low]! + (rank - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}

/** Slope and interception over places from 1. */
export function line(s: Series): { slope: number; interception: number } {
  const points = s.flatMap((y, i) => (y === null ? [] : [{ x: i + 1, y }]));
  const mx = mean(points.map((p) => p.x));
  const my = mean(points.map((p) => p.y));
  const sxx = sum(points.map((p) => (p.x - mx) ** 2));
  const slope = sxx === 0 ? 0 : sum(points.map((p) => (p.x - mx) * (p.y - my))) / sxx;
  return { slope, interception: my - slope * mx };
}
const variance = (s: readonly number[]): number =>
  s.length < 2 ? 0 : sum(s.map((v) => (v - mean(s)) ** 2)) / (s.length - 1);
export function fitLine(s: Series): readonly [number, number, number, number, number, readonly number[]] {
  const { slope, interception } = line(s);
  const fit = s.map((_, i) => slope * (i + 1) + interception);
  const error = sum(s.map((v, i) => (v === null ? 0 : (v - fit[i]!) ** 2)));
  const total = variance(known(s));
  const rest = error / Math.max(known(s).length - 1, 1);
  return [total === 0 ? 0 : 1 - rest / total, slope, total, rest, interception, fit];
}
/** The place (from 0) where the second line begins: every split is tried. */
export function split(s: readonly number[]): number {
  let best = { at: 0, error: Infinity };
  for (let at = 2; at <= s.length - 2; at++) {
    const sides = [s.slice(0, at), s.slice(at)];
    const error = sum(sides.map((side) => fitLine(side)[3] * Math.max(side.length - 1, 1)));
    if (error < best.error - 1e-12) best = { at, error };
  }
  return best.at;
}

export function outliers(s: Series, low: number, high: number, factor: number): number[] {
  const [a, b] = [quantile(known(s), low), quantile(known(s), high)];
  return s.map((v) => {
    if (v === null) return 0;
    return v > b ? ((v - b) / (b - a)) * factor : v < a ? ((v - a) / (b - a)) * factor : 0;
  });
}

export function seasonal(s: Series, period: number, train: number): number[] {
  if (period === 0) return s.map(() => 0);
  const median = Array.from({ length: period }, (_, phase) => {
    const values = known(s.slice(0, train).filter((_v, i) => i % period === phase));
    return values.length ? quantile(values, 0.5) : 0;
  });
  return s.map((_, i) => median[i % period]!);
}
export function decompose(s: Series, period: number, trend: string, test: number): Record<string, Series> {
  const train = Math.max(s.length - test, 0);
  const season = seasonal(s, Math.min(period, train), train);
  const rest = s.slice(0, train).map((v, i) => (v === null ? null : v - season[i]!));
  const { slope, interception } = line(rest);
  const level = s.map((_, i) =>
    trend === 'none' ? 0 : trend === 'avg' ? mean(known(rest)) : slope * (i + 1) + interception,
  );
  const baseline = s.map((_, i) => season[i]! + level[i]!);
  return {
    baseline,
    seasonal: season,
    trend: level,
    residual: s.map((v, i) => (v === null ? null : v - baseline[i]!)),
  };
}

export const fir = (s: Series, f: readonly number[], normalize: boolean, center: boolean): number[] =>
  s.map((_, i) => {
    const shift = center ? Math.floor(f.length / 2) : 0;
    const value = sum(f.map((c, j) => c * (s[i - j + shift] ?? 0)));
    return normalize ? value / sum(f) : value;
  });
export function iir(s: Series, b: readonly number[], a: readonly number[]): number[] {
  const out: number[] = [];
  s.forEach((_, i) => {
    const input = sum(b.map((c, j) => c * (s[i - j] ?? 0)));
    const back = sum(a.slice(1).map((c, j) => c * (out[i - j - 1] ?? 0)));
    out.push((input - back) / a[0]!);
  });
  return out;
}
export function fourier(re: readonly number[], im: readonly number[]): { real: number[]; imag: number[] } {
  const n = re.length;
  const at = (k: number, f: (a: number, t: number) => number): number =>
    sum(re.map((_, t) => f((-2 * Math.PI * ((k * t) % n)) / n, t)));
  return {
    real: re.map((_, k) => at(k, (w, t) => re[t]! * Math.cos(w) - im[t]! * Math.sin(w))),
    imag: re.map((_, k) => at(k, (w, t) => re[t]! * Math.sin(w) + im[t]! * Math.cos(w))),
  };
}
export const forward = (s: Series): Series => {
  let last: number | null = null;
  return s.map((v) => (last = v ?? last));
};
export function linear(s: Series, edges: boolean): Series {
  const places = s.flatMap((v, i) => (v === null ? [] : [i]));
  if (!places.length) return s.map(() => 0);
  return s.map((v, i) => {
    if (v !== null) return v;
    const l = places.findLast((p) => p < i);
    const r = places.find((p) => p > i);
    if (l === undefined || r === undefined) return edges ? s[(l ?? r)!]! : null;
    return s[l]! + (s[r]! - s[l]!) * ((i - l) / (r - l));
  });
}
/** Horner's value of coefficients, highest power first. */
export const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((value, c) => value * x + c, 0);
