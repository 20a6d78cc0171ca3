import type { Alert, ResponseOf, incidentRoutes } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { raise } from './raise.ts';
import { incidentHandlers } from './routes.ts';
import type { NewAlert, Raised } from './types.ts';

export { alertsPerRaiseMax } from './raise.ts';
export { entitiesColumn, identifierOf, kindOf, mergeEntities, resolveEntities } from './entities/index.ts';
export type { Kind, MappedEntity, ResolvedEntity } from './entities/index.ts';
export type { GroupingRule } from './correlation/index.ts';
export type { NewAlert, Raised } from './types.ts';

/** Gives the rows behind an alert. Hunting does it, since it is a query. */
export type AlertEvents = (
  alert: Alert,
  asker: { who: string; signal: AbortSignal },
) => Promise<ResponseOf<typeof incidentRoutes.getAlertEvents>>;

export interface Incidents extends Domain<Handlers<typeof incidentRoutes>> {
  /** See `raise`: stores alerts and puts them into incidents, in the caller's transaction. */
  raise(alerts: readonly NewAlert[], tx: Queryable): Promise<Raised>;
}

/** Alerts → entities → incidents. */
export function createIncidents(platform: Platform, parts: { alertEvents: AlertEvents }): Incidents {
  return {
    handlers: incidentHandlers(platform, parts.alertEvents),
    raise: (alerts, tx) => raise(platform, alerts, tx),
  };
}
