import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { missingTerms } from '../../conditional-access/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { AccessDecision } from './access.ts';
import type { Clients } from './clients.ts';
import { personOf } from './claims.ts';
import { factsOf } from './context.ts';
import type { SessionLinks } from './sessions.ts';
import { recordUserSignIn, textOf } from './sign-in-rows.ts';

export interface PolicyParts {
  readonly clients: Clients;
  readonly links: SessionLinks;
  readonly decide: AccessDecision;
}

/** The name of the prompt that asks for a stronger sign-in. */
export const accessPrompt = 'conditional_access';

/** What stands between a request and its code, in this order: a sign-in that still stands, Conditional Access, consent. */
export function createPolicy(
  platform: Pick<Platform, 'database' | 'outbox' | 'clock'>,
  { clients, links, decide }: PolicyParts,
): interactionPolicy.Prompt[] {
  const { Check, Prompt, base } = interactionPolicy;
  const policy = base();

  const sessionEnded = async ({ oidc }: KoaContextWithOIDC): Promise<boolean> => {
    const { session, result } = oidc;
    if (session?.accountId === undefined) return false;
    const signIn: unknown = result?.['sallyport'];
    if (result?.login && typeof signIn === 'object' && signIn !== null && 'sessionId' in signIn)
      await links.link(session.uid, String(signIn.sessionId), session.accountId);
    const standing = await links.standing(session.uid);
    if (standing?.personId === session.accountId) {
      await links.touch(session.uid);
      return false;
    }
    return true;
  };
  policy
    .get('login')
    ?.checks.add(new Check('session_ended', 'the sign-in to Sallyport is over', 'login_required', sessionEnded));

  /** True asks the person for more; what is refused for good throws. */
  const askAccess = async (ctx: KoaContextWithOIDC): Promise<boolean> => {
    const { oidc } = ctx;
    const facts = factsOf(ctx);
    const { session, client } = oidc;
    const standing = session && (await links.standing(session.uid));
    const application = client && (await clients.usable(client.clientId));
    if (!standing || !application) throw new errors.AccessDenied('the application may not be used');
    const isDevice = oidc.route.startsWith('device_') || oidc.route.startsWith('code_');
    const { outcome, gate } = await decide({
      personId: standing.personId,
      application,
      method: standing.method,
      sessionStartedAt: standing.startedAt,
      ipAddress: facts.from.ipAddress,
      userAgent: facts.from.userAgent,
      clientAppType: 'browser',
      ...(isDevice ? { authenticationFlow: 'deviceCodeFlow' } : {}),
    });
    if (gate) facts.access = gate;
    if (outcome === 'success') return false;
    // Whoever could do better is asked once.
    if (outcome === 'moreDemanded' && oidc.entities.Interaction?.prompt.name !== accessPrompt) return true;
    const person = await personOf(platform.database, standing.personId);
    if (person)
      await recordUserSignIn(platform, {
        outcome,
        person,
        interactive: true,
        protocol: isDevice ? 'deviceCode' : 'oAuth2',
        from: facts.from,
        application: { appId: application.appId, displayName: application.body.displayName },
        access: gate,
        method: standing.method,
        sessionId: standing.sessionId,
      });
    throw new errors.AccessDenied(textOf(outcome));
  };
  const details = (ctx: KoaContextWithOIDC) => {
    const { access } = factsOf(ctx);
    return { required: access?.required ?? [], terms: access ? missingTerms(access) : [] };
  };
  const check = new Check(accessPrompt, 'Conditional Access demands more', 'interaction_required', askAccess, details);
  policy.add(new Prompt({ name: accessPrompt }, check), 1);
  return policy;
}
