import type { compilePolicies } from '../compile.ts';
import type { Decision, decide } from '../decide.ts';
import type { GeneratedCase } from './generate.ts';
import { plainDecision, type PlainDecision } from './plain.ts';

/** What a module of decisions has: the engine, or a copy of it that was spoilt on purpose. */
export interface Engine {
  readonly compilePolicies: typeof compilePolicies;
  readonly decide: typeof decide;
}

/** The numbers of Entra's logs, once more. */
const flags: Readonly<Record<string, number>> = {
  application: 1,
  users: 2,
  devicePlatform: 4,
  location: 8,
  clientType: 16,
  signInRisk: 32,
  userRisk: 64,
  deviceState: 256,
  servicePrincipals: 8192,
  servicePrincipalRisk: 16384,
  authenticationFlows: 32768,
  insiderRisk: 65536,
};
const sum = (names: readonly string[]): number => names.reduce((all, name) => all + flags[name]!, 0);

const ofPlain = (plain: PlainDecision): unknown => ({
  ...plain,
  results: plain.results.map(({ result, satisfied, not }) => [result, sum(satisfied), sum(not)]),
});

const ofEngine = (decision: Decision): unknown => ({
  decision: decision.decision,
  results: decision.policies.map(({ result, conditionsSatisfied, conditionsNotSatisfied }) => [
    result,
    conditionsSatisfied,
    conditionsNotSatisfied,
  ]),
  required: decision.required
    .map(({ anyOf }) =>
      anyOf
        .map(({ control, id }) => (id === undefined ? control : `${control}:${id}`))
        .toSorted()
        .join('|'),
    )
    .toSorted(),
  frequency: decision.sessionControls.signInFrequencySeconds,
  persistence: decision.sessionControls.persistentBrowser,
  apps: [...(decision.sessionControls.cloudAppSecurity ?? [])].toSorted(),
});

/** What the plain evaluator says to every request of a case. */
export const plainAnswers = ({ requests, ...world }: GeneratedCase): unknown[] =>
  requests.map((request) => ofPlain(plainDecision(world, request)));

/** What an engine says, in the same form. `told` sees the decisions. */
export function engineAnswers(
  { requests, ...world }: GeneratedCase,
  engine: Engine,
  told?: (decision: Decision) => void,
): unknown[] {
  const set = engine.compilePolicies(
    world.policies.map((policy) => ('broken' in policy ? policy.broken : policy)),
    world.directory,
  );
  return requests.map((request) => {
    const decision = engine.decide(set, request);
    told?.(decision);
    return ofEngine(decision);
  });
}
