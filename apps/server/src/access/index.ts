import { randomUUID } from 'node:crypto';
import type { tokenRoutes } from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createTokenDecision, type AskForToken, type From } from './decision.ts';
import { tokenCommands } from './tokens.ts';
import { tokenHandlers } from './routes.ts';
import type { Caller, SharedKeyClaim, Signer } from '../platform/http/index.ts';

export { permissionsOfRole } from './roles.ts';
export type { AskForToken } from './decision.ts';

export interface Access extends Domain<Handlers<typeof tokenRoutes>> {
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

/** Roles and API tokens. `ask`: what Conditional Access says of a person's token. */
export function createAccess(platform: Platform, { ask }: { readonly ask: AskForToken }): Access {
  const tokens = tokenCommands(platform, createTokenDecision(platform, ask, randomUUID));
  return {
    handlers: tokenHandlers(tokens),
    callerOfToken: tokens.callerOf,
    callerOfSharedKey: tokens.callerOfSharedKey,
    callerOfCertificate: tokens.callerOfCertificate,
    signers: tokens.signers,
  };
}
