/**
 * Patterns of discrete attributes: which values come together how often. Works over rows that the engine has already grouped: each
 * distinct combination of frequent values once, with its weight. Pure; knows nothing of queries.
 */

/** One combination: for each attribute the number of its value, or -1 for a value that is not frequent. `other`: weight in a second set. */
export interface Combination {
  readonly codes: readonly number[];
  readonly weight: number;
  readonly other: number;
}
/** A pattern: the number of the value that an attribute must have, or -1 for any. */
export interface Pattern {
  readonly codes: readonly number[];
  readonly weight: number;
  readonly other: number;
}
/** More patterns than may be looked at. */
export class TooManyPatterns extends Error {}

const maxVisited = 200_000;
const any = -1;

const matches = (row: Combination, codes: readonly number[]): boolean =>
  codes.every((code, i) => code === any || row.codes[i] === code);

function total(rows: readonly Combination[]): { weight: number; other: number } {
  let weight = 0;
  let other = 0;
  for (const row of rows) {
    weight += row.weight;
    other += row.other;
  }
  return { weight, other };
}

/** The pattern of everything that all rows have in common. */
function closed(rows: readonly Combination[], width: number): Pattern {
  const codes = Array.from({ length: width }, (_, i) => {
    const code = rows[0]!.codes[i]!;
    return rows.every((row) => row.codes[i] === code) ? code : any;
  });
  return { codes, ...total(rows) };
}

/**
 * Every frequent pattern that says all its rows have in common, reached by fixing at most `maxFixed` attributes one after the other
 * (the rest of it follows from them). `frequent` is asked of weights, and must hold for a pattern when it holds for one of more attributes.
 * Throws TooManyPatterns.
 */
export function closedPatterns(
  rows: readonly Combination[],
  width: number,
  maxFixed: number,
  frequent: (weight: number, other: number) => boolean,
): Pattern[] {
  const found = new Map<string, Pattern>();
  let visited = 0;
  const extend = (within: readonly Combination[], from: number, fixed: number): void => {
    for (let attribute = from; attribute < width; attribute++) {
      const groups = new Map<number, Combination[]>();
      for (const row of within) {
        const code = row.codes[attribute]!;
        if (code === any) continue;
        const group = groups.get(code);
        if (group) group.push(row);
        else groups.set(code, [row]);
      }
      for (const group of groups.values()) {
        const { weight, other } = total(group);
        if (!frequent(weight, other)) continue;
        if (++visited > maxVisited) throw new TooManyPatterns();
        const pattern = closed(group, width);
        const key = pattern.codes.join();
        if (!found.has(key)) found.set(key, pattern);
        if (fixed + 1 < maxFixed) extend(group, attribute + 1, fixed + 1);
      }
    }
  };
  if (rows.length) extend(rows, 0, 0);
  return [...found.values()];
}

/** How many attributes a pattern fixes. */
export const fixedOf = (codes: readonly number[]): number => codes.filter((code) => code !== any).length;

/**
 * Seed and expand (Algorithms for Telemetry Data Mining using Discrete Attributes, 2017): from each of the most frequent combinations
 * attributes are let go one by one, each time the one that lets in most rows; the pattern with the best score on the way stays. The
 * score is the geometric mean of the share of rows and the share of fixed attributes, weighted by `sizeWeight`.
 */
export function seedAndExpand(
  rows: readonly Combination[],
  width: number,
  options: { readonly sizeWeight: number; readonly seeds: number },
): Pattern[] {
  const whole = total(rows).weight;
  const score = (p: Pattern): number =>
    (p.weight / whole) ** options.sizeWeight * (fixedOf(p.codes) / width) ** (1 - options.sizeWeight);
  const found = new Map<string, Pattern>();
  const seeds = rows.filter((r) => fixedOf(r.codes) > 0).toSorted((a, b) => b.weight - a.weight);
  for (const seed of seeds.slice(0, options.seeds)) {
    const best = expand(rows, seed, score);
    found.set(best.codes.join(), best);
  }
  return [...found.values()].toSorted((a, b) => score(b) - score(a));
}

function expand(rows: readonly Combination[], seed: Combination, score: (p: Pattern) => number): Pattern {
  const of = (codes: readonly number[]): Pattern => ({ codes, ...total(rows.filter((r) => matches(r, codes))) });
  let current = of(seed.codes);
  let best = current;
  while (fixedOf(current.codes) > 1) {
    const steps = current.codes.flatMap((code, i) => (code === any ? [] : [of(current.codes.with(i, any))]));
    current = steps.reduce((a, b) => (b.weight > a.weight ? b : a));
    if (score(current) > score(best)) best = current;
  }
  return best;
}

/**
 * Patterns that tell two sets apart: their shares differ by at least `threshold`, more than those of every wider pattern among them, and
 * no less than those of every narrower one.
 */
export function differences(
  patterns: readonly Pattern[],
  [weights, others]: readonly [number, number],
  threshold: number,
): Pattern[] {
  const difference = (p: Pattern): number => Math.abs(p.weight / weights - p.other / others);
  const candidates = patterns.filter((p) => difference(p) >= threshold - 1e-12);
  if (candidates.length > 5_000) throw new TooManyPatterns();
  const wider = (a: Pattern, b: Pattern): boolean =>
    a !== b && a.codes.every((code, i) => code === any || code === b.codes[i]);
  return candidates
    .filter((p) =>
      candidates.every(
        (q) => !(wider(q, p) && difference(q) >= difference(p)) && !(wider(p, q) && difference(q) > difference(p)),
      ),
    )
    .toSorted((a, b) => difference(b) - difference(a));
}
