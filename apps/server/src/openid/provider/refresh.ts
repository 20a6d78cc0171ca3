import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Platform } from '../../platform/types.ts';
import type { AccessDecision } from './access.ts';
import type { ClaimSource } from './claims.ts';
import { personOf } from './claims.ts';
import type { Clients } from './clients.ts';
import { factsOf } from './context.ts';
import type { SessionLinks } from './sessions.ts';
import { recordUserSignIn, textOf } from './sign-in-rows.ts';

export interface AccountParts {
  readonly clients: Clients;
  readonly links: SessionLinks;
  readonly decide: AccessDecision;
  readonly claims: ClaimSource;
}

/** The person of a token; asks Conditional Access again before a refresh token gives new ones. */
export function createFindAccount(
  platform: Pick<Platform, 'database' | 'outbox' | 'clock'>,
  { clients, links, decide, claims }: AccountParts,
) {
  /** Throws InvalidGrant, with Entra's number in it. */
  const checkRefresh = async (ctx: KoaContextWithOIDC, personId: string, sessionUid: string): Promise<void> => {
    const facts = factsOf(ctx);
    const application = ctx.oidc.client && (await clients.usable(ctx.oidc.client.clientId));
    const person = await personOf(platform.database, personId);
    const standing = await links.standing(sessionUid, true);
    if (!application || !person || !standing) throw new errors.InvalidGrant('the sign-in is over');
    const { outcome, gate } = await decide({
      personId,
      application,
      method: standing.method,
      sessionStartedAt: standing.startedAt,
      ipAddress: facts.from.ipAddress,
      userAgent: facts.from.userAgent,
      clientAppType: application.body.spa.redirectUris.length > 0 ? 'browser' : 'mobileAppsAndDesktopClients',
    });
    await recordUserSignIn(platform, {
      outcome,
      person,
      interactive: false,
      protocol: 'oAuth2',
      incomingToken: 'refreshToken',
      from: facts.from,
      application: { appId: application.appId, displayName: application.body.displayName },
      access: gate,
      method: standing.method,
      sessionId: standing.sessionId,
    });
    if (outcome !== 'success') {
      // As Entra: the person has to come back and sign in; what she was given before is not taken away.
      const error = new errors.InvalidGrant(textOf(outcome));
      error.error_description = textOf(outcome);
      throw error;
    }
  };

  return async (ctx: KoaContextWithOIDC, id: string, token?: { readonly kind: string }) => {
    const person = await personOf(platform.database, id);
    if (!person) return undefined;
    const refresh = ctx.oidc.entities.RefreshToken;
    // One that was used before is not decided on: the provider ends its grant.
    if (token?.kind === 'RefreshToken' && ctx.oidc.route === 'token' && refresh?.consumed === undefined)
      await checkRefresh(ctx, id, refresh?.sessionUid ?? '');
    return {
      accountId: id,
      claims: async () => {
        const application = ctx.oidc.client && (await clients.usable(ctx.oidc.client.clientId));
        return { sub: id, ...(application ? await claims.personClaims(person, application) : {}) };
      },
    };
  };
}
