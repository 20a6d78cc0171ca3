import { createLocalJWKSet, jwtVerify, type JWK, type JWTPayload } from 'jose';
import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import { z } from 'zod';
import type { Platform } from '../../platform/types.ts';
import { permissionGrants } from '../applications/store.ts';
import type { AccessDecision } from './access.ts';
import { personOf } from './claims.ts';
import { tokenExchange, type Clients, type UsableApplication } from './clients.ts';
import { factsOf } from './context.ts';
import { createResourceInfo, enabledScopes } from './grants.ts';
import type { SessionLinks } from './sessions.ts';
import { recordUserSignIn, textOf, type Outcome } from './sign-in-rows.ts';

/** RFC 8693, 3. */
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const jwtType = 'urn:ietf:params:oauth:token-type:jwt';
/** How many services may stand between a person and the last of them. */
const actorsMax = 5;

const Parameters = z.object({
  subject_token: z.string().max(16_384),
  subject_token_type: z.enum([accessTokenType, jwtType]),
  requested_token_type: z.literal(accessTokenType).optional(),
  actor_token: z.undefined(),
  resource: z.string().max(256),
  scope: z.string().max(4_096).optional(),
});
const Actor: z.ZodType<Actor> = z.lazy(() => z.object({ sub: z.string(), act: Actor.optional() }));
export interface Actor {
  readonly sub: string;
  readonly act?: Actor | undefined;
}
const Subject = z.object({
  oid: z.uuid(),
  idtyp: z.literal('user'),
  session: z.string(),
  act: Actor.optional(),
});
const depthOf = (actor: Actor | undefined): number => (actor ? 1 + depthOf(actor.act) : 0);

export interface ExchangeParts {
  readonly clients: Clients;
  readonly links: SessionLinks;
  readonly decide: AccessDecision;
  /** Public parts of all keys that may have signed a token that still lives. */
  readonly keys: readonly JWK[];
}

/**
 * Token exchange (RFC 8693): an application that was called on behalf of a person calls another one on her behalf. It shows the token that was meant
 * for itself, and gets one for the other with what was agreed to for it there, and no more. The ground of on-behalf-of.
 */
export function registerTokenExchange(
  platform: Pick<Platform, 'database' | 'outbox' | 'clock'>,
  provider: Provider,
  { clients, links, decide, keys }: ExchangeParts,
): void {
  const { database } = platform;
  const keySet = createLocalJWKSet({ keys: [...keys] });
  const resourceInfo = createResourceInfo(clients, provider.issuer);

  /** Throws InvalidGrant for what isn't a living token of a person, meant for this application. */
  const subjectOf = async (token: string, { appId, body }: UsableApplication): Promise<z.infer<typeof Subject>> => {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keySet, {
        issuer: provider.issuer,
        audience: [`api://${appId}`, ...body.identifierUris],
        typ: 'at+jwt',
        algorithms: ['RS256'],
        currentDate: platform.clock.now(),
      }));
    } catch (cause) {
      throw new errors.InvalidGrant({ cause });
    }
    const subject = Subject.safeParse(payload);
    if (!subject.success || depthOf(subject.data.act) >= actorsMax) throw new errors.InvalidGrant();
    return subject.data;
  };

  const exchange = async (ctx: TokenEndpointGrantContext): Promise<void> => {
    const { client, params } = ctx.oidc;
    const parsed = Parameters.safeParse(params);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new errors.InvalidRequest(`${issue?.path.join('.') ?? 'parameters'}: ${issue?.message ?? 'not valid'}`);
    }
    const application = await clients.usable(client.clientId);
    if (!application || application.body.openid.requireDpop)
      throw new errors.InvalidRequest('the application can’t exchange tokens');
    const subject = await subjectOf(parsed.data.subject_token, application);
    const facts = factsOf(ctx);
    const person = await personOf(database, subject.oid);
    const standing = await links.standing(subject.session, true);
    if (!person || standing?.personId !== person.id) throw new errors.InvalidGrant('the sign-in is over');
    const resource = await clients.resource(parsed.data.resource);
    if (!resource) throw new errors.InvalidTarget();

    const attempt = {
      personId: person.id,
      application: resource,
      method: standing.method,
      sessionStartedAt: standing.startedAt,
      ipAddress: facts.from.ipAddress,
      userAgent: facts.from.userAgent,
      clientAppType: 'mobileAppsAndDesktopClients',
    } as const;
    const { outcome, gate } = await decide(attempt);
    const scope = await consentedScope(application, resource, person.id, parsed.data.scope);
    const final: Outcome = outcome === 'success' && scope === '' ? 'consentNeeded' : outcome;
    await recordUserSignIn(platform, {
      outcome: final,
      person,
      interactive: false,
      protocol: 'tokenExchange',
      incomingToken: 'accessToken',
      from: facts.from,
      application: { appId: application.appId, displayName: application.body.displayName },
      resource: { appId: resource.appId, displayName: resource.body.displayName },
      access: gate,
      method: standing.method,
      sessionId: standing.sessionId,
    });
    if (final !== 'success') {
      const error = new errors.InvalidGrant(textOf(final));
      error.error_description = textOf(final);
      throw error;
    }
    facts.actor = { sub: application.appId, ...(subject.act ? { act: subject.act } : {}) };
    const grant = new provider.Grant({ accountId: person.id, clientId: client.clientId });
    grant.addResourceScope(parsed.data.resource, scope);
    const token = new provider.AccessToken({
      accountId: person.id,
      client,
      grantId: await grant.save(),
      gty: tokenExchange,
      sessionUid: subject.session,
    });
    token.resourceServer = new provider.ResourceServer(
      parsed.data.resource,
      await resourceInfo(ctx, parsed.data.resource),
    );
    token.scope = scope;
    ctx.oidc.entity('AccessToken', token);
    const value = await token.save();
    ctx.body = {
      access_token: value,
      issued_token_type: accessTokenType,
      token_type: token.tokenType,
      expires_in: token.expiration,
      scope,
    };
  };

  /** Of what is asked for, what was agreed to; without asking, all of it. */
  const consentedScope = async (
    { servicePrincipalId }: UsableApplication,
    resource: UsableApplication,
    personId: string,
    asked: string | undefined,
  ): Promise<string> => {
    const rows = await permissionGrants.consented(database, servicePrincipalId, personId);
    const of = rows.find(({ resourceId }) => resourceId === resource.servicePrincipalId)?.scope.split(' ') ?? [];
    const enabled = new Set(enabledScopes(resource).map(({ value }) => value));
    const consented = new Set(of.filter((scope) => enabled.has(scope)));
    const wanted = asked === undefined ? [...consented] : asked.split(' ').filter((scope) => scope !== '');
    return wanted.every((scope) => consented.has(scope)) ? [...new Set(wanted)].join(' ') : '';
  };

  const names = ['subject_token', 'subject_token_type', 'requested_token_type', 'actor_token', 'resource', 'scope'];
  provider.registerGrantType(tokenExchange, exchange, names);
}
