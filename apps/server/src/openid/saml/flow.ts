import { SallyportError, type Interaction, type SamlEndpoints } from '@sallyport/contracts';
import { z } from 'zod';
import { missingTerms, type Terms } from '../../conditional-access/index.ts';
import type { SignInMethod } from '../../identity/index.ts';
import type { Platform } from '../../platform/types.ts';
import { hashSecret, newSecret } from '../../platform/tokens.ts';
import { personOf } from '../provider/claims.ts';
import type { UsableApplication } from '../provider/clients.ts';
import type { Parts } from '../provider/provider.ts';
import { recordUserSignIn, textOf, type From } from '../provider/sign-in-rows.ts';
import { attributesOf, nameIdOf } from './attributes.ts';
import type { SamlKeys } from './keys.ts';
import { claimedIssuer, defaultConsumer, readAuthnRequest, requestLifetimeMs, xmlOf, type Arrived } from './messages.ts'; // prettier-ignore
import { Form, formPage } from './form.ts';
import { failureResponse, newId, successResponse, type Answer } from './response.ts';
import { pemOf } from './signature.ts';
import { samlApplications, samlPending, samlSessions, takeMessage, type SamlApplication } from './store.ts';
import { malformed } from './xml.ts';

/** A response lies here until the browser fetches it, which it does at once. */
const responseLifetimeMs = 60_000;

const Request = z.object({
  requestId: z.string().optional(),
  acsUrl: z.string(),
  relayState: z.string().optional(),
  forceAuthn: z.boolean(),
  isPassive: z.boolean(),
  nameIdFormat: z.enum(['emailAddress', 'persistent', 'transient', 'unspecified']),
  askedAt: z.iso.datetime(),
});
type Request = z.infer<typeof Request>;

/** Who is signed in to Sallyport in this browser. */
export interface Standing {
  readonly personId: string;
  readonly sessionId: string;
  readonly method: SignInMethod;
  readonly startedAt: Date;
}
export interface Asked {
  readonly uid: string;
  readonly browser: string | undefined;
  readonly standing: Standing | undefined;
  /** Of who is signed in. */
  readonly name: string | undefined;
  readonly from: From;
}

const gone = () => new SallyportError('Gone', 'the sign-in has expired, or was begun in another browser; go back to the application'); // prettier-ignore
const purpose = (kind: string): string => `saml-${kind}`;

/** Microsoft's name for several factors, and the standard's for a password over TLS. */
const contextClassOf = (method: SignInMethod): string =>
  method === 'federatedSingleFactor'
    ? 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
    : 'http://schemas.microsoft.com/claims/multipleauthn';

export const addressesOf = (issuer: string) => ({
  entityId: `${issuer}/saml2/metadata`,
  metadata: `${issuer}/saml2/metadata`,
  singleSignOn: `${issuer}/saml2/sso`,
  singleLogout: `${issuer}/saml2/slo`,
});

/** Signing in to an application by SAML: from its request, by the person, to the response. */
export function createSamlFlow(platform: Platform, parts: Parts, keys: SamlKeys, terms: Terms) {
  const { database, clock, sealing, config } = platform;
  const addresses = addressesOf(parts.issuer);

  const seal = (kind: Pending, value: object) => sealing.seal(Buffer.from(JSON.stringify(value)), purpose(kind));
  type Pending = 'request' | 'response';
  const keep = async (
    kind: Pending,
    appId: string,
    browser: string,
    value: Request | Form,
    lifetimeMs: number,
  ): Promise<string> => {
    // prettier-ignore
    const id = newSecret();
    await samlPending.keep(database, {
      idHash: hashSecret(id),
      kind,
      appId,
      browserHash: hashSecret(browser),
      sealed: seal(kind, value),
      expiresAt: new Date(clock.now().getTime() + lifetimeMs),
    });
    return id;
  };
  const keyOf = (kind: Pending, id: string, browser: string | undefined) => {
    if (browser === undefined) throw gone();
    return { kind, idHash: hashSecret(id), browserHash: hashSecret(browser) } as const;
  };
  const found = async (kind: Pending, id: string, browser: string | undefined) => {
    const key = keyOf(kind, id, browser);
    const row = await samlPending.find(database, key, clock.now());
    if (!row) throw gone();
    const value: unknown = JSON.parse(sealing.open(row.sealed, purpose(kind)).toString());
    return { key, appId: row.appId, value };
  };
  const usable = async (appId: string): Promise<{ application: UsableApplication; saml: SamlApplication }> => {
    const [application, saml] = [await parts.clients.usable(appId), await samlApplications.of(database, appId)];
    if (!application || !saml) throw malformed('the application is not known, or is switched off');
    return { application, saml };
  };
  const requestOf = async ({ uid, browser }: Pick<Asked, 'uid' | 'browser'>) => {
    const { key, appId, value } = await found('request', uid, browser);
    return { key, request: Request.parse(value), ...(await usable(appId)) };
  };
  /** Why the session that is there is not enough. */
  const whyAgain = ({ forceAuthn, askedAt }: Request, standing: Standing): string | undefined =>
    forceAuthn && standing.startedAt.getTime() < Date.parse(askedAt)
      ? 'The application asks you to sign in again.'
      : undefined;
  const needsSignIn = (request: Request, standing: Standing | undefined): boolean =>
    standing === undefined || whyAgain(request, standing) !== undefined;

  const decide = (application: UsableApplication, { from }: Asked, standing: Standing) =>
    parts.decide({
      personId: standing.personId,
      application,
      method: standing.method,
      sessionStartedAt: standing.startedAt,
      ipAddress: from.ipAddress,
      userAgent: from.userAgent,
      clientAppType: 'browser',
    });
  /** Terms of use that the session that is there still lacks. */
  const lackingTerms = async (request: Request, application: UsableApplication, asked: Asked): Promise<string[]> => {
    const { standing } = asked;
    if (!standing || request.isPassive || needsSignIn(request, standing)) return [];
    const { gate } = await decide(application, asked, standing);
    return gate ? missingTerms(gate) : [];
  };

  const respond = async (
    { application, saml }: { readonly application: UsableApplication; readonly saml: SamlApplication },
    request: Request,
    asked: Asked,
    standing: Standing,
  ): Promise<string> => {
    const person = await personOf(database, standing.personId);
    if (!person) throw gone();
    const { outcome, gate } = await decide(application, asked, standing);
    const row = {
      outcome,
      person,
      interactive: true,
      protocol: 'saml20',
      from: asked.from,
      application: { appId: application.appId, displayName: application.body.displayName },
      access: gate,
      method: standing.method,
      sessionId: standing.sessionId,
    } as const;
    if (outcome !== 'success') {
      await recordUserSignIn(platform, row);
      throw new SallyportError('Forbidden', textOf(outcome));
    }
    const sessionIndex = newId();
    const nameId = nameIdOf(platform, request.nameIdFormat, person, application.appId);
    const { signer } = await keys.current();
    const xml = await successResponse(
      answerOf(request),
      {
        audience: saml.settings.entityId,
        nameId,
        nameIdFormat: request.nameIdFormat,
        sessionIndex,
        signedInAt: standing.startedAt,
        endsAt: new Date(standing.startedAt.getTime() + config.sessionMax),
        contextClass: contextClassOf(standing.method),
        attributes: await attributesOf(database, person, application, saml.settings),
      },
      signer,
      saml.settings.encryptionCertificate,
    );
    await database.transaction(async (tx) => {
      await samlSessions.open(tx, { sessionIndex, appId: application.appId, sessionId: standing.sessionId, nameId }, clock.now()); // prettier-ignore
      await recordUserSignIn(platform, row, tx);
    });
    return xml;
  };
  const answerOf = ({ acsUrl, requestId }: Request): Answer => ({
    issuer: addresses.entityId,
    acsUrl,
    inResponseTo: requestId,
    now: clock.now(),
  });

  return {
    addresses,

    endpoints: async (appId: string): Promise<SamlEndpoints> => ({
      ...addresses,
      start: `${parts.issuer}/saml2/start/${appId}`,
      certificate: pemOf((await keys.current()).signer.certificate),
    }),

    /** Takes a request of an application. Answers where the person goes on. Throws BadRequest; nothing goes back to an address that was only claimed. */
    async begin(arrived: Arrived, browser: string): Promise<string> {
      const { xml, relayState } = xmlOf(arrived);
      const entityId = claimedIssuer(xml);
      const saml = entityId === undefined ? undefined : await samlApplications.ofEntity(database, entityId);
      if (!saml) throw malformed('the application is not known, or is switched off');
      await usable(saml.appId);
      const now = clock.now();
      const { id, ...asked } = readAuthnRequest(arrived, xml, saml.settings, { destination: addresses.singleSignOn, now }); // prettier-ignore
      if (!(await takeMessage(database, saml.appId, id, new Date(now.getTime() + 2 * requestLifetimeMs))))
        throw malformed('the request was taken before');
      const request: Request = {
        ...asked,
        requestId: id,
        askedAt: now.toISOString(),
        ...(relayState === undefined ? {} : { relayState }),
      };
      return `/saml/interaction/${await keep('request', saml.appId, browser, request, requestLifetimeMs)}`;
    },

    /** A sign-in that begins here. */
    async start(appId: string, browser: string): Promise<string> {
      const { saml } = await usable(appId);
      const { settings } = saml;
      const request: Request = {
        acsUrl: defaultConsumer(settings),
        forceAuthn: false,
        isPassive: false,
        nameIdFormat: settings.nameIdFormat,
        askedAt: clock.now().toISOString(),
        ...(settings.relayState === '' ? {} : { relayState: settings.relayState }),
      };
      return `/saml/interaction/${await keep('request', appId, browser, request, requestLifetimeMs)}`;
    },

    /** What is asked of the person. Throws Gone. */
    async details(asked: Asked, language: string): Promise<Interaction> {
      const { request, application } = await requestOf(asked);
      const { standing } = asked;
      const agreements = await lackingTerms(request, application, asked);
      const again = needsSignIn(request, standing) && !request.isPassive;
      return {
        application: {
          appId: application.appId,
          displayName: application.body.displayName,
          homePageUrl: application.body.web.homePageUrl ?? null,
        },
        redirectHost: new URL(request.acsUrl).host,
        // Who must not be asked is answered for, whatever is there.
        needs: again ? 'signIn' : agreements.length > 0 ? 'terms' : 'continue',
        reason: (standing && whyAgain(request, standing)) ?? null,
        loginHint: null,
        userPrincipalName: asked.name ?? null,
        scopes: [],
        terms: agreements.length > 0 ? await terms.toRead(agreements, language) : [],
      };
    },

    /** Answers where the response is fetched, once. Throws Gone, Unauthenticated, and Forbidden with Entra's number where a policy is against it. */
    async answer(asked: Asked, given: 'continue' | 'accept' | 'cancel'): Promise<string> {
      const { key, request, ...both } = await requestOf(asked);
      const { standing, browser, name, from } = asked;
      const cancelled = given === 'cancel';
      const unanswered = needsSignIn(request, standing);
      if (!cancelled && !request.isPassive && unanswered) throw new SallyportError('Unauthenticated', 'sign in first');
      const agreements = await lackingTerms(request, both.application, asked);
      if (standing && agreements.length > 0) {
        if (given === 'continue') throw new SallyportError('BadRequest', 'the terms of use are still to be accepted');
        const reader = {
          id: standing.personId,
          name: name ?? '',
          ipAddress: from.ipAddress,
          requestId: from.requestId,
        };
        await terms.answer(reader, agreements, cancelled ? 'declined' : 'accepted');
      }
      let response: string;
      if (cancelled || !standing || unanswered)
        response = failureResponse(answerOf(request), cancelled ? 'AuthnFailed' : 'NoPassive', (await keys.current()).signer); // prettier-ignore
      else response = await respond(both, request, asked, standing);
      if (browser === undefined || !(await samlPending.take(database, key))) throw gone();
      const { acsUrl, relayState } = request;
      const form: Form = { title: 'Signing in', url: acsUrl, response: Buffer.from(response).toString('base64'), ...(relayState === undefined ? {} : { relayState }) }; // prettier-ignore
      return `/saml2/response/${await keep('response', both.application.appId, browser, form, responseLifetimeMs)}`;
    },

    /** The page that posts a response to the application. Throws Gone the second time. */
    async fetch(id: string, browser: string | undefined): Promise<string> {
      const { key, value } = await found('response', id, browser);
      if (!(await samlPending.take(database, key))) throw gone();
      return formPage(Form.parse(value));
    },
  };
}
export type SamlFlow = ReturnType<typeof createSamlFlow>;
