import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';

/** What is asked for before a session goes on, or why a token is not taken (RFC 9470). */
export const Challenge = z.object({
  /** Entra's number: 50074 asks for a stronger method, 70044 for a new sign-in, 53003 is a block. */
  code: z.enum(['50074', '70044', '53003']),
  /** In words, for the person. */
  required: z.array(z.string()),
  /** Any of these would do; empty when it is about something else than methods. */
  acrValues: z.array(z.string()),
  /** Seconds that the factors may be old. Left out: any. */
  maxAge: z.number().optional(),
});
export type Challenge = z.infer<typeof Challenge>;

/** OpenID Connect's names of how strong a sign-in is: a method that cannot be phished; several factors. */
export const acr = {
  phishingResistant: 'phr',
  multiFactor: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
} as const;

/** `target` of the error: the portal asks for the factor in place, and calls again. */
export const stepUpTarget = 'stepUp';

const quoted = (text: string): string => `"${text.replaceAll(/[^\x20-\x7e]|["\\]/g, '')}"`;

/** The 401 of it, with its WWW-Authenticate. `canStepUp`: whether who asks can show more in this session. */
export function challengeError(challenge: Challenge, canStepUp: boolean): SallyportError {
  const { code, required, acrValues, maxAge } = challenge;
  const demand = required.length === 0 ? '' : ` They demand ${required.join(', and ')}.`;
  const what = code === '53003' ? 'Access has been blocked by Conditional Access policies.' : `Conditional Access policies ask for more.${demand}`; // prettier-ignore
  const claims = {
    access_token: {
      ...(acrValues.length > 0 ? { acr: { essential: true, values: acrValues } } : {}),
      ...(maxAge === undefined ? {} : { auth_time: { essential: true } }),
    },
  };
  const parts = [
    `error=${code === '53003' ? '"invalid_token"' : '"insufficient_user_authentication"'}`,
    `error_description=${quoted(`AADSTS${code}: ${what}`)}`,
    ...(acrValues.length > 0 ? [`acr_values=${quoted(acrValues.join(' '))}`] : []),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
    ...(code === '53003' ? [] : [`claims="${Buffer.from(JSON.stringify(claims)).toString('base64')}"`]),
  ];
  return new SallyportError('Unauthenticated', `AADSTS${code}: ${what}`, {
    ...(canStepUp ? { target: stepUpTarget } : {}),
    wwwAuthenticate: `Bearer ${parts.join(', ')}`,
  });
}
