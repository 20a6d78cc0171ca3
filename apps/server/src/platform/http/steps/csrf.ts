import { SallyportError } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import type { Step } from '../exchange.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

function originOf(request: FastifyRequest): string | undefined {
  const origin = request.headers.origin;
  if (origin === undefined) return undefined;
  return URL.canParse(origin) ? new URL(origin).origin : 'null';
}

/**
 * A write without a bearer token must come from a page of ours: it carries `x-sallyport-csrf: 1`, which a page elsewhere can't add
 * without a CORS preflight (which we never grant), and its Origin, when the browser tells it, is ours. This holds before sign-in too,
 * or else a page elsewhere could sign its visitor in to an account of its choice.
 */
export const checkCsrf: Step = ({ request, credential, route }, { publicOrigin }) => {
  if (
    credential.kind === 'token' ||
    credential.kind === 'signature' ||
    credential.kind === 'certificate' ||
    safeMethods.has(request.method)
  )
    return;
  // Refused by the next step, which says that a credential is missing: what a program wants to hear.
  if (credential.kind === 'none' && route.permission !== 'public') return;
  if (request.headers['x-sallyport-csrf'] !== '1')
    throw new SallyportError('Forbidden', 'the header `x-sallyport-csrf: 1` is missing');
  const origin = originOf(request);
  if (origin !== undefined && origin !== publicOrigin && origin !== `https://${request.headers.host ?? ''}`)
    throw new SallyportError('Forbidden', 'the request comes from a page of another site');
};
