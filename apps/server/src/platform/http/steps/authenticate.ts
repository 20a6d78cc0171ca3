import { SallyportError, type TokenScheme } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import { sessionCookie } from '../cookie.ts';
import type { Credential, Step } from '../exchange.ts';

const base64 = (text: string): string => Buffer.from(text, 'base64').toString('latin1');
const afterColon = (text: string): string => text.slice(text.indexOf(':') + 1);

/** The API token in `Authorization`; empty, which is no token's value, when there is none. */
function tokenIn(authorization: string, schemes: readonly TokenScheme[]): string {
  const [, scheme = '', value = ''] = /^(\w+) ([\w.~+/=-]{1,1024})$/.exec(authorization) ?? [];
  if (/^bearer$/i.test(scheme)) return value;
  const known = schemes.find((one) => one.toLowerCase() === scheme.toLowerCase());
  if (known === undefined) return '';
  if (known === 'Basic') return afterColon(base64(value));
  // Encoded, as that API gives its keys out; the alphabet of ours has `_`, which base64 lacks.
  return known === 'ApiKey' && !value.includes('_') ? afterColon(base64(value)) : value;
}

function credentialOf(request: FastifyRequest, schemes: readonly TokenScheme[] = []): Credential {
  const { authorization } = request.headers;
  if (authorization !== undefined) return { kind: 'token', value: tokenIn(authorization, schemes) };
  const cookie = request.cookies[sessionCookie];
  return cookie === undefined || cookie === '' ? { kind: 'none' } : { kind: 'session', value: cookie };
}

/**
 * Finds the caller. A bearer token that is no good is refused on every route, even a public one: its sender believes in it.
 * A cookie that is no good counts as none, since a browser sends it by itself.
 */
export const authenticate: Step = async (exchange, { authenticator }) => {
  const credential = credentialOf(exchange.request, exchange.route.schemes);
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
