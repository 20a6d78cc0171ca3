import { rootCertificates } from 'node:tls';
import { SallyportError } from '@sallyport/contracts';
import { Agent, request, type Dispatcher } from 'undici';
import { pinnedLookup, type Target } from '../../../platform/outbound/index.ts';
import { connectionError } from '../errors.ts';
import type { PullServices } from '../types.ts';

/** Most bytes of one answer. */
const answerBytesMax = 16 * 1024 ** 2;
const timeoutMs = 60_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Fetcher extends AsyncDisposable {
  /** Answers whatever status comes; redirections are not followed. Throws SallyportError when nothing comes, or too much. */
  call(url: URL, call: Call): Promise<Answer>;
}

export function targetOf(url: URL): Target {
  const encrypted = url.protocol === 'https:';
  const port = url.port === '' ? (encrypted ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replaceAll(/[[\]]/g, ''), port, encrypted };
}

async function bounded(body: Dispatcher.ResponseData['body'], host: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > answerBytesMax)
      throw new SallyportError(
        'PayloadTooLarge',
        `${host}: an answer of more than ${answerBytesMax / 1024 ** 2} MiB; ask for smaller pages`,
      );
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** Speaks to hosts that `outbound` allows, each at an address that was judged. */
export function createFetcher({ outbound, authorities }: PullServices, signal: AbortSignal): Fetcher {
  const agents = new Map<string, Agent>();
  const agentFor = (url: URL): Agent => {
    const known = agents.get(url.origin);
    if (known !== undefined) return known;
    const target = targetOf(url);
    const lookup = pinnedLookup((host) => outbound.addresses({ ...target, host }));
    const agent = new Agent({ connect: { lookup, ca: [...rootCertificates, ...authorities] } });
    agents.set(url.origin, agent);
    return agent;
  };
  return {
    call: async (url, { method, headers, body }) => {
      outbound.check(targetOf(url));
      try {
        const answer = await request(url, {
          method,
          dispatcher: agentFor(url),
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
          headers: { accept: 'application/json', 'user-agent': 'Sallyport', ...headers },
          ...(body === undefined ? {} : { body }),
        });
        return { status: answer.statusCode, headers: answer.headers, text: await bounded(answer.body, url.host) };
      } catch (error) {
        throw connectionError(url.host, error, signal);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}
