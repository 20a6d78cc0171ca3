import { z } from 'zod';
import { route } from '../route.ts';
import { Cell, Column } from './hunting.ts';
import { EntityKind, IncidentSummary, Severity } from './incidents.ts';

/** Microsoft's levels of critical assets, the highest first. https://learn.microsoft.com/security-exposure-management/critical-asset-management */
export const Criticality = z.enum(['VeryHigh', 'High', 'Medium', 'Low']);
export type Criticality = z.infer<typeof Criticality>;
/** High from 70, Medium from 40, Low from 1. */
export const RiskLevel = z.enum(['High', 'Medium', 'Low', 'None']);
export type RiskLevel = z.infer<typeof RiskLevel>;

/** What makes an entity a risk, with its share. */
export const RiskReason = z.object({
  kind: z.enum(['Alert', 'Anomaly', 'Exposure']),
  title: z.string(),
  /** 0 to 1: what it alone would make of the score, of 100. */
  weight: z.number(),
  at: z.string(),
  /** Of the alert or anomaly; empty: none. */
  reference: z.string(),
});
export type RiskReason = z.infer<typeof RiskReason>;

/** An entity of the inventory as lists show it. */
export const InventoryEntity = z.object({
  id: z.string(),
  kind: EntityKind,
  name: z.string(),
  /** Whether it is known by a strong identifier. */
  strong: z.boolean(),
  firstSeen: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  /** Null: nothing makes it critical. */
  criticality: Criticality.nullable(),
  /** 0 to 100. */
  riskScore: z.int(),
  riskLevel: RiskLevel,
  /** A user principal name, or null for nobody. */
  owner: z.string().nullable(),
  tags: z.array(z.string()),
  /** Tables that it was seen in. */
  sources: z.array(z.string()),
  /** What directory and inventory rows say: department, operating system, … */
  properties: z.record(z.string(), z.string()),
});
export type InventoryEntity = z.infer<typeof InventoryEntity>;

export const EntityDetails = InventoryEntity.extend({
  /** Named as Sentinel names them. */
  identifiers: z.record(z.string(), z.string()),
  /** Everything that it is known by: `{ type: 'account-upn', value: 'anna@contoso.com' }`. */
  aliases: z.array(z.object({ type: z.string(), value: z.string() })),
  /** Rows that told of it. */
  events: z.int(),
  /** What was concluded, and why; a person's word stands above it. */
  criticalityConcluded: Criticality.nullable(),
  criticalityReason: z.string(),
  /** Who set the criticality; null: it is as concluded. */
  criticalitySetBy: z.string().nullable(),
  /** Of the workspace that was asked for; so are score, level, and the numbers below. */
  riskReasons: z.array(RiskReason),
  /** Its risk in other workspaces, the highest first; none: there is none, or the asker sees a part of the data. */
  elsewhere: z.array(z.object({ workspaceId: z.uuid(), riskScore: z.int(), riskLevel: RiskLevel })),
  /** Alerts with it, and incidents that are not closed. */
  alerts: z.int(),
  openIncidents: z.int(),
  /** KQL to begin a hunt with. */
  hunts: z.array(z.object({ name: z.string(), query: z.string() })),
});
export type EntityDetails = z.infer<typeof EntityDetails>;

export const TimelineKind = z.enum(['Alert', 'Anomaly', 'Activity', 'Bookmark']);
export type TimelineKind = z.infer<typeof TimelineKind>;

export const EntityTimelineItem = z.object({
  id: z.string(),
  kind: TimelineKind,
  /** Its last moment. */
  at: z.iso.datetime(),
  /** Its first. */
  from: z.iso.datetime(),
  title: z.string(),
  text: z.string(),
  /** How often, within its hour; 1 of alerts, anomalies and bookmarks. */
  count: z.int(),
  severity: Severity.nullable(),
  /** Of an alert in one. */
  incidentNumber: z.int().nullable(),
  /** KQL that shows the rows of it; empty: none. */
  query: z.string(),
});
export type EntityTimelineItem = z.infer<typeof EntityTimelineItem>;

export const EntityInsight = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  display: z.enum(['table', 'chart']),
  /** Why there is nothing to see: no row of its tables is there, or the query failed. Null: see the rows. */
  problem: z.string().nullable(),
  columns: z.array(Column),
  rows: z.array(z.array(Cell)),
  /** More rows are there than are shown. */
  more: z.boolean(),
  /** As it is run, to hunt on with. */
  query: z.string(),
});
export type EntityInsight = z.infer<typeof EntityInsight>;

export const EntityChange = z
  .strictObject({
    /** Null: as concluded. */
    criticality: Criticality.nullable(),
    owner: z.string().trim().min(1).max(256).nullable(),
    tags: z.array(z.string().trim().min(1).max(64)).max(50),
  })
  .partial();
export type EntityChange = z.infer<typeof EntityChange>;

const Id = z.object({ id: z.string().min(1).max(64) });
/** Values of an enumeration with commas between them. */
const several = <T extends z.ZodType<unknown, string>>(values: T) =>
  z
    .string()
    .max(1_000)
    .transform((text) => text.split(','))
    .pipe(z.array(values))
    .optional();
const time = z.iso.datetime({ offset: true });
/** The workspace whose rows and alerts are told of: name or GUID. Default: the first that the asker sees anything of. NotFound for one of which they see nothing. */
const InWorkspace = z.object({ workspace: z.string().max(512).optional() });
const Span = InWorkspace.extend({ from: time.optional(), to: time.optional() });

export const entityRoutes = {
  listEntities: route({
    method: 'GET',
    path: '/api/entities',
    permission: 'securityData.read',
    summary: 'Accounts, devices, addresses and all else that logs and alerts tell of',
    query: z.object({
      search: z.string().max(200).default(''),
      kind: several(EntityKind).describe('Comma-separated EntityKind values'),
      criticality: several(Criticality).describe('Comma-separated Criticality values'),
      risk: several(RiskLevel).describe('Comma-separated RiskLevel values'),
      tag: z.string().max(64).optional(),
      sort: z.enum(['risk', 'lastSeen', 'criticality', 'name']).default('risk'),
      order: z.enum(['asc', 'desc']).default('desc'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      /** Of the answer before. */
      cursor: z.string().max(4_096).optional(),
    }),
    response: z.object({
      /** At most 10,001: that many or more. */
      total: z.int(),
      entities: z.array(InventoryEntity),
      /** Null: there are no more. */
      cursor: z.string().nullable(),
      /** How many there are of each kind, whatever the filters. Only of a first page. */
      kinds: z.record(z.string(), z.int()).nullable(),
    }),
  }),
  resolveEntity: route({
    method: 'POST',
    path: '/api/entities/resolve',
    permission: 'securityData.read',
    summary: 'The entity of some identifiers; one that is not known yet is taken into the inventory',
    body: z.strictObject({
      kind: EntityKind,
      identifiers: z.record(z.string().max(64), z.string().max(2_048)).refine((all) => Object.keys(all).length <= 20),
    }),
    response: z.object({ id: z.string() }),
  }),
  getEntity: route({
    method: 'GET',
    path: '/api/entities/:id',
    permission: 'securityData.read',
    summary: 'One entity, by its id or that of an alert’s entity; alerts and risk in a workspace',
    params: Id,
    query: InWorkspace,
    response: EntityDetails,
  }),
  updateEntity: route({
    method: 'PATCH',
    path: '/api/entities/:id',
    permission: 'alerts.manage',
    summary: 'Set criticality, owner and tags',
    params: Id,
    body: EntityChange,
    response: EntityDetails,
  }),
  getEntityTimeline: route({
    method: 'GET',
    path: '/api/entities/:id/timeline',
    permission: 'securityData.read',
    summary: 'Alerts, anomalies, activities and bookmarks with it, newest first. Default: the last 7 days',
    params: Id,
    query: Span.extend({
      kinds: several(TimelineKind).describe('Comma-separated TimelineKind values'),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      cursor: z.string().max(512).optional(),
    }),
    response: z.object({
      items: z.array(EntityTimelineItem),
      cursor: z.string().nullable(),
      /** What could not be asked, in words. */
      problems: z.array(z.string()),
    }),
  }),
  getEntityInsights: route({
    method: 'GET',
    path: '/api/entities/:id/insights',
    permission: 'securityData.read',
    summary: 'What queries for its kind tell of it. Default: of the last 7 days',
    params: Id,
    query: Span,
    response: z.object({ insights: z.array(EntityInsight) }),
  }),
  getEntityIncidents: route({
    method: 'GET',
    path: '/api/entities/:id/incidents',
    permission: 'securityData.read',
    summary: 'Incidents and alerts of a workspace with it, newest first',
    params: Id,
    query: InWorkspace,
    response: z.object({
      incidents: z.array(IncidentSummary),
      alerts: z.array(
        z.object({
          id: z.uuid(),
          name: z.string(),
          severity: Severity,
          status: z.string(),
          startTime: z.iso.datetime(),
          incidentNumber: z.int().nullable(),
        }),
      ),
    }),
  }),
} as const;
