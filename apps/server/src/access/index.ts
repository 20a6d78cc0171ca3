import { roles, type GrantedPermission, type RoleName, type tokenRoutes } from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { tokenCommands } from './tokens.ts';
import { tokenHandlers } from './routes.ts';
import type { Caller, SharedKeyClaim, Signer } from '../platform/http/index.ts';

/** What a role holds; nothing for a name that is no role. */
export function permissionsOfRole(role: string): ReadonlySet<GrantedPermission> {
  return new Set(Object.hasOwn(roles, role) ? roles[role as RoleName] : []);
}

export interface Access extends Domain<Handlers<typeof tokenRoutes>> {
  /** Who holds this API token; undefined when it is unknown, expired or revoked. */
  readonly callerOfToken: (token: string) => Promise<Caller | undefined>;
  /** Who signed a call with an API token's shared key. */
  readonly callerOfSharedKey: (claim: SharedKeyClaim) => Promise<Caller | undefined>;
  /** Who a client's certificate of this common name stands for. */
  readonly callerOfCertificate: (name: string) => Promise<Caller | undefined>;
  /** Who may sign bodies for this name. */
  readonly signers: (name: string) => Promise<readonly Signer[]>;
}

/** Roles and API tokens. */
export function createAccess(platform: Platform): Access {
  const tokens = tokenCommands(platform);
  return {
    handlers: tokenHandlers(tokens),
    callerOfToken: tokens.callerOf,
    callerOfSharedKey: tokens.callerOfSharedKey,
    callerOfCertificate: tokens.callerOfCertificate,
    signers: tokens.signers,
  };
}
