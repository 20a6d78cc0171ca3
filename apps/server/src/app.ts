import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { huntingRoutes, incidentRoutes, sessionRoutes, systemRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { createAccess } from './access/index.ts';
import { createHunting } from './hunting/index.ts';
import { createIdentity } from './identity/index.ts';
import { createIncidents } from './incidents/index.ts';
import type { OpenPlatform } from './platform/create.ts';
import { publicUrlOf } from './platform/config/index.ts';
import { createHttpServer, loadTls, type HttpServer, type RateLimits } from './platform/http/index.ts';
import { createSystem } from './platform/system.ts';
import type { Domain } from './platform/types.ts';

export interface ServerOptions {
  /** Load the demo estate once, and let its life go on. */
  readonly demo?: boolean;
  /** For tests. */
  readonly rateLimits?: RateLimits;
  readonly checkAnswers?: boolean;
}

export interface Server {
  readonly http: HttpServer;
  /** Starts the domains, the jobs and the outbox, and listens. */
  start(): Promise<void>;
  /** Drains: no new requests or jobs, those under way may end for `drainTime`, and then the rest in reverse order. */
  stop(): Promise<void>;
  /** The one-time link for the first administrator; undefined when there is one. */
  issueSetupLink(): Promise<string | undefined>;
}

const portalFolder = fileURLToPath(new URL('../../portal/dist', import.meta.url));
const version = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).version;
const renewalCheckMs = 12 * 3_600_000;

/** Puts the domains together on a platform and binds their routes. */
export async function createServer(platform: OpenPlatform, options: ServerOptions = {}): Promise<Server> {
  const { config, clock, log, jobs, outbox, database, lake } = platform;

  // The domains, in the order in which they start. A domain gets what it needs of others here, and nowhere else.
  const access = createAccess(platform);
  const identity = createIdentity(platform);
  const hunting = createHunting(platform);
  const incidents = createIncidents(platform, { queries: hunting.queries });
  const system = createSystem(platform, {
    version,
    readiness: {
      database: () => database.ping(),
      lake: async () => {
        if (!(await lake.ping())) throw new Error('the lake does not answer');
      },
      jobs: async () => {
        if (!jobs.running) throw new Error('jobs are not running');
      },
    },
  });
  const domains: readonly Domain<unknown>[] = [access, identity, hunting, incidents, system];

  const http = await createHttpServer({
    log,
    audit: platform.audit,
    metrics: platform.metrics,
    tracing: platform.tracing,
    tls: await loadTls(config, clock),
    publicUrl: publicUrlOf(config),
    trustedProxies: config.trustedProxies,
    drainTime: config.drainTime,
    portalFolder,
    authenticator: { session: identity.callerOfSession, token: access.callerOfToken },
    ...(options.rateLimits ? { rateLimits: options.rateLimits } : {}),
    ...(options.checkAnswers === undefined ? {} : { checkAnswers: options.checkAnswers }),
  });
  const { listTokens, createToken, revokeToken, ...identityRoutes } = sessionRoutes;
  http.bind(identityRoutes, identity.handlers);
  http.bind({ listTokens, createToken, revokeToken }, access.handlers);
  http.bind(huntingRoutes, hunting.handlers);
  http.bind(incidentRoutes, incidents.handlers);
  http.bind(systemRoutes, system.handlers);

  const stopping = new AbortController();
  const renewTls = async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(renewalCheckMs, stopping.signal);
      if (!stopping.signal.aborted) http.useTls(await loadTls(config, clock));
    }
  };

  return {
    http,
    issueSetupLink: () => identity.issueSetupLink(),
    start: async () => {
      outbox.start();
      for (const domain of domains) await domain.start?.();
      await jobs.launch();
      await http.listen({ host: config.host, port: config.port });
      renewTls().catch((err: unknown) => log.error({ err }, 'the certificate could not be renewed'));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([http.close(), jobs.stop(config.drainTime)]);
      for (const domain of domains.toReversed()) await domain.stop?.();
      await outbox.stop();
    },
  };
}
