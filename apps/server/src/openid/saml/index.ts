import { SallyportError, type samlRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUniqueViolation, type Queryable } from '../../platform/database/index.ts';
import type { Terms } from '../../conditional-access/index.ts';
import type { Handlers, MountedRoute, RequestContext } from '../../platform/http/index.ts';
import { fetchHttps } from '../../platform/outbound/index.ts';
import { newSecret } from '../../platform/tokens.ts';
import type { Platform } from '../../platform/types.ts';
import { recordChange } from '../applications/audit.ts';
import type { ApplicationCommands } from '../applications/commands.ts';
import { authorOf } from '../applications/graph.ts';
import { applications } from '../applications/store.ts';
import { escaped, page } from '../provider/pages.ts';
import type { Parts } from '../provider/provider.ts';
import type { From } from '../provider/sign-in-rows.ts';
import { createSamlFlow, type Asked, type Standing } from './flow.ts';
import { formPolicy } from './form.ts';
import { createSamlKeys } from './keys.ts';
import { createSamlLogout } from './logout.ts';
import type { Arrived } from './messages.ts';
import { checkSettings, identityProviderMetadata, settingsOfMetadata } from './metadata.ts';
import { removeStaleSaml, samlApplications } from './store.ts';
import { malformed } from './xml.ts';

const metadataBytesMax = 1_048_576;
const formBytesMax = 262_144;
/** What ties a sign-in to the browser that began it. Lax: it comes along from the application by redirection. */
const browserCookie = '__Host-sallyport-saml';

export interface Saml {
  readonly handlers: Handlers<typeof samlRoutes>;
  /** The protocol's own addresses: forms of other sites come there. */
  readonly mounted: readonly MountedRoute[];
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  readonly removeStale: () => Promise<void>;
}

const browserOf = ({ cookies }: Pick<FastifyRequest, 'cookies'>): string | undefined => {
  const value = cookies[browserCookie];
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
};

async function formOf({ raw, headers }: FastifyRequest): Promise<URLSearchParams> {
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true)
    throw malformed('a form is awaited');
  let text = '';
  for await (const part of raw) {
    text += String(part);
    if (text.length > formBytesMax) throw malformed('the form is too long');
  }
  return new URLSearchParams(text);
}

/** The SAML 2.0 identity provider for the company's applications. */
export function createSaml(platform: Platform, parts: Parts, commands: ApplicationCommands, terms: Terms): Saml {
  const { database, clock, log } = platform;
  const keys = createSamlKeys(platform);
  const flow = createSamlFlow(platform, parts, keys, terms);
  const logout = createSamlLogout(platform, keys, flow.addresses);

  const standingOf = ({ caller }: RequestContext): Standing | undefined =>
    caller?.session && {
      personId: caller.id,
      sessionId: caller.session.id,
      method: caller.session.method,
      startedAt: caller.session.startedAt,
    };
  const fromOf = ({ ipAddress, userAgent, requestId }: RequestContext): From => ({ ipAddress, userAgent, requestId });
  const askedOf = (context: RequestContext, uid: string, request: FastifyRequest): Asked => ({
    uid,
    browser: browserOf(request),
    standing: standingOf(context),
    from: fromOf(context),
    name: context.caller?.session ? context.caller.name : undefined,
  });
  const put = async (tx: Queryable, appId: string, settings: Parameters<typeof checkSettings>[0]) => {
    checkSettings(settings);
    try {
      await samlApplications.put(tx, appId, settings);
    } catch (cause) {
      if (!isUniqueViolation(cause)) throw cause;
      throw new SallyportError('Conflict', 'another application has this entity ID', {
        target: 'body.entityId',
        cause,
      });
    }
  };

  const arrivedOf = async (request: FastifyRequest): Promise<Arrived> => {
    if (request.method === 'POST') return { binding: 'post', form: await formOf(request) };
    const at = request.url.indexOf('?');
    return { binding: 'redirect', search: at === -1 ? '' : request.url.slice(at + 1) };
  };
  const goTo = ({ raw }: FastifyReply, location: string) => raw.writeHead(303, { location, 'cache-control': 'no-store' }).end(); // prettier-ignore
  const show = ({ raw }: FastifyReply, status: number, html: string) =>
    raw.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html);
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const [, , what, id = ''] = new URL(request.url, parts.issuer).pathname.split('/');
    const browser = browserOf(request) ?? newSecret();
    const keepBrowser = () => reply.raw.setHeader('set-cookie', `${browserCookie}=${browser}; Path=/; Secure; HttpOnly; SameSite=Lax`); // prettier-ignore
    const showForm = (html: string) => {
      reply.raw.setHeader('content-security-policy', formPolicy);
      show(reply, 200, html);
    };
    if (what === 'response') {
      showForm(await flow.fetch(id, browserOf(request)));
      return;
    }
    if (what === 'slo') {
      const from = { ipAddress: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 512), requestId: request.id }; // prettier-ignore
      const next = await logout.end(await arrivedOf(request), from);
      if (!next) show(reply, 200, page('You are signed out', '<p>You can close this page.</p>'));
      else if ('html' in next) showForm(next.html);
      else goTo(reply, next.location);
      return;
    }
    const location =
      what === 'start' ? await flow.start(id, browser) : await flow.begin(await arrivedOf(request), browser);
    keepBrowser();
    goTo(reply, location);
  };

  return {
    handlers: {
      samlMetadata: async (_context, { reply }) =>
        reply
          .type('application/samlmetadata+xml')
          .send(identityProviderMetadata(flow.addresses, (await keys.current()).certificates)),
      readSamlMetadata: async (context, { body }) => {
        context.audit({ target: 'SAML metadata', details: 'url' in body ? { url: body.url } : {} });
        if ('xml' in body) return settingsOfMetadata(body.xml);
        const got = await fetchHttps(body.url, {}, { bytesMax: metadataBytesMax }).catch((cause: unknown) => {
          throw new SallyportError('BadRequest', 'the metadata can’t be fetched', { target: 'body.url', cause });
        });
        if (!got.ok) throw new SallyportError('BadRequest', `the metadata’s address answers ${got.status}`, { target: 'body.url' }); // prettier-ignore
        return settingsOfMetadata(await got.text());
      },
      createSamlApplication: async (context, { body: { displayName, settings } }) => {
        checkSettings(settings);
        if (await samlApplications.ofEntity(database, settings.entityId))
          throw new SallyportError('Conflict', 'another application has this entity ID', { target: 'body.settings.entityId' }); // prettier-ignore
        const { id, appId } = await commands.add({ displayName }, authorOf(context), true);
        try {
          await put(database, appId, settings);
        } catch (error) {
          await commands.remove({ by: 'id', value: id }, authorOf(context));
          throw error;
        }
        context.audit({ target: `application ${id}`, details: { entityId: settings.entityId } });
        return { id, appId };
      },
      getSamlApplication: async (_context, { params }) => {
        const { appId } = await applications.get(database, { by: 'id', value: params.id });
        const saml = await samlApplications.of(database, appId);
        return { settings: saml?.settings ?? null, endpoints: saml ? await flow.endpoints(appId) : null };
      },
      updateSamlApplication: (context, { params, body }) =>
        database.transaction(async (tx) => {
          context.audit({ target: `application ${params.id}`, details: { entityId: body.entityId } });
          const { appId, body: application } = await applications.get(tx, { by: 'id', value: params.id });
          const before = await samlApplications.of(tx, appId);
          if (!before) throw new SallyportError('NotFound', 'people do not sign in to this application by SAML');
          await put(tx, appId, body);
          const target = { id: params.id, displayName: application.displayName, type: 'Application' } as const;
          await recordChange(platform, 'Update application', { target, property: 'SamlSingleSignOnSettings', oldValue: before.settings, newValue: body }, authorOf(context), tx); // prettier-ignore
          return body;
        }),
      getSamlInteraction: async (context, { params: { uid }, query, request }) =>
        flow.details(askedOf(context, uid, request), query.language),
      answerSamlInteraction: async (context, { params: { uid }, body, request }) => ({
        location: await flow.answer(askedOf(context, uid, request), body.answer),
      }),
    },
    mounted: [
      { method: 'GET', path: '/saml2/sso', limit: 'other' },
      { method: 'POST', path: '/saml2/sso', limit: 'other' },
      { method: 'GET', path: '/saml2/slo', limit: 'other' },
      { method: 'POST', path: '/saml2/slo', limit: 'other' },
      { method: 'GET', path: '/saml2/start/:appId', limit: 'other' },
      { method: 'GET', path: '/saml2/response/:id', limit: 'other' },
    ],
    handle: async (request, reply) => {
      try {
        await answer(request, reply);
      } catch (error) {
        if (!(error instanceof SallyportError) || error.code === 'InternalError') throw error;
        log.info({ reason: error.message, requestId: request.id }, 'a SAML message was refused');
        const said = `<p>${escaped(error.message)}</p><p>Go back to the application and try again; if it stays so, tell its administrators.</p>`;
        show(reply, error.status, page('The sign-in did not work', said));
      }
    },
    removeStale: () => removeStaleSaml(database, clock.now()),
  };
}
