import type {
  attachmentRoutes,
  caseRoutes,
  graphSecurityRoutes,
  Handover,
  Incident,
  incidentRoutes,
  incidentStoryRoutes,
  NamedEntity,
  queueRoutes,
  sentinelIncidentRoutes,
  socMetricRoutes,
  taskRoutes,
} from '@sallyport/contracts';
import { workspaceGuid, type Queries } from '../hunting/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { resolveEntities } from './entities/index.ts';
import { caseHandlers } from './cases/routes.ts';
import { attachmentHandlers } from './comments/routes.ts';
import { WorkEvents, type WorkListener } from './events/follow.ts';
import { sentinelIncidentHandlers } from './faces/arm/index.ts';
import { entityResource } from './faces/arm/objects.ts';
import { incidentNamed, isUuid } from './faces/arm/read.ts';
import { addFindings, type Finding, type FindingTarget } from './findings.ts';
import { graphSecurityHandlers } from './faces/graph/index.ts';
import { lakeInventory } from './inventory.ts';
import { socMetricHandlers } from './metrics/routes.ts';
import { moveAlerts } from './moves.ts';
import { pairLinks, type PairLinks } from './pairs.ts';
import { raise } from './raise.ts';
import { getIncident } from './read.ts';
import { incidentHandlers } from './routes.ts';
import { learnDue, learnShared } from './shared/learn.ts';
import { forgetKeys } from './store.ts';
import { storyHandlers } from './story/index.ts';
import { taskHandlers } from './tasks/routes.ts';
import type { NewAlert, Raised } from './types.ts';
import { queueHandlers } from './views/routes.ts';

export { alertsPerRaiseMax } from './raise.ts';
export {
  entitiesColumn,
  entitiesThatFit,
  identifierOf,
  kindOf,
  mergeEntities,
  readEntities,
  resolveEntities,
} from './entities/index.ts';
export type { Kind, MappedEntity, ResolvedEntity } from './entities/index.ts';
export type { GroupingRule } from './correlation/index.ts';
export type { Finding, FindingTarget } from './findings.ts';
export { conclude, type Conclusion } from './conclusions.ts';
export { listIncidents } from './list.ts';
export type { WorkEvent, WorkItem, WorkListener } from './events/follow.ts';
export type { PairLinks } from './pairs.ts';
export { alertRows, incidentsOf } from './read.ts';
export { workspaceOfIncident } from './workspace.ts';
export { alertWithin, bindingOnce, incidentWithin, requireWhole, sightOf, type Bind, type Sight } from './within.ts';
export { alertResource, armKind, entityResource } from './faces/arm/objects.ts';
export type { NewAlert, Raised } from './types.ts';

export interface Incidents extends Domain<Handlers<typeof incidentRoutes>> {
  /** What an incident's page shows beside the incident itself. */
  readonly story: Handlers<typeof incidentStoryRoutes>;
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphSecurityRoutes>;
  /** For clients of Microsoft Sentinel. */
  readonly sentinel: Handlers<typeof sentinelIncidentRoutes>;
  /** See `raise`: stores alerts and puts them into incidents, in the caller's transaction. */
  raise(alerts: readonly NewAlert[], tx: Queryable): Promise<Raised>;
  /** See `addFindings`: what a person found, as alerts of one incident. */
  addFindings(findings: readonly Finding[], target: FindingTarget, by: string): Promise<number>;
  /** Takes the alert of a finding out of its incident. Throws NotFound. */
  removeFinding(id: string, by: string): Promise<void>;
  /** The number of the incident of a name, a GUID; undefined where there is none. */
  numberOf(name: string): Promise<number | undefined>;
  nameOf(number: number): Promise<string | undefined>;
  /** Entities as clients of Microsoft Sentinel get them, under a workspace's root. */
  entityResources(entities: readonly NamedEntity[], root: string): ReturnType<typeof entityResource>[];
  /** Learns what many share on the days of a time, before alerts about it are raised: after logs of past time were loaded. See `shared/learn.ts`. */
  learnShared(time: { readonly from: Date; readonly to: Date }): Promise<number>;
  /** See `pairLinks`: what every two of some alerts are joined by. */
  pairLinks(alerts: readonly NewAlert[]): Promise<PairLinks>;
  /** An incident as its route answers it. Throws NotFound. */
  get(number: number): Promise<Incident>;
  /** Tasks, cases, attached files, the queue's views and service levels, metrics. */
  readonly work: {
    readonly tasks: Handlers<typeof taskRoutes>;
    readonly attachments: Handlers<typeof attachmentRoutes>;
    readonly cases: Handlers<typeof caseRoutes>;
    readonly queue: Handlers<typeof queueRoutes>;
    readonly metrics: Handlers<typeof socMetricRoutes>;
  };
  /** Tells of what happens to incidents and cases, and of hand-overs, in the transactions that these are stored in. Before `start`. */
  listen(listeners: { events: WorkListener; handover?: (handover: Handover, tx: Queryable) => Promise<void> }): void;
  /** Tells what happened until now and breaches of service levels; `start` does it by itself. */
  tell(): Promise<void>;
  /** See `forgetKeys` of the store. */
  forgetKeys(before: Date, lookbackMs: number, max: number): Promise<number>;
}

/** Alerts → entities → incidents. */
export function createIncidents(
  platform: Platform,
  parts: {
    /** Over the first workspace. */
    readonly queries: Queries;
    /** Over any. Default: there is one workspace. */
    readonly queriesOf?: (workspace: Workspace) => Promise<Queries>;
    /** Learn what many share as time passes. Default false. */
    readonly scheduled?: boolean;
  },
): Incidents {
  const url = publicUrlOf(platform.config);
  const inventory = lakeInventory(platform.lake, platform.log);
  const learning = { platform, queries: parts.queries, inventory };
  if (parts.scheduled === true)
    platform.jobs.schedule('correlation-learn', '7 * * * *', async () => {
      await learnDue(learning);
    });
  const events = new WorkEvents(platform);
  const onHandover: ((handover: Handover, tx: Queryable) => Promise<void>)[] = [];
  return {
    work: {
      tasks: taskHandlers(platform),
      attachments: attachmentHandlers(platform),
      cases: caseHandlers(platform),
      queue: queueHandlers(platform, async (handover, tx) => {
        for (const listener of onHandover) await listener(handover, tx);
      }),
      metrics: socMetricHandlers(platform, parts.queries),
    },
    listen: (listeners) => {
      events.listen(listeners.events);
      if (listeners.handover) onHandover.push(listeners.handover);
    },
    tell: async () => {
      await events.tellBreaches();
      while ((await events.take()) > 0);
    },
    start: async () => events.start(),
    stop: () => events.stop(),
    handlers: incidentHandlers(platform, { queries: parts.queries, inventory }),
    story: storyHandlers(platform, parts.queries, parts.queriesOf ?? (() => Promise.resolve(parts.queries))),
    sentinel: sentinelIncidentHandlers(platform, {
      url,
      workspaces: platform.workspaces,
      inventory,
    }),
    graph: graphSecurityHandlers(platform, {
      url,
      tenantId: workspaceGuid(platform.lake.workspace),
    }),
    addFindings: (findings, target, by) => addFindings({ ...platform, inventory }, findings, target, by),
    removeFinding: (id, by) => moveAlerts({ ...platform, inventory }, [id], null, by),
    numberOf: async (name) => (isUuid(name) ? (await incidentNamed(platform.database, name))?.number : undefined),
    nameOf: async (number) =>
      (await platform.database.first<{ name: string }>('SELECT name FROM incidents WHERE number = $1', [number]))?.name,
    entityResources: (entities, root) => resolveEntities(entities).map((entity) => entityResource(entity, root)),
    raise: (alerts, tx) => raise({ ...platform, inventory }, alerts, tx),
    get: (number) => getIncident(platform.database, number),
    pairLinks: (alerts) => pairLinks({ ...platform, inventory }, alerts),
    learnShared: (time) => learnShared(learning, time),
    forgetKeys: (before, lookbackMs, max) => forgetKeys(platform.database, before, lookbackMs, max),
  };
}
