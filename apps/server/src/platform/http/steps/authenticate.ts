import { SallyportError, type TokenScheme } from '@sallyport/contracts';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import { challengeError } from '../../challenge.ts';
import { sessionCookie } from '../cookie.ts';
import { z } from 'zod';
import type { Authenticator, Credential, Exchange, SharedKeyClaim, Step } from '../exchange.ts';

const base64 = (text: string): string => Buffer.from(text, 'base64').toString('latin1');
const afterColon = (text: string): string => text.slice(text.indexOf(':') + 1);

/** The token in `Authorization`; empty, which is no token's value, when there is none. */
function tokenIn(authorization: string, schemes: readonly TokenScheme[]): string {
  const [, scheme = '', value = ''] = /^(\w+) ([\w.~+/=-]{1,4096})$/.exec(authorization) ?? [];
  if (/^bearer$/i.test(scheme)) return value;
  const known = schemes.find((one) => one.toLowerCase() === scheme.toLowerCase());
  if (known === undefined) return '';
  if (known === 'Basic') return afterColon(base64(value));
  // Encoded, as that API gives its keys out; the alphabet of ours has `_`, which base64 lacks.
  return known === 'ApiKey' && !value.includes('_') ? afterColon(base64(value)) : value;
}

/**
 * The common name of a client's certificate, when the handshake has found it to be by an authority of ours. Not of a browser's request: browsers show certificates by
 * themselves, whichever page asks.
 */
function certificateName({ raw, headers }: FastifyRequest): string | undefined {
  const { socket } = raw;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return undefined;
  const { subject }: Partial<PeerCertificate> = socket.getPeerCertificate();
  const name = subject?.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function credentialOf(request: FastifyRequest, ingests: boolean, schemes: readonly TokenScheme[] = []): Credential {
  const { authorization } = request.headers;
  if (schemes.includes('SharedKey') && authorization?.startsWith('SharedKey ') === true) return { kind: 'signature' };
  if (schemes.includes('Signature') && authorization === undefined && signatureOf(request))
    return { kind: 'signature' };
  if (authorization !== undefined) return { kind: 'token', value: tokenIn(authorization, schemes) };
  const name = ingests ? certificateName(request) : undefined;
  if (name !== undefined) return { kind: 'certificate', value: name };
  const cookie = request.cookies[sessionCookie];
  return cookie === undefined || cookie === '' ? { kind: 'none' } : { kind: 'session', value: cookie };
}

/** `X-Hub-Signature-256: sha256=<hex>`, as GitHub and others sign the bodies of their webhooks. */
function signatureOf({ headers }: FastifyRequest): Buffer | undefined {
  const header = headers['x-hub-signature-256'] ?? headers['x-hub-signature'];
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(String(header))?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}

/** https://learn.microsoft.com/rest/api/loganalytics/create-request#constructing-the-signature-string */
function sharedKeyOf(request: FastifyRequest): SharedKeyClaim | undefined {
  const { headers, method, url } = request;
  const [, workspaceId = '', base64 = ''] =
    /^SharedKey ([\w-]{1,64}):([\w+/=]{1,128})$/.exec(headers.authorization ?? '') ?? [];
  const date = headers['x-ms-date'];
  if (workspaceId === '' || typeof date !== 'string') return undefined;
  const length = headers['content-length'] ?? '';
  const text = [method, length, headers['content-type'] ?? '', `x-ms-date:${date}`, url.split('?', 1)[0]].join('\n');
  return { workspaceId, date, text, signature: Buffer.from(base64, 'base64') };
}

/** A signature over headers is checked here; one over the body when that has come, by the step that reads it. */
async function authenticateSigned(exchange: Exchange, authenticator: Authenticator): Promise<void> {
  const { request } = exchange;
  exchange.credential = { kind: 'signature' };
  const claim = sharedKeyOf(request);
  if (claim !== undefined) exchange.caller = await authenticator.sharedKey(claim);
  const signature = claim === undefined ? signatureOf(request) : undefined;
  if (signature !== undefined) {
    const { name } = SignedParams.parse(request.params);
    const signers = await authenticator.signers(name);
    exchange.bodySignature = { signers, signature };
    exchange.caller = signers[0]?.caller;
  }
  if (exchange.caller === undefined) throw new SallyportError('Unauthenticated', 'the signature is not valid');
}

/** A route whose bodies are signed has the name of who signs in its path. */
const SignedParams = z.object({ name: z.string() });

/**
 * Finds the caller. A bearer token that is no good is refused on every route, even a public one: its sender believes in it.
 * A cookie that is no good counts as none, since a browser sends it by itself. One of a session that more is asked of is none for public routes, and
 * for others a 401 that says what.
 */
export const authenticate: Step = async (exchange, { authenticator }) => {
  const credential = credentialOf(
    exchange.request,
    exchange.route.permission === 'data.ingest',
    exchange.route.schemes,
  );
  const { request, route } = exchange;
  const from = { ipAddress: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 512) };
  if (credential.kind === 'signature') return authenticateSigned(exchange, authenticator);
  if (credential.kind === 'token') {
    exchange.caller = await authenticator.token(credential.value, from);
    if (!exchange.caller) throw new SallyportError('Unauthenticated', 'the token is not valid');
  } else if (credential.kind === 'certificate') {
    exchange.caller = await authenticator.certificate(credential.value);
    if (!exchange.caller) throw new SallyportError('Unauthenticated', 'no token stands for the certificate’s name');
  } else if (credential.kind === 'session') {
    const caller = await authenticator.session(credential.value, from);
    if (caller?.challenge === undefined || route.duringChallenge) exchange.caller = caller;
    else if (route.permission !== 'public') throw challengeError(caller.challenge, true);
  }
  exchange.credential = credential;
};
