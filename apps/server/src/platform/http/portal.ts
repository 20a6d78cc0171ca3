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

/** After an install, the first start builds the portal beside the server. */
const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8" /><meta http-equiv="refresh" content="2" />
<title>Sallyport</title>
<p>The portal is being built. This page comes back by itself when it is there.</p>
</html>
`;

/** Serves the built portal; every page path answers its index.html, and everything else unknown a NotFound. */
export async function servePortal(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    index: 'index.html',
    suppressWarning: true,
    // `x.js.br` and `x.js.gz` beside `x.js`, where the build has made them.
    preCompressed: true,
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
    if (isPage(request))
      return reply.code(503).header('retry-after', '2').type('text/html; charset=utf-8').send(notBuilt);
    const error = new SallyportError('NotFound', 'there is nothing at this path');
    return reply.code(error.status).send(errorBody(error, request.id));
  });
}
