import { z } from 'zod';
import { IdentityProvider, IdentityProviderInput, ProviderSettings } from '../federation.ts';
import { route } from '../route.ts';

const params = z.object({ id: z.uuid() });
const manage = { permission: 'coreSecuritySettings.manage' } as const;
const text = z.string().max(16_384);

export const federationRoutes = {
  listSignInProviders: route({
    method: 'GET',
    path: '/api/signin/providers',
    permission: 'public',
    summary: 'Identity providers that one can sign in by, and the domains of the names that belong there',
    response: z.object({
      providers: z.array(z.object({ id: z.uuid(), displayName: z.string(), domains: z.array(z.string()) })),
      /** Whose password is asked for in place of one kept here, by the domain of the name. */
      directories: z.array(z.object({ displayName: z.string(), domains: z.array(z.string()) })),
    }),
  }),
  startFederatedSignIn: route({
    method: 'POST',
    path: '/api/signin/federated/:id/start',
    permission: 'public',
    summary: 'Begin a sign-in by an identity provider, good for 10 minutes in this browser; answers where to go',
    params,
    body: z.object({
      /** A path of the portal to come back to. */
      to: z
        .string()
        .max(2_048)
        .regex(/^\/(?![/\\])/, 'a path')
        .default('/'),
      loginHint: z.string().max(254).optional(),
    }),
    response: z.object({ location: z.string() }),
  }),
  federatedCallback: route({
    method: 'GET',
    path: '/api/signin/federated/:id/callback',
    permission: 'public',
    summary: 'Where an identity provider sends people back to: sets the session cookie and goes on to the portal',
    params,
    query: z.record(z.string().max(128), z.union([text, z.array(text).max(20)])),
    response: 'raw',
  }),
  listIdentityProviders: route({
    method: 'GET',
    path: '/api/identity-providers',
    permission: 'coreSecuritySettings.read',
    summary: 'Identity providers, without their secrets',
    response: z.object({ providers: z.array(IdentityProvider) }),
  }),
  createIdentityProvider: route({
    ...manage,
    method: 'POST',
    path: '/api/identity-providers',
    summary: 'Add an identity provider; at most 50',
    body: IdentityProviderInput,
    response: IdentityProvider,
  }),
  updateIdentityProvider: route({
    ...manage,
    method: 'PUT',
    path: '/api/identity-providers/:id',
    summary: 'Change an identity provider. Another issuer is another provider: that is refused',
    params,
    body: IdentityProviderInput,
    response: IdentityProvider,
  }),
  deleteIdentityProvider: route({
    ...manage,
    method: 'DELETE',
    path: '/api/identity-providers/:id',
    summary: 'Remove an identity provider; people stay, and can no longer sign in by it',
    params,
    response: z.object({}),
  }),
  testIdentityProvider: route({
    ...manage,
    method: 'POST',
    path: '/api/identity-providers/test',
    summary: 'Ask a provider for what it says of itself, and say what stands against signing in by it',
    body: z.object({ settings: ProviderSettings }),
    response: z.object({
      ok: z.boolean(),
      /** What was found, and what is wrong, in words. */
      findings: z.array(z.object({ ok: z.boolean(), text: z.string() })),
    }),
  }),
} as const;

const graphQuery = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const graphParams = z.object({ id: z.string().min(1).max(128) });
const graphBody = z.record(z.string().max(128), z.unknown());
const graphPath = '/v1.0/identity/identityProviders';

/** https://learn.microsoft.com/graph/api/resources/identityproviderbase */
export const graphFederationRoutes = {
  graphListIdentityProviders: route({
    method: 'GET',
    path: graphPath,
    permission: 'coreSecuritySettings.read',
    summary: 'Microsoft Graph: identity providers',
    query: graphQuery,
    response: z.record(z.string(), z.unknown()),
  }),
  graphGetIdentityProvider: route({
    method: 'GET',
    path: `${graphPath}/:id`,
    permission: 'coreSecuritySettings.read',
    summary: 'Microsoft Graph: one identity provider',
    params: graphParams,
    query: graphQuery,
    response: z.record(z.string(), z.unknown()),
  }),
  graphCreateIdentityProvider: route({
    ...manage,
    method: 'POST',
    path: graphPath,
    summary: 'Microsoft Graph: add an identity provider of OpenID Connect',
    body: graphBody,
    response: 'raw',
  }),
  graphUpdateIdentityProvider: route({
    ...manage,
    method: 'PATCH',
    path: `${graphPath}/:id`,
    summary: 'Microsoft Graph: change an identity provider of OpenID Connect',
    params: graphParams,
    body: graphBody,
    response: 'raw',
  }),
  graphDeleteIdentityProvider: route({
    ...manage,
    method: 'DELETE',
    path: `${graphPath}/:id`,
    summary: 'Microsoft Graph: delete one identity provider',
    params: graphParams,
    response: 'raw',
  }),
} as const;
