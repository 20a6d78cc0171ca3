import { IdentityProviderInput, type graphFederationRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { badRequest } from '../../platform/errors.ts';
import type { Handlers, RequestContext } from '../../platform/http/index.ts';
import { metadataOf, readListOptions, selected, versionOf, type RawQuery } from '../../platform/odata/index.ts';
import type { Platform } from '../../platform/types.ts';
import { authorOf } from '../../platform/directory-audit.ts';
import { refuseMapping } from './mapping.ts';
import type { ProviderCommands } from './commands.ts';
import { noSuchProvider, providers, type ProviderRow } from './store.ts';

/**
 * Microsoft Graph's identity providers, for its unmodified clients. https://learn.microsoft.com/graph/api/resources/openidconnectidentityprovider
 * What Graph has no name for stands in `sallyport`, in the form of `/api/identity-providers`.
 */
const path = 'identity/identityProviders';
const type = '#microsoft.graph.openIdConnectIdentityProvider';
const wellKnown = '/.well-known/openid-configuration';

const text = z.string().max(2_048);
const Body = z
  .object({
    '@odata.type': z.literal([type, type.slice(1)]),
    displayName: text,
    clientId: text,
    clientSecret: text,
    metadataUrl: text.regex(/\/\.well-known\/openid-configuration$/, `an address that ends in ${wellKnown}`),
    scope: text,
    domainHint: text.nullable(),
    responseType: z.literal('code'),
    responseMode: z.enum(['query', 'form_post']),
    claimsMapping: z.object({ userId: text, displayName: text, givenName: text, surname: text, email: text }).partial(),
    sallyport: z.record(z.string().max(128), z.unknown()),
  })
  .partial();
type Body = z.infer<typeof Body>;

const form = ({ id, body }: ProviderRow) => {
  const { displayName, settings, ...own } = body;
  const { claims } = settings;
  return {
    '@odata.type': type,
    id,
    displayName,
    clientId: settings.clientId,
    metadataUrl: `${settings.issuer.replace(/\/$/, '')}${wellKnown}`,
    scope: settings.scopes.join(' '),
    responseType: 'code',
    responseMode: 'query',
    domainHint: own.domains[0] ?? null,
    claimsMapping: {
      userId: 'sub',
      displayName: claims.displayName,
      givenName: claims.givenName,
      surname: claims.surname,
      email: claims.mail,
    },
    sallyport: { ...own, settings },
  };
};

/** What a body says, over what is there. */
function inputOf(raw: unknown, before?: ProviderRow): IdentityProviderInput {
  const said = Body.safeParse(raw);
  if (!said.success) throw badRequest('body', said.error);
  const { claimsMapping: map = {}, sallyport = {}, ...body }: Body = said.data;
  const own = z
    .object({ settings: z.record(z.string(), z.unknown()).default({}) })
    .loose()
    .parse(sallyport);
  const old = before?.body.settings;
  const issuer = body.metadataUrl?.slice(0, -wellKnown.length) ?? old?.issuer;
  const input = IdentityProviderInput.safeParse({
    ...before?.body,
    ...own,
    displayName: body.displayName ?? before?.body.displayName,
    ...(body.domainHint ? { domains: [body.domainHint] } : {}),
    ...(body.clientSecret === undefined ? {} : { clientSecret: body.clientSecret }),
    settings: {
      kind: 'openIdConnect',
      ...old,
      ...own.settings,
      // An issuer may end in a slash, which the address of its document does not show.
      ...(issuer === undefined || old?.issuer.replace(/\/$/, '') === issuer ? {} : { issuer }),
      ...(body.clientId === undefined ? {} : { clientId: body.clientId }),
      ...(body.scope === undefined ? {} : { scopes: body.scope.split(' ').filter((one) => one !== '') }),
      claims: {
        ...old?.claims,
        ...(map.displayName === undefined ? {} : { displayName: map.displayName }),
        ...(map.givenName === undefined ? {} : { givenName: map.givenName }),
        ...(map.surname === undefined ? {} : { surname: map.surname }),
        ...(map.email === undefined ? {} : { mail: map.email, ...(old ? {} : { userPrincipalName: map.email }) }),
      },
    },
  });
  if (!input.success) throw badRequest('body', input.error);
  return input.data;
}

interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
interface Writing {
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
interface Named {
  readonly params: { readonly id: string };
}

export function graphFederationHandlers(
  platform: Pick<Platform, 'database' | 'clock'>,
  commands: ProviderCommands,
): Handlers<typeof graphFederationRoutes> {
  const { database } = platform;
  // prettier-ignore
  const get = async (id: string): Promise<ProviderRow> => {
    const row = z.uuid().safeParse(id).success ? await providers.find(database, id) : undefined;
    if (!row) throw noSuchProvider();
    return row;
  };
  return {
    graphListIdentityProviders: async (_context, { query, request }: Reading) => {
      const options = readListOptions(query, ['$select']);
      const value = (await providers.list(database)).map((row) => selected(form(row), options));
      return { '@odata.context': metadataOf(request, path), value };
    },
    graphGetIdentityProvider: async (_context, { params, query, request }: Reading & Named) => {
      const options = readListOptions(query, ['$select']);
      return {
        '@odata.context': metadataOf(request, `${path}/$entity`),
        ...selected(form(await get(params.id)), options),
      };
    },
    graphCreateIdentityProvider: async (context: RequestContext, { body, request, reply }: Writing) => {
      const input = inputOf(body);
      await refuseMapping(platform, context, input);
      const id = await commands.add(input, authorOf(context));
      context.audit({ target: `identity provider ${id}` });
      return reply
        .code(201)
        .header('location', `https://${request.host}/${versionOf(request)}/${path}/${id}`)
        .send({ '@odata.context': metadataOf(request, `${path}/$entity`), ...form(await get(id)) });
    },
    graphUpdateIdentityProvider: async (context: RequestContext, { params, body, reply }: Writing & Named) => {
      const before = await get(params.id);
      context.audit({ target: `identity provider ${before.body.displayName}` });
      const input = inputOf(body, before);
      await refuseMapping(platform, context, input);
      await commands.update(before.id, input, authorOf(context));
      return reply.code(204).send();
    },
    graphDeleteIdentityProvider: async (context: RequestContext, { params, reply }: Writing & Named) => {
      const { id } = await get(params.id);
      const name = await commands.remove(id, authorOf(context));
      context.audit({ target: `identity provider ${name}` });
      return reply.code(204).send();
    },
  };
}
