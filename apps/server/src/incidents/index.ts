import type { graphSecurityRoutes, incidentRoutes, sentinelIncidentRoutes } from '@sallyport/contracts';
import { isWorkspace, workspaceGuid, type Queries } from '../hunting/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { sentinelIncidentHandlers } from './faces/arm/index.ts';
import { graphSecurityHandlers } from './faces/graph/index.ts';
import { raise } from './raise.ts';
import { incidentHandlers } from './routes.ts';
import { forgetKeys } from './store.ts';
import type { NewAlert, Raised } from './types.ts';

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
export { listIncidents } from './read.ts';
export type { NewAlert, Raised } from './types.ts';

export interface Incidents extends Domain<Handlers<typeof incidentRoutes>> {
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphSecurityRoutes>;
  /** For clients of Microsoft Sentinel. */
  readonly sentinel: Handlers<typeof sentinelIncidentRoutes>;
  /** See `raise`: stores alerts and puts them into incidents, in the caller's transaction. */
  raise(alerts: readonly NewAlert[], tx: Queryable): Promise<Raised>;
  /** See `forgetKeys` of the store. */
  forgetKeys(before: Date, lookbackMs: number, max: number): Promise<number>;
}

/** Alerts → entities → incidents. */
export function createIncidents(platform: Platform, parts: { queries: Queries }): Incidents {
  const url = publicUrlOf(platform.config);
  return {
    handlers: incidentHandlers(platform, parts.queries),
    sentinel: sentinelIncidentHandlers(platform, {
      url,
      isWorkspace: (name) => isWorkspace(name, platform.lake.workspace),
    }),
    graph: graphSecurityHandlers(platform, {
      url,
      tenantId: workspaceGuid(platform.lake.workspace),
    }),
    raise: (alerts, tx) => raise(platform, alerts, tx),
    forgetKeys: (before, lookbackMs, max) => forgetKeys(platform.database, before, lookbackMs, max),
  };
}
