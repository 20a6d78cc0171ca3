import { z } from 'zod';
import { agreementLimits } from '../conditional-access/agreement.ts';
import { route } from '../route.ts';
import { Me } from './session.ts';

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const params = z.object({ id: z.string().min(1).max(128) });
const body = z.record(z.string().max(128), z.unknown());
const response = z.record(z.string(), z.unknown());
const read = { method: 'GET', permission: 'conditionalAccess.read', query, response } as const;
const write = { permission: 'conditionalAccess.manage', response: 'raw' } as const;
const path = '/v1.0/identityGovernance/termsOfUse/agreements';
/** Files come as base64 within the JSON. */
const bodyLimit = agreementLimits.bytesOfAFile * 3;

/** Microsoft Graph's terms of use. https://learn.microsoft.com/graph/api/resources/agreement */
export const graphTermsOfUseRoutes = {
  graphListAgreements: route({ ...read, path, summary: 'Microsoft Graph: terms of use' }),
  graphGetAgreement: route({ ...read, path: `${path}/:id`, params, summary: 'Microsoft Graph: one terms of use' }),
  graphCreateAgreement: route({ ...write, method: 'POST', path, body, bodyLimit, summary: 'Microsoft Graph: make terms of use, with their files' }), // prettier-ignore
  graphUpdateAgreement: route({ ...write, method: 'PATCH', path: `${path}/:id`, params, body, summary: 'Microsoft Graph: change terms of use' }), // prettier-ignore
  graphDeleteAgreement: route({ ...write, method: 'DELETE', path: `${path}/:id`, params, summary: 'Microsoft Graph: delete terms of use' }), // prettier-ignore
  graphListAgreementFiles: route({ ...read, path: `${path}/:id/files`, params, summary: 'Microsoft Graph: what people are shown, by language' }), // prettier-ignore
  graphListAcceptances: route({ ...read, path: `${path}/:id/acceptances`, params, summary: 'Microsoft Graph: who accepted or declined, the newest first; at most 1,000' }), // prettier-ignore
} as const;

/** What the answer of a sign-in has as `target` when nothing but terms of use is missing; `details` then has the ticket, its code `ticket`. */
export const termsTarget = 'termsOfUse';
const Ticket = z.string().min(20).max(100);

export const TermsToAccept = z.object({
  id: z.uuid(),
  displayName: z.string(),
  fileName: z.string(),
  language: z.string(),
  /** A person must open the terms before they can accept. */
  mustBeViewed: z.boolean(),
  /** What it says, where it is text; null: a PDF. */
  text: z.string().nullable(),
  /** Base64 of the PDF; null: text. */
  pdf: z.string().nullable(),
});
export type TermsToAccept = z.infer<typeof TermsToAccept>;

export const termsOfUseRoutes = {
  readTerms: route({
    method: 'POST',
    path: '/api/signin/terms/read',
    permission: 'public',
    summary: 'The terms of use that a sign-in still needs, by its ticket, good for 10 minutes',
    body: z.object({ ticket: Ticket, language: z.string().max(35).default('en') }),
    response: z.object({ terms: z.array(TermsToAccept) }),
  }),
  answerTerms: route({
    method: 'POST',
    path: '/api/signin/terms',
    permission: 'public',
    summary:
      'Accept the terms of use of a ticket and go on with the sign-in, or decline; the answer sets the session cookie',
    body: z.object({ ticket: Ticket, accept: z.boolean() }),
    response: Me,
  }),
} as const;
