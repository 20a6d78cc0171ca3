import { z } from 'zod';
import { route } from '../route.ts';
import { TermsToAccept } from './terms-of-use.ts';

/** The page on which a person signs in to an application. Its paths begin as the provider's cookie for it does, which ties it to one browser. */

const params = z.object({ uid: z.string().regex(/^[\w-]{10,64}$/) });

export const Interaction = z.object({
  application: z.object({ appId: z.string(), displayName: z.string(), homePageUrl: z.string().nullable() }),
  /** Where the answer goes: shown, so that a person sees whom she signs in to. */
  redirectHost: z.string().nullable(),
  /** `signIn`: nobody is signed in, or has to do it anew; `continue`: with the session that is there; `terms`: to accept terms of use; `consent`: asks for agreement. */
  needs: z.enum(['signIn', 'continue', 'terms', 'consent']),
  /** Why the sign-in that is there is not enough, for the person. */
  reason: z.string().nullable(),
  loginHint: z.string().nullable(),
  userPrincipalName: z.string().nullable(),
  scopes: z.array(z.object({ name: z.string(), description: z.string() })),
  /** Of an interaction that needs `terms`. */
  terms: z.array(TermsToAccept),
});
export type Interaction = z.infer<typeof Interaction>;

/** In which language terms of use are shown, where they are there in it. */
export const InteractionQuery = z.object({ language: z.string().max(35).default('en') });

export const interactionRoutes = {
  getInteraction: route({
    method: 'GET',
    path: '/openid/interaction/:uid/details',
    permission: 'public',
    summary: 'What an application asks of the person in this browser',
    params,
    query: InteractionQuery,
    response: Interaction,
  }),
  answerInteraction: route({
    method: 'POST',
    path: '/openid/interaction/:uid/answer',
    permission: 'public',
    summary: 'Go on with the session of this browser, accept terms or agree, or turn back; answers where to go',
    params,
    body: z.object({ answer: z.enum(['continue', 'accept', 'cancel']) }),
    response: z.object({ location: z.string() }),
  }),
} as const;
