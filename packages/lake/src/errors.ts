import { SallyportError } from '@sallyport/contracts';

/** Codes of the engine that mean: a limit was reached. https://clickhouse.com/docs/operations/settings/query-complexity */
const limits: Readonly<Record<number, string>> = {
  158: 'too many rows would be read',
  159: 'the query took longer than its time limit',
  160: 'the query would take longer than its time limit',
  161: 'too many columns would be read',
  162: 'the query is nested too deeply',
  167: 'the query is too big',
  168: 'the query is too big',
  191: 'a set became too large',
  241: 'the query needed more memory than its limit',
  307: 'too many bytes would be read',
  394: 'the query was cancelled',
  396: 'the result became too large',
};

/** FUNCTION_THROW_IF_VALUE_IS_NON_ZERO */
const throwIf = 395;

/** Codes that come and go with load or a restart: the same statement may well succeed later. */
const busy = new Set([202, 203, 209, 210, 236, 242, 252, 319, 425, 999]);

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const hasCode = (error: unknown): error is { code: unknown; message: string } =>
  typeof error === 'object' && error !== null && 'code' in error;

/** The engine's own error code, from an error of the client or one of ours that it caused. */
export function engineCode(error: unknown): number | undefined {
  if (error instanceof SallyportError) return engineCode(error.cause);
  return hasCode(error) && typeof error.code === 'string' && /^\d+$/.test(error.code) ? Number(error.code) : undefined;
}

/** Did the connection break, so that it is unknown whether the statement was run? */
export function connectionLost(error: unknown): boolean {
  if (hasCode(error) && typeof error.code === 'string' && connectionCodes.has(error.code)) return true;
  return error instanceof Error && /socket hang up|aborted|premature close|Timeout error/i.test(error.message);
}

/** Is it worth trying the same again soon? */
export const transient = (error: unknown): boolean => {
  const code = engineCode(error);
  return code === undefined ? connectionLost(error) : busy.has(code);
};

/** An error of the client as one that callers may see. An abort of the caller's own stays what it is. */
export function toSallyportError(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof SallyportError) return error;
  if (signal?.aborted) return signal.reason;
  const code = engineCode(error);
  const message = error instanceof Error ? error.message.trim() : String(error);
  if (code === undefined && connectionLost(error))
    return new SallyportError('Unavailable', 'the lake engine does not answer', { retryAfterSeconds: 5, cause: error });
  if (code === undefined) return new SallyportError('InternalError', 'the lake failed', { cause: error });
  if (limits[code] !== undefined) return new SallyportError('QueryLimitExceeded', limits[code], { cause: error });
  if (code === 202)
    return new SallyportError('TooManyRequests', 'too many queries at once', { retryAfterSeconds: 1, cause: error });
  if (busy.has(code))
    return new SallyportError('Unavailable', 'the lake engine is busy', { retryAfterSeconds: 5, cause: error });
  if (code === 516 || code === 194)
    return new SallyportError('Unavailable', 'the lake engine refused our credentials', { cause: error });
  // What our own SQL says of a value that only the data showed to be wrong: its words are for people.
  if (code === throwIf)
    return new SallyportError(
      'InvalidQuery',
      message.replace(/: (?:while executing|in scope)[\s\S]*$/i, '').slice(0, 1_000),
      {
        cause: error,
      },
    );
  return new SallyportError('InvalidQuery', `the engine refused the query: ${message.slice(0, 1_000)}`, {
    cause: error,
  });
}
