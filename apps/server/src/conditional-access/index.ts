import type { graphConditionalAccessRoutes } from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createCommands } from './commands.ts';
import { createDecider, type Decider } from './decider.ts';
import { graphConditionalAccessHandlers } from './faces/graph/index.ts';

export interface ConditionalAccess extends Domain<Handlers<typeof graphConditionalAccessRoutes>> {
  readonly decider: Decider;
}

/** Conditional Access policies, and what they say of a sign-in. */
export function createConditionalAccess(platform: Platform): ConditionalAccess {
  const decider = createDecider(platform);
  return { handlers: graphConditionalAccessHandlers(platform, createCommands(platform), decider), decider };
}
