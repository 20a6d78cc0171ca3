import { SallyportError, type Interaction as Shown, type interactionRoutes } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors, type InteractionResults, type Provider } from 'oidc-provider';
import { z } from 'zod';
import type { Terms } from '../../conditional-access/index.ts';
import type { SignInMethod } from '../../identity/index.ts';
import type { Handlers, RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { ApplicationCommands } from '../applications/commands.ts';
import type { UsableApplication } from './clients.ts';
import { enabledScopes, openidScopes } from './grants.ts';
import { accessPrompt } from './policy.ts';
import type { Parts } from './provider.ts';
import { acrOf, amrOf } from './sessions.ts';
import { recordUserSignIn, textOf } from './sign-in-rows.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** What the prompt of Conditional Access says. */
const Demanded = z.object({ required: z.array(z.string()).default([]), terms: z.array(z.string()).default([]) });
const Missing = z.object({
  missingOIDCScope: z.array(z.string()).default([]),
  missingResourceScopes: z.record(z.string(), z.array(z.string())).default({}),
});
const gone = () => new SallyportError('Gone', 'the sign-in has expired, or was begun in another browser; go back to the application'); // prettier-ignore
const textParam = (interaction: Interaction, name: string): string | undefined => {
  const value = interaction.params[name];
  return typeof value === 'string' ? value : undefined;
};

/** The sign-in to Sallyport of who calls. */
interface SignedIn {
  readonly id: string;
  readonly name: string;
  readonly isAdministrator: boolean;
  readonly sessionId: string;
  readonly method: SignInMethod;
  readonly startedAt: Date;
}

/** Between an application's request and its answer: the person signs in to Sallyport, and agrees. */
export function createInteractions(
  platform: Platform,
  parts: Parts,
  commands: ApplicationCommands,
  current: () => Promise<Provider>,
  terms: Terms,
): Handlers<typeof interactionRoutes> {
  const { database, clock } = platform;
  const { clients } = parts;

  const signedIn = async ({ caller }: RequestContext): Promise<SignedIn | undefined> => {
    if (!caller?.session) return undefined;
    const { id, method } = caller.session;
    const row = await database.first<{ startedAt: Date }>(
      'SELECT coalesce(authenticated_at, created_at) AS "startedAt" FROM sessions WHERE id = $1',
      [id],
    );
    if (!row) return undefined;
    const isAdministrator = caller.permissions.has('applications.manage');
    return { id: caller.id, name: caller.name, isAdministrator, sessionId: id, method, startedAt: row.startedAt };
  };

  /** The interaction of this browser's cookie, which must be that of the address. Throws Gone. */
  const find = async (uid: string, request: FastifyRequest, reply: FastifyReply) => {
    const provider = await current();
    const interaction = await provider.interactionDetails(request.raw, reply.raw).catch((error: unknown) => {
      if (error instanceof errors.SessionNotFound) throw gone();
      throw error;
    });
    const application = await clients.usable(textParam(interaction, 'client_id') ?? '');
    if (interaction.uid !== uid || !application) throw gone();
    return { provider, interaction, application };
  };

  /** Why the session that is there is not enough; undefined when it is. */
  const whyAgain = async (
    { prompt, params, iat, session }: Interaction,
    person: SignedIn,
  ): Promise<string | undefined> => {
    const before = session && (await parts.links.standing(session.uid));
    if (before?.sessionId !== person.sessionId && person.startedAt.getTime() / 1000 >= iat) return undefined;
    if (prompt.name === accessPrompt) {
      const { required, terms } = Demanded.parse(prompt.details);
      if (terms.length > 0) return undefined;
      const what = required.length > 0 ? required.join(', and ') : 'another sign-in';
      return `Conditional Access policies demand ${what}.`;
    }
    if (prompt.name !== 'login') return undefined;
    if (prompt.reasons.includes('login_prompt')) return 'The application asks you to sign in again.';
    const maxAge = Number(params['max_age'] ?? Infinity);
    if (clock.now().getTime() / 1000 - person.startedAt.getTime() / 1000 > maxAge)
      return 'Your sign-in is too long ago for the application.';
    return undefined;
  };

  /** Terms of use that the sign-in that is there still lacks. */
  const termsOf = ({ prompt }: Interaction): string[] =>
    prompt.name === accessPrompt ? Demanded.parse(prompt.details).terms : [];
  const missingOf = ({ prompt }: Interaction) => Missing.parse(prompt.details);
  const describe = async (interaction: Interaction) => {
    const { missingOIDCScope, missingResourceScopes } = missingOf(interaction);
    const own = missingOIDCScope.map((name) => ({
      name,
      description: Object.hasOwn(openidScopes, name) ? openidScopes[name as keyof typeof openidScopes] : name,
      admin: false,
    }));
    const others = await Promise.all(
      Object.entries(missingResourceScopes).map(async ([uri, names]) => {
        const resource = await clients.resource(uri);
        const known = new Map(resource ? enabledScopes(resource).map((scope) => [scope.value, scope]) : []);
        return names.map((name) => ({
          name,
          description: `${resource?.body.displayName ?? uri}: ${known.get(name)?.userConsentDisplayName ?? known.get(name)?.adminConsentDisplayName ?? name}`,
          admin: known.get(name)?.type === 'Admin',
        }));
      }),
    );
    return [...own, ...others.flat()];
  };

  const needsOf = (
    interaction: Interaction,
    person: SignedIn | undefined,
    reason: string | undefined,
  ): Shown['needs'] => {
    if (!person || reason !== undefined) return 'signIn';
    if (termsOf(interaction).length > 0) return 'terms';
    return interaction.prompt.name === 'consent' ? 'consent' : 'continue';
  };

  const login = (person: SignedIn): InteractionResults => ({
    login: {
      accountId: person.id,
      ts: Math.floor(person.startedAt.getTime() / 1000),
      amr: amrOf(person.method),
      acr: acrOf(person.method),
      remember: true,
    },
    sallyport: { sessionId: person.sessionId },
  });

  const accept = async (
    provider: Provider,
    interaction: Interaction,
    application: UsableApplication,
    person: SignedIn,
    context: RequestContext,
  ): Promise<InteractionResults> => {
    // prettier-ignore
    const scopes = await describe(interaction);
    if (scopes.some(({ admin }) => admin) && !person.isAdministrator)
      throw new SallyportError('Forbidden', 'AADSTS90094: an administrator has to agree to this for you');
    const { missingOIDCScope, missingResourceScopes } = missingOf(interaction);
    const before = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
    const grant = before ?? new provider.Grant({ accountId: person.id, clientId: application.appId });
    if (missingOIDCScope.length > 0) grant.addOIDCScope(missingOIDCScope.join(' '));
    const by = { id: person.id, name: person.name, ipAddress: context.ipAddress, requestId: context.requestId };
    const agreed = { clientId: application.servicePrincipalId, principalId: person.id };
    if (missingOIDCScope.length > 0)
      await commands.consent({ ...agreed, resourceId: null, scope: missingOIDCScope.join(' ') }, 'Consent to application', by); // prettier-ignore
    for (const [uri, names] of Object.entries(missingResourceScopes)) {
      grant.addResourceScope(uri, names.join(' '));
      const resource = await clients.resource(uri);
      if (resource)
        await commands.consent({ ...agreed, resourceId: resource.servicePrincipalId, scope: names.join(' ') }, 'Consent to application', by); // prettier-ignore
    }
    return { consent: { grantId: await grant.save() } };
  };

  const declined = async (application: UsableApplication, person: SignedIn | undefined, context: RequestContext) => {
    if (!person) return;
    const row = await database.first<{ displayName: string }>(
      'SELECT display_name AS "displayName" FROM people WHERE id = $1',
      [person.id],
    );
    await recordUserSignIn(platform, {
      outcome: 'consentDeclined',
      person: { id: person.id, userPrincipalName: person.name, displayName: row?.displayName ?? '' },
      interactive: true,
      protocol: 'oAuth2',
      from: { ipAddress: context.ipAddress, userAgent: context.userAgent, requestId: context.requestId },
      application: { appId: application.appId, displayName: application.body.displayName },
      method: person.method,
      sessionId: person.sessionId,
    });
  };

  return {
    getInteraction: async (context, { params, query, request, reply }) => {
      const { interaction, application } = await find(params.uid, request, reply);
      const person = await signedIn(context);
      const reason = person && (await whyAgain(interaction, person));
      const redirectUri = textParam(interaction, 'redirect_uri');
      const needs = needsOf(interaction, person, reason);
      return {
        application: {
          appId: application.appId,
          displayName: application.body.displayName,
          homePageUrl: application.body.web.homePageUrl ?? null,
        },
        redirectHost: redirectUri === undefined ? null : new URL(redirectUri).host,
        needs,
        reason: reason ?? null,
        loginHint: textParam(interaction, 'login_hint') ?? null,
        userPrincipalName: person?.name ?? null,
        scopes: (await describe(interaction)).map(({ name, description }) => ({ name, description })),
        terms: needs === 'terms' ? await terms.toRead(termsOf(interaction), query.language) : [],
      };
    },
    answerInteraction: async (context, { params, body: { answer }, request, reply }) => {
      const { provider, interaction, application } = await find(params.uid, request, reply);
      const person = await signedIn(context);
      const finish = async (result: InteractionResults) => {
        const location = await provider.interactionResult(request.raw, reply.raw, result);
        return { location };
      };
      const agreements = termsOf(interaction);
      const reader = person && { id: person.id, name: person.name, ipAddress: context.ipAddress, requestId: context.requestId }; // prettier-ignore
      if (answer === 'cancel') {
        if (reader && agreements.length > 0) await terms.answer(reader, agreements, 'declined');
        if (interaction.prompt.name === 'consent') await declined(application, person, context);
        return finish({ error: 'access_denied', error_description: textOf('consentDeclined') });
      }
      if (!person || (await whyAgain(interaction, person)) !== undefined)
        throw new SallyportError('Unauthenticated', 'sign in first');
      if (reader && agreements.length > 0) {
        if (answer !== 'accept') throw new SallyportError('BadRequest', 'the terms of use are still to be accepted');
        await terms.answer(reader, agreements, 'accepted');
      }
      if (interaction.prompt.name !== 'consent') return finish(login(person));
      if (interaction.session?.accountId !== person.id) throw gone();
      if (answer !== 'accept') throw new SallyportError('BadRequest', 'the application asks for your agreement');
      return finish(await accept(provider, interaction, application, person, context));
    },
  };
}
