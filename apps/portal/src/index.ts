/** What the server needs to know of the portal. No browser code is reached from here. */

/** The folder that `npm run build -w apps/portal` writes: `index.html` and hashed files under `assets/`. */
export const portalDist: URL = new URL('../dist/', import.meta.url);

/**
 * The policy under which the portal is tested; the server sends it with `index.html` and with every script (a worker takes
 * its policy from its own file). Styles stay inline: Fluent and Monaco write theirs at run time.
 */
export const portalContentSecurityPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
