import { compilePolicies, type PolicySet } from './compile.ts';
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
  const meter = new EffectMeter(policies, directory);
  for (const signIn of signIns) meter.add(signIn);
  return meter.effect();
}

/** `measureEffect` a sign-in at a time, for who must let others work in between. */
export class EffectMeter {
  readonly #set: PolicySet;
  readonly #strict: PolicySet;
  /** Only what reports has a result of its own for what a person could meet. */
  readonly #reporting: PolicySet;
  readonly #tallies: readonly Tally[];
  readonly #now = { allow: 0, block: 0, challenge: 0 };
  readonly #enforced = { allow: 0, block: 0, challenge: 0 };
  #count = 0;

  /** Throws `RangeError` as `compilePolicies` does. */
  constructor(policies: readonly unknown[], directory: Directory) {
    this.#set = compilePolicies(policies, directory);
    this.#strict = compilePolicies(policies.map(withState('enabled')), directory);
    this.#reporting = compilePolicies(policies.map(withState('enabledForReportingButNotEnforced')), directory);
    this.#tallies = this.#set.policies.map(({ id, displayName }) => new Tally(id, displayName));
  }

  add({ id, request }: PastSignIn): void {
    this.#count++;
    const decision = decide(this.#set, request);
    this.#now[decision.decision]++;
    this.#enforced[decide(this.#strict, request).decision]++;
    const reported = decide(this.#reporting, request).policies;
    decision.policies.forEach(({ result }, at) => this.#tallies[at]?.add(id, request, result, reported[at]?.result));
  }

  effect(): Effect {
    return {
      signIns: this.#count,
      policies: this.#tallies.map((tally) => tally.effect()),
      now: { ...this.#now },
      enforced: { ...this.#enforced },
    };
  }
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
