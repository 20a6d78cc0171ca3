import type { IncomingMessage } from 'node:http';
import type { GateAnswer } from '../../conditional-access/index.ts';
import type { From } from './sign-in-rows.ts';
import type { Actor } from './token-exchange.ts';

/** What is known of one request on its way through the provider, beside what the provider knows. */
export interface Facts {
  readonly from: From;
  /** What Conditional Access said in it. */
  access?: GateAnswer;
  /** The secret that an application proved itself by. */
  credentialKeyId?: string;
  /** Who acts for a person, in a token exchange. */
  actor?: Actor;
}

/** By the request as Node has it: the provider makes contexts of its own around it. */
const known = new WeakMap<IncomingMessage, Facts>();
const nowhere: From = { ipAddress: '', userAgent: '', requestId: '' };

export const keepFacts = (request: IncomingMessage, from: From): void => void known.set(request, { from });
export function factsOf({ req }: { readonly req: IncomingMessage }): Facts {
  const facts = known.get(req) ?? { from: nowhere };
  known.set(req, facts);
  return facts;
}
