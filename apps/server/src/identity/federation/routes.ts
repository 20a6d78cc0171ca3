import type { federationRoutes, IdentityProvider } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { authorOf } from '../../platform/directory-audit.ts';
import { directories } from '../ldap/index.ts';
import { originOf, signedIn } from '../routes.ts';
import { refuseMapping } from './mapping.ts';
import type { ProviderCommands } from './commands.ts';
import type { OpenIdPeers } from './connect.ts';
import type { Flow } from './flow.ts';
import { providerForm, providers } from './store.ts';

/** What ties a sign-in to the browser that began it. Lax: it comes along when the provider sends the person back. */
const browserCookie = '__Host-sallyport-federation';
const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;
const browserOf = ({ cookies }: Pick<FastifyRequest, 'cookies'>): string | undefined => {
  const value = cookies[browserCookie];
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
};

export interface RouteNeeds {
  readonly commands: ProviderCommands;
  readonly peers: OpenIdPeers;
  readonly flow: Flow;
}

export function federationHandlers(
  platform: Pick<Platform, 'database' | 'clock'>,
  { commands, peers, flow }: RouteNeeds,
): Handlers<typeof federationRoutes> {
  const { database } = platform;
  // prettier-ignore
  const one = async (id: string): Promise<IdentityProvider> =>
    providerForm(await providers.counted(database, id), flow.redirectUri(id));
  const goOn = (reply: FastifyReply, to: string) => reply.header('cache-control', 'no-store').redirect(to, 303);

  return {
    listSignInProviders: async () => ({
      providers: (await providers.list(database))
        .filter(({ body }) => body.enabled)
        .map(({ id, body: { displayName, domains } }) => ({ id, displayName, domains })),
      directories: (await directories.list(database))
        .filter(({ body }) => body.enabled && body.signIn)
        .map(({ body: { displayName, domains } }) => ({ displayName, domains })),
    }),
    startFederatedSignIn: async (_context, { params, body: { to, loginHint }, request, reply }) => {
      const begun = await flow.start(params.id, { to, loginHint, browser: browserOf(request) });
      reply.setCookie(browserCookie, begun.browser, { ...attributes, expires: begun.expiresAt });
      return { location: begun.location };
    },
    federatedCallback: async (context, { params, request, reply }) => {
      const at = request.url.indexOf('?');
      const search = at === -1 ? '' : request.url.slice(at);
      const done = await flow.finish(params.id, { search, browser: browserOf(request), origin: originOf(context, request) }); // prettier-ignore
      if ('failure' in done) return goOn(reply, `/signin?failure=${done.failure}`);
      reply.clearCookie(browserCookie, attributes);
      // Behind the `#`, so that no log of addresses has it.
      if ('ticket' in done) return goOn(reply, `/signin?to=${encodeURIComponent(done.to)}#terms=${done.ticket}`);
      signedIn(reply, done.session);
      return goOn(reply, done.to);
    },
    listIdentityProviders: async () => ({
      providers: (await providers.list(database)).map((row) => providerForm(row, flow.redirectUri(row.id))),
    }),
    createIdentityProvider: async (context, { body }) => {
      await refuseMapping(platform, context, body);
      const id = await commands.add(body, authorOf(context));
      context.audit({ target: `identity provider ${body.displayName}` });
      return one(id);
    },
    updateIdentityProvider: async (context, { params, body }) => {
      await refuseMapping(platform, context, body);
      context.audit({ target: `identity provider ${body.displayName}` });
      await commands.update(params.id, body, authorOf(context));
      return one(params.id);
    },
    deleteIdentityProvider: async (context, { params }) => {
      const name = await commands.remove(params.id, authorOf(context));
      context.audit({ target: `identity provider ${name}` });
      return {};
    },
    testIdentityProvider: async (context, { body: { settings } }) => {
      context.audit({ target: `identity provider at ${settings.issuer}` });
      const findings = await peers.test(settings);
      return { ok: findings.every(({ ok }) => ok), findings };
    },
  };
}
