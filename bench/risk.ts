/**
 * The risk of sign-ins on a simulated population, as the published study measured it. Prints one JSON object, and draws curves.
 *
 *   node bench/risk.ts [--people 10000] [--weeks 12] [--scored 1500] [--confirmed 0.02] [--seed 1] [--pictures docs/pictures]
 *
 * Everybody's sign-ins are learned; those of `scored` people, drawn at random, are scored too, ours and by the published method, and with each the attacks that it would
 * have had. `oursLearning` has learned from the share `confirmed` of all attacks before, as it does from sign-ins that somebody confirms as compromised. The threshold is that at which 99.5 % of attacks of a kind are questioned. `rates` are the medians over people of the share of their sign-ins that were
 * questioned, after so many: as the study counts, from the first on. `falsePositives`: of sign-ins with 40 before them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { History, scoreSignIn, thresholdFor, type SignInValues } from '../packages/policy/src/risk/index.ts';
import { randomOf, type Attacker } from '../packages/policy/src/testing/population.ts';
import { PublishedHistory, publishedScore } from '../packages/policy/src/testing/published-risk.ts';
import { Study, type StudyPerson } from '../packages/policy/src/testing/study.ts';
import { curves, type Curve } from './risk/picture.ts';

const { values: given } = parseArgs({
  options: {
    people: { type: 'string', default: '10000' },
    weeks: { type: 'string', default: '12' },
    scored: { type: 'string', default: '1500' },
    confirmed: { type: 'string', default: '0.02' },
    seed: { type: 'string', default: '1' },
    pictures: { type: 'string', default: '' },
  },
});
const attackers: readonly Attacker[] = ['naive', 'vpn', 'targeted', 'veryTargeted'];
const share = 0.995;
const shownSignIns = [1, 2, 3, 5, 8, 12, 20, 30, 40, 60] as const;

const names = { ours: 'ours', oursLearning: 'ours, learning', published: 'published' } as const;
const dashes = { ours: '', oursLearning: '2 3', published: '8 5' } as const;

type Method = 'ours' | 'oursLearning' | 'published';
const methods: readonly Method[] = ['ours', 'oursLearning', 'published'];
interface Scored {
  readonly person: StudyPerson;
  readonly own: History;
  readonly published: PublishedHistory;
  readonly scores: Record<Method, number[]>;
}

const random = randomOf(Number(given.seed));
const study = new Study(Number(given.people), random);
const people = study.people.length;
const [everyone, publishedEveryone] = [new History(), new PublishedHistory()];
const scored = new Map<number, Scored>();
const step = Math.max(1, Math.floor(people / Number(given.scored)));
for (const person of study.people)
  if (person.index % step === 0)
    scored.set(person.index, {
      person,
      own: new History(),
      published: new PublishedHistory(),
      scores: { ours: [], oursLearning: [], published: [] },
    });
const attacks = Object.fromEntries(
  attackers.map((attacker) => [
    attacker,
    { ours: [] as number[], oursLearning: [] as number[], published: [] as number[] },
  ]),
) as Record<Attacker, Record<Method, number[]>>;

/** Attacks that somebody confirmed, of those of all kinds that were tried: what attackers use is learned from them. */
const known = new History();
const confirmedShare = Number(given.confirmed);

const scoresOf = ({ own, published }: Scored, values: SignInValues): Record<Method, number> => ({
  ours: scoreSignIn(values, { person: own, everyone, people }).log10,
  oursLearning: scoreSignIn(values, { person: own, everyone, people, attackers: known }).log10,
  published: publishedScore(values, published, publishedEveryone, people),
});

let signIns = 0;
for (let day = 0; day < 7 * Number(given.weeks); day++)
  for (const person of study.people) {
    const expected = person.perWeek / 7;
    const count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
    for (let n = 0; n < count; n++) {
      const values = study.signIn(person, day);
      const one = scored.get(person.index);
      if (one) {
        const scores = scoresOf(one, values);
        for (const method of methods) one.scores[method].push(scores[method]);
        for (const attacker of attackers) {
          const tried = study.attack(person, attacker, day);
          const attack = scoresOf(one, tried);
          if (random() < confirmedShare) known.add(tried);
          for (const method of methods) attacks[attacker][method].push(attack[method]);
        }
        one.own.add(values);
        one.published.add(values);
      }
      everyone.add(values);
      publishedEveryone.add(values);
      signIns++;
    }
  }

const median = (numbers: readonly number[]): number =>
  numbers.length === 0 ? Number.NaN : numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]!;
const round = (value: number): number => Number(value.toFixed(4));

/** Of people with at least so many sign-ins: the median share of these that were questioned, and the mean. */
function ratesOf(method: Method, threshold: number): Record<string, { median: number; mean: number; count: number }> {
  return Object.fromEntries(
    shownSignIns.map((length) => {
      const shares = [...scored.values()]
        .filter(({ scores }) => scores[method].length >= length)
        .map(({ scores }) => scores[method].slice(0, length).filter((score) => score >= threshold).length / length);
      const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
      return [length, { median: round(median(shares)), mean: round(mean), count: round(median(shares) * length) }];
    }),
  );
}
function falsePositives(method: Method, threshold: number): number {
  const late = [...scored.values()].flatMap(({ scores }) => scores[method].slice(40));
  return round(late.filter((score) => score >= threshold).length / late.length);
}

const results = Object.fromEntries(
  attackers.map((attacker) => [
    attacker,
    Object.fromEntries(
      methods.map((method) => {
        const threshold = thresholdFor(attacks[attacker][method], share);
        return [
          method,
          {
            threshold: round(threshold),
            rates: ratesOf(method, threshold),
            falsePositives: falsePositives(method, threshold),
          },
        ];
      }),
    ),
  ]),
);

if (given.pictures !== '') {
  mkdirSync(given.pictures, { recursive: true });
  const shown: Curve[] = attackers.slice(0, 3).flatMap((attacker) =>
    methods.map((method) => ({
      name: `${attacker === 'vpn' ? 'VPN' : attacker}, ${names[method]}`,
      dash: dashes[method],
      points: Object.entries(results[attacker]![method]!.rates).map(([x, { median: y }]): [number, number] => [
        Number(x),
        y,
      ]),
    })),
  );
  writeFileSync(join(given.pictures, 'risk-reauthentication.svg'), curves(shown));
}
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${JSON.stringify({ bench: 'risk', people, scored: scored.size, signIns, attacksOfAKind: attacks.naive.ours.length, share, results, processorSeconds: round((user + system) / 1e6) })}\n`,
);
