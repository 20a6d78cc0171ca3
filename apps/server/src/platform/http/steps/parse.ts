import { createHmac, timingSafeEqual } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { SallyportError } from '@sallyport/contracts';
import type { z } from 'zod';
import { badRequest } from '../../errors.ts';
import type { BodySignature, Step } from '../exchange.ts';

export const defaultBodyLimit = 1024 * 1024;

function parsed(where: string, schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return {};
  const result = schema.safeParse(value);
  if (!result.success) throw badRequest(where, result.error);
  return result.data;
}

const tooLarge = (limit: number) => new SallyportError('PayloadTooLarge', `the body is larger than ${limit} bytes`);

/** Passes on a body's bytes, and at its end throws Unauthenticated unless one of those who may have signed it did. */
function signatureCheck(signed: BodySignature | undefined) {
  const hmacs = signed?.signers.map(({ key }) => createHmac('sha256', key)) ?? [];
  return {
    update: (chunk: Buffer) => {
      for (const hmac of hmacs) hmac.update(chunk);
    },
    fault: () => {
      if (signed === undefined) return null;
      const fits = hmacs.filter((hmac) => timingSafeEqual(hmac.digest(), signed.signature));
      return fits.length > 0 ? null : new SallyportError('Unauthenticated', 'the signature is not that of the body');
    },
  };
}

/** The body as it comes, ended with PayloadTooLarge when it is past `limit`, whatever its headers said. */
function limited(body: Readable, limit: number, signed: BodySignature | undefined): Readable {
  let seen = 0;
  const check = signatureCheck(signed);
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      check.update(chunk);
      if (seen > limit) done(tooLarge(limit));
      else done(null, chunk);
    },
    flush: (done) => done(check.fault()),
  });
  body.once('error', (error) => counter.destroy(error));
  body.once('aborted', () => counter.destroy(new SallyportError('BadRequest', 'the body was cut off')));
  return body.pipe(counter);
}

export const parse: Step = (exchange) => {
  const { route, request } = exchange;
  const params = parsed('params', route.params, request.params);
  const query = parsed('query', route.query, request.query);
  if (route.body !== 'raw') {
    const body = route.body ? parsed('body', route.body, request.body) : undefined;
    exchange.input = { params, query, body };
    return;
  }
  const limit = route.bodyLimit ?? defaultBodyLimit;
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  exchange.input = { params, query, body: limited(request.raw, limit, exchange.bodySignature) };
};
