import { z } from 'zod';
import { route } from '../route.ts';

/** The page on which a person signs in to an application. Its paths begin as the provider's cookie for it does, which ties it to one browser. */

const params = z.object({ uid: z.string().regex(/^[\w-]{10,64}$/) });

export const Interaction = z.object({
  application: z.object({ appId: z.string(), displayName: z.string(), homePageUrl: z.string().nullable() }),
  /** Where the answer goes: shown, so that a person sees whom she signs in to. */
  redirectHost: z.string().nullable(),
  /** `signIn`: nobody is signed in, or has to do it anew; `continue`: with the session that is there; `consent`: asks for agreement. */
  needs: z.enum(['signIn', 'continue', 'consent']),
  /** Why the sign-in that is there is not enough, for the person. */
  reason: z.string().nullable(),
  loginHint: z.string().nullable(),
  userPrincipalName: z.string().nullable(),
  scopes: z.array(z.object({ name: z.string(), description: z.string() })),
});
export type Interaction = z.infer<typeof Interaction>;

export const interactionRoutes = {
  getInteraction: route({
    method: 'GET',
    path: '/openid/interaction/:uid/details',
    permission: 'public',
    summary: 'What an application asks of the person in this browser',
    params,
    response: Interaction,
  }),
  answerInteraction: route({
    method: 'POST',
    path: '/openid/interaction/:uid/answer',
    permission: 'public',
    summary: 'Go on with the session of this browser, agree, or turn back; answers where to go',
    params,
    body: z.object({ answer: z.enum(['continue', 'accept', 'cancel']) }),
    response: z.object({ location: z.string() }),
  }),
} as const;
