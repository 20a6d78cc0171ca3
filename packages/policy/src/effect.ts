import { compilePolicies } from './compile.ts';
import { decide, type Decision, type PolicyOutcome } from './decide.ts';
import type { AccessRequest, Directory } from './request.ts';

/** A sign-in of the past; `id` names it to who looks it up. */
export interface PastSignIn {
  readonly id: string;
  readonly request: AccessRequest;
}

/** What a policy said to sign-ins of the past. */
export interface PolicyEffect {
  readonly id: string;
  readonly displayName: string;
  /** Sign-ins by result; results that did not occur are left out. */
  readonly results: Partial<Record<PolicyOutcome, number>>;
  /** Different people whom it would have blocked, or asked for something. */
  readonly usersBlocked: number;
  readonly usersAsked: number;
  /** The first ten sign-ins of those. */
  readonly examples: readonly string[];
}

export interface Effect {
  readonly signIns: number;
  readonly policies: readonly PolicyEffect[];
  /** What is decided now, and what would be if every policy that reports were on. */
  readonly now: Readonly<Record<Decision['decision'], number>>;
  readonly enforced: Readonly<Record<Decision['decision'], number>>;
}

const examplesMax = 10;

/**
 * Measures policies on sign-ins of the past, those that only report above all: whom each would have blocked or asked, and what all of them together would change. Takes
 * as many sign-ins as are given and keeps none of them.
 */
export function measureEffect(
  policies: readonly unknown[],
  directory: Directory,
  signIns: Iterable<PastSignIn>,
): Effect {
  const set = compilePolicies(policies, directory);
  const strict = compilePolicies(policies.map(withState('enabled')), directory);
  // Only what reports has a result of its own for what a person could meet.
  const reporting = compilePolicies(policies.map(withState('enabledForReportingButNotEnforced')), directory);
  const tallies = set.policies.map(({ id, displayName }) => new Tally(id, displayName));
  const now = { allow: 0, block: 0, challenge: 0 };
  const enforced = { allow: 0, block: 0, challenge: 0 };
  let count = 0;
  for (const { id, request } of signIns) {
    count++;
    const decision = decide(set, request);
    now[decision.decision]++;
    enforced[decide(strict, request).decision]++;
    const reported = decide(reporting, request).policies;
    decision.policies.forEach(({ result }, at) => tallies[at]!.add(id, request, result, reported[at]?.result));
  }
  return { signIns: count, policies: tallies.map((tally) => tally.effect()), now, enforced };
}

const withState =
  (state: 'enabled' | 'enabledForReportingButNotEnforced') =>
  (policy: unknown): unknown => {
    const isOff = typeof policy === 'object' && policy !== null && 'state' in policy && policy.state === 'disabled';
    return typeof policy === 'object' && policy !== null && !isOff ? { ...policy, state } : policy;
  };

class Tally {
  readonly #id: string;
  readonly #displayName: string;
  readonly #results: Partial<Record<PolicyOutcome, number>> = {};
  readonly #blocked = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #examples: string[] = [];

  constructor(id: string, displayName: string) {
    this.#id = id;
    this.#displayName = displayName;
  }

  add(
    id: string,
    { signInIdentity: identity }: AccessRequest,
    result: PolicyOutcome,
    reported: PolicyOutcome | undefined,
  ): void {
    this.#results[result] = (this.#results[result] ?? 0) + 1;
    const asks = reported === 'reportOnlyInterrupted';
    if (!asks && reported !== 'reportOnlyFailure') return;
    (asks ? this.#asked : this.#blocked).add(identity.kind === 'user' ? identity.userId : identity.servicePrincipalId);
    if (this.#examples.length < examplesMax) this.#examples.push(id);
  }

  effect(): PolicyEffect {
    return {
      id: this.#id,
      displayName: this.#displayName,
      results: this.#results,
      usersBlocked: this.#blocked.size,
      usersAsked: this.#asked.size,
      examples: this.#examples,
    };
  }
}
