import { rootCertificates, getCACertificates } from 'node:tls';
import { Agent, request } from 'undici';
import { isInnerAddress, isPublicAddress, pinnedLookup, resolveBySystem } from '../../platform/outbound/index.ts';

/** Of the answer to a logout token nothing is needed but its status. */
const answerBytesMax = 16_384;

/**
 * Speaks to applications, whose addresses administrators have registered: encrypted, inside or outside, never to a cloud's metadata service, and without
 * following redirections.
 */
export async function fetchApplication(url: string | URL | Request, options: RequestInit = {}): Promise<Response> {
  const to = new URL(url instanceof Request ? url.url : url);
  if (to.protocol !== 'https:') throw new Error('applications are spoken to by https only');
  const lookup = pinnedLookup(async (host) => {
    const found = await resolveBySystem(host);
    if (!found.every(({ address }) => isPublicAddress(address) || isInnerAddress(address)))
      throw new Error(`${host} leads to an address that is never spoken to`);
    return found;
  });
  const ca = [...new Set([...rootCertificates, ...getCACertificates('default')])];
  const agent = new Agent({ allowH2: false, connect: { lookup, ca } });
  try {
    const answer = await request(to, {
      method: options.method === 'POST' ? 'POST' : 'GET',
      dispatcher: agent,
      ...(options.signal ? { signal: options.signal } : {}),
      headers: { ...Object.fromEntries(new Headers(options.headers)), 'user-agent': 'Sallyport' },
      ...(options.body instanceof URLSearchParams ? { body: options.body.toString() } : {}),
    });
    await answer.body.dump({ limit: answerBytesMax });
    return new Response(null, { status: answer.statusCode });
  } finally {
    await agent.destroy().catch(() => undefined);
  }
}
