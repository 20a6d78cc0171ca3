import { randomUUID } from 'node:crypto';
import type { Server } from 'node:https';
import { SallyportError, type RouteDefinition, type RouteTable } from '@sallyport/contracts';
import cookie from '@fastify/cookie';
import { fastify, LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ConfigError } from '../config/index.ts';
import { errorBody, publicError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Exchange, PipelineServices } from './exchange.ts';
import type { Handler, Handlers } from './handlers.ts';
import { securityHeaders } from './headers.ts';
import { mountRoutes, type MountedHandler, type MountedRoute } from './mounted.ts';
import { beforeBody, runSteps, withBody } from './pipeline.ts';
import { servePortal } from './portal.ts';
import { createRateLimiter, defaultRateLimits, type RateLimits } from './rate-limit.ts';
import { auditRefusal } from './steps/audit.ts';
import { defaultBodyLimit } from './steps/parse.ts';
import type { TlsMaterial } from './tls.ts';

export interface HttpOptions extends Omit<PipelineServices, 'limitRate' | 'publicOrigin' | 'checkAnswers'> {
  readonly log: Log;
  readonly tls: TlsMaterial;
  /** PEM of the authorities by which clients' certificates are; undefined: they are not asked for. */
  readonly clientAuthority?: string | undefined;
  /** Address that people type, without a path. */
  readonly publicUrl: string;
  readonly trustedProxies: readonly string[];
  /** Folder of the built portal; need not exist yet. */
  readonly portalFolder: string;
  readonly rateLimits?: RateLimits;
  readonly checkAnswers?: boolean;
  /** Milliseconds that requests may take to end when closing. */
  readonly drainTime: number;
}

/** How an error is said to the clients of some routes: as JSON, or as bytes whose type is in the headers. */
export type ErrorFace = (
  error: SallyportError,
  request: FastifyRequest,
) => { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> };

export interface HttpServer {
  /** For tests: `app.inject(…)`. */
  readonly app: FastifyInstance;
  /** Binds handlers to the routes of a table. Before `listen`. `errorFace` says errors in the words of the service that these routes stand for. */
  bind<T extends RouteTable>(routes: T, handlers: Handlers<T>, errorFace?: ErrorFace): void;
  /** Gives addresses to a protocol's library. Before `listen`. */
  mount(routes: readonly MountedRoute[], handler: MountedHandler): void;
  /** Answers the port it listens on. Throws ConfigError when it can't have the address. */
  listen(address: { host: string; port: number }): Promise<number>;
  /** Takes a renewed certificate into use for new connections. */
  useTls(tls: TlsMaterial): void;
  /** Stops accepting, lets requests end for `drainTime`, then cuts them off. */
  close(): Promise<void>;
}

/** An upload of 256 MiB over a slow line. */
const requestTimeoutMs = 15 * 60_000;
/** Past this, connections are refused: each costs memory before anything is known of who it is. */
const connectionsMax = 5_000;

const contextOf = ({ certificate, key }: TlsMaterial, clientAuthority: string | undefined) => ({
  cert: certificate,
  key,
  ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
});

export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const app = fastify({
    https: {
      ...contextOf(options.tls, options.clientAuthority),
      minVersion: 'TLSv1.2',
      // Asked for, and not needed: most callers have none.
      requestCert: options.clientAuthority !== undefined,
      rejectUnauthorized: false,
    },
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    bodyLimit: defaultBodyLimit,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
  }) as unknown as FastifyInstance;
  app.server.maxConnections = connectionsMax;
  await app.register(cookie);
  await securityHeaders(app, options.publicUrl);
  const limitRate = await createRateLimiter(app, options.rateLimits ?? defaultRateLimits);
  const services: PipelineServices = {
    ...options,
    limitRate,
    publicOrigin: new URL(options.publicUrl).origin,
    checkAnswers: options.checkAnswers ?? false,
  };
  const bindOne = routeBinder(app, services);
  answerFaults(app);
  app.get('/ca.pem', (_request, reply) => reply.type('application/x-pem-file').send(options.tls.authority));
  await servePortal(app, options.portalFolder);

  return {
    app,
    bind: (routes, handlers, errorFace) => {
      for (const [name, route] of Object.entries(routes))
        bindOne(name, route, (handlers as Record<string, Handler<RouteDefinition>>)[name]!, errorFace);
    },
    mount: (routes, handler) => mountRoutes(app, routes, handler, limitRate.of),
    listen: async ({ host, port }) => {
      await app.listen({ host, port }).catch(explainListening);
      const address = app.server.address();
      return typeof address === 'object' && address ? address.port : port;
    },
    useTls: (tls) => (app.server as unknown as Server).setSecureContext(contextOf(tls, options.clientAuthority)),
    close: async () => {
      const cut = setTimeout(() => app.server.closeAllConnections(), options.drainTime);
      await app.close();
      clearTimeout(cut);
    },
  };
}

function explainListening(error: NodeJS.ErrnoException & { address?: string; port?: number }): never {
  const at = `${error.address ?? ''}:${error.port ?? ''}`;
  if (error.code === 'EADDRINUSE') throw new ConfigError(`setting \`port\`: ${at} is taken by another program`);
  if (error.code === 'EACCES') throw new ConfigError(`setting \`port\`: no right to listen on ${at}`);
  if (error.code === 'EADDRNOTAVAIL') throw new ConfigError(`setting \`host\`: ${at} is no address of this machine`);
  throw error;
}

/** Puts a route into Fastify: `beforeBody` as its onRequest hook, `withBody` as its handler, refusals in between. */
function routeBinder(app: FastifyInstance, services: PipelineServices) {
  const exchanges = new WeakMap<FastifyRequest, Exchange>();
  const requests = services.metrics.counter('http_requests_total', 'Requests by route and status', ['route', 'status']);
  const seconds = services.metrics.histogram('http_request_seconds', 'Time from request to answer', ['route']);

  const refuse = async (exchange: Exchange, cause: unknown, errorFace?: ErrorFace) => {
    const error = publicError(cause);
    try {
      await auditRefusal(exchange, error, services);
    } catch (err) {
      exchange.log.error({ err }, 'could not audit a refusal');
    }
    await sendError(exchange.request, exchange.reply, error, errorFace);
  };

  return (name: string, route: RouteDefinition, handler: Handler<RouteDefinition>, errorFace?: ErrorFace): void => {
    const open = (request: FastifyRequest, reply: FastifyReply): Exchange => {
      const gone = new AbortController();
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) gone.abort(new SallyportError('BadRequest', 'the client went away'));
      });
      const exchange: Exchange = {
        name,
        route,
        handler,
        request,
        reply,
        log: request.log as Log,
        startedAt: performance.now(),
        signal: gone.signal,
        credential: { kind: 'none' },
        caller: undefined,
        bodySignature: undefined,
        input: { params: {}, query: {}, body: undefined },
        answer: undefined,
        auditFacts: undefined,
      };
      exchanges.set(request, exchange);
      return exchange;
    };
    void app.register((scope, _options, done) => {
      scope.removeAllContentTypeParsers();
      if (route.body === 'raw') scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
      else
        scope.addContentTypeParser(
          ['application/json', 'application/scim+json'],
          { parseAs: 'string', bodyLimit: route.bodyLimit ?? defaultBodyLimit },
          scope.getDefaultJsonParser('error', 'error'),
        );
      scope.setErrorHandler((error, request, reply) =>
        refuse(exchanges.get(request) ?? open(request, reply), error, errorFace),
      );
      scope.route({
        method: route.method,
        url: route.path,
        bodyLimit: route.bodyLimit ?? defaultBodyLimit,
        onRequest: (request, reply) => runSteps(beforeBody, open(request, reply), services),
        onResponse: (request, reply, finished) => {
          const exchange = exchanges.get(request);
          requests.inc({ route: name, status: String(reply.statusCode) });
          if (exchange) seconds.observe({ route: name }, (performance.now() - exchange.startedAt) / 1000);
          request.log.debug({ route: name, status: reply.statusCode, caller: exchange?.caller?.name }, 'answered');
          finished();
        },
        handler: async (request, reply) => {
          await runSteps(withBody, exchanges.get(request)!, services);
          return reply;
        },
      });
      done();
    });
  };
}

/** Our own shape of errors, that of the Microsoft REST API Guidelines. */
export const ownFace: ErrorFace = (error, request) => ({ status: error.status, body: errorBody(error, request.id) });

async function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: SallyportError,
  errorFace = ownFace,
): Promise<void> {
  if (error.code === 'InternalError') request.log.error({ err: error.cause ?? error }, 'request failed');
  else request.log.info({ code: error.code, reason: error.message, err: error.cause }, 'request refused');
  // An answer that has begun can't be taken back: cutting the connection tells the client that it isn't whole.
  if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)));
  if (error.code === 'Unauthenticated') reply.header('www-authenticate', error.wwwAuthenticate ?? 'Bearer');
  const { status, body, headers = {} } = errorFace(error, request);
  await reply
    .code(status)
    .type('application/json; charset=utf-8')
    .headers(headers)
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .send(body instanceof Uint8Array ? body : JSON.stringify(body));
}

function answerFaults(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  app.setErrorHandler((error, request, reply) => sendError(request, reply, publicError(error)));
}
