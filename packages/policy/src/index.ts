export { checkNamedLocation, checkPolicy, type Checked } from './check.ts';
export { compilePolicies, type PolicySet } from './compile.ts';
export { conditionFlags, conditionsIn, type Condition } from './conditions.ts';
export type { Control } from './controls.ts';
export {
  decide,
  type Decision,
  type PolicyOutcome,
  type PolicyResult,
  type Reason,
  type ReasonCode,
  type Requirement,
} from './decide.ts';
export { EffectMeter, measureEffect, type Effect, type PastSignIn, type PolicyEffect } from './effect.ts';
export {
  compileFilter,
  FilterError,
  parseFilter,
  type Filter,
  type FilterExpression,
  type PropertyReader,
} from './filter/index.ts';
export { findGaps, type Gap, type GapReason, type Gaps } from './gaps.ts';
export { requestOfSignIn, type SignInRow } from './past-sign-in.ts';
export type { PolicyProblem } from './problem.ts';
export type * from './request.ts';
export { everyTimeGraceSeconds, type SessionControls } from './sessions.ts';
export {
  requestOfWhatIf,
  whatIf,
  type ConditionReason,
  type IdentityFacts,
  type WhatIf,
  type WhatIfResult,
} from './what-if.ts';
