import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Sends JSON in pieces, as they come. */
export const sendJson = (reply: FastifyReply, pieces: AsyncIterable<string | Buffer>): FastifyReply =>
  reply
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(Readable.from(pieces, { objectMode: false }));

/** A request header, bounded, in one line of printable ASCII. */
export function headerOf(request: FastifyRequest, name: string, max = 256): string | undefined {
  const value = request.headers[name];
  const text = (typeof value === 'string' ? value : value?.[0])?.replaceAll(/[^\x20-\x7e]/g, '').slice(0, max);
  return text === '' ? undefined : text;
}

/** Where in a text an offset is, both from 1. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly pos: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, pos: (before.at(-1)?.length ?? 0) + 1 };
}

/** Offsets of an InvalidQuery's `target`. */
export function spanOf(target: string | undefined): { readonly start: number; readonly end: number } | undefined {
  const [, start, end] = /^(\d+)\.\.(\d+)$/.exec(target ?? '') ?? [];
  return start === undefined || end === undefined ? undefined : { start: Number(start), end: Number(end) };
}

/** Microsoft's own code for a fault of a query, from that of its binder: `SYN0002` for what can't be read, `SEM0100` for what means nothing. */
export const kustoCode = (diagnostic: string | undefined): 'SYN0002' | 'SEM0100' =>
  diagnostic !== undefined && syntaxFaults.has(diagnostic) ? 'SYN0002' : 'SEM0100';

const syntaxFaults = new Set(
  'KS001 KS002 KS003 KS004 KS005 KS006 KS007 KS008 KS009 KS010 KS181 KS198 KS199 KS200'.split(' '),
);

/** What only a limit of the engine has ended: its time, or something else of it. */
export { engineCode } from '@sallyport/lake';
