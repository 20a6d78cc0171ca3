import { routes, type RouteDefinition } from '@sallyport/contracts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { portalContentSecurityPolicy } from '../src/index.ts';
import { FixtureError, type FixtureAnswer } from './fixtures/answer.ts';
import { answers } from './fixtures/index.ts';

/**
 * Answers the portal's calls from fixtures, so that pages can be looked at without a server: `SALLYPORT_FIXTURES=1 vite`. Every answer
 * is parsed by its contract first. It is development only: nothing here is built into the portal, and no test relies on it.
 */

interface Bound {
  readonly definition: RouteDefinition;
  readonly pattern: RegExp;
  readonly answer: FixtureAnswer;
}

const bound: readonly Bound[] = Object.entries(answers).map(([name, answer]) => {
  const definition: RouteDefinition = routes[name as keyof typeof routes];
  return { definition, answer, pattern: new RegExp(`^${definition.path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`) };
});

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

async function answer(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fixture');
  const found = bound.find((one) => one.definition.method === request.method && one.pattern.test(url.pathname));
  if (!found) {
    next();
    return;
  }
  const params = Object.fromEntries(
    Object.entries(found.pattern.exec(url.pathname)?.groups ?? {}).map(([name, value]) => [
      name,
      decodeURIComponent(value),
    ]),
  );
  response.setHeader('content-type', 'application/json');
  try {
    if (request.method !== 'GET' && request.headers['x-sallyport-csrf'] !== '1')
      throw new FixtureError('Forbidden', 'the CSRF header is missing');
    const bytes = await bodyOf(request);
    const raw = found.definition.body === 'raw';
    const body: unknown = raw || bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
    const result = found.answer({ params, query: Object.fromEntries(url.searchParams), body });
    if (found.definition.response === 'raw') response.end(String(result));
    else response.end(JSON.stringify(found.definition.response.parse(result)));
  } catch (error) {
    const known = error instanceof FixtureError;
    response.statusCode = known ? error.status : 500;
    response.end(
      JSON.stringify({
        error: {
          code: known ? error.code : 'InternalError',
          message: error instanceof Error ? error.message : 'fixture failed',
          requestId: '01JDGALLERY',
          ...(known && error.target ? { target: error.target } : {}),
        },
      }),
    );
  }
}

export const fixtureServer = (): Plugin => {
  const middleware = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    void answer(request, response, next);
  };
  return {
    name: 'sallyport-fixtures',
    configureServer: (server) => void server.middlewares.use(middleware),
    configurePreviewServer: (server) => {
      // The built portal is looked at under the policy it will be served with.
      server.middlewares.use((_request, response, next) => {
        response.setHeader('content-security-policy', portalContentSecurityPolicy);
        next();
      });
      server.middlewares.use(middleware);
    },
  };
};
