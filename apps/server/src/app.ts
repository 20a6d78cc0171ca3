import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  accessReviewRoutes,
  accessExplorerRoutes,
  anomalyRoutes,
  applicationRoutes,
  armWorkspaceRoutes,
  attachmentRoutes,
  caseRoutes,
  cloudAccessRoutes,
  connectorRoutes,
  dataCollectorRoutes,
  dataCollectionRuleRoutes,
  dataRoutes,
  detectionRoutes,
  deviceRoutes,
  directoryRoutes,
  elasticRoutes,
  conditionalAccessRoutes,
  emergencyAccountRoutes,
  entityRoutes,
  exceptionRoutes,
  federationRoutes,
  graphApplicationRoutes,
  graphConditionalAccessRoutes,
  graphTermsOfUseRoutes,
  graphDeviceRoutes,
  graphDirectoryRoutes,
  graphFederationRoutes,
  graphIdentityProtectionRoutes,
  graphPrivilegedAccessRoutes,
  graphRoutes,
  graphSecurityRoutes,
  huntingRoutes,
  huntRoutes,
  identityProtectionRoutes,
  incidentRoutes,
  incidentStoryRoutes,
  interactionRoutes,
  investigationRoutes,
  kustoRoutes,
  ldapRoutes,
  logAnalyticsRoutes,
  notebookRoutes,
  otlpRoutes,
  ownedGroupRoutes,
  samlRoutes,
  savedQueryRoutes,
  savedSearchRoutes,
  scimRoutes,
  securityInfoRoutes,
  sentinelBookmarkRoutes,
  notificationRoutes,
  peopleRoutes,
  privilegedAccessRoutes,
  privilegedSessionRoutes,
  queueRoutes,
  sentinelEntityRoutes,
  sentinelIncidentRoutes,
  sentinelRuleRoutes,
  sentinelWatchlistRoutes,
  sessionRoutes,
  socMetricRoutes,
  pinRoutes,
  repositoryRoutes,
  roleRoutes,
  sourceEditorRoutes,
  sharedSignalsRoutes,
  splunkRoutes,
  systemRoutes,
  taskRoutes,
  termsOfUseRoutes,
  tokenRoutes,
  uploadRoutes,
  watchlistRoutes,
  webhookRoutes,
  workbookRoutes,
  workspaceRoutes,
} from '@sallyport/contracts';
import { z } from 'zod';
import { runDemo } from './demo-run.ts';
import { armError } from './platform/arm/index.ts';
import { createDomains, inOrder, type Domains } from './domains.ts';
import { scimErrorFace } from './identity/index.ts';
import { requireWhole, sightOf } from './incidents/index.ts';
import type { OpenPlatform } from './platform/create.ts';
import { publicUrlOf } from './platform/config/index.ts';
import {
  clientAuthorityOf,
  createHttpServer,
  loadTls,
  type HttpServer,
  type RateLimits,
} from './platform/http/index.ts';
import { keepEntities } from './platform/entities.ts';
import { keepIpLocations } from './platform/ip-location.ts';
import { createProblems, diskCheck, spoolCheck, type ProblemCheck, type Problems } from './platform/problems.ts';
import { createSystem, type ReadinessCheck } from './platform/system.ts';

export interface ServerOptions {
  /** Load the demo estate once, and let its life go on. */
  readonly demo?: boolean;
  /** For tests. */
  readonly rateLimits?: RateLimits;
  readonly checkAnswers?: boolean;
}

export interface Server {
  readonly http: HttpServer;
  readonly domains: Domains;
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
/** What it was at when everything stops is done again at the next start. */
const demoPatienceMs = 1_000;
const renewalCheckMs = 12 * 3_600_000;

/** The server: the domains on a platform, behind HTTP. */
export async function createServer(platform: OpenPlatform, options: ServerOptions = {}): Promise<Server> {
  const { config, clock, log, jobs, outbox } = platform;
  const domains = await createDomains(platform);
  const tls = await loadTls(config, clock);
  const http = await createHttpServer({
    log,
    audit: platform.audit,
    metrics: platform.metrics,
    tracing: platform.tracing,
    tls,
    clientAuthority: clientAuthorityOf(config, tls),
    publicUrl: publicUrlOf(config),
    trustedProxies: config.trustedProxies,
    drainTime: config.drainTime,
    portalFolder,
    authenticator: {
      session: domains.identity.callerOfSession,
      token: domains.callerOfToken,
      certificate: domains.access.callerOfCertificate,
      sharedKey: domains.access.callerOfSharedKey,
      signers: domains.access.signers,
    },
    noteUse: domains.access.uses.note,
    requireWholeIncident: (caller, permission, number) =>
      requireWhole(platform.database, sightOf(caller, platform.workspaces, permission), number),
    ...(options.rateLimits ? { rateLimits: options.rateLimits } : {}),
    ...(options.checkAnswers === undefined ? {} : { checkAnswers: options.checkAnswers }),
  });
  const problems = createProblems(platform, checksOf(platform, domains));
  bindRoutes(http, domains, platform, problems);

  const stopping = new AbortController();
  let demo: Promise<void> | undefined;
  let lookups: Promise<unknown> | undefined;
  let watching: Promise<void> | undefined;
  const renewTls = async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(renewalCheckMs, stopping.signal);
      if (stopping.signal.aborted) return;
      const tls = await loadTls(config, clock);
      http.useTls(tls);
      domains.ingest.useTls(tls);
    }
  };

  return {
    http,
    domains,
    issueSetupLink: () => domains.identity.issueSetupLink(),
    start: async () => {
      outbox.start();
      platform.workspaces.follow();
      for (const domain of inOrder(domains)) await domain.start?.();
      await jobs.launch();
      await http.listen({ host: config.host, port: config.port });
      renewTls().catch((err: unknown) => log.error({ err }, 'the certificate could not be renewed'));
      watching = problems.run(stopping.signal);
      lookups = Promise.all([keepIpLocations(platform, stopping.signal), keepEntities(platform, stopping.signal)]);
      if (options.demo)
        demo = runDemo(platform, domains, stopping.signal).catch((err: unknown) => {
          if (!stopping.signal.aborted) log.error({ err }, 'the demo failed');
        });
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([http.close(), jobs.stop(config.drainTime)]);
      await Promise.race([Promise.all([demo, lookups, watching]), clock.sleep(demoPatienceMs)]);
      for (const domain of inOrder(domains).toReversed()) await domain.stop?.();
      await outbox.stop();
    },
  };
}

/** Every route of contracts gets its handler here; a test holds that none is left out. */
function bindRoutes(http: HttpServer, domains: Domains, platform: OpenPlatform, problems: Problems): void {
  const system = createSystem(platform, { version, readiness: readinessOf(platform), problems });
  http.bind(sessionRoutes, domains.identity.handlers);
  http.bind(tokenRoutes, domains.access.handlers);
  http.bind(roleRoutes, domains.access.roles);
  http.bind(accessExplorerRoutes, domains.access.explorer);
  http.bind({ ...huntingRoutes, ...savedQueryRoutes }, domains.hunting.handlers);
  http.bind(notebookRoutes, domains.hunting.notebooks);
  http.bind(huntRoutes, domains.hunts.handlers);
  const { kusto, logAnalytics, graph, savedSearches } = domains.hunting.faces;
  http.bind(kustoRoutes, kusto.handlers, kusto.error);
  http.bind(logAnalyticsRoutes, logAnalytics.handlers, logAnalytics.error);
  http.bind(graphRoutes, graph.handlers, graph.error);
  http.bind(savedSearchRoutes, savedSearches, armError);
  http.bind(sentinelBookmarkRoutes, domains.hunts.sentinel, armError);
  http.bind(incidentRoutes, domains.incidents.handlers);
  const { tasks, attachments, cases, queue, metrics } = domains.incidents.work;
  http.bind(taskRoutes, tasks);
  http.bind(attachmentRoutes, attachments);
  http.bind(caseRoutes, cases);
  http.bind(queueRoutes, queue);
  http.bind(socMetricRoutes, metrics);
  http.bind(peopleRoutes, domains.identity.people);
  http.bind(directoryRoutes, domains.identity.directory);
  http.bind(scimRoutes, domains.identity.scim, scimErrorFace);
  http.bind(deviceRoutes, domains.identity.devices);
  http.bind(graphDeviceRoutes, domains.identity.graphDevices, graph.error);
  http.bind(ldapRoutes, domains.identity.ldap);
  http.bind(federationRoutes, domains.identity.federation.handlers);
  http.bind(graphFederationRoutes, domains.identity.federation.graph, graph.error);
  http.bind(securityInfoRoutes, domains.identity.securityInfo);
  http.bind(graphDirectoryRoutes, domains.identity.graph, graph.error);
  http.bind(notificationRoutes, domains.notifications.handlers);
  http.bind(incidentStoryRoutes, domains.incidents.story);
  http.bind(investigationRoutes, domains.investigations.handlers);
  http.bind(graphConditionalAccessRoutes, domains.conditionalAccess.graph, graph.error);
  http.bind(applicationRoutes, domains.openid.handlers);
  http.bind(graphApplicationRoutes, domains.openid.graph, graph.error);
  http.bind(interactionRoutes, domains.openid.interactions);
  http.bind(samlRoutes, domains.openid.saml);
  http.mount(domains.openid.mounted, domains.openid.handle);
  http.bind(emergencyAccountRoutes, domains.conditionalAccess.handlers);
  http.bind(conditionalAccessRoutes, domains.accessInsight);
  http.bind(graphTermsOfUseRoutes, domains.conditionalAccess.graphTerms, graph.error);
  http.bind(termsOfUseRoutes, domains.identity.terms);
  http.bind(graphIdentityProtectionRoutes, domains.identityProtection.graph, graph.error);
  http.bind(identityProtectionRoutes, domains.identityProtection.handlers);
  const { privilegedAccess } = domains;
  http.bind(graphPrivilegedAccessRoutes, privilegedAccess.graph, privilegedAccess.graphError(graph.error));
  http.bind(accessReviewRoutes, privilegedAccess.reviews);
  http.bind(cloudAccessRoutes, privilegedAccess.clouds);
  http.bind(privilegedSessionRoutes, privilegedAccess.sessions);
  http.bind(ownedGroupRoutes, privilegedAccess.ownedGroups);
  http.bind(privilegedAccessRoutes, privilegedAccess.handlers);
  http.bind(sharedSignalsRoutes, domains.sharedSignals.handlers);
  http.bind(graphSecurityRoutes, domains.incidents.graph, graph.error);
  http.bind(sentinelIncidentRoutes, domains.incidents.sentinel, armError);
  http.bind(entityRoutes, domains.entities.handlers);
  http.bind(sentinelEntityRoutes, domains.entities.sentinel, armError);
  http.bind(sentinelRuleRoutes, domains.detection.sentinel.rules, armError);
  http.bind(sentinelWatchlistRoutes, domains.detection.sentinel.watchlists, armError);
  http.bind(detectionRoutes, domains.detection.handlers);
  http.bind(watchlistRoutes, domains.detection.watchlists);
  http.bind(repositoryRoutes, domains.detection.repositories);
  http.bind(exceptionRoutes, domains.detection.exceptions);
  http.bind(anomalyRoutes, domains.behaviour.handlers);
  http.bind(workbookRoutes, domains.workbooks.handlers);
  http.bind(workspaceRoutes, domains.workspaces.handlers);
  http.bind(armWorkspaceRoutes, domains.workspaces.arm, armError);
  http.bind(dataRoutes, domains.ingest.handlers, domains.ingest.errorFace);
  http.bind(dataCollectionRuleRoutes, domains.ingest.collectionRules, armError);
  http.bind(uploadRoutes, domains.ingest.uploads);
  http.bind(sourceEditorRoutes, domains.ingest.sourceEditor);
  http.bind(connectorRoutes, domains.ingest.connectors.handlers);
  http.bind(pinRoutes, domains.ingest.pins);
  const { splunk, elastic, otlp, dataCollector, webhook } = domains.ingest.doors;
  http.bind(splunkRoutes, splunk.handlers, splunk.error);
  http.bind(elasticRoutes, elastic.handlers, elastic.error);
  http.bind(otlpRoutes, otlp.handlers, otlp.error);
  http.bind(dataCollectorRoutes, dataCollector.handlers, dataCollector.error);
  http.bind(webhookRoutes, webhook.handlers, webhook.error);
  http.bind(systemRoutes, system.handlers);
}

const readinessOf = ({ database, lake, jobs }: OpenPlatform): Readonly<Record<string, ReadinessCheck>> => ({
  database: () => database.ping(),
  lake: async () => {
    if (!(await lake.ping())) throw new Error('the lake does not answer');
  },
  jobs: async () => {
    if (!jobs.running) throw new Error('jobs are not running');
  },
});

/** An engine that hangs is as good as none. */
const engineAnswersMs = 1_500;

const checksOf = (platform: OpenPlatform, { ingest }: Domains): Readonly<Record<string, ProblemCheck>> => ({
  lake: async () =>
    (await Promise.race([platform.lake.ping(), platform.clock.sleep(engineAnswersMs).then(() => false)]))
      ? undefined
      : {
          severity: 'error',
          title: 'The log engine does not answer',
          detail:
            'Logs are still taken, and kept on disk until it is back; searches and rules wait. It is started again by itself.',
        },
  disk: diskCheck(platform.config.dataDir, 'all data'),
  spool: spoolCheck(() => ingest.spoolStats(), platform.config.spoolMaxBytes),
  syslog: async () => {
    const blocked = ingest.syslogHealth()?.blocked;
    return blocked === undefined
      ? undefined
      : { severity: 'error', title: "Syslog waits: lines can't be written to disk", detail: blocked };
  },
});
