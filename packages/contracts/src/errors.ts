import { z } from 'zod';

/** Every error code a face of Sallyport can answer with, and the HTTP status it has there. Documented in docs/errors.md. */
export const errorCodes = {
  BadRequest: 400,
  InvalidQuery: 400,
  Unauthenticated: 401,
  Forbidden: 403,
  NotFound: 404,
  Conflict: 409,
  Gone: 410,
  PayloadTooLarge: 413,
  UnsupportedMediaType: 415,
  TooManyRequests: 429,
  InternalError: 500,
  QueryLimitExceeded: 422,
  Unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * The body of every error answer, in the shape of the Microsoft REST API Guidelines.
 * `target` is the place: a field path (`body.period`), a query span (`12..18`, UTF-16 offsets, end exclusive), or a file path.
 */
export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    target: z.string().optional(),
    details: z.array(z.object({ code: z.string(), message: z.string(), target: z.string().optional() })).optional(),
    requestId: z.string().optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

export interface ErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
}

/** An error that a caller may see: `message` is public text; anything private goes in `cause`. */
export class SallyportError extends Error {
  override readonly name = 'SallyportError';
  readonly code: ErrorCode;
  readonly target: string | undefined;
  readonly details: readonly ErrorDetail[];
  /** Seconds after which a retry makes sense (429 and 503). */
  readonly retryAfterSeconds: number | undefined;
  /** What the header WWW-Authenticate of a 401 says, where it is more than `Bearer`. */
  readonly wwwAuthenticate: string | undefined;
  /** The id of the request that failed, to quote and to find in the log. Set on the client's side only. */
  readonly requestId: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      target?: string;
      details?: readonly ErrorDetail[];
      retryAfterSeconds?: number;
      wwwAuthenticate?: string;
      requestId?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.target = options.target;
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.wwwAuthenticate = options.wwwAuthenticate;
    this.requestId = options.requestId;
  }

  get status(): number {
    return errorCodes[this.code];
  }
}
