import { SallyportError, type Column, type graphRoutes, type KqlType } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ErrorFace, Handlers, RequestContext } from '../../../platform/http/index.ts';
import type { Asking } from '../../asking.ts';
import { parseTimespan } from '../../timespan.ts';
import { headerOf, sendJson } from '../http.ts';

/**
 * Microsoft Graph's `security/runHuntingQuery`, for its unmodified clients.
 * https://learn.microsoft.com/graph/api/security-security-runhuntingquery
 */

/** https://learn.microsoft.com/graph/api/resources/security-api-overview#quotas-and-resource-allocation */
const rowsMax = 100_000;
const bytesMax = 50 * 2 ** 20;
const seconds = 180;
const defaultDays = 30;

/** .NET's names, which this service gives. */
const typeNames: Readonly<Record<KqlType, string>> = {
  bool: 'SByte',
  datetime: 'DateTime',
  decimal: 'SqlDecimal',
  dynamic: 'Object',
  guid: 'Guid',
  int: 'Int32',
  long: 'Int64',
  real: 'Double',
  string: 'String',
  timespan: 'TimeSpan',
};

const Body = z.object({ query: z.string().trim().min(1), timespan: z.string().max(256).nullish() });
const lowerCased = (body: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));

function readBody(raw: Record<string, unknown>): z.infer<typeof Body> {
  const body = Body.safeParse(lowerCased(raw));
  if (body.success) return body.data;
  const names = body.error.issues.map(({ path }) => (path[0] === 'timespan' ? 'Timespan' : 'Query'));
  throw new SallyportError('BadRequest', `${[...new Set(names)].join(', ')}: a text is needed`);
}

function timespanOf(text: string | null | undefined, now: Date): { readonly from: Date; readonly to: Date } {
  const timespan = parseTimespan(text || `P${defaultDays}D`, now);
  if (timespan) return timespan;
  throw new SallyportError(
    'BadRequest',
    'Timespan: an ISO 8601 duration, start, start/end, start/duration or duration/end',
  );
}

interface Call {
  readonly body: Record<string, unknown>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export function graphHandlers(asking: Asking, now: () => Date): Handlers<typeof graphRoutes> {
  const handler =
    (version: string, target: string) =>
    async (context: RequestContext, { body, request, reply }: Call) => {
      const { query, timespan } = readBody(body);
      const { columns, rows } = await asking.open(context, {
        query,
        timespan: timespanOf(timespan, now()),
        maxRows: rowsMax,
        bytes: bytesMax,
        seconds,
        client: headerOf(request, 'sdkversion') ?? 'Microsoft Graph',
        target,
        rows: { shape: 'object', dynamic: 'value' },
      });
      // An error can't follow the first row here, and rows must not be cut in silence: so all of them are waited for, as bytes.
      const pieces: Buffer[] = [];
      for await (const piece of rows) pieces.push(piece);
      if (rows.cut) throw tooLarge();
      return sendJson(reply, answer(request, version, columns, pieces));
    };
  return {
    runHuntingQuery: handler('v1.0', '/v1.0/security/runHuntingQuery'),
    runHuntingQueryBeta: handler('beta', '/beta/security/runHuntingQuery'),
  };
}

const tooLarge = (): SallyportError =>
  new SallyportError(
    'QueryLimitExceeded',
    `Query execution has exceeded the allowed result size (${rowsMax} rows, ${bytesMax / 2 ** 20} MB). Optimize your query by limiting the number of results and try again.`,
  );

// eslint-disable-next-line @typescript-eslint/require-await -- a stream is made of it
async function* answer(
  request: FastifyRequest,
  version: string,
  columns: readonly Column[],
  pieces: readonly Buffer[],
): AsyncGenerator<string | Buffer> {
  const context = `https://${request.host}/${version}/$metadata#microsoft.graph.security.huntingQueryResults`;
  const schema = columns.map(({ name, type }) => ({ name, type: typeNames[type] }));
  yield `{"@odata.context":${JSON.stringify(context)},"schema":${JSON.stringify(schema)},"results":[`;
  yield* pieces;
  yield ']}';
}

/** Codes of Graph. Statuses that its client repeats by itself (429, 503, 504) are only given where that helps. */
const faults: Readonly<Record<SallyportError['code'], readonly [number, string]>> = {
  BadRequest: [400, 'BadRequest'],
  InvalidQuery: [400, 'BadRequest'],
  QueryLimitExceeded: [400, 'BadRequest'],
  Unauthenticated: [401, 'InvalidAuthenticationToken'],
  Forbidden: [403, 'Forbidden'],
  NotFound: [404, 'ResourceNotFound'],
  Conflict: [409, 'Conflict'],
  Gone: [410, 'Gone'],
  PayloadTooLarge: [413, 'RequestEntityTooLarge'],
  UnsupportedMediaType: [415, 'UnsupportedMediaType'],
  TooManyRequests: [429, 'TooManyRequests'],
  InternalError: [500, 'InternalServerError'],
  Unavailable: [503, 'ServiceUnavailable'],
};

/** https://learn.microsoft.com/graph/errors */
export const graphError: ErrorFace = (error, request) => {
  const [status, code] = faults[error.code];
  const clientRequestId = headerOf(request, 'client-request-id') ?? request.id;
  return {
    status,
    headers: { 'request-id': request.id, 'client-request-id': clientRequestId },
    body: {
      error: {
        code,
        message: error.message,
        ...(error.details.length === 0 ? {} : { details: error.details.map((detail) => ({ ...detail })) }),
        innerError: {
          date: new Date().toISOString().slice(0, 19),
          'request-id': request.id,
          'client-request-id': clientRequestId,
        },
      },
    },
  };
};
