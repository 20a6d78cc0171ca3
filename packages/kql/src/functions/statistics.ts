import type { LiteralValue } from '../plan/plan.ts';
import type { HostFunction } from './host.ts';

/** Distributions: beta, and Welch's test over Student's. */

// Lanczos, g = 7, n = 9: 15 digits.
const lanczos = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_59, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
];
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  const z = x - 1;
  const t = z + 7.5;
  const sum = lanczos.reduce((s, c, i) => (i === 0 ? c : s + c / (z + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The continued fraction of the incomplete beta function (Lentz). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const kept = (v: number): number => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return h;
}
/** The regularized incomplete beta function, for 0 ≤ x ≤ 1 and positive parameters. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

const density = (x: number, a: number, b: number): number => {
  if (!(a > 0 && b > 0) || !(x >= 0 && x <= 1)) return Number.NaN;
  const edge = (power: number): number => (power < 1 ? Infinity : power === 1 ? NaN : 0);
  if (x === 0) return a === 1 ? b : edge(a);
  if (x === 1) return b === 1 ? a : edge(b);
  return Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x));
};
/** The real engine answers 1 where a parameter is not positive, though its page promises NaN. */
const cumulative = (x: number, a: number, b: number): number => {
  if (!(x >= 0 && x <= 1)) return Number.NaN;
  return a > 0 && b > 0 ? incompleteBeta(x, a, b) : 1;
};
function inverse(p: number, a: number, b: number): number | null {
  if (!(p >= 0 && p <= 1)) return null;
  if (!(a > 0 && b > 0)) return Number.NaN;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 1_100 && high - low > Number.EPSILON * high; i++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return p === 0 ? 0 : p === 1 ? 1 : low + (high - low) / 2;
}

/** The two-sided p-value of Welch's t-test: means, variances and sizes of two samples. */
function welch(m1: number, v1: number, c1: number, m2: number, v2: number, c2: number): number {
  const s1 = v1 / c1;
  const s2 = v2 / c2;
  const t = (m1 - m2) / Math.sqrt(s1 + s2);
  const freedom = (s1 + s2) ** 2 / (s1 ** 2 / (c1 - 1) + s2 ** 2 / (c2 - 1));
  if (!Number.isFinite(t) || !(freedom > 0)) return Number.NaN;
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** Of numbers; null where one is null. */
const ofReals = (name: string, count: number, of: (...x: number[]) => number | null): HostFunction => ({
  name,
  parameters: Array.from({ length: count }, () => 'real' as const),
  result: 'real',
  evaluate: (args: readonly LiteralValue[]) =>
    args.every((a): a is number => typeof a === 'number') ? of(...args) : null,
});
export const statisticsFunctions: readonly HostFunction[] = [
  ofReals('beta_cdf', 3, (x, a, b) => cumulative(x!, a!, b!)),
  ofReals('beta_pdf', 3, (x, a, b) => density(x!, a!, b!)),
  ofReals('beta_inv', 3, (p, a, b) => inverse(p!, a!, b!)),
  ofReals('welch_test', 6, (m1, v1, c1, m2, v2, c2) => welch(m1!, v1!, c1!, m2!, v2!, c2!)),
];
