import type { AdapterPayload, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { Provider as ProviderClass } from 'oidc-provider';
import type { Platform } from '../../platform/types.ts';
import { personOf } from './claims.ts';
import { factsOf } from './context.ts';
import type { Parts } from './provider.ts';
import { recordServicePrincipalSignIn, recordUserSignIn } from './sign-in-rows.ts';

type Recording = Pick<Platform, 'database' | 'outbox' | 'clock' | 'audit' | 'log'>;

/** A code or a refresh token that comes a second time was stolen by one of its two senders: a risk, and a row of the audit. */
export function createReuseRecorder(platform: Recording, { clients }: Pick<Parts, 'clients'>) {
  return async (model: string, payload: AdapterPayload): Promise<void> => {
    const ctx: KoaContextWithOIDC | undefined = ProviderClass.ctx;
    // To ask about a token is not to use it, and another's token gets nobody anything.
    if (ctx?.oidc.route !== 'token' || ctx.oidc.client?.clientId !== payload.clientId) return;
    const facts = factsOf(ctx);
    const person = await personOf(platform.database, payload.accountId ?? '');
    const application = await clients.usable(payload.clientId ?? '');
    if (!person || !application) return;
    const { displayName } = application.body;
    platform.log.warn({ person: person.id, appId: application.appId, model }, 'a token was used a second time');
    await recordUserSignIn(platform, {
      outcome: model === 'RefreshToken' ? 'refreshReplayed' : 'codeReplayed',
      person,
      interactive: false,
      protocol: 'oAuth2',
      ...(model === 'RefreshToken' ? { incomingToken: 'refreshToken' } : {}),
      from: facts.from,
      application: { appId: application.appId, displayName },
      risk: 'anomalousToken',
    });
    await platform.audit.record({
      actor: person.userPrincipalName,
      operation: model === 'RefreshToken' ? 'RefreshTokenReused' : 'AuthorizationCodeReused',
      target: `application ${displayName}`,
      result: 'denied',
      ipAddress: facts.from.ipAddress,
      requestId: facts.from.requestId,
      details: { appId: application.appId, grantId: payload.grantId },
    });
  };
}

/** What is done after the provider has answered: rows of sign-ins, the end of Sallyport's session with the provider's. */
export function watchRequests(platform: Recording, provider: Provider, parts: Parts): void {
  const { clients, links } = parts;

  const recordCode = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const { session, client, entities, route } = ctx.oidc;
    const device = route === 'device_resume' || route === 'code_verification';
    const given = device ? entities.DeviceCode?.accountId !== undefined : entities.AuthorizationCode !== undefined;
    if (!given || !session || !client) return;
    const standing = await links.standing(session.uid);
    const person = await personOf(platform.database, session.accountId ?? '');
    const application = await clients.usable(client.clientId);
    if (!standing || !person || !application) return;
    const facts = factsOf(ctx);
    await recordUserSignIn(platform, {
      outcome: 'success',
      person,
      interactive: true,
      protocol: device ? 'deviceCode' : 'oAuth2',
      from: facts.from,
      application: { appId: application.appId, displayName: application.body.displayName },
      access: facts.access,
      method: standing.method,
      sessionId: standing.sessionId,
    });
  };
  const recordBadSecret = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const { client, params } = ctx.oidc;
    const refused = ctx.status === 401 && client && params?.['grant_type'] === 'client_credentials';
    const application = refused ? await clients.usable(client.clientId) : undefined;
    if (!application) return;
    await recordServicePrincipalSignIn(platform, {
      outcome: 'badSecret',
      from: factsOf(ctx).from,
      servicePrincipalId: application.servicePrincipalId,
      application: { appId: application.appId, displayName: application.body.displayName },
      credential: { type: 'clientSecret' },
    });
  };
  /** A form that posts the answer to the application: the browser must be let do that, and nothing else. */
  const allowFormPost = (ctx: KoaContextWithOIDC): void => {
    const { params, redirectUriCheckPerformed } = ctx.oidc;
    const uri = params?.['redirect_uri'];
    if (params?.['response_mode'] !== 'form_post' || redirectUriCheckPerformed !== true || typeof uri !== 'string') return; // prettier-ignore
    const csp = ctx.response.get('content-security-policy');
    ctx.set('content-security-policy', csp.replace("form-action 'self'", `form-action ${new URL(uri).origin}`));
  };

  provider.use(async (ctx, next) => {
    await next();
    // There is none where no route of the provider was met.
    if (isOfProvider(ctx)) await after(ctx);
  });
  const after = async (ctx: KoaContextWithOIDC): Promise<void> => {
    switch (ctx.oidc.route) {
      case 'authorization':
      case 'resume':
        allowFormPost(ctx);
        return recordCode(ctx);
      case 'code_verification':
      case 'device_resume':
        return recordCode(ctx);
      case 'token':
        return recordBadSecret(ctx);
      case 'end_session_confirm':
        if (ctx.oidc.session && 'destroyed' in ctx.oidc.session && ctx.oidc.session.destroyed === true)
          await links.revoke(ctx.oidc.session.uid);
        return;
      default:
    }
  };
}

const isOfProvider = (ctx: object): ctx is KoaContextWithOIDC => 'oidc' in ctx && ctx.oidc !== undefined;
