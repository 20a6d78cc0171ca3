import { errors, type AccessToken, type ClientCredentials, type KoaContextWithOIDC } from 'oidc-provider';
import type { Gate } from '../../conditional-access/index.ts';
import type { Platform } from '../../platform/types.ts';
import { assignments } from '../applications/store.ts';
import { rolesOf, type ClaimSource } from './claims.ts';
import type { Clients } from './clients.ts';
import { factsOf } from './context.ts';
import { isOwnApi, ownApi } from './own-api.ts';
import { recordServicePrincipalSignIn, textOf } from './sign-in-rows.ts';

/** What access tokens say beside the provider's own claims, in Entra's words; and the sign-in of an application itself. */
export function createExtraClaims(
  platform: Pick<Platform, 'database' | 'outbox' | 'clock'>,
  { issuer, clients, claims, gate }: { issuer: string; clients: Clients; claims: ClaimSource; gate: Gate },
) {
  const { database } = platform;
  const ofApplication = async (ctx: KoaContextWithOIDC, token: ClientCredentials) => {
    const application = await clients.usable(token.clientId ?? '');
    if (!application) throw new errors.InvalidClient('the application may not be used');
    const audience = ctx.oidc.client && token.resourceServer ? String(token.aud ?? '') : '';
    const isOwn = isOwnApi(audience, issuer);
    const resource = audience === '' || isOwn ? undefined : await clients.resource(audience);
    const named = isOwn ? ownApi : resource;
    const facts = factsOf(ctx);
    const row = {
      from: facts.from,
      servicePrincipalId: application.servicePrincipalId,
      application: { appId: application.appId, displayName: application.body.displayName },
      resource: named && { appId: named.appId, displayName: named.body.displayName },
      credential: {
        type: ctx.oidc.client?.tokenEndpointAuthMethod === 'private_key_jwt' ? ('clientAssertion' as const) : ('clientSecret' as const), // prettier-ignore
        keyId: facts.credentialKeyId,
      },
    };
    const refuse = async (outcome: 'blockedByPolicy' | 'notAssignedApplication', access = facts.access) => {
      await recordServicePrincipalSignIn(platform, { ...row, outcome, access });
      return new errors.AccessDenied(textOf(outcome));
    };
    const access = await gate.ask({
      servicePrincipalId: application.servicePrincipalId,
      inMyTenant: true,
      applicationId: named?.appId ?? application.appId,
      ipAddress: facts.from.ipAddress,
      userAgent: facts.from.userAgent,
      at: platform.clock.now(),
    });
    if (access.decision !== 'allow') throw await refuse('blockedByPolicy', access);
    if (resource?.principal.appRoleAssignmentRequired) {
      const held = await assignments.held(database, application.servicePrincipalId, resource.servicePrincipalId);
      if (held.length === 0) throw await refuse('notAssignedApplication', access);
    }
    await recordServicePrincipalSignIn(platform, { ...row, outcome: 'success', access, tokenId: token.jti });
    const roles = resource ? await rolesOf(database, application.servicePrincipalId, resource) : [];
    return {
      tid: claims.tenantId,
      oid: application.servicePrincipalId,
      azp: application.appId,
      idtyp: 'app',
      ...(roles.length > 0 ? { roles } : {}),
      // What it calls here with is gone when the secret is.
      ...(isOwn && facts.credentialKeyId !== undefined ? { cred: facts.credentialKeyId } : {}),
    };
  };

  const ofPerson = async (ctx: KoaContextWithOIDC, token: AccessToken) => {
    const { actor } = factsOf(ctx);
    const audience = String(token.aud ?? '');
    const resource = audience === '' ? undefined : await clients.resource(audience);
    const roles = resource ? await rolesOf(database, token.accountId, resource) : [];
    return {
      tid: claims.tenantId,
      oid: token.accountId,
      azp: token.clientId,
      idtyp: 'user',
      ...(token.sessionUid === undefined ? {} : { session: token.sessionUid }),
      ...(actor ? { act: { ...actor } } : {}),
      ...(roles.length > 0 ? { roles } : {}),
    };
  };

  return (ctx: KoaContextWithOIDC, token: AccessToken | ClientCredentials) =>
    token.kind === 'ClientCredentials' ? ofApplication(ctx, token) : ofPerson(ctx, token);
}
