import { featureNames, keysOf, type Level, type SignInValues } from './features.ts';
import { likelihood, likelihoodOfPerson, valuesWithin, type Counts } from './history.ts';

/** What is known when a sign-in is judged: this person's sign-ins, everybody's, and those of known attackers. */
export interface RiskFacts {
  readonly person: Counts;
  readonly everyone: Counts;
  /** How many people sign in at all. */
  readonly people: number;
  /** Without them attackers choose alike from all values that they don't copy. */
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
  /** Within the levels before, of whoever would have come as far as those. */
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

/** Where an attacker has a value from: any there is, what many use, or what the person uses. */
type Choice = 'any' | 'usual' | 'copied';

/**
 * Attackers of whom the published study knows, by what each of them knows: nothing but the password; the country too; the browser and the region; the network as well.
 * Which one it is stays open: what fits one of them is a risk, and a value that all of them have says nothing for the person.
 */
const attackerKinds: readonly Readonly<Record<Level, Choice>>[] = [
  {
    country: 'any',
    asn: 'any',
    address: 'any',
    deviceType: 'usual',
    operatingSystem: 'usual',
    browser: 'usual',
    userAgent: 'usual',
  },
  {
    country: 'copied',
    asn: 'any',
    address: 'any',
    deviceType: 'usual',
    operatingSystem: 'usual',
    browser: 'usual',
    userAgent: 'usual',
  },
  {
    country: 'copied',
    asn: 'usual',
    address: 'any',
    deviceType: 'copied',
    operatingSystem: 'copied',
    browser: 'copied',
    userAgent: 'copied',
  },
];
/** Attackers who know more are rarer. */
const attackerShares: readonly number[] = [0.7, 0.2, 0.1];

/**
 * How much likelier a sign-in is an attacker's than the person's own: p(x | attack) / p(x | person) for all values, and p(person | attack) / p(person), as decimal
 * logarithms. The published method adds levels up with weights; here each is judged within the one before it, so that each has a number of its own, and what a person
 * has not done yet is judged by what everybody does. Only the order of scores means something: a threshold is learnt (`thresholdFor`). Freeman et al., NDSS 2016.
 */
export function scoreSignIn(values: SignInValues, facts: RiskFacts): RiskScore {
  const shares = [...attackerShares];
  const levels: LevelRisk[] = [];
  const personLog10 = Math.log10(personFactor(facts));
  let sum = personLog10;
  for (const feature of featureNames)
    for (const { level, key, parent } of keysOf(feature, values)) {
      const risk = levelRisk(level, values[level], key, parent, facts, shares);
      sum += risk.log10;
      levels.push(risk);
    }
  return { log10: sum, levels, personLog10 };
}

/** `shares`, of the kinds of attackers, become those of who would come with this value too. */
function levelRisk(
  level: Level,
  value: string,
  key: string,
  parent: string,
  { person, everyone, attackers }: RiskFacts,
  shares: number[],
): LevelRisk {
  const count = valuesWithin(everyone, level, parent);
  const ofPerson = likelihoodOfPerson(person, everyone, key, parent, count);
  const any = attackers ? likelihood(attackers, key, parent, count) : 1 / count;
  const usual = likelihood(everyone, key, parent, count);
  let ofAttackers = 0;
  for (let i = 0; i < shares.length; i++) {
    const choice = attackerKinds[i]![level];
    const chosen = choice === 'any' ? any : choice === 'usual' ? usual : ofPerson;
    ofAttackers += shares[i]! *= chosen;
  }
  for (let i = 0; i < shares.length; i++) shares[i]! /= ofAttackers;
  return {
    level,
    value,
    timesOfPerson: person.times.get(key) ?? 0,
    timesOfEveryone: everyone.times.get(key) ?? 0,
    likelihoodOfPerson: ofPerson,
    likelihoodOfAttackers: ofAttackers,
    log10: Math.log10(ofAttackers / ofPerson),
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
