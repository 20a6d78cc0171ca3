import type { LookupFunction } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { SallyportError } from '@sallyport/contracts';
import { Agent, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { pinnedLookup, type Resolve } from '../../platform/outbound/index.ts';
import { createGuard, type Allowed, type Asker } from './guard.ts';

/** Most bytes of one address, unpacked: they become part of the statement. */
export const addressBytesMax = 2_000_000;
const redirectsMax = 3;
const timeoutMs = 20_000;

export interface Call {
  readonly asker: Asker;
  readonly address: string;
  /** Sent to the address's own origin only. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A POST with this body, whose redirections are not followed. Undefined: a GET. */
  readonly content?: string;
}
export interface Answer {
  /** As the server writes their names; of a name that came several times, the values with commas between. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export interface FetchOptions {
  /** Hosts that may be asked. */
  readonly allowed: Allowed;
  readonly resolve?: Resolve;
  readonly signal?: AbortSignal;
  /** Headers of ours. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What speaks to an address; for tests. Default: a connection to one of the addresses that were judged, and no other. */
  readonly dispatcher?: (lookup: LookupFunction) => Dispatcher;
}

const rawHeaders = z.array(z.string());
function headersOf(answer: Dispatcher.ResponseData): Map<string, string> {
  const raw = rawHeaders.parse(answer.headers);
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [raw[i]!, raw[i + 1]!];
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}
/** A header by its name in whatever letters. */
export const headerOf = (headers: Answer['headers'], wanted: string): string | undefined =>
  [...headers].find(([name]) => name.toLowerCase() === wanted)?.[1];

type Failed = (host: string, what: string) => SallyportError;

async function read(body: Dispatcher.ResponseData['body'], host: string, failed: Failed): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > addressBytesMax)
      throw failed(host, `more than ${addressBytesMax} bytes: bring such data in with a source`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unpacked(bytes: Buffer, host: string, failed: Failed): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: addressBytesMax });
  } catch {
    throw failed(host, `it cannot be unpacked to at most ${addressBytesMax} bytes`);
  }
}

/**
 * The answer of an address. Each step (also of a redirection) must be a host that is allowed, by https, at a public address. At most 2 MB, 20 s,
 * 3 redirections. Throws SallyportError InvalidQuery.
 */
export async function fetchAnswer(call: Call, options: FetchOptions): Promise<Answer> {
  const failed: Failed = (host, what) => new SallyportError('InvalidQuery', `${call.asker}: ${host}: ${what}`);
  const guard = createGuard(call.asker, options.allowed, options.resolve);
  guard.headers(call.headers ?? {});
  const first = guard.url(call.address);
  let url = first;
  for (let step = 0; step <= redirectsMax; step++) {
    const addresses = await guard.addresses(url);
    const lookup = pinnedLookup(() => Promise.resolve(addresses));
    const dispatcher = options.dispatcher?.(lookup) ?? new Agent({ allowH2: false, connect: { lookup } });
    try {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
      const answer = await request(url, {
        ...(call.content === undefined ? {} : { method: 'POST', body: call.content }),
        dispatcher,
        signal,
        responseHeaders: 'raw',
        headers: {
          'user-agent': 'Sallyport',
          ...options.headers,
          ...(url.origin === first.origin ? call.headers : {}),
        },
      });
      const headers = headersOf(answer);
      const location = headerOf(headers, 'location');
      if (answer.statusCode >= 300 && answer.statusCode < 400 && location !== undefined && call.content === undefined) {
        await answer.body.dump();
        url = guard.url(new URL(location, url).href);
        continue;
      }
      if (answer.statusCode < 200 || answer.statusCode >= 300) {
        await answer.body.dump();
        throw failed(url.hostname, `answered ${answer.statusCode}`);
      }
      return {
        headers,
        text: unpacked(await read(answer.body, url.hostname, failed), url.hostname, failed).toString(),
      };
    } catch (error) {
      if (error instanceof SallyportError || options.signal?.aborted) throw error;
      throw failed(url.hostname, 'it could not be read');
    } finally {
      // Nothing of it is used again; what an answer still sends is not waited for.
      await dispatcher.destroy().catch(() => undefined);
    }
  }
  throw failed(url.hostname, `more than ${redirectsMax} redirections`);
}
