import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Population, randomOf, type Attacker } from '../testing/population.ts';
import { PublishedHistory, publishedScore } from '../testing/published-risk.ts';
import { keysOf } from './features.ts';
import { History, likelihood, scoreSignIn, thresholdFor, type SignInValues } from './index.ts';

const usual: SignInValues = {
  address: 'a1',
  asn: 'n1',
  country: 'NO',
  userAgent: 'u1',
  browser: 'b1',
  operatingSystem: 'o1',
  deviceType: 'd1',
};
const historyOf = (...signIns: readonly SignInValues[]): History => {
  const history = new History();
  for (const values of signIns) history.add(values);
  return history;
};
const times = (count: number, values: SignInValues): SignInValues[] => Array.from({ length: count }, () => values);

describe('likelihood', () => {
  const addressOf = (address: string): [string, string] => {
    const { key, parent } = keysOf('address', { ...usual, address }).at(-1)!;
    return [key, parent];
  };

  it('is by what was seen within the level before, and what is kept for the rest by how many kinds there were', () => {
    const counts = historyOf(...times(3, usual), { ...usual, address: 'a2' });
    expect(likelihood(counts, ...addressOf('a1'), 10)).toBeCloseTo(3 / 6);
    expect(likelihood(counts, ...addressOf('a2'), 10)).toBeCloseTo(1 / 6);
    expect(likelihood(counts, ...addressOf('a9'), 10)).toBeCloseTo(2 / 6 / 8);
    expect(likelihood(new History(), ...addressOf('a1'), 10)).toBeCloseTo(1 / 10);
  });

  it('of all values together is 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 }),
        fc.integer({ min: 5, max: 20 }),
        (addresses, count) => {
          const counts = historyOf(...addresses.map((address) => ({ ...usual, address })));
          const seen = [...new Set(addresses)].reduce(
            (sum, address) => sum + likelihood(counts, ...addressOf(address), count),
            0,
          );
          const rest = (count - new Set(addresses).size) * likelihood(counts, ...addressOf('never'), count);
          expect(seen + rest).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a score', () => {
  const other: SignInValues = {
    address: 'x1',
    asn: 'y1',
    country: 'US',
    userAgent: 'v1',
    browser: 'c1',
    operatingSystem: 'p1',
    deviceType: 'd1',
  };
  const person = historyOf(...times(9, usual));
  const everyone = historyOf(...times(9, usual), ...times(90, other));
  const facts = { person, everyone, people: 11 };
  const at = (more: Partial<SignInValues>): number => scoreSignIn({ ...usual, ...more }, facts).log10;

  it('is the likelihood ratio, worked out by hand', () => {
    const { levels, log10, personLog10 } = scoreSignIn({ ...usual, address: 'new' }, facts);
    const at = Object.fromEntries(levels.map((level) => [level.level, level]));
    // Nine of everybody's 99 are of this country; two countries are known, and each keeps one for those that were not seen: 9 of 101.
    // Of the person's nine, all; for new ones are kept 0.6 of the one there was, and 0.5, by what everybody does.
    const ofPerson = (9 + 1.1 * (9 / 101)) / (9 + 1.1);
    expect(at['country']!.likelihoodOfPerson).toBeCloseTo(ofPerson);
    // Seven attackers of ten take any of 200 countries, three know which it is.
    expect(at['country']!.likelihoodOfAttackers).toBeCloseTo(0.7 / 200 + 0.3 * ofPerson);
    expect(at['country']!.log10).toBeCloseTo(Math.log10((0.7 / 200 + 0.3 * ofPerson) / ofPerson));
    expect(personLog10).toBeCloseTo(Math.log10(1 / 11 / (10 / 110)));
    expect(log10).toBeCloseTo(levels.reduce((sum, level) => sum + level.log10, personLog10));
  });

  it('is that of the likeliest kinds of attackers: the levels together are the mean over them', () => {
    const { levels } = scoreSignIn(other, facts);
    const of = (name: string) => levels.find(({ level }) => level === name)!;
    const [country, asn, address] = [of('country'), of('asn'), of('address')];
    const any = [1 / 200, 1 / 50, 1 / 1_000] as const;
    const usualAsn = 90 / 91;
    const expected =
      0.7 * any[0] * any[1] * any[2] +
      0.2 * country.likelihoodOfPerson * any[1] * any[2] +
      0.1 * country.likelihoodOfPerson * usualAsn * any[2];
    const product = country.likelihoodOfAttackers * asn.likelihoodOfAttackers * address.likelihoodOfAttackers;
    expect(product / expected).toBeCloseTo(1, 9);
  });

  it('explains itself level by level', () => {
    expect(scoreSignIn({ ...usual, address: 'x1' }, facts).levels.slice(0, 3)).toMatchObject([
      { level: 'country', value: 'NO', timesOfPerson: 9, timesOfEveryone: 9 },
      { level: 'asn', value: 'n1', timesOfPerson: 9 },
      { level: 'address', value: 'x1', timesOfPerson: 0, timesOfEveryone: 0 },
    ]);
  });

  it('grows with what is unfamiliar: a new address of the same provider, of the country, of another', () => {
    // Most people of the company have an address of their own, of the same provider.
    const company = historyOf(
      ...times(9, usual),
      ...Array.from({ length: 90 }, (_, i) => ({ ...usual, address: `home-${i}` })),
    );
    const inCompany = (more: Partial<SignInValues>): number =>
      scoreSignIn({ ...usual, ...more }, { ...facts, everyone: company }).log10;
    const steps = [
      inCompany({}),
      inCompany({ address: 'x' }),
      inCompany({ address: 'x', asn: 'y' }),
      inCompany({ address: 'x', asn: 'y', country: 'US' }),
      inCompany(other),
    ];
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(new Set(steps).size).toBe(steps.length);
  });

  it('of what a person has not used is less where everybody uses it', () => {
    expect(at({ country: 'US' })).toBeLessThan(at({ country: 'KP' }));
  });

  it('falls as the person uses a value, and grows less for new ones with who often has new ones', () => {
    const after = (count: number): number =>
      scoreSignIn(other, { ...facts, person: historyOf(...times(9, usual), ...times(count, other)) }).log10;
    const falling = [0, 1, 5, 50].map(after);
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    const restless = historyOf(...Array.from({ length: 9 }, (_, i) => ({ ...usual, address: `a${i}` })));
    const fresh = { ...usual, address: 'new' };
    expect(scoreSignIn(fresh, { ...facts, person: restless }).log10).toBeLessThan(scoreSignIn(fresh, facts).log10);
  });

  it('grows with what known attackers use', () => {
    const attackers = historyOf(...times(20, { ...other, address: 'bad' }));
    const of = (address: string): number => scoreSignIn({ ...other, address }, { ...facts, attackers }).log10;
    expect(of('bad')).toBeGreaterThan(of('good'));
  });

  it('of somebody’s first sign-in, and of anything else, is a number', () => {
    const nobody = { person: new History(), everyone: new History(), people: 0 };
    expect(Number.isFinite(scoreSignIn(usual, nobody).log10)).toBe(true);
    const text = fc.oneof(fc.string(), fc.constantFrom('', '__proto__', 'NO', 'n1'));
    fc.assert(
      fc.property(
        fc.record({
          address: text,
          asn: text,
          country: text,
          userAgent: text,
          browser: text,
          operatingSystem: text,
          deviceType: text,
        }),
        (values) => {
          expect(Number.isFinite(scoreSignIn(values, facts).log10)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a threshold', () => {
  it('questions the share of attacks that it is asked for', () => {
    const attacks = Array.from({ length: 200 }, (_, i) => i / 10);
    const threshold = thresholdFor(attacks, 0.995);
    expect(attacks.filter((score) => score >= threshold)).toHaveLength(199);
    expect(thresholdFor(attacks, 1)).toBe(0);
    expect(() => thresholdFor([], 0.5)).toThrow(RangeError);
  });
});

describe('a population', () => {
  const population = new Population(200, randomOf(3));
  const people = population.people.length;
  const [everyone, publishedEveryone] = [new History(), new PublishedHistory()];
  const histories = population.people.map(() => ({ own: new History(), published: new PublishedHistory() }));
  const scores = (values: SignInValues, of: (typeof histories)[number]): { own: number; published: number } => ({
    own: scoreSignIn(values, { person: of.own, everyone, people }).log10,
    published: publishedScore(values, of.published, publishedEveryone, people),
  });
  const late: { own: number; published: number }[] = [];
  for (let round = 0; round < 45; round++)
    population.people.forEach((person, i) => {
      const [values, history] = [population.signIn(person), histories[i]!];
      if (round >= 40) late.push(scores(values, history));
      history.own.add(values);
      history.published.add(values);
      everyone.add(values);
      publishedEveryone.add(values);
    });

  /** Of sign-ins with 40 before them, the share that is questioned when 99.5 % of attacks are. */
  function questioned(attacker: Attacker): { own: number; published: number } {
    const attacks = population.people.flatMap((person, i) =>
      Array.from({ length: 10 }, () => scores(population.attack(person, attacker), histories[i]!)),
    );
    const share = (name: 'own' | 'published'): number => {
      const threshold = thresholdFor(
        attacks.map((score) => score[name]),
        0.995,
      );
      return late.filter((score) => score[name] >= threshold).length / late.length;
    };
    return { own: share('own'), published: share('published') };
  }

  // A company has addresses that many share. The published score takes what many use for what attackers use, which holds for a service of millions.
  it('is questioned less often than by the published score, and the less the less attackers know', () => {
    const [naive, vpn, targeted] = [questioned('naive'), questioned('vpn'), questioned('targeted')];
    expect(naive.own).toBeLessThan(0.1);
    expect(vpn.own).toBeLessThan(0.1);
    for (const { own, published } of [naive, vpn, targeted]) expect(own).toBeLessThan(published);
    expect(naive.own).toBeLessThanOrEqual(targeted.own);
  });
});
