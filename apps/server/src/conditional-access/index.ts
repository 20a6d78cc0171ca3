import type { emergencyAccountRoutes, graphConditionalAccessRoutes } from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createCommands } from './commands.ts';
import { createDecider } from './decider.ts';
import { emergencyAccounts, emergencyHandlers } from './emergency.ts';
import type { Facts } from './facts.ts';
import { graphConditionalAccessHandlers } from './faces/graph/index.ts';
import { createGate, type Gate } from './gate.ts';

export { sallyportApplication } from './applications.ts';
export { challengeOf } from './challenge.ts';
export { isTrustedAddress } from './trusted.ts';
export type { DeviceFacts, Facts, RiskOfSignIn, SignInAttempt, SignInRisk, WorkloadAttempt } from './facts.ts';
export type { Gate, GateAnswer } from './gate.ts';

export interface ConditionalAccess extends Domain<Handlers<typeof emergencyAccountRoutes>> {
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphConditionalAccessRoutes>;
  readonly gate: Gate;
  /** Whom no policy, and no signal of others, locks out. */
  isEmergencyAccount(personId: string): Promise<boolean>;
}

/** Conditional Access policies, and what they say of a sign-in. */
export function createConditionalAccess(platform: Platform, facts: Facts = {}): ConditionalAccess {
  const decider = createDecider(platform);
  return {
    handlers: emergencyHandlers(platform),
    graph: graphConditionalAccessHandlers(platform, createCommands(platform), decider),
    gate: createGate(platform, decider, facts),
    isEmergencyAccount: async (personId) =>
      (await emergencyAccounts(platform.database)).some(({ id }) => id === personId),
  };
}
