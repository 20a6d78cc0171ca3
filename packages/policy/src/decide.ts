import { conditionalAccessLimits } from '@sallyport/contracts/conditional-access';
import { keyOf, type CompiledPolicy, type PolicySet } from './compile.ts';
import { conditionsIn } from './conditions.ts';
import { controlOrder, type Control } from './controls.ts';
import { Demands, emergencySessionSeconds, met, mayBeMet, type Clause, type Fulfilment } from './demands.ts';
import { Matcher, type Match } from './match.ts';
import type { AccessRequest, UserSignIn } from './request.ts';
import { restrict, settle, type SessionControls } from './sessions.ts';

export type PolicyOutcome =
  | 'success'
  | 'failure'
  | 'notApplied'
  | 'notEnabled'
  | 'reportOnlySuccess'
  | 'reportOnlyFailure'
  | 'reportOnlyInterrupted'
  | 'reportOnlyNotApplied';

/** What one policy said, as in `ConditionalAccessPolicies` of `SigninLogs`. Conditions are flags: `conditionsIn` names them. */
export interface PolicyResult {
  readonly id: string;
  readonly displayName: string;
  readonly result: PolicyOutcome;
  readonly enforcedGrantControls: readonly string[];
  readonly enforcedSessionControls: readonly string[];
  readonly conditionsSatisfied: number;
  readonly conditionsNotSatisfied: number;
}

export type ReasonCode =
  | 'blocked'
  | 'controlNotMet'
  | 'policyErred'
  | 'factUnknown'
  | 'requestRefused'
  | 'emergencyAccess';

export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
  readonly policyId?: string;
}

/** One of `anyOf` is still to be met. */
export interface Requirement {
  readonly anyOf: readonly Control[];
  readonly policyIds: readonly string[];
}

export interface Decision {
  /** `challenge`: `required` can be met by the person, now. */
  readonly decision: 'allow' | 'block' | 'challenge';
  /** In the order in which to ask. Of a block: what was not met and can't be, if it was for that. */
  readonly required: readonly Requirement[];
  readonly sessionControls: SessionControls;
  readonly conditionalAccessStatus: 'success' | 'failure' | 'notApplied';
  /** One for each policy of the set, in its order. */
  readonly policies: readonly PolicyResult[];
  /** Why it is not simply allowed. */
  readonly reasons: readonly Reason[];
  /** An emergency account was used: worth an alert each time. */
  readonly emergencyAccess: boolean;
}

/**
 * Decides on a request. Pure: the same policies, facts and request give the same decision. All policies that apply must be satisfied, a block ends it, and what can't
 * be told denies. Never throws for a request of its type.
 */
export function decide(set: PolicySet, request: AccessRequest): Decision {
  const refused = refusalOf(request);
  if (refused !== undefined) return refusal(refused);
  const matcher = new Matcher(set, request);
  const { signInIdentity: identity } = request;
  if (identity.kind === 'user' && set.emergencyAccess.has(keyOf(identity.userId)))
    return emergencyDecision(set, request, identity, matcher);
  const verdict = new Verdict(new Demands(request));
  for (let at = 0; at < set.policies.length; at++) verdict.add(set.policies[at]!, matcher.match(at));
  return verdict.decision();
}

const maxApplications = 100;

/** A request on which no decision can be made, since no policy would see what it is about. */
function refusalOf({ signInIdentity: identity, signInContext: context }: AccessRequest): string | undefined {
  if (context.kind === 'application') {
    const count = context.includeApplications.length;
    if (count === 0) return 'no application is named';
    if (count > maxApplications) return `more than ${maxApplications} applications are named`;
  }
  const { groupsOfAUser } = conditionalAccessLimits;
  if (identity.kind === 'user' && identity.groups.length > groupsOfAUser)
    return `the user is in more than ${groupsOfAUser} groups`;
  return undefined;
}

const refusal = (message: string): Decision => ({
  decision: 'block',
  required: [],
  sessionControls: {},
  conditionalAccessStatus: 'failure',
  policies: [],
  reasons: [{ code: 'requestRefused', message }],
  emergencyAccess: false,
});

/** Adds up what policies say. */
class Verdict {
  readonly #demands: Demands;
  readonly #results: PolicyResult[] = [];
  readonly #reasons: Reason[] = [];
  readonly #clauses: (Clause & { readonly policyId: string })[] = [];
  readonly #session: SessionControls = {};
  #blocked = false;
  #failed = false;
  #applied = false;

  constructor(demands: Demands) {
    this.#demands = demands;
  }

  add(policy: CompiledPolicy, match: Match): void {
    this.#results.push({
      id: policy.id,
      displayName: policy.displayName,
      result: this.#outcome(policy, match),
      enforcedGrantControls: policy.grant.names,
      enforcedSessionControls: policy.session.names,
      conditionsSatisfied: policy.state === 'disabled' ? 0 : match.satisfied,
      conditionsNotSatisfied: policy.state === 'disabled' ? 0 : match.notSatisfied,
    });
  }

  #outcome(policy: CompiledPolicy, match: Match): PolicyOutcome {
    if (policy.state === 'disabled') return 'notEnabled';
    const reportOnly = policy.state === 'reportOnly';
    if (match.notSatisfied !== 0) return reportOnly ? 'reportOnlyNotApplied' : 'notApplied';
    const fulfilment = this.#fulfilment(policy, match);
    if (reportOnly)
      return fulfilment.state === met
        ? 'reportOnlySuccess'
        : fulfilment.state === mayBeMet
          ? 'reportOnlyInterrupted'
          : 'reportOnlyFailure';
    this.#enforce(policy, match, fulfilment);
    return fulfilment.state === met ? 'success' : 'failure';
  }

  #fulfilment(policy: CompiledPolicy, match: Match): Fulfilment {
    if (policy.error !== undefined || match.unknown !== 0 || policy.grant.block)
      return { state: 'failed', clauses: [] };
    return this.#demands.of(policy);
  }

  #enforce(policy: CompiledPolicy, match: Match, { state, clauses }: Fulfilment): void {
    this.#applied = true;
    restrict(this.#session, policy.session.controls);
    if (state === met) return;
    this.#failed = true;
    if (state !== mayBeMet) this.#blocked = true;
    this.#reasons.push(reasonOf(policy, match, clauses));
    for (const clause of clauses) this.#clauses.push({ ...clause, policyId: policy.id });
  }

  decision(): Decision {
    return {
      decision: this.#blocked ? 'block' : this.#failed ? 'challenge' : 'allow',
      required: requirements(this.#clauses),
      sessionControls: settle(this.#session),
      conditionalAccessStatus: this.#failed ? 'failure' : this.#applied ? 'success' : 'notApplied',
      policies: this.#results,
      reasons: this.#reasons,
      emergencyAccess: false,
    };
  }
}

function reasonOf(policy: CompiledPolicy, match: Match, clauses: readonly Clause[]): Reason {
  const { id: policyId, displayName } = policy;
  if (policy.error !== undefined)
    return { code: 'policyErred', policyId, message: `"${displayName}" cannot be decided on: ${policy.error}` };
  if (match.unknown !== 0) {
    const names = conditionsIn(match.unknown).join(', ');
    return { code: 'factUnknown', policyId, message: `"${displayName}" asks for what is not known: ${names}` };
  }
  if (policy.grant.block) return { code: 'blocked', policyId, message: `"${displayName}" blocks` };
  const missing = clauses.map(({ anyOf }) => anyOf.map(({ control }) => control).join(' or ')).join(', ');
  const errors = policy.grant.controls.flatMap(({ error }) => error ?? []);
  const why = errors.length === 0 ? '' : ` (${errors.join('; ')})`;
  return {
    code: errors.length === 0 ? 'controlNotMet' : 'policyErred',
    policyId,
    message: `"${displayName}" demands ${missing}${why}`,
  };
}

/** The same demand of several policies is one. */
function requirements(clauses: readonly (Clause & { readonly policyId: string })[]): Requirement[] {
  const byDemand = new Map<string, { anyOf: readonly Control[]; policyIds: string[] }>();
  for (const { anyOf, policyId } of clauses) {
    const key = anyOf.map(({ control, id }) => `${control}:${id ?? ''}`).join('|');
    const known = byDemand.get(key);
    if (known) known.policyIds.push(policyId);
    else
      byDemand.set(key, {
        anyOf: anyOf.map(({ control, id }) => (id === undefined ? { control } : { control, id })),
        policyIds: [policyId],
      });
  }
  const place = ({ anyOf }: Requirement): number => controlOrder.indexOf(anyOf[0]!.control);
  return [...byDemand.values()].toSorted((a, b) => place(a) - place(b));
}

/**
 * Emergency accounts. Policies are reported, and none is held. In their place stands one demand that nobody can change: a method that cannot be phished, shown within
 * the hour, and not in a flow in which another device gets the token.
 */
function emergencyDecision(set: PolicySet, request: AccessRequest, identity: UserSignIn, matcher: Matcher): Decision {
  const policies = set.policies.map((policy, at): PolicyResult => {
    const { satisfied, notSatisfied } = matcher.match(at);
    const off = policy.state === 'disabled';
    return {
      id: policy.id,
      displayName: policy.displayName,
      result: off ? 'notEnabled' : policy.state === 'reportOnly' ? 'reportOnlyNotApplied' : 'notApplied',
      enforcedGrantControls: policy.grant.names,
      enforcedSessionControls: policy.session.names,
      conditionsSatisfied: off ? 0 : satisfied,
      conditionsNotSatisfied: off ? 0 : notSatisfied,
    };
  });
  const { fulfilment, message } = new Demands(request).ofEmergency(set.phishingResistant, identity);
  return {
    decision: fulfilment.state === met ? 'allow' : fulfilment.state === mayBeMet ? 'challenge' : 'block',
    required: fulfilment.clauses.map(({ anyOf }) => ({ anyOf, policyIds: [] })),
    sessionControls: { signInFrequencySeconds: emergencySessionSeconds, persistentBrowser: 'never' },
    conditionalAccessStatus: fulfilment.state === met ? 'success' : 'failure',
    policies,
    reasons: [{ code: 'emergencyAccess', message }],
    emergencyAccess: true,
  };
}
