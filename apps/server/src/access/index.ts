import { randomUUID } from 'node:crypto';
import type { accessExplorerRoutes, AssignmentScope, roleRoutes, tokenRoutes } from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createAssignments, type Assignments, type PublishPeople } from './assignments.ts';
import { createCustomRoles } from './custom-roles.ts';
import { createEffectiveAccess, type EffectiveAccess } from './effective.ts';
import { explorerHandlers, type Sight } from './explorer.ts';
import { createUses, type Uses } from './uses.ts';
import { roleHandlers } from './role-routes.ts';
import { createTokenDecision, type AskForToken, type From } from './decision.ts';
import { tokenCommands } from './tokens.ts';
import { tokenHandlers } from './routes.ts';
import type { Caller, SharedKeyClaim, Signer } from '../platform/http/index.ts';

export { firstAdministrator, isAdministered, keepingAnAdministrator, LastAdministrator } from './administrators.ts';
export { holdsAnything, inForce, notOver, reaching, roleNamesOf } from './assignment-store.ts';
export type { Assignments, PublishPeople } from './assignments.ts';
export { keepingDutiesApart } from './duties.ts';
export { readRights, type EffectiveAccess, type HeldAssignment, type Rights } from './effective.ts';
export { containsScope, holdsOver, managesAllRoles, refuseBeyond } from './reach.ts';
export { refuseStronger, refuseStrongerGroup } from './stronger.ts';
export { roleNameOf, roleOf, rolesHolding, type KnownRole } from './role-store.ts';
export type { Sight } from './explorer.ts';
export type { Uses } from './uses.ts';
export type { AskForToken } from './decision.ts';

export interface Access extends Domain<Handlers<typeof tokenRoutes>> {
  readonly roles: Handlers<typeof roleRoutes>;
  /** Who can do what, and why. */
  readonly explorer: Handlers<typeof accessExplorerRoutes>;
  /** When each right was used last. */
  readonly uses: Uses;
  /** What people and applications may do now. */
  readonly effective: EffectiveAccess;
  readonly assignments: Assignments;
  /**
   * Who holds this API token; undefined when it is unknown, expired or revoked, or its person may not sign in. Throws Unauthenticated where Conditional Access refuses
   * it from there.
   */
  readonly callerOfToken: (token: string, from: From) => Promise<Caller | undefined>;
  /** Who signed a call with an API token's shared key. */
  readonly callerOfSharedKey: (claim: SharedKeyClaim) => Promise<Caller | undefined>;
  /** Who a client's certificate of this common name stands for. */
  readonly callerOfCertificate: (name: string) => Promise<Caller | undefined>;
  /** Who may sign bodies for this name. */
  readonly signers: (name: string) => Promise<readonly Signer[]>;
}

export interface AccessParts {
  /** What Conditional Access says of a person's token. */
  readonly ask: AskForToken;
  readonly publish: PublishPeople;
  readonly sight: Sight;
  /** Why a scope can't be saved, and which part of it; undefined when it can. */
  readonly fault: (scope: AssignmentScope) => { message: string; target: string } | undefined;
}

/** Roles, who holds them, and API tokens. */
export function createAccess(platform: Platform, { ask, publish, sight, fault }: AccessParts): Access {
  const effective = createEffectiveAccess(platform);
  const assignments = createAssignments(platform, publish);
  const roles = createCustomRoles(platform, publish);
  const uses = createUses(platform);
  const tokens = tokenCommands(platform, createTokenDecision(platform, ask, randomUUID), { effective, uses });
  return {
    handlers: tokenHandlers(tokens),
    roles: roleHandlers(platform, { roles, assignments, fault }),
    explorer: explorerHandlers(platform, { roles, uses, sight }),
    uses,
    effective,
    assignments,
    callerOfToken: tokens.callerOf,
    callerOfSharedKey: tokens.callerOfSharedKey,
    callerOfCertificate: tokens.callerOfCertificate,
    signers: tokens.signers,
    start: () => {
      effective.start();
      uses.start();
      return Promise.resolve();
    },
    stop: async () => {
      await effective.stop();
      await uses.stop();
    },
  };
}
