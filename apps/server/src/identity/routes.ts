import type { FastifyReply, FastifyRequest } from 'fastify';
import { deviceProofHeader, type Me, type sessionRoutes } from '@sallyport/contracts';
import {
  clearSessionCookie,
  requirePerson,
  setSessionCookie,
  type Handlers,
  type RequestContext,
} from '../platform/http/index.ts';
import { acr } from '../platform/challenge.ts';
import { toMe, type OpenedSession, type Sessions } from './sessions.ts';
import type { Setup } from './setup.ts';
import type { Methods } from './methods.ts';
import type { ContinuedSession, SignIn } from './sign-in.ts';
import type { Origin } from './sign-in-log.ts';

export const originOf = (
  { ipAddress, userAgent, requestId }: RequestContext,
  { headers }: Pick<FastifyRequest, 'headers'>,
): Origin => {
  const deviceProof = headers[deviceProofHeader];
  return { ipAddress, userAgent, requestId, ...(typeof deviceProof === 'string' ? { deviceProof } : {}) };
};

export function signedIn(reply: FastifyReply, { secret, expiresAt, persistent, me }: OpenedSession): Me {
  setSessionCookie(reply, secret, persistent ? expiresAt : undefined);
  return me;
}

export function identityHandlers(
  setup: Setup,
  signIn: SignIn,
  sessions: Sessions,
  methods: Methods,
): Handlers<typeof sessionRoutes> {
  const continued = async (context: RequestContext): Promise<ContinuedSession> => {
    const { id: personId, name: userPrincipalName, session } = requirePerson(context);
    return { id: session.id, personId, userPrincipalName, deviceId: await sessions.deviceOf(session.id) };
  };
  return {
    getSetup: async () => ({ needed: await setup.needed() }),
    startSetup: (_context, { body }) => setup.start(body),
    finishSetup: async (context, { body, request, reply }) =>
      signedIn(reply, await setup.finish(body, originOf(context, request))),
    startPasskeySignIn: () => signIn.startPasskey(),
    signInWithPasskey: async (context, { body, request, reply }) =>
      signedIn(reply, await signIn.withPasskey(body.challengeId, body.credential, originOf(context, request))),
    signInWithPassword: async (context, { body, request, reply }) =>
      signedIn(
        reply,
        await signIn.withPassword(body.userPrincipalName, body.password, body.totpCode, originOf(context, request)),
      ),
    signOut: async (context, { reply }) => {
      const { id, session } = requirePerson(context);
      await sessions.revoke(id, session.id);
      clearSessionCookie(reply);
      context.audit({ target: `session ${session.id}` });
      return {};
    },
    getStepUp: async (context) => {
      const { id, challenge } = requirePerson(context);
      const kinds = (await methods.of(id)).map(({ kind }) => kind);
      const acrValues = challenge?.acrValues ?? [];
      const passwordWouldDo = acrValues.length === 0 || acrValues.includes(acr.multiFactor);
      return {
        required: challenge?.required ?? [],
        code: challenge?.code ?? null,
        passkey: kinds.includes('fido2'),
        password: passwordWouldDo && kinds.includes('password'),
      };
    },
    startPasskeyStepUp: () => signIn.startPasskey(),
    stepUpWithPasskey: async (context, { body, request, reply }) =>
      signedIn(
        reply,
        await signIn.withPasskey(
          body.challengeId,
          body.credential,
          originOf(context, request),
          await continued(context),
        ),
      ),
    stepUpWithPassword: async (context, { body, request, reply }) => {
      const session = await continued(context);
      const { password, totpCode } = body;
      const origin = originOf(context, request);
      return signedIn(reply, await signIn.withPassword(session.userPrincipalName, password, totpCode, origin, session));
    },
    getMe: (context) => {
      const { id, name: userPrincipalName, displayName, session, ...rights } = requirePerson(context);
      return toMe({ id, userPrincipalName, displayName }, rights, session.id, session.method);
    },
    listSessions: async (context) => {
      const { id, session } = requirePerson(context);
      return { sessions: await sessions.list(id, session.id) };
    },
    revokeSession: async (context, { params }) => {
      await sessions.revoke(requirePerson(context).id, params.id);
      context.audit({ target: `session ${params.id}` });
      return {};
    },
  };
}
