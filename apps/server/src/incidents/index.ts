import type { incidentRoutes } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { raise } from './raise.ts';
import { incidentHandlers } from './routes.ts';
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
  /** See `raise`: stores alerts and puts them into incidents, in the caller's transaction. */
  raise(alerts: readonly NewAlert[], tx: Queryable): Promise<Raised>;
}

/** Alerts → entities → incidents. */
export function createIncidents(platform: Platform, parts: { queries: Queries }): Incidents {
  return {
    handlers: incidentHandlers(platform, parts.queries),
    raise: (alerts, tx) => raise(platform, alerts, tx),
  };
}
