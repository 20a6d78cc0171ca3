import { createHash } from 'node:crypto';
import { z } from 'zod';
import { escaped, page } from '../provider/pages.ts';

/** A message on its way to an application by HTTP-POST. */
export const Form = z.object({
  title: z.string(),
  url: z.string(),
  /** Base64 of the message. */
  response: z.string(),
  relayState: z.string().optional(),
});
export type Form = z.infer<typeof Form>;

const script = 'document.forms[0].submit()';
/** The form goes to the application: where forms of the portal may go to does not hold for it. */
export const formPolicy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** SAML Bindings 2.0, 3.5.4. Without scripts the button does it. */
export function formPage({ title, url, response, relayState }: Form): string {
  const field = (name: string, value: string) => `<input type="hidden" name="${name}" value="${escaped(value)}">`;
  return page(
    title,
    `<form method="post" action="${escaped(url)}">${field('SAMLResponse', response)}${relayState === undefined ? '' : field('RelayState', relayState)}
     <p>You are on your way to ${escaped(new URL(url).host)}.</p><button class="main" type="submit">Continue</button></form><script>${script}</script>`,
  );
}
