import { SallyportError, type ErrorDetail } from '@sallyport/contracts';
import type { ErrorFace } from '../../../platform/http/index.ts';
import type { Cut } from '../../rows.ts';
import { engineCode, kustoCode, lineAndColumn, spanOf } from '../http.ts';

/** Errors as Log Analytics says them. https://learn.microsoft.com/azure/azure-monitor/logs/api/errors */
export interface LogsError {
  readonly code: string;
  readonly message: string;
  readonly correlationId?: string;
  readonly details?: readonly { readonly code: string; readonly message: string; readonly target?: string }[];
  readonly innererror?: LogsError | (LogsError & { line: number; pos: number });
}

/** A path that this service has not. */
export const pathNotFound = (): SallyportError => new SallyportError('NotFound', 'The requested path does not exist');

interface Fault {
  readonly status: number;
  readonly error: LogsError;
}

/** Codes of the engine for "it took too long". */
const timeouts = new Set([159, 160]);

const others: Readonly<Record<SallyportError['code'], readonly [number, string]>> = {
  BadRequest: [400, 'BadArgumentError'],
  InvalidQuery: [400, 'BadArgumentError'],
  QueryLimitExceeded: [400, 'BadArgumentError'],
  Unauthenticated: [401, 'AuthenticationFailed'],
  Forbidden: [403, 'InsufficientAccessError'],
  NotFound: [404, 'PathNotFoundError'],
  Conflict: [409, 'Conflict'],
  Gone: [410, 'Gone'],
  PayloadTooLarge: [413, 'PayloadTooLargeError'],
  UnsupportedMediaType: [415, 'UnsupportedMediaTypeError'],
  TooManyRequests: [429, 'ThrottledError'],
  InternalError: [500, 'InternalServerError'],
  Unavailable: [503, 'ServiceUnavailableError'],
};

export const isTimeout = (error: SallyportError): boolean =>
  error.code === 'QueryLimitExceeded' && timeouts.has(engineCode(error) ?? 0);

/** Any error with its status. `query` places a fault of the query. */
export function logsFault(error: SallyportError, correlationId: string, query?: string): Fault {
  if (isTimeout(error))
    return {
      status: 504,
      error: {
        code: 'GatewayTimeout',
        message: 'Query timed out',
        correlationId,
        innererror: { code: 'Timeout', message: error.message },
      },
    };
  if (error.code === 'InvalidQuery')
    return {
      status: 400,
      error: {
        message: 'The request had some invalid properties',
        code: 'BadArgumentError',
        correlationId,
        innererror: queryFault(error, query),
      },
    };
  const [status, code] = others[error.code];
  return {
    status,
    error: {
      message: error.message,
      code,
      correlationId,
      ...(error.details.length > 0 ? { details: error.details.map(plain) } : {}),
    },
  };
}

const plain = ({ code, message, target }: ErrorDetail) => ({
  code,
  message,
  ...(target === undefined ? {} : { target }),
});

function queryFault(error: SallyportError, query: string | undefined): LogsError {
  const syntax = kustoCode(error.details[0]?.code) === 'SYN0002';
  const span = spanOf(error.target);
  return {
    code: syntax ? 'SyntaxError' : 'SemanticError',
    message: syntax ? 'A recognition error occurred in the query.' : 'A semantic error occurred.',
    innererror: {
      code: syntax ? 'SYN0002' : 'SEM0100',
      message: error.message,
      ...(span && query !== undefined ? lineAndColumn(query, span.start) : {}),
    },
  };
}

/** Of a batch's members and of single calls alike. */
export const logsErrorFace: ErrorFace = (error, request) => {
  const body = request.body as { query?: unknown } | undefined;
  const query = typeof body?.query === 'string' ? body.query : (request.query as { query?: string } | undefined)?.query;
  const fault = logsFault(error, request.id, query);
  return { status: fault.status, body: { error: fault.error } };
};

/** What an answer says that has not all its rows. */
export function partialError(
  cut: Cut | { readonly limit: 'resources'; readonly message: string },
  correlationId: string,
): LogsError {
  const [code, message] = partialReason(cut);
  return {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    correlationId,
    details: [{ code: 'EngineError', message: 'Something went wrong processing your query on the server.' }],
    innererror: {
      code: 'EngineError',
      message: 'Something went wrong processing your query on the server.',
      innererror: { code, message },
    },
  };
}

function partialReason(cut: Parameters<typeof partialError>[0]): readonly [string, string] {
  if (cut.limit === 'resources')
    return ['-2133196799', `Query execution has exceeded its limits (E_RUNAWAY_QUERY): ${cut.message}`];
  const limit = cut.limit === 'rows' ? `record count limit ${cut.at}` : `data size limit ${cut.at}`;
  return [
    '-2133196797',
    `The results of this query exceed the set limit, so not all records were returned: query result set has exceeded the internal ${limit} (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).`,
  ];
}
