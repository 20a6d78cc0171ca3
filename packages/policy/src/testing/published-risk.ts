import type { Level, SignInValues } from '../risk/index.ts';

/**
 * The published score in its own form, to be beaten: for each feature Σ weight · p(value) over Σ weight · p(value | person), levels weighed as the study found them; one
 * sign-in's worth of likelihood is shared by what was not seen.
 */
const weights: readonly (readonly (readonly [Level, number])[])[] = [
  [
    ['address', 0.6],
    ['asn', 0.3],
    ['country', 0.1],
  ],
  [
    ['userAgent', 0.539],
    ['browser', 0.268],
    ['operatingSystem', 0.188],
    ['deviceType', 0.005],
  ],
];

export class PublishedHistory {
  total = 0;
  readonly seen = new Map<string, number>();
  readonly different = new Map<Level, number>();

  add(values: SignInValues): void {
    this.total += 1;
    for (const [level] of weights.flat()) {
      const key = `${level} ${values[level]}`;
      if (!this.seen.has(key)) this.different.set(level, (this.different.get(level) ?? 0) + 1);
      this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
    }
  }
}

export function publishedScore(
  values: SignInValues,
  person: PublishedHistory,
  everyone: PublishedHistory,
  people: number,
): number {
  const p = (of: PublishedHistory, level: Level): number => {
    const times = of.seen.get(`${level} ${values[level]}`) ?? 0;
    const unseen = Math.max(1, (everyone.different.get(level) ?? 0) - (of.different.get(level) ?? 0));
    return (times > 0 ? times : 1 / unseen) / (of.total + 1);
  };
  const sum = (of: PublishedHistory, levels: (typeof weights)[number]): number =>
    levels.reduce((all, [level, weight]) => all + weight * p(of, level), 0);
  const ofValues = weights.reduce((log, levels) => log + Math.log10(sum(everyone, levels) / sum(person, levels)), 0);
  return ofValues + Math.log10(1 / people / ((person.total + 1) / (everyone.total + people)));
}
