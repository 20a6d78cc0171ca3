import { z } from 'zod';
import { route } from '../route.ts';
import { IncidentChange, IncidentSummary, Severity } from './incidents.ts';
import { Task } from './tasks.ts';

/** Targets of one severity, in minutes from the incident's creation; null: none. */
export const ServiceLevelTargets = z.object({
  triage: z.number().min(1).max(525_600).nullable(),
  acknowledge: z.number().min(1).max(525_600).nullable(),
  close: z.number().min(1).max(525_600).nullable(),
});
export type ServiceLevelTargets = z.infer<typeof ServiceLevelTargets>;
export const ServiceLevels = z.record(Severity, ServiceLevelTargets);
export type ServiceLevels = z.infer<typeof ServiceLevels>;

export const IncidentView = z.object({
  id: z.uuid(),
  name: z.string(),
  /** Whose it is. */
  owner: z.string(),
  /** Whether everyone sees it. */
  shared: z.boolean(),
  /** The queue's filters and order, as its address has them: `status=New&severity=High`. */
  search: z.string(),
  /** Columns left out. */
  hiddenColumns: z.array(z.string()),
});
export type IncidentView = z.infer<typeof IncidentView>;

/** What an incident was through since a time, for a hand-over. */
export const HandoverItem = IncidentSummary.extend({
  /** What was done since, newest first, at most 5. */
  changes: z.array(z.object({ at: z.iso.datetime(), by: z.string(), text: z.string() })),
});
export const HandoverFacts = z.object({
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  counts: z.object({
    open: z.int(),
    unassigned: z.int(),
    opened: z.int(),
    closed: z.int(),
    breached: z.int(),
  }),
  /** Open incidents, the most severe first; at most 200. */
  open: z.array(HandoverItem),
  /** Closed since, at most 100. */
  closed: z.array(IncidentSummary),
  /** Open tasks that are due within a day, or were. At most 100. */
  tasks: z.array(Task),
});
export type HandoverFacts = z.infer<typeof HandoverFacts>;
export const Handover = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  by: z.string(),
  /** People and groups. */
  to: z.array(z.string()),
  since: z.iso.datetime(),
  text: z.string(),
});
export type Handover = z.infer<typeof Handover>;

const ById = z.object({ id: z.uuid() });

export const queueRoutes = {
  updateIncidents: route({
    method: 'POST',
    path: '/api/incidents/bulk',
    permission: 'alerts.manage',
    summary: 'Change fields of up to 500 incidents, each by itself; tells which were not changed, and why',
    body: z.object({ numbers: z.array(z.int().min(1)).min(1).max(500), change: IncidentChange }),
    response: z.object({
      changed: z.int(),
      failures: z.array(z.object({ number: z.int(), code: z.string(), message: z.string() })),
    }),
  }),
  listIncidentViews: route({
    method: 'GET',
    path: '/api/incident-views',
    permission: 'securityData.read',
    summary: 'Saved views of the queue: one’s own and those that are shared, and which one’s default is',
    response: z.object({ views: z.array(IncidentView), defaultId: z.uuid().nullable() }),
  }),
  saveIncidentView: route({
    method: 'PUT',
    path: '/api/incident-views/:id',
    permission: 'securityData.read',
    summary: 'Save a view (at most 100 a person); sharing it needs alerts.manage',
    params: ById,
    body: z.object({
      name: z.string().trim().min(1).max(100),
      shared: z.boolean(),
      search: z.string().max(4_000),
      hiddenColumns: z.array(z.string().max(64)).max(64),
    }),
    response: IncidentView,
  }),
  deleteIncidentView: route({
    method: 'DELETE',
    path: '/api/incident-views/:id',
    permission: 'securityData.read',
    summary: 'Delete one’s own view',
    params: ById,
    response: z.object({}),
  }),
  setDefaultIncidentView: route({
    method: 'PUT',
    path: '/api/incident-views/default',
    permission: 'securityData.read',
    summary: 'The view that the queue opens with for the caller; null: none',
    body: z.object({ id: z.uuid().nullable() }),
    response: z.object({}),
  }),
  getServiceLevels: route({
    method: 'GET',
    path: '/api/service-levels',
    permission: 'securityData.read',
    summary: 'How soon incidents of each severity shall be triaged, acknowledged and closed',
    response: z.object({ levels: ServiceLevels }),
  }),
  setServiceLevels: route({
    method: 'PUT',
    path: '/api/service-levels',
    permission: 'systemSettings.manage',
    summary: 'Change these targets',
    body: z.object({ levels: ServiceLevels }),
    response: z.object({ levels: ServiceLevels }),
  }),
  getHandoverFacts: route({
    method: 'GET',
    path: '/api/handovers/facts',
    permission: 'securityData.read',
    summary: 'What a shift hands over: what is open, what changed since a time, what is due',
    query: z.object({ since: z.iso.datetime() }),
    response: HandoverFacts,
  }),
  listHandovers: route({
    method: 'GET',
    path: '/api/handovers',
    permission: 'securityData.read',
    summary: 'The newest 50 hand-over notes',
    response: z.object({ handovers: z.array(Handover) }),
  }),
  createHandover: route({
    method: 'POST',
    path: '/api/handovers',
    permission: 'alerts.manage',
    summary: 'Hand over: keeps the note and tells those it is for',
    body: z.object({
      since: z.iso.datetime(),
      to: z.array(z.string().min(1).max(254)).min(1).max(20),
      text: z.string().trim().min(1).max(60_000),
    }),
    response: Handover,
  }),
} as const;
