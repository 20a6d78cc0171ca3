import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SallyportError } from '@sallyport/contracts';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorBody } from '../errors.ts';

/** A page of the portal: what a browser asks for when a person follows a link. */
const isPage = (request: FastifyRequest) =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  !request.url.startsWith('/api/') &&
  !/\.\w+$/.test(request.url.split('?', 1)[0]!) &&
  (request.headers.accept ?? '').includes('text/html');

/** Serves the built portal; every page path answers its index.html, and everything else unknown a NotFound. */
export async function servePortal(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    index: 'index.html',
    suppressWarning: true,
    // Vite names files under assets/ by their content.
    setHeaders: (reply, path) => {
      const immutable = path.includes(`${sep}assets${sep}`);
      reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
    cacheControl: false,
  });
  const index = join(folder, 'index.html');
  app.setNotFoundHandler(async (request, reply) => {
    if (isPage(request) && existsSync(index))
      return reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(await readFile(index));
    const error = isPage(request)
      ? new SallyportError('Unavailable', 'the portal has not been built; `npm start` builds it')
      : new SallyportError('NotFound', 'there is nothing at this path');
    return reply.code(error.status).send(errorBody(error, request.id));
  });
}
