/**
 * Sine, cosine and arc tangent rounded to the nearest number. JavaScript's may be off by the last digit, and then a degree that comes
 * back from the sphere is not written as the real engine writes it. Numbers are kept here as sums of two ("double-double").
 */
type Sum = readonly [high: number, low: number];

const twoSum = (a: number, b: number): Sum => {
  const s = a + b;
  const t = s - a;
  return [s, a - (s - t) + (b - t)];
};
const halves = (a: number): Sum => {
  const c = 134_217_729 * a;
  const high = c - (c - a);
  return [high, a - high];
};
const twoProduct = (a: number, b: number): Sum => {
  const p = a * b;
  const [ah, al] = halves(a);
  const [bh, bl] = halves(b);
  return [p, ah * bh - p + ah * bl + al * bh + al * bl];
};
const plus = (a: Sum, b: Sum): Sum => {
  const [s, e] = twoSum(a[0], b[0]);
  const [t, f] = twoSum(a[1], b[1]);
  const [u, g] = twoSum(s, e + t);
  return twoSum(u, g + f);
};
const times = (a: Sum, b: Sum): Sum => {
  const [p, e] = twoProduct(a[0], b[0]);
  return twoSum(p, e + (a[0] * b[1] + a[1] * b[0]));
};
const over = (a: Sum, n: number): Sum => {
  const q = a[0] / n;
  const [p, e] = twoProduct(q, n);
  return twoSum(q, (a[0] - p - e + a[1]) / n);
};
const negative = (a: Sum): Sum => [-a[0], -a[1]];

/** π / 2. */
const quarter: Sum = [1.5707963267948966, 6.123233995736766e-17];
const terms = 27;
/** 1 / n! */
const inverses: Sum[] = [[1, 0]];
for (let n = 1; n <= terms; n++) inverses.push(over(inverses[n - 1]!, n));

/** Sine (`from` 1) or cosine (0) of a small angle, by its series. */
function series(r: Sum, from: 0 | 1): Sum {
  const square = times(r, r);
  let sum: Sum = [0, 0];
  for (let n = terms - (from === 1 ? 0 : 1); n >= from; n -= 2)
    sum = plus(((n - from) / 2) % 2 ? negative(inverses[n]!) : inverses[n]!, times(sum, square));
  return from === 1 ? times(sum, r) : sum;
}
/** Sine and cosine of an angle of a few turns at most. */
function both(x: number): { sin: Sum; cos: Sum } {
  const k = Math.round(x / quarter[0]);
  const r = plus([x, 0], negative(times(quarter, [k, 0])));
  const [s, c] = [series(r, 1), series(r, 0)];
  switch (((k % 4) + 4) % 4) {
    case 0:
      return { sin: s, cos: c };
    case 1:
      return { sin: c, cos: negative(s) };
    case 2:
      return { sin: negative(s), cos: negative(c) };
    default:
      return { sin: negative(c), cos: s };
  }
}
/** Sine and cosine of an angle in radians, of a few turns at most. */
export function sinCos(x: number): readonly [sin: number, cos: number] {
  const { sin, cos } = both(x);
  return [x === 0 ? x : sin[0] + sin[1], cos[0] + cos[1]];
}
/** The angle of (x, y), from -π to π. */
export function atan2(y: number, x: number): number {
  const guess = Math.atan2(y, x);
  if (y === 0 || x === 0) return guess;
  // One step of Newton's method from an angle that is right to about 16 digits.
  const { sin, cos } = both(guess);
  const off = plus(times([y, 0], cos), negative(times([x, 0], sin)));
  const along = x * cos[0] + y * sin[0];
  return guess + (off[0] + off[1]) / along;
}
