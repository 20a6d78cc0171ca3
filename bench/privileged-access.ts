import { parseArgs } from 'node:util';
import { startNodes } from '../apps/server/src/privileged-access/nodes.ts';

/**
 * Three server processes on one database: from the call that activates a role on one to the first request that another lets through (`effect`, the slowest of the three,
 * and of the two others alone: `elsewhere`), and from the end of an activation to the first request that each refuses (`refusal`, the slowest of the three).
 * A request takes what it takes: its own time is in both.
 *
 * node bench/privileged-access.ts [--rounds 50] [--people 5] [--seconds 10]
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    people: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

const quantile = (sorted: readonly number[], q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN) * 10) / 10;
const spread = (times: readonly number[]) => {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: quantile(sorted, 1),
  };
};

const nodes = await startNodes(3);
const all = [0, 1, 2];
const effect: number[] = [];
const elsewhere: number[] = [];
const refusal: number[] = [];
const early: number[] = [];
try {
  const people = [];
  for (let i = 0; i < Number(options.people); i++) people.push(await nodes.eligible(`bench${i}`));
  for (let round = 0; round < rounds; round++) {
    const person = people[round % people.length];
    if (!person) break;
    const node = round % all.length;
    const asked = performance.now();
    const end = await person.activate(node, seconds);
    const seen = await Promise.all(all.map((one) => person.until(one, true)));
    effect.push(Math.max(...seen) - asked);
    elsewhere.push(Math.max(...seen.filter((_, one) => one !== node)) - asked);
    // The end, on the clock that `until` answers by.
    const over = performance.now() + (end.getTime() - Date.now());
    const refused = await Promise.all(all.map((one) => person.until(one, false)));
    refusal.push(Math.max(...refused) - over);
    early.push(Math.min(...refused) - over);
  }
} finally {
  await nodes.stop();
}
process.stdout.write(
  `${JSON.stringify({
    servers: 3,
    rounds,
    effect: spread(effect),
    elsewhere: spread(elsewhere),
    refusal: spread(refusal),
    earliestRefusalMs: quantile(
      early.toSorted((a, b) => a - b),
      0,
    ),
  })}\n`,
);
