import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RateLimits } from './rate-limit.ts';

/** An address that a protocol's library reads and answers itself. */
export interface MountedRoute {
  readonly method: 'GET' | 'POST' | 'OPTIONS';
  readonly path: string;
  readonly limit: keyof RateLimits;
}

/** Writes the answer to `reply.raw`; the security headers stand in it already. */
export type MountedHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Gives addresses to a protocol's library, past the pipeline: what comes there are forms and tokens of other programs, and the cookie of the portal's
 * session means nothing there. They keep their limits, their request ids and the security headers; the protocol has its own guards against forged requests.
 */
export function mountRoutes(
  app: FastifyInstance,
  routes: readonly MountedRoute[],
  handler: MountedHandler,
  limit: (kind: keyof RateLimits, request: FastifyRequest) => Promise<void>,
): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    for (const { method, path, limit: kind } of routes)
      scope.route({
        method,
        url: path,
        exposeHeadRoute: false,
        onRequest: (request) => limit(kind, request),
        handler: async (request, reply) => {
          for (const [name, value] of Object.entries(reply.getHeaders()))
            if (value !== undefined) reply.raw.setHeader(name, value);
          reply.hijack();
          try {
            await handler(request, reply);
          } catch (err) {
            request.log.error({ err }, 'request failed');
            if (!reply.raw.headersSent) reply.raw.writeHead(500);
            reply.raw.end();
          }
        },
      });
    done();
  });
}
