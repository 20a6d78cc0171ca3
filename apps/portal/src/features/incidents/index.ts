import { Classification, Determination, EntityKind, IncidentStatus, Severity, tactics } from '@sallyport/contracts';
import { z } from 'zod';
import { listOf, numberOf, oneOf, textOf } from '../../shared/address.ts';

export { askForIncident } from './open.ts';

export const sorts = ['lastUpdatedAt', 'createdAt', 'severity', 'number', 'alertCount'] as const;

/** How incidents stand to their service levels; `missed`: closed too late. */
export const levelStates = ['onTime', 'breaching', 'breached', 'missed'] as const;

const Incidents = z.object({
  /** Undefined: the open ones, New and Active. */
  status: listOf(IncidentStatus.options),
  severity: listOf(Severity.options),
  /** Joined by commas; `none`: nobody's. */
  owner: textOf(2_000),
  /** Ids joined by commas; `none`: the first workspace. */
  workspace: textOf(4_000),
  classification: listOf([...Classification.options, 'none']),
  determination: listOf(Determination.options),
  tactic: listOf(tactics),
  technique: textOf(20),
  rule: textOf(200),
  label: textOf(64),
  level: listOf(levelStates),
  /** What `range` bounds; undefined: when it was made. */
  time: oneOf(['created', 'updated', 'activity', 'closed']),
  /** `24h`, or two ISO times. */
  range: textOf(64),
  search: textOf(200),
  sort: oneOf(sorts),
  order: oneOf(['asc', 'desc']),
  selected: numberOf(),
});
export type IncidentsSearch = Partial<z.infer<typeof Incidents>>;
/** The state of the queue, as the address has it. */
export const incidentsSearch = (raw: Record<string, unknown>): IncidentsSearch => Incidents.parse(raw);

export const incidentTabs = [
  'story',
  'alerts',
  'assets',
  'evidence',
  'investigation',
  'processes',
  'timeline',
  'rows',
  'similar',
  'tasks',
  'comments',
] as const;
export const eventKinds = ['alert', 'row', 'anomaly', 'activity', 'comment', 'change'] as const;
const IncidentState = z.object({
  tab: z.preprocess((tab) => (tab === 'entities' ? 'evidence' : tab), oneOf(incidentTabs)),
  /** `systemAlertId` of the alert that is looked at. */
  alert: textOf(64),
  /** Id of the entity that is looked at. */
  entity: textOf(2_000),
  /** Id of the device whose processes are looked at. */
  host: textOf(2_000),
  /** The node or tie of the graph, or the process, that is looked at. */
  node: textOf(2_000),
  /** How far the story has played; undefined: to its end. */
  step: numberOf(),
  /** Of evidence or assets: part of a name. */
  find: textOf(200),
  /** Of evidence or assets: kinds that are shown. */
  kinds: listOf(EntityKind.options),
  /** Of the timeline: what is shown, and from when to when (ISO 8601). */
  events: listOf(eventKinds),
  from: textOf(32),
  to: textOf(32),
});
export type IncidentSearch = Partial<z.infer<typeof IncidentState>>;
export const incidentSearch = (raw: Record<string, unknown>): IncidentSearch => IncidentState.parse(raw);

export const classifications = Classification.options;
