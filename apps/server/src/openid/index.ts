import type { applicationRoutes, graphApplicationRoutes, interactionRoutes, samlRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JWK } from 'jose';
import type { Provider } from 'oidc-provider';
import type { EffectiveAccess } from '../access/index.ts';
import type { Gate, Terms } from '../conditional-access/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Caller, Handlers, MountedRoute } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createApplicationCallers } from './application-callers.ts';
import { createApplicationCommands } from './applications/commands.ts';
import { graphApplicationHandlers } from './applications/graph.ts';
import { applicationHandlers } from './applications/handlers.ts';
import { keepFacts } from './provider/context.ts';
import { createInteractions } from './provider/interactions.ts';
import { createKeys } from './provider/keys.ts';
import { createLiveAccess } from './provider/live.ts';
import { createLogoutTeller } from './provider/logout.ts';
import { createParts, createProvider, routes } from './provider/provider.ts';
import { createSaml } from './saml/index.ts';

export { tenantIdOf } from './provider/claims.ts';

export interface OpenId extends Domain<Handlers<typeof applicationRoutes>> {
  /** Who calls with an access token that an application got for Sallyport; see `application-callers.ts`. */
  readonly callerOfAccessToken: (
    token: string,
    from: { readonly ipAddress: string; readonly userAgent: string },
  ) => Promise<Caller | undefined>;
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphApplicationRoutes>;
  readonly interactions: Handlers<typeof interactionRoutes>;
  /** Private keys that tokens are signed with, and where their public halves are. */
  readonly keys: () => Promise<readonly JWK[]>;
  readonly jwksUri: string;
  /** Signing in by SAML 2.0. */
  readonly saml: Handlers<typeof samlRoutes>;
  /** The protocols' own addresses, which the providers read and answer themselves. */
  readonly mounted: readonly MountedRoute[];
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/** The OpenID provider for the company's applications, and the applications. */
export function createOpenId(
  platform: Platform,
  { gate, terms, effective }: { readonly gate: Gate; readonly terms: Terms; readonly effective: EffectiveAccess },
): OpenId {
  const { database, clock, config, jobs, log } = platform;
  const keys = createKeys(platform);
  const parts = createParts(platform, { issuer: publicUrlOf(config), gate });
  const commands = createApplicationCommands(platform);
  let made: { readonly revision: string; readonly provider: Provider } | undefined;
  /** With the keys as they are now. */
  const current = async (): Promise<Provider> => {
    const signing = await keys.current();
    if (made?.revision === signing.revision) return made.provider;
    const provider = createProvider(platform, parts, signing);
    provider.on('server_error', (_ctx, err) => log.error({ err }, 'the OpenID provider failed'));
    made = { revision: signing.revision, provider };
    return provider;
  };
  const teller = createLogoutTeller(platform, current);
  const saml = createSaml(platform, parts, commands, terms);
  const live = createLiveAccess(platform, parts, teller);

  jobs.schedule('openid-rotate-keys', '23 * * * *', (job) => job.step('rotate', keys.rotate));
  jobs.schedule('openid-remove-stale', '41 * * * *', (job) =>
    job.step('remove', async () => {
      const now = clock.now();
      await database.execute('DELETE FROM openid_objects WHERE expires_at < $1', [now]);
      await saml.removeStale();
      await database.execute(
        `DELETE FROM openid_sessions o WHERE o.told_at < $1 OR (o.linked_at < $1 AND NOT EXISTS (SELECT 1 FROM openid_objects x WHERE x.session_uid = o.session_uid))`,
        [new Date(now.getTime() - config.sessionMax)],
      );
    }),
  );

  return {
    callerOfAccessToken: createApplicationCallers(platform, {
      issuer: parts.issuer,
      gate,
      keys: keys.current,
      effective,
    }),
    handlers: applicationHandlers(platform, commands),
    graph: graphApplicationHandlers(platform, commands),
    interactions: createInteractions(platform, parts, commands, current, terms),
    keys: async () => (await keys.current()).keys,
    jwksUri: `${publicUrlOf(config)}${routes.jwks}`,
    saml: saml.handlers,
    mounted: [...mountedRoutes, ...saml.mounted],
    handle: async (request, reply) => {
      if (request.url.startsWith('/saml2/')) return saml.handle(request, reply);
      const provider = await current();
      keepFacts(request.raw, {
        ipAddress: request.ip,
        userAgent: (request.headers['user-agent'] ?? '').slice(0, 512),
        requestId: request.id,
      });
      await provider.callback()(request.raw, reply.raw);
    },
    start: async () => {
      await keys.current();
      teller.start();
      live.start();
    },
    stop: async () => {
      await live.stop();
      await teller.stop();
    },
  };
}

/** Where a person or a thief types: the slow class. All else is a program's. */
const mountedRoutes: readonly MountedRoute[] = [
  { method: 'GET', path: '/.well-known/openid-configuration', limit: 'other' },
  { method: 'OPTIONS', path: '/.well-known/openid-configuration', limit: 'other' },
  { method: 'GET', path: '/.well-known/oauth-authorization-server', limit: 'other' },
  { method: 'GET', path: routes.jwks, limit: 'other' },
  { method: 'OPTIONS', path: routes.jwks, limit: 'other' },
  { method: 'GET', path: routes.authorization, limit: 'other' },
  { method: 'GET', path: `${routes.authorization}/:uid`, limit: 'other' },
  { method: 'POST', path: routes.token, limit: 'other' },
  { method: 'OPTIONS', path: routes.token, limit: 'other' },
  { method: 'POST', path: routes.pushed_authorization_request, limit: 'other' },
  { method: 'OPTIONS', path: routes.pushed_authorization_request, limit: 'other' },
  { method: 'POST', path: routes.device_authorization, limit: 'other' },
  { method: 'OPTIONS', path: routes.device_authorization, limit: 'other' },
  { method: 'GET', path: routes.code_verification, limit: 'other' },
  { method: 'POST', path: routes.code_verification, limit: 'signIn' },
  { method: 'GET', path: `${routes.code_verification}/:uid`, limit: 'other' },
  { method: 'GET', path: routes.end_session, limit: 'other' },
  { method: 'POST', path: `${routes.end_session}/confirm`, limit: 'other' },
  { method: 'GET', path: `${routes.end_session}/success`, limit: 'other' },
  { method: 'POST', path: routes.introspection, limit: 'other' },
  { method: 'OPTIONS', path: routes.introspection, limit: 'other' },
  { method: 'POST', path: routes.revocation, limit: 'other' },
  { method: 'OPTIONS', path: routes.revocation, limit: 'other' },
  { method: 'GET', path: routes.userinfo, limit: 'other' },
  { method: 'POST', path: routes.userinfo, limit: 'other' },
  { method: 'OPTIONS', path: routes.userinfo, limit: 'other' },
];
