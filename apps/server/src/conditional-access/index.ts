import type {
  conditionalAccessRoutes,
  emergencyAccountRoutes,
  graphConditionalAccessRoutes,
  graphTermsOfUseRoutes,
} from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createCommands } from './commands.ts';
import { namesOf } from './checks.ts';
import { createDecider } from './decider.ts';
import { emergencyAccounts, emergencyHandlers } from './emergency.ts';
import type { Facts } from './facts.ts';
import { graphConditionalAccessHandlers } from './faces/graph/index.ts';
import { createGate, type Gate } from './gate.ts';
import { objects } from './store.ts';
import { createTerms, type Terms } from './terms/commands.ts';
import { graphTermsOfUseHandlers } from './terms/graph.ts';
import { conditionalAccessHandlers, type InsightNeeds } from './insight/routes.ts';

export type { Terms } from './terms/commands.ts';
export { sallyportApplication } from './applications.ts';
export { challengeOf } from './challenge.ts';
export { isMultiFactor } from './gate.ts';
export { isTrustedAddress } from './trusted.ts';
export type { DeviceFacts, Facts, RiskOfSignIn, SignInAttempt, SignInRisk, WorkloadAttempt } from './facts.ts';
export { missingTerms, type Gate, type GateAnswer } from './gate.ts';

export interface ConditionalAccess extends Domain<Handlers<typeof emergencyAccountRoutes>> {
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphConditionalAccessRoutes>;
  readonly graphTerms: Handlers<typeof graphTermsOfUseRoutes>;
  readonly terms: Terms;
  readonly gate: Gate;
  /** What policies did and would do, for the portal. */
  insight(needs: InsightNeeds): Handlers<typeof conditionalAccessRoutes>;
  /** Whether a policy, in force or not, is about an authentication context. */
  isTargeted(authenticationContext: string): Promise<boolean>;
  /** Whom no policy, and no signal of others, locks out. */
  isEmergencyAccount(personId: string): Promise<boolean>;
}

/** Conditional Access policies, and what they say of a sign-in. */
export function createConditionalAccess(platform: Platform, facts: Facts = {}): ConditionalAccess {
  const decider = createDecider(platform);
  const terms = createTerms(platform);
  const known: Facts = {
    ...facts,
    terms: {
      accepted: async (personId) => {
        const { policies } = await decider.current();
        const asked = policies.some(({ grant }) => grant.controls.some(({ control }) => control === 'termsOfUse'));
        return asked ? terms.accepted(personId) : [];
      },
    },
  };
  return {
    handlers: emergencyHandlers(platform),
    graph: graphConditionalAccessHandlers(platform, createCommands(platform), decider),
    graphTerms: graphTermsOfUseHandlers(platform, terms),
    terms,
    gate: createGate(platform, decider, known),
    insight: (needs) => conditionalAccessHandlers({ platform, decider, facts: known, ...needs }),
    isTargeted: async (authenticationContext) =>
      (await objects.ofKind(platform.database, 'policy')).some(({ body }) =>
        namesOf(body).has(authenticationContext.toLowerCase()),
      ),
    isEmergencyAccount: async (personId) =>
      (await emergencyAccounts(platform.database, platform.clock.now())).some(({ id }) => id === personId),
  };
}
