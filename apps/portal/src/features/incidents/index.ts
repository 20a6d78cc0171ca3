import { Classification, IncidentStatus, Severity } from '@sallyport/contracts';
import { z } from 'zod';
import { listOf, numberOf, oneOf, textOf } from '../../shared/address.ts';

export const sorts = ['lastUpdatedAt', 'createdAt', 'severity', 'number', 'alertCount'] as const;

const Incidents = z.object({
  /** Undefined: the open ones, New and Active. */
  status: listOf(IncidentStatus.options),
  severity: listOf(Severity.options),
  owner: textOf(254),
  search: textOf(200),
  sort: oneOf(sorts),
  order: oneOf(['asc', 'desc']),
  selected: numberOf(),
});
export type IncidentsSearch = Partial<z.infer<typeof Incidents>>;
/** The state of the queue, as the address has it. */
export const incidentsSearch = (raw: Record<string, unknown>): IncidentsSearch => Incidents.parse(raw);

export const incidentTabs = ['story', 'alerts', 'entities', 'timeline', 'evidence', 'comments'] as const;
const IncidentState = z.object({
  tab: oneOf(incidentTabs),
  /** `systemAlertId` of the alert that is looked at. */
  alert: textOf(64),
  /** Id of the entity that is looked at. */
  entity: textOf(2_000),
});
export type IncidentSearch = Partial<z.infer<typeof IncidentState>>;
export const incidentSearch = (raw: Record<string, unknown>): IncidentSearch => IncidentState.parse(raw);

export const classifications = Classification.options;
