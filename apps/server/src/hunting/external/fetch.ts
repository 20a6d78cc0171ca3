import type { LookupFunction } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { SallyportError } from '@sallyport/contracts';
import { Agent, request, type Dispatcher } from 'undici';
import { pinnedLookup, type Resolve } from '../../platform/outbound/index.ts';
import { allowedUrl, publicAddresses } from './guard.ts';

/** Most bytes of one address, unpacked: they become part of the statement. */
export const addressBytesMax = 2_000_000;
const redirectsMax = 3;
const timeoutMs = 20_000;

const failed = (host: string, what: string): SallyportError =>
  new SallyportError('InvalidQuery', `externaldata: ${host}: ${what}`);

export interface FetchOptions {
  /** Hosts that may be read. */
  readonly allowed: readonly string[];
  readonly resolve: Resolve;
  readonly signal?: AbortSignal;
  /** What speaks to an address; for tests. Default: a connection to one of the addresses that were judged, and no other. */
  readonly dispatcher?: (lookup: LookupFunction) => Dispatcher;
}
async function read(body: Dispatcher.ResponseData['body'], host: string): Promise<Buffer> {
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

function unpacked(bytes: Buffer, host: string): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: addressBytesMax });
  } catch {
    throw failed(host, `it cannot be unpacked to at most ${addressBytesMax} bytes`);
  }
}

/**
 * The text of an address. Each step (also of a redirection) must be a host that is allowed, by https, at a public address. At most 2 MB, 20 s, 3 redirections.
 * Throws SallyportError InvalidQuery.
 */
export async function fetchText(address: string, options: FetchOptions): Promise<string> {
  let next = address;
  for (let step = 0; step <= redirectsMax; step++) {
    const url = allowedUrl(next, options.allowed);
    const addresses = await publicAddresses(url.hostname, options.resolve);
    const lookup = pinnedLookup(() => Promise.resolve(addresses));
    const dispatcher = options.dispatcher?.(lookup) ?? new Agent({ connect: { lookup } });
    try {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
      const answer = await request(url, { dispatcher, signal, headers: { 'user-agent': 'Sallyport' } });
      const { location } = answer.headers;
      if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
        await answer.body.dump();
        next = new URL(location, url).href;
        continue;
      }
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw failed(url.hostname, `answered ${answer.statusCode}`);
      }
      return unpacked(await read(answer.body, url.hostname), url.hostname).toString('utf8');
    } catch (error) {
      if (error instanceof SallyportError || options.signal?.aborted) throw error;
      throw failed(url.hostname, 'it could not be read');
    } finally {
      await dispatcher.close().catch(() => undefined);
    }
  }
  throw failed(new URL(next).hostname, `more than ${redirectsMax} redirections`);
}
