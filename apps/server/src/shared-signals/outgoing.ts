import { rootCertificates } from 'node:tls';
import { SallyportError } from '@sallyport/contracts';
import { Agent, request } from 'undici';
import { pinnedLookup, type Outbound, type Target } from '../platform/outbound/index.ts';

const timeoutMs = 15_000;
/** A page of polled tokens, or a set of keys. */
const answerBytesMax = 4 * 1024 * 1024;

export interface Call {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly contentType?: string;
  readonly authorization?: string | undefined;
  readonly body?: string;
  readonly signal: AbortSignal;
}
export interface Answer {
  readonly status: number;
  readonly text: string;
}
/** Speaks to a peer. Throws SallyportError: BadRequest for a host that is not allowed, Unavailable when it can't be reached or says too much. */
export type Speak = (call: Call) => Promise<Answer>;

const targetOf = (url: URL): Target => {
  const encrypted = url.protocol === 'https:';
  const port = url.port === '' ? (encrypted ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replaceAll(/[[\]]/g, ''), port, encrypted };
};

/** Throws SallyportError BadRequest for a host that is not allowed. */
export const checkPeer = (outbound: Outbound, url: string): void => outbound.check(targetOf(new URL(url)));

/** Addresses are judged before they are spoken to, and redirections are not followed. */
export const createSpeak =
  (outbound: Outbound, authorities: () => readonly string[]): Speak =>
  async ({ url, method, contentType, authorization, body, signal }) => {
    const to = new URL(url);
    const target = targetOf(to);
    const lookup = pinnedLookup((host) => outbound.addresses({ ...target, host }));
    const agent = new Agent({
      allowH2: false,
      maxResponseSize: answerBytesMax,
      connect: { lookup, ca: [...rootCertificates, ...authorities()] },
    });
    try {
      // An address in place of a name is not looked up, so it is judged here.
      await outbound.addresses(target);
      const answer = await request(to, {
        method,
        dispatcher: agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          accept: 'application/json',
          'user-agent': 'Sallyport',
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      if (error instanceof SallyportError) throw error;
      throw new SallyportError('Unavailable', `${to.host} could not be reached (${codeOf(error)})`, { cause: error });
    } finally {
      await agent.destroy().catch(() => undefined);
    }
  };

/** What tells a fault of a connection, without what the other side wrote. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer in ${timeoutMs / 1_000} s`;
  const inner = error.cause instanceof Error ? error.cause : error;
  const code: unknown = 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code.slice(0, 64) : inner.name;
}
