import { getCACertificates, rootCertificates } from 'node:tls';
import { Agent, request } from 'undici';
import { isInnerAddress, isPublicAddress, pinnedLookup, resolveBySystem } from './addresses.ts';

export interface HttpsLimits {
  /** An answer's body that is longer throws. Default: nothing is wanted of it, the answer has no body. */
  readonly bytesMax?: number;
  /** Until the whole answer is there. Default 10 s. */
  readonly timeoutMs?: number;
}

type Call = Pick<RequestInit, 'headers' | 'signal'> & { readonly method?: string; readonly body?: unknown };
const methods = ['GET', 'POST', 'PUT', 'DELETE'] as const;
/** Of an answer that nobody reads. */
const unreadBytes = 16_384;

/**
 * Speaks to a service whose address an administrator of people and applications has registered: encrypted, inside or outside, never to a cloud's metadata
 * service, and without following redirections. Certificates are by public authorities or those of NODE_EXTRA_CA_CERTS.
 */
export async function fetchHttps(
  url: string | URL,
  call: Call = {},
  { bytesMax, timeoutMs = 10_000 }: HttpsLimits = {},
): Promise<Response> {
  const to = new URL(url);
  if (to.protocol !== 'https:') throw new Error('services are spoken to by https only');
  const lookup = pinnedLookup(async (host) => {
    const found = await resolveBySystem(host);
    if (!found.every(({ address }) => isPublicAddress(address) || isInnerAddress(address)))
      throw new Error(`${host} leads to an address that is never spoken to`);
    return found;
  });
  const ca = [...new Set([...rootCertificates, ...getCACertificates('default')])];
  const agent = new Agent({ allowH2: false, connect: { lookup, ca } });
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const { body } = call;
    const answer = await request(to, {
      method: methods.find((one) => one === call.method) ?? 'GET',
      dispatcher: agent,
      signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
      headers: { ...Object.fromEntries(new Headers(call.headers)), 'user-agent': 'Sallyport' },
      ...(typeof body === 'string' || body instanceof URLSearchParams ? { body: body.toString() } : {}),
    });
    const { statusCode: status } = answer;
    if (bytesMax === undefined) {
      await answer.body.dump({ limit: unreadBytes });
      return new Response(null, { status });
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of answer.body as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      if (bytes > bytesMax) throw new Error(`${to.host} answered more than ${bytesMax} bytes`);
      parts.push(part);
    }
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] satisfies [string, string]] : [],
    );
    return new Response(status === 204 || status === 304 ? null : Buffer.concat(parts), { status, headers });
  } finally {
    await agent.destroy().catch(() => undefined);
  }
}
