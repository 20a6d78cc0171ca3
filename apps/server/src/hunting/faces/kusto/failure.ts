import { SallyportError } from '@sallyport/contracts';
import type { ErrorFace } from '../../../platform/http/index.ts';
import type { Cut } from '../../rows.ts';
import { engineCode, headerOf, kustoCode, lineAndColumn, spanOf } from '../http.ts';

/** Errors as Kusto says them: https://learn.microsoft.com/kusto/api/rest/response-http#http-response-body-on-request-failure */

/** Who asked: Kusto repeats it in every error. */
export interface RequestIds {
  readonly clientRequestId: string;
  readonly activityId: string;
}

export interface OneApiError {
  readonly error: Readonly<Record<string, unknown>> & { readonly code: string; readonly '@message': string };
}

const context = ({ clientRequestId, activityId }: RequestIds) => ({
  timestamp: new Date().toISOString(),
  serviceAlias: 'SALLYPORT',
  clientRequestId,
  activityId,
  subActivityId: activityId,
  activityType: 'GW.Http.CallContext',
  parentActivityId: activityId,
});

interface Failure {
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly permanent: boolean;
  readonly inner?: object;
}

const generic = 'Request is invalid and cannot be executed.';

const oneApi = ({ code, type, message, permanent, inner }: Failure, ids: RequestIds): OneApiError => ({
  error: {
    code,
    message: generic,
    '@type': `Kusto.Data.Exceptions.${type}`,
    '@message': message,
    '@context': context(ids),
    '@permanent': permanent,
    ...(inner ? { innererror: inner } : {}),
  },
});

/** A failure that shows after the answer has begun. */
export interface PartialFailure {
  readonly oneApi: OneApiError;
  /** The engine's HRESULT, as a signed number, and its name: for the status table. */
  readonly status: number;
  readonly statusName: string;
  readonly eventName: string;
}

const hresults = {
  resultTooLarge: [-2133196797, '80DA0003', 'E_QUERY_RESULT_SET_TOO_LARGE', 'Query result set too large'],
  runaway: [-2133196799, '80DA0001', 'E_RUNAWAY_QUERY', 'Runaway query'],
  memory: [-2133196793, '80DA0007', 'E_LOW_MEMORY_CONDITION', 'Low memory condition'],
  interrupted: [-2147467259, '80004005', 'E_FAIL', 'Unspecified error'],
  cancelled: [-2133196794, '80DA0006', 'E_QUERY_CANCELLED', 'Query was cancelled'],
} as const;

function partial(kind: keyof typeof hresults, message: string, ids: RequestIds): PartialFailure {
  const [status, , name, title] = hresults[kind];
  const limits = kind === 'resultTooLarge' || kind === 'runaway';
  const code = limits ? 'LimitsExceeded' : kind === 'memory' ? 'LowMemoryCondition' : 'PartialQueryFailure';
  return {
    oneApi: oneApi(
      {
        code,
        type: `KustoServicePartialQueryFailure${code === 'PartialQueryFailure' ? '' : code}Exception`,
        message,
        permanent: false,
      },
      ids,
    ),
    status,
    statusName: `${title} (${name}). (${status})`,
    eventName: limits ? 'QueryLimitsExceeded' : 'QueryFailed',
  };
}

/** The rows that were asked for are more than may be given. */
export function tooLarge(cut: Cut, ids: RequestIds): PartialFailure {
  const limit = cut.limit === 'rows' ? `${cut.at} records` : `${Math.round(cut.at / 2 ** 20)} MB`;
  const [, code, name] = hresults.resultTooLarge;
  return partial(
    'resultTooLarge',
    `Query execution has exceeded the allowed limits (${code}): The results of this query exceed the set limit of ${limit}, so not all records were returned (${name}, 0x${code}). See https://aka.ms/kustoquerylimits for more information and possible solutions..`,
    ids,
  );
}

const isTimeout = (error: SallyportError) => [159, 160].includes(engineCode(error) ?? 0);

/** An engine that gave up on a query: undefined when it is another kind of error. */
export function gaveUp(error: unknown, ids: RequestIds): PartialFailure | undefined {
  if (!(error instanceof SallyportError) || error.code !== 'QueryLimitExceeded') return undefined;
  if (engineCode(error) === 394) return partial('cancelled', `Query was cancelled (80DA0006): ${error.message}`, ids);
  const kind = engineCode(error) === 241 ? 'memory' : 'runaway';
  const [, code, name] = hresults[kind];
  return partial(
    kind,
    kind === 'memory'
      ? `Query execution lacks memory resources to complete (${code}): Partial query failure: Low memory condition (${name}). ${error.message}`
      : `Query execution has exceeded the allowed limits (${code}): Partial query failure: Runaway query (${name}). ${error.message}`,
    ids,
  );
}

/** Rows that stopped coming: the engine can only break off once it has begun to answer, and does not say why. */
export function brokeOff(error: unknown, ids: RequestIds): PartialFailure {
  const [, code, name] = hresults.interrupted;
  const message = `Query execution has been interrupted (${code}): not all records were returned (${name}, 0x${code}). The query ran into its time limit, or the engine was stopped.`;
  return gaveUp(error, ids) ?? partial('interrupted', message, ids);
}

/** Does it belong into the answer, since Kusto finds it out only there? A request that took too long gets 504. */
export const isPartial = (error: unknown): boolean =>
  error instanceof SallyportError && error.code === 'QueryLimitExceeded' && !isTimeout(error);

const others: Readonly<Record<SallyportError['code'], readonly [number, string, string]>> = {
  BadRequest: [400, 'General_BadRequest', 'KustoBadRequestException'],
  InvalidQuery: [400, 'General_BadRequest', 'KustoBadRequestException'],
  Unauthenticated: [401, 'Unauthorized', 'KustoRequestDeniedException'],
  Forbidden: [403, 'Forbidden', 'KustoRequestDeniedException'],
  NotFound: [400, 'BadRequest_EntityNotFound', 'EntityNotFoundException'],
  Conflict: [409, 'Conflict', 'KustoConflictException'],
  Gone: [410, 'Gone', 'KustoRequestException'],
  PayloadTooLarge: [413, 'PayloadTooLarge', 'KustoRequestException'],
  UnsupportedMediaType: [415, 'UnsupportedMediaType', 'KustoRequestException'],
  TooManyRequests: [429, 'TooManyRequests', 'KustoRequestThrottledException'],
  InternalError: [520, 'InternalServiceError', 'KustoServiceException'],
  QueryLimitExceeded: [504, 'Timeout', 'KustoServiceTimeoutException'],
  Unavailable: [503, 'ServiceUnavailable', 'KustoServiceException'],
};

/** What says that an error stands for good: sent again, it would come again. */
const passing = new Set<SallyportError['code']>([
  'TooManyRequests',
  'InternalError',
  'QueryLimitExceeded',
  'Unavailable',
]);

function failureOf(error: SallyportError, csl: string | undefined, ids: RequestIds): Failure {
  const [, code, type] = others[error.code];
  const permanent = !passing.has(error.code);
  if (error.code !== 'InvalidQuery') return { code, type, message: error.message, permanent };
  const fault = kustoCode(error.details[0]?.code);
  const kind = fault === 'SYN0002' ? 'Syntax' : 'Semantic';
  const span = spanOf(error.target);
  const place = span && csl !== undefined ? lineAndColumn(csl, span.start) : undefined;
  const at = place ? ` [line:position=${place.line}:${place.pos}]` : '';
  const message = `${kind} error: ${fault}: ${error.message}${at}. Query: '${(csl ?? '').slice(0, 1_000)}'`;
  return {
    code,
    type: kind === 'Syntax' ? 'SyntaxException' : 'SemanticException',
    message: `Request is invalid and cannot be processed: ${message}`,
    permanent,
    inner: {
      code: fault,
      message: error.message,
      '@type': `Kusto.Data.Exceptions.${kind}Exception`,
      '@message': message,
      '@context': context(ids),
      '@permanent': true,
      ...(place ? { '@line': String(place.line), '@pos': String(place.pos) } : {}),
      '@errorCode': fault,
      '@errorMessage': error.message,
      '@diagnosticCode': error.details[0]?.code,
      ...(span && csl !== undefined ? { '@token': csl.slice(span.start, span.end).slice(0, 200) } : {}),
    },
  };
}

export const idHeaders = ({ clientRequestId, activityId }: RequestIds): Record<string, string> => ({
  'x-ms-client-request-id': clientRequestId,
  'x-ms-activity-id': activityId,
});

export const kustoError: ErrorFace = (error, request) => {
  const ids = {
    clientRequestId: headerOf(request, 'x-ms-client-request-id') ?? `unspecified;${request.id}`,
    activityId: request.id,
  };
  const asked = (request.body ?? request.query) as { csl?: unknown } | undefined;
  const csl = typeof asked?.csl === 'string' ? asked.csl : undefined;
  return { status: others[error.code][0], headers: idHeaders(ids), body: oneApi(failureOf(error, csl, ids), ids) };
};
