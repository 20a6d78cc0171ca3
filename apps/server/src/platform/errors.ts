import { SallyportError, type ErrorBody, type ErrorCode, type ErrorDetail } from '@sallyport/contracts';
import type { z } from 'zod';

export { SallyportError } from '@sallyport/contracts';

/** What a failed schema says to the caller: the first fault as message and target (`body.rows.3.name`), all (at most 20) as details. */
export function badRequest(where: string, error: z.ZodError): SallyportError {
  const details = error.issues.slice(0, 20).map((issue): ErrorDetail => {
    const target = [where, ...issue.path.map(String)].join('.');
    return { code: 'BadRequest', message: `\`${target}\`: ${issue.message}`, target };
  });
  const [first] = details;
  return new SallyportError('BadRequest', first?.message ?? `\`${where}\` is not valid`, {
    ...(first?.target === undefined ? {} : { target: first.target }),
    details,
  });
}

/** What Fastify itself refuses before a handler runs, by its HTTP status. */
const codesOfStatus: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['BadRequest', 'the request could not be read'],
  404: ['NotFound', 'there is nothing at this path'],
  413: ['PayloadTooLarge', 'the body is too large'],
  415: ['UnsupportedMediaType', 'the body must be `application/json`'],
  503: ['Unavailable', 'the server is stopping'],
};

/** Any error as one that a caller may see. What isn't known becomes InternalError without detail, the error itself as its cause. */
export function publicError(error: unknown): SallyportError {
  if (error instanceof SallyportError) return error;
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  const known = codesOfStatus[status];
  if (known) return new SallyportError(known[0], known[1], { cause: error });
  return new SallyportError('InternalError', 'something went wrong; the log has it under the request id', {
    cause: error,
  });
}

export function errorBody(error: SallyportError, requestId: string): ErrorBody {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.target === undefined ? {} : { target: error.target }),
      ...(error.details.length === 0 ? {} : { details: error.details.map((d) => ({ ...d })) }),
      requestId,
    },
  };
}
