import { SallyportError, type ErrorCode, type otlpRoutes } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import type { Handlers } from '../../../platform/http/handlers.ts';
import type { ErrorFace } from '../../../platform/http/server.ts';
import type { IngestCore } from '../../core.ts';
import { createDoor, sendingOf } from '../door.ts';
import { readJson } from './json.ts';
import { protobufAnswer, protobufStatus, readProtobuf } from './protobuf.ts';
import { storeBatch } from './store.ts';

const protobufType = 'application/x-protobuf';

const isProtobuf = (request: FastifyRequest): boolean =>
  (request.headers['content-type'] ?? '').toLowerCase().startsWith(protobufType);

/** Codes of gRPC. */
const grpcCodes: Partial<Record<ErrorCode, number>> = {
  BadRequest: 3,
  PayloadTooLarge: 3,
  UnsupportedMediaType: 3,
  Forbidden: 7,
  TooManyRequests: 8,
  InternalError: 13,
  Unavailable: 14,
  Unauthenticated: 16,
};

/** Errors as a google.rpc.Status, in the encoding of the call. */
export const otlpFace: ErrorFace = (error, request) => {
  const status = { code: grpcCodes[error.code] ?? 2, message: error.message };
  if (!isProtobuf(request)) return { status: error.status, body: status };
  return { status: error.status, body: protobufStatus(status), headers: { 'content-type': protobufType } };
};

/**
 * OpenTelemetry's protocol for logs over HTTP, for its unmodified exporters. https://opentelemetry.io/docs/specs/otlp/#otlphttp
 * 200 once durable; records that are none are counted as `rejected` beside those that are stored; 429 and 503 with Retry-After when all should come again.
 */
export function otlpHandlers(core: () => IngestCore): Handlers<typeof otlpRoutes> {
  const door = createDoor(core, { name: 'otlp-http' });
  return {
    sendOtlpLogs: async (context, { body, request, reply }) => {
      door.called();
      const sending = sendingOf(context);
      const protobuf = isProtobuf(request);
      if (!protobuf && !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
        throw new SallyportError(
          'UnsupportedMediaType',
          `the body must be \`${protobufType}\` or \`application/json\``,
        );
      const answer = await door.read({ body, request, ...sending }, (bytes) =>
        storeBatch(core(), { door: door.name, ...sending }, bytes, protobuf ? readProtobuf : readJson),
      );
      if (protobuf) return reply.type(protobufType).send(protobufAnswer(answer));
      const { rejected, reason } = answer;
      return reply.send(
        rejected === 0 ? {} : { partialSuccess: { rejectedLogRecords: String(rejected), errorMessage: reason } },
      );
    },
  };
}
