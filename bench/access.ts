/**
 * Conditional Access decisions beside Cedar, with policies of the same meaning over the same requests. Prints one JSON object.
 *
 *   node bench/access.ts [--policies 100] [--requests 20000] [--cedar-requests 2000] [--seed 1] [--more 1000]
 *
 * Both must allow the same requests, and name the same policies as not met; `differ` counts the requests where they do not. Each decision is timed by itself, by the wall
 * clock (`microseconds`): that is of a quiet machine only. On one that does other work, `medianOfFiveMicroseconds` leaves out most of what others take, since each request
 * is decided five times in a row, and `meanCpuMicroseconds` and `decisionsPerSecond` are by the processor time of the whole process, the collector's threads too, for one
 * processor. `more` says with how many policies ours is timed once more. Requests have sign-in and user risk as
 * levels; `oursWithRisk` works the sign-in's level out first, from the history of the person and of all.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { compilePolicies, decide, type AccessRequest } from '../packages/policy/src/index.ts';
import { History, scoreSignIn, type SignInValues } from '../packages/policy/src/risk/index.ts';
import { ask, callOf, prepare } from './access/cedar.ts';
import { randomOf } from '../packages/policy/src/testing/population.ts';
import { directory, makePolicies, makeRequests, signInValues } from './access/company.ts';

const { values } = parseArgs({
  options: {
    policies: { type: 'string', default: '100' },
    requests: { type: 'string', default: '20000' },
    'cedar-requests': { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    more: { type: 'string', default: '1000' },
  },
});
const count = Number(values.requests);
const cedarCount = Math.min(count, Number(values['cedar-requests']));
const round = (value: number): number => Number(value.toFixed(1));

function percentiles(sorted: Float64Array): Record<string, number> {
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!);
  return { p50: at(0.5), p99: at(0.99), max: round(sorted.at(-1)!) };
}

const runs = 5;

/** Times each piece of work by itself, after a round to warm up. */
function timed<T>(inputs: readonly T[], work: (input: T) => unknown): Record<string, unknown> {
  for (const input of inputs.slice(0, 2_000)) work(input);
  const first = new Float64Array(inputs.length);
  const median = new Float64Array(inputs.length);
  inputs.forEach((input, i) => {
    const took = Float64Array.from({ length: runs }, () => {
      const started = process.hrtime.bigint();
      work(input);
      return Number(process.hrtime.bigint() - started) / 1_000;
    });
    first[i] = took[0]!;
    median[i] = took.sort()[(runs - 1) / 2]!;
  });
  const before = process.cpuUsage();
  for (const input of inputs) work(input);
  const used = process.cpuUsage(before);
  return {
    decisions: inputs.length,
    microseconds: percentiles(first.sort()),
    medianOfFiveMicroseconds: percentiles(median.sort()),
    meanCpuMicroseconds: round((used.user + used.system) / inputs.length),
    decisionsPerSecond: Math.round((inputs.length * 1e6) / (used.user + used.system)),
  };
}

const random = randomOf(Number(values.seed));
const policies = makePolicies(Number(values.policies), random);
const requests = makeRequests(count, random);
const startedCompiling = process.cpuUsage();
const set = compilePolicies(policies, directory);
const compiling = process.cpuUsage(startedCompiling);
const decideOurs = (request: AccessRequest): ReturnType<typeof decide> => decide(set, request);

prepare(policies, directory);
const calls = requests.slice(0, cedarCount).map((request) => callOf(request, directory));
const outcomes = { allow: 0, block: 0, challenge: 0 };
let differ = 0;
calls.forEach((call, i) => {
  const { decision, policies: results } = decideOurs(requests[i]!);
  outcomes[decision]++;
  const notMet = results.flatMap(({ id, result }) => (result === 'failure' ? [id] : [])).toSorted();
  const { allowed, forbidding } = ask(call);
  if (allowed !== (decision === 'allow') || forbidding.join() !== notMet.join()) differ++;
});

const ours = timed(requests, decideOurs);
const cedar = timed(calls, ask);
/** With the statistical risk of the sign-in worked out too, from forty sign-ins of each person. */
const everyone = new History();
const histories = Array.from({ length: 1_000 }, () => new History());
const historyOf = ({ signInIdentity: identity }: AccessRequest): History =>
  histories[identity.kind === 'user' ? Number(identity.userId.slice(5)) % histories.length : 0]!;
const valued = requests.map((request): { request: AccessRequest; values: SignInValues } => ({
  request,
  values: signInValues(request, random),
}));
for (let round = 0; round < 2; round++)
  for (const { request, values: signIn } of valued) {
    historyOf(request).add(signIn);
    everyone.add(signIn);
  }
const withRisk = timed(valued, ({ request, values: signIn }) => {
  const { log10 } = scoreSignIn(signIn, { person: historyOf(request), everyone, people: histories.length });
  const signInRiskLevel = log10 > 2 ? 'high' : log10 > 1 ? 'medium' : log10 > 0 ? 'low' : 'none';
  return decideOurs({ ...request, signInConditions: { ...request.signInConditions, signInRiskLevel } });
});
const moreRandom = randomOf(Number(values.seed));
const larger = compilePolicies(makePolicies(Number(values.more), moreRandom), directory);
const withMore = timed(requests.slice(0, 5_000), (request) => decide(larger, request));

process.stdout.write(
  `${JSON.stringify({
    bench: 'access',
    policies: policies.length,
    compared: calls.length,
    differ,
    outcomes,
    ours,
    oursWithRisk: withRisk,
    cedar,
    compilingCpuMs: round((compiling.user + compiling.system) / 1_000),
    withMorePolicies: { policies: larger.policies.length, ...withMore },
    load: round(loadavg()[0]!),
  })}\n`,
);
