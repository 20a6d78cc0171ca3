import { expectedValues, featureNames, keysOf, type Level, type SignInValues } from './features.ts';

/** How often each value was seen, by its key, and how many different ones each has within it. */
export interface Counts {
  readonly signIns: number;
  readonly times: ReadonlyMap<string, number>;
  readonly different: ReadonlyMap<string, number>;
}

/** Counts that grow as sign-ins come: of one person, of all, of attackers. */
export class History implements Counts {
  #signIns = 0;
  readonly times = new Map<string, number>();
  readonly different = new Map<string, number>();

  get signIns(): number {
    return this.#signIns;
  }

  add(values: SignInValues): void {
    this.#signIns += 1;
    for (const feature of featureNames) {
      const keys = keysOf(feature, values);
      this.times.set(feature, this.#signIns);
      for (const { key, parent } of keys) {
        const before = this.times.get(key) ?? 0;
        if (before === 0) this.different.set(parent, (this.different.get(parent) ?? 0) + 1);
        this.times.set(key, before + 1);
      }
    }
  }
}

export const nothing: Counts = { signIns: 0, times: new Map(), different: new Map() };

/** How many values a level has within its parent: those that are expected, or twice as many as were seen of all: what was seen is never nearly all there is. */
export const valuesWithin = (everyone: Counts, level: Level, parent: string): number =>
  Math.max(expectedValues[level], 2 * (everyone.different.get(parent) ?? 0) + 1);

/**
 * How likely a value is within its parent, by what was seen. Who has used many different values will use new ones: what is kept for those not seen is as much as there
 * were different ones, and they share it alike. All together are 1.
 */
export function likelihood({ times, different }: Counts, key: string, parent: string, values: number): number {
  const seen = times.get(key) ?? 0;
  const all = times.get(parent) ?? 0;
  const kinds = different.get(parent) ?? 0;
  if (all === 0) return 1 / values;
  return (seen > 0 ? seen : kinds / Math.max(1, values - kinds)) / (all + kinds);
}

/**
 * How likely a person is to come with a value, by what they did and, for what they have not done often enough, by what everybody does: somebody's next new browser is
 * likelier one that others use. What is kept for the new grows with how many different ones there were, so who has many new values will have more.
 */
export function likelihoodOfPerson(
  person: Counts,
  everyone: Counts,
  key: string,
  parent: string,
  values: number,
): number {
  const usual = likelihood(everyone, key, parent, values);
  const kinds = person.different.get(parent) ?? 0;
  const kept = newShare * kinds + firstShare;
  return ((person.times.get(key) ?? 0) + kept * usual) / ((person.times.get(parent) ?? 0) + kept);
}
/** Of sign-ins: what each different value before, and the person as such, adds to what is kept for new ones. */
const newShare = 0.6;
const firstShare = 0.5;
