import { createHmac } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { SallyportError } from '@sallyport/contracts';
import { Agent, request } from 'undici';
import { pinnedLookup, type Outbound, type Target } from '../platform/outbound/index.ts';

/** https://www.standardwebhooks.com: 15 to 30 s. */
const timeoutMs = 15_000;
/** Of the answer as little is read as shows that it came. */
const answerBytesMax = 16_384;
export const secretPrefix = 'whsec_';

export interface WebhookCall {
  readonly url: string;
  /** The same each time that it is tried. */
  readonly id: string;
  readonly body: string;
  readonly secret: Uint8Array;
  readonly now: Date;
  readonly signal: AbortSignal;
}
/** `gone`: whoever is there wants no more of them. */
export type WebhookResult =
  | { readonly sent: true }
  | { readonly sent: false; readonly error: string; readonly gone: boolean };

const targetOf = (url: URL): Target => {
  const encrypted = url.protocol === 'https:';
  const port = url.port === '' ? (encrypted ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replaceAll(/[[\]]/g, ''), port, encrypted };
};

/** Throws SallyportError BadRequest for a host that is not allowed. */
export const checkWebhook = (outbound: Outbound, url: string): void => outbound.check(targetOf(new URL(url)));

/** Headers of Standard Webhooks: HMAC-SHA256 over id, time (seconds since 1970) and body. */
export function signedHeaders(id: string, body: string, secret: Uint8Array, now: Date): Record<string, string> {
  const seconds = String(Math.floor(now.getTime() / 1_000));
  const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}

/** Sends one, to an address that was judged; redirections are not followed. Does not throw. */
export async function sendWebhook(
  { url, id, body, secret, now, signal }: WebhookCall,
  outbound: Outbound,
  authorities: readonly string[],
): Promise<WebhookResult> {
  const to = new URL(url);
  const target = targetOf(to);
  const lookup = pinnedLookup((host) => outbound.addresses({ ...target, host }));
  const agent = new Agent({ allowH2: false, connect: { lookup, ca: [...rootCertificates, ...authorities] } });
  try {
    // An address in place of a name is not looked up, so it is judged here.
    await outbound.addresses(target);
    const answer = await request(to, {
      method: 'POST',
      dispatcher: agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Sallyport',
        ...signedHeaders(id, body, secret, now),
      },
      body,
    });
    await answer.body.dump({ limit: answerBytesMax });
    if (answer.statusCode >= 200 && answer.statusCode < 300) return { sent: true };
    return { sent: false, error: `${to.host} answered ${answer.statusCode}`, gone: answer.statusCode === 410 };
  } catch (error) {
    const reason =
      error instanceof SallyportError ? error.message : `${to.host} could not be reached (${codeOf(error)})`;
    return { sent: false, error: reason, gone: false };
  } finally {
    await agent.destroy().catch(() => undefined);
  }
}

/** What tells a fault of a connection, without what the other side wrote. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer in ${timeoutMs / 1_000} s`;
  const inner = error.cause instanceof Error ? error.cause : error;
  const code: unknown = 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code.slice(0, 64) : inner.name;
}
