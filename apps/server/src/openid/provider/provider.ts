import { Provider, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { SigningKeys } from './keys.ts';
import type { Platform } from '../../platform/types.ts';
import { createAccessDecision } from './access.ts';
import { createAdapterFactory } from './adapter.ts';
import { createClaims } from './claims.ts';
import { createClients } from './clients.ts';
import { factsOf } from './context.ts';
import { createExtraClaims } from './extra-claims.ts';
import { createGrantLoader, createResourceInfo, openidScopes } from './grants.ts';
import { fetchApplication } from './outgoing.ts';
import { devicePages, errorPage, logoutPages } from './pages-device.ts';
import { resourceOfScope } from './own-api.ts';
import { createPolicy } from './policy.ts';
import { createFindAccount } from './refresh.ts';
import { createReuseRecorder, watchRequests } from './requests.ts';
import { acrValues, createSessionLinks } from './sessions.ts';
import { registerTokenExchange } from './token-exchange.ts';
import type { Gate } from '../../conditional-access/index.ts';

/** Addresses as Entra's are, below the issuer. */
export const routes = {
  authorization: '/oauth2/v2.0/authorize',
  token: '/oauth2/v2.0/token',
  device_authorization: '/oauth2/v2.0/devicecode',
  code_verification: '/oauth2/v2.0/deviceauth',
  end_session: '/oauth2/v2.0/logout',
  introspection: '/oauth2/v2.0/introspect',
  revocation: '/oauth2/v2.0/revoke',
  pushed_authorization_request: '/oauth2/v2.0/par',
  jwks: '/discovery/v2.0/keys',
  userinfo: '/oidc/userinfo',
} as const;

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
/** Of applications in a browser, whose refresh tokens a script could read: a day in all, as in Entra. */
const spaRefreshSeconds = day;
const refreshSeconds = 90 * day;
const grantSeconds = 365 * day;

export interface ProviderParts {
  readonly issuer: string;
  readonly gate: Gate;
}

/** What the provider and its neighbours share; made once. */
export function createParts(platform: Platform, { issuer, gate }: ProviderParts) {
  const clients = createClients(platform, issuer);
  return {
    issuer,
    gate,
    clients,
    claims: createClaims(platform),
    links: createSessionLinks(platform),
    decide: createAccessDecision(platform, gate),
  };
}
export type Parts = ReturnType<typeof createParts>;

/** The OpenID provider with one set of keys. All its state is in the database, so that a new one can take its place at any time. */
export function createProvider(platform: Platform, parts: Parts, { keys }: SigningKeys): Provider {
  const { sealing, config } = platform;
  const { clients, claims } = parts;
  const cookie = { httpOnly: true, sameSite: 'lax', secure: true, signed: true } as const;
  const configuration: Configuration = {
    adapter: createAdapterFactory(platform, {
      client: clients.metadata,
      reused: createReuseRecorder(platform, parts),
    }),
    jwks: { keys: keys.map((key) => ({ ...key })) },
    routes,
    cookies: {
      names: {
        session: '__Host-sallyport-openid',
        interaction: '__Secure-sallyport-interaction',
        resume: '__Secure-sallyport-resume',
      },
      keys: [sealing.derive('openid-cookies').toString('base64')],
      long: { ...cookie, path: '/' },
      short: cookie,
    },
    acrValues,
    scopes: Object.keys(openidScopes),
    claims: {
      openid: ['sub', 'oid', 'tid', 'roles', 'groups', 'hasgroups', 'acr', 'amr', 'auth_time', 'sid'],
      profile: ['name', 'preferred_username'],
      email: ['email'],
      iss: null,
    },
    // As Entra: an ID token says what its scopes ask for, beside the userinfo endpoint.
    conformIdTokenClaims: false,
    subjectTypes: ['pairwise', 'public'],
    pairwiseIdentifier: (_ctx, accountId, client) => claims.pairwise(accountId, client.clientId),
    sectorIdentifierUriValidate: () => false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientBasedCORS: (_ctx, origin, client) =>
      client.tokenEndpointAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => URL.canParse(uri) && new URL(uri).origin === origin),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: sealing.derive('openid-dpop').subarray(0, 32) },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****', ...devicePages },
      introspection: {
        enabled: true,
        // Of one's own tokens, and of those that are meant for oneself.
        allowedPolicy: async (_ctx, client, token) => {
          if (token.clientId === client.clientId) return true;
          const audience = 'aud' in token && typeof token.aud === 'string' ? token.aud : '';
          return audience !== '' && (await clients.resource(audience))?.appId === client.clientId;
        },
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: true, ...logoutPages },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: ({ oidc: { params } }) => resourceOfScope(params?.['grant_type'], params?.['scope']),
        getResourceServerInfo: createResourceInfo(clients, parts.issuer),
        useGrantedResource: () => true,
      },
    },
    fetch: fetchApplication,
    extraTokenClaims: createExtraClaims(platform, parts),
    findAccount: createFindAccount(platform, parts),
    loadExistingGrant: createGrantLoader(platform, clients),
    interactions: {
      policy: createPolicy(platform, parts),
      url: (_ctx, { uid }) => `/openid/interaction/${uid}`,
    },
    rotateRefreshToken: () => true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    renderError: (ctx, out) => errorPage(ctx, out),
    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? hour,
      AuthorizationCode: minute,
      ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? hour,
      DeviceCode: 15 * minute,
      IdToken: hour,
      Interaction: hour,
      Session: Math.floor(config.sessionMax / 1000),
      Grant: grantSeconds,
      RefreshToken: refreshTtl,
    },
  };
  const provider = new Provider(parts.issuer, configuration);
  provider.Client.prototype.compareClientSecret = async function (actual: string): Promise<boolean> {
    const keyId = await clients.secretOf(this.clientId, actual);
    const { ctx } = Provider;
    if (keyId !== undefined && ctx) factsOf(ctx).credentialKeyId = keyId;
    return keyId !== undefined;
  };
  registerTokenExchange(platform, provider, { ...parts, keys: keys.map(publicPart) });
  watchRequests(platform, provider, parts);
  return provider;
}

function refreshTtl(
  ctx: KoaContextWithOIDC,
  _token: unknown,
  client: { readonly tokenEndpointAuthMethod?: string | undefined; readonly applicationType?: string | undefined },
): number {
  if (client.tokenEndpointAuthMethod !== 'none' || client.applicationType === 'native') return refreshSeconds;
  const before = ctx.oidc.entities.RotatedRefreshToken;
  return before ? Math.max(1, before.remainingTTL) : spaRefreshSeconds;
}

const publicPart = ({ kty, kid, alg, use, n, e, crv, x, y }: SigningKeys['keys'][number]) =>
  Object.fromEntries(Object.entries({ kty, kid, alg, use, n, e, crv, x, y }).filter(([, value]) => value !== undefined)) as { kty: string }; // prettier-ignore
