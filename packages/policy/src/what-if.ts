import type {
  ConditionalAccessPolicy,
  WhatIfAnalysisReason,
  WhatIfRequest,
} from '@sallyport/contracts/conditional-access';
import { keyOf, type CompiledPolicy, type PolicySet } from './compile.ts';
import { conditionFlags, conditionsIn, type Condition } from './conditions.ts';
import { decide, type Decision } from './decide.ts';
import { given, wanted } from './explain.ts';
import { Matcher, type Match } from './match.ts';
import type { AccessRequest, DeviceInfo, SignInConditions, SignInIdentity } from './request.ts';

/** Whether a condition of a policy holds, what the policy wants and what the request has. */
export interface ConditionReason {
  readonly condition: Condition;
  readonly holds: 'yes' | 'no' | 'unknown';
  readonly wanted: string;
  readonly given: string;
}

/** Graph's `whatIfAnalysisResult`: the policy, and whether it applies. `conditionReasons` is ours. */
export type WhatIfResult = Partial<ConditionalAccessPolicy> & {
  readonly id: string;
  readonly displayName: string;
  readonly policyApplies: boolean;
  readonly analysisReasons: WhatIfAnalysisReason;
  readonly conditionReasons: readonly ConditionReason[];
};

export interface WhatIf {
  /** What `decide` says to the same request. */
  readonly decision: Decision;
  /** One for each policy, in the set's order. */
  readonly value: readonly WhatIfResult[];
}

/**
 * What each policy would do, and why. A policy that cannot be told applies, since it denies: its reason is then `invalidPolicy` or `notEnoughInformation`. With
 * `appliedPoliciesOnly` the others are left out. No policy applies to emergency accounts.
 */
export function whatIf(
  set: PolicySet,
  request: AccessRequest,
  options: { readonly appliedPoliciesOnly?: boolean } = {},
): WhatIf {
  const matcher = new Matcher(set, request);
  const { signInIdentity: identity } = request;
  const isEmergency = identity.kind === 'user' && set.emergencyAccess.has(keyOf(identity.userId));
  const results = set.policies.map((policy, at) => {
    const result = resultOf(policy, set.sources[at], matcher.match(at), request);
    return isEmergency && result.policyApplies
      ? { ...result, policyApplies: false, analysisReasons: 'users' as const }
      : result;
  });
  return {
    decision: decide(set, request),
    value: options.appliedPoliciesOnly ? results.filter(({ policyApplies }) => policyApplies) : results,
  };
}

function resultOf(
  policy: CompiledPolicy,
  source: ConditionalAccessPolicy | undefined,
  match: Match,
  request: AccessRequest,
): WhatIfResult {
  const enabled = policy.state !== 'disabled';
  return {
    ...source,
    id: policy.id,
    displayName: policy.displayName,
    policyApplies: enabled && match.notSatisfied === 0,
    analysisReasons: reasonOf(policy, match, request),
    conditionReasons: source ? reasonsOf(policy, source, match, request) : [],
  };
}

function reasonsOf(
  policy: CompiledPolicy,
  source: ConditionalAccessPolicy,
  match: Match,
  request: AccessRequest,
): ConditionReason[] {
  return conditionsIn(policy.configured).map((condition) => {
    const flag = conditionFlags[condition];
    const holds = (match.satisfied & flag) !== 0 ? 'yes' : (match.unknown & flag) !== 0 ? 'unknown' : 'no';
    return { condition, holds, wanted: wanted[condition](source.conditions), given: given[condition](request) };
  });
}

/** The order in which Graph lists reasons; the first one that holds is told. */
const order: readonly (readonly [Condition, WhatIfAnalysisReason])[] = [
  ['users', 'users'],
  ['servicePrincipals', 'workloadIdentities'],
  ['application', 'application'],
  ['devicePlatform', 'devicePlatform'],
  ['deviceState', 'devices'],
  ['clientType', 'clientApps'],
  ['location', 'location'],
  ['signInRisk', 'signInRisk'],
  ['userRisk', 'userRisk'],
  ['servicePrincipalRisk', 'workloadIdentities'],
  ['insiderRisk', 'insiderRisk'],
  ['authenticationFlows', 'authenticationFlow'],
];
const targets = {
  application: 'application',
  userAction: 'userActions',
  authenticationContext: 'authenticationContext',
} as const;

function reasonOf(policy: CompiledPolicy, match: Match, { signInContext }: AccessRequest): WhatIfAnalysisReason {
  if (policy.state === 'disabled') return 'policyNotEnabled';
  const first = order.find(([condition]) => (match.notSatisfied & conditionFlags[condition]) !== 0);
  if (first) return first[0] === 'application' ? targets[signInContext.kind] : first[1];
  if (policy.error !== undefined) return 'invalidPolicy';
  return match.unknown === 0 ? 'notSet' : 'notEnoughInformation';
}

/** What the directory knows of the identity that a What If names. */
export interface IdentityFacts {
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly guestType?: NonNullable<Extract<SignInIdentity, { kind: 'user' }>['guestType']>;
  readonly externalTenantId?: string;
  readonly inMyTenant?: boolean;
}

/** The request that Graph's body stands for, in which nothing has been shown yet. What the body leaves out is not known, and `all` says as little. */
export function requestOfWhatIf(body: WhatIfRequest, facts: IdentityFacts): AccessRequest {
  return {
    signInIdentity: identityOf(body.signInIdentity, facts),
    signInContext: contextOf(body.signInContext),
    signInConditions: conditionsOf(body.signInConditions),
    authentication: { methods: [], primaryAgeSeconds: 0 },
  };
}

function identityOf(identity: WhatIfRequest['signInIdentity'], facts: IdentityFacts): SignInIdentity {
  if (identity['@odata.type'] === '#microsoft.graph.servicePrincipalSignIn')
    return {
      kind: 'servicePrincipal',
      servicePrincipalId: identity.servicePrincipalId,
      inMyTenant: facts.inMyTenant ?? false,
    };
  const { groups = [], roles = [], guestType, externalTenantId } = facts;
  return {
    kind: 'user',
    userId: identity.userId,
    groups,
    roles,
    ...defined({ guestType, externalTenantId: identity.externalTenantId ?? externalTenantId }),
  };
}

function contextOf(context: WhatIfRequest['signInContext']): AccessRequest['signInContext'] {
  switch (context['@odata.type']) {
    case '#microsoft.graph.applicationContext':
      return { kind: 'application', includeApplications: context.includeApplications };
    case '#microsoft.graph.userActionContext':
      return { kind: 'userAction', userAction: context.userAction };
    case '#microsoft.graph.authContext':
      return { kind: 'authenticationContext', authenticationContextValue: context.authenticationContextValue };
  }
}

function conditionsOf(conditions: WhatIfRequest['signInConditions']): SignInConditions {
  const { clientAppType, devicePlatform, authenticationFlow, deviceInfo, ...rest } = conditions;
  const { '@odata.type': _, ...values } = rest;
  const method = authenticationFlow?.transferMethod;
  return defined({
    ...values,
    clientAppType: clientAppType === 'all' ? undefined : clientAppType,
    devicePlatform: devicePlatform === 'all' ? undefined : devicePlatform,
    authenticationFlow: method === 'none' ? undefined : method,
    deviceInfo: deviceInfo ? deviceOf(deviceInfo) : undefined,
  });
}

function deviceOf(device: NonNullable<WhatIfRequest['signInConditions']['deviceInfo']>): DeviceInfo {
  const { '@odata.type': _, ...values } = device;
  return defined(values);
}

type Defined<T> = { [K in keyof T]: NonNullable<T[K]> };

/** Without what is null or left out. */
function defined<T extends object>(values: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<Defined<T>>;
}
