import { SallyportError } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import { sessionCookie } from '../cookie.ts';
import type { Credential, Step } from '../exchange.ts';

function credentialOf(request: FastifyRequest): Credential {
  const bearer = /^Bearer ([\w.~+/=-]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { kind: 'token', value: bearer };
  if (request.headers.authorization !== undefined) return { kind: 'token', value: '' };
  const cookie = request.cookies[sessionCookie];
  return cookie === undefined || cookie === '' ? { kind: 'none' } : { kind: 'session', value: cookie };
}

/**
 * Finds the caller. A bearer token that is no good is refused on every route, even a public one: its sender believes in it.
 * A cookie that is no good counts as none, since a browser sends it by itself.
 */
export const authenticate: Step = async (exchange, { authenticator }) => {
  const credential = credentialOf(exchange.request);
  const { request } = exchange;
  if (credential.kind === 'token') {
    exchange.caller = await authenticator.token(credential.value);
    if (!exchange.caller) throw new SallyportError('Unauthenticated', 'the token is not valid');
  } else if (credential.kind === 'session') {
    const from = { ipAddress: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 512) };
    exchange.caller = await authenticator.session(credential.value, from);
  }
  exchange.credential = credential;
};
