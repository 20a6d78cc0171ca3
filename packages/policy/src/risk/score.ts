import { featureNames, keysOf, type Level, type SignInValues } from './features.ts';
import { likelihood, nothing, valuesWithin, type Counts } from './history.ts';

/** What is known when a sign-in is judged: this person's sign-ins, everybody's, and those of known attackers. */
export interface RiskFacts {
  readonly person: Counts;
  readonly everyone: Counts;
  /** How many people sign in at all. */
  readonly people: number;
  /** Without them attackers choose alike from all values. */
  readonly attackers?: Counts;
}

/** What one value says. Numbers of the person and of all are sign-ins with this value and those before it. */
export interface LevelRisk {
  readonly level: Level;
  readonly value: string;
  readonly timesOfPerson: number;
  readonly timesOfEveryone: number;
  /** Within the level before. */
  readonly likelihoodOfPerson: number;
  readonly likelihoodOfAttackers: number;
  /** Decimal logarithm of the two's relation: 1 is ten times as risky, 0 says nothing, less than 0 is familiar. */
  readonly log10: number;
}

export interface RiskScore {
  /** The sum of all below. */
  readonly log10: number;
  readonly levels: readonly LevelRisk[];
  /** How much less often this person signs in than most: attackers choose people alike. */
  readonly personLog10: number;
}

/**
 * How much likelier a sign-in is an attacker's than the person's own: p(x | attack) / p(x | person) for all values, and p(person | attack) / p(person), as decimal
 * logarithms. The published method adds levels up with weights; here each is judged within the one before it, so that each has a number of its own, and a person's
 * habit of using new values counts. Only the order of scores means something: a threshold is learnt (`thresholdFor`). Freeman et al., NDSS 2016.
 */
export function scoreSignIn(values: SignInValues, facts: RiskFacts): RiskScore {
  const levels = featureNames.flatMap((feature) =>
    keysOf(feature, values).map(({ level, key, parent }) => levelRisk(level, values[level], key, parent, facts)),
  );
  const personLog10 = Math.log10(personFactor(facts));
  return { log10: levels.reduce((sum, { log10 }) => sum + log10, personLog10), levels, personLog10 };
}

function levelRisk(level: Level, value: string, key: string, parent: string, facts: RiskFacts): LevelRisk {
  const { person, everyone, attackers = nothing } = facts;
  const count = valuesWithin(everyone, level, parent);
  const likelihoodOfPerson = likelihood(person, key, parent, count);
  const likelihoodOfAttackers = likelihood(attackers, key, parent, count);
  return {
    level,
    value,
    timesOfPerson: person.times.get(key) ?? 0,
    timesOfEveryone: everyone.times.get(key) ?? 0,
    likelihoodOfPerson,
    likelihoodOfAttackers,
    log10: Math.log10(likelihoodOfAttackers / likelihoodOfPerson),
  };
}

function personFactor({ person, everyone, people }: RiskFacts): number {
  const share = (person.signIns + 1) / (everyone.signIns + Math.max(1, people));
  return 1 / Math.max(1, people) / share;
}

/** The score from which on a sign-in is to be questioned so that `share` of the given attacks are (0 to 1). Throws `RangeError` without attacks. */
export function thresholdFor(attacks: readonly number[], share: number): number {
  if (attacks.length === 0) throw new RangeError('no attacks to learn from');
  const sorted = attacks.toSorted((a, b) => b - a);
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length))) - 1]!;
}
