import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

const isLocal = (host: string) => host === 'localhost' || host === '127.0.0.1' || host === '[::1]';

/**
 * Security headers of every answer. Scripts come from us only, never inline. Styles may be inline: the editor (Monaco 0.46) writes
 * `style` attributes and `<style>` elements as it renders lines and takes no nonce. Its workers start from blobs.
 * HSTS only under a real name: a browser would keep it for every other service on localhost.
 */
export async function securityHeaders(app: FastifyInstance, publicUrl: string): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isLocal(new URL(publicUrl).hostname) ? false : { maxAge: 31_536_000 },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    crossOriginEmbedderPolicy: false,
  });
}
