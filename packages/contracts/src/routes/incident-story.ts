import { z } from 'zod';
import { route } from '../route.ts';
import { Classification, Determination, Entity, IncidentStatus, Severity } from './incidents.ts';

/** What a piece of evidence was found to be. https://learn.microsoft.com/defender-xdr/m365d-autoir-results */
export const Verdict = z.enum(['Malicious', 'Suspicious', 'NoThreatsFound', 'Unknown']);
export type Verdict = z.infer<typeof Verdict>;

/** Microsoft Graph's evidenceRemediationStatus. */
export const RemediationStatus = z.enum([
  'none',
  'remediated',
  'prevented',
  'blocked',
  'notFound',
  'active',
  'pendingApproval',
  'declined',
  'unremediated',
  'running',
  'partiallyRemediated',
]);
export type RemediationStatus = z.infer<typeof RemediationStatus>;

/** Microsoft Graph's evidenceRole. */
export const EvidenceRole = z.enum([
  'unknown',
  'contextual',
  'scanned',
  'source',
  'destination',
  'created',
  'added',
  'compromised',
  'edited',
  'attacked',
  'attacker',
  'commandAndControl',
  'loaded',
  'suspicious',
  'policyViolator',
]);
export type EvidenceRole = z.infer<typeof EvidenceRole>;

/** How the story draws a thing: contained (something was done), known to be bad, suspected, cleared of it, or only seen. */
export const StoryState = z.enum(['contained', 'known', 'suspected', 'cleared', 'seen']);
export type StoryState = z.infer<typeof StoryState>;

export const AssetRisk = z.enum(['High', 'Medium', 'Low', 'None']);
export type AssetRisk = z.infer<typeof AssetRisk>;

/** An entity as evidence of an incident: once, in however many alerts it is. */
export const Evidence = z.object({
  entity: Entity,
  /** Under what else alerts name it: the inventory knows these to be the same. */
  aliases: z.array(z.object({ id: z.string(), name: z.string() })),
  /** One of the organisation's own things: a device, user, mailbox, application, cloud resource, group. */
  isAsset: z.boolean(),
  verdict: Verdict,
  /** Why: the alerts' severity, how the incident was closed, or what who set it wrote. */
  verdictReason: z.string(),
  /** Who set the verdict; null when it was concluded. */
  verdictBy: z.string().nullable(),
  verdictAt: z.iso.datetime().nullable(),
  remediation: RemediationStatus,
  state: StoryState,
  roles: z.array(EvidenceRole),
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  alertCount: z.int(),
  highestSeverity: Severity,
  /** What this incident says of it. */
  risk: z.object({ level: AssetRisk, reasons: z.array(z.string()) }),
});
export type Evidence = z.infer<typeof Evidence>;

export const StoryAlert = z.object({
  id: z.uuid(),
  name: z.string(),
  ruleId: z.string(),
  severity: Severity,
  status: z.enum(['New', 'InProgress', 'Resolved', 'Dismissed']),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  startTime: z.iso.datetime(),
  endTime: z.iso.datetime(),
  entityIds: z.array(z.string()),
});
export type StoryAlert = z.infer<typeof StoryAlert>;

export const StoryEdge = z.object({
  from: z.string(),
  to: z.string(),
  /** What ties them, read from `from` to `to`: `signed in from`, `ran`, `connected to`. */
  relation: z.string(),
  /** Of the alerts that tell of it, the first 50. */
  alertIds: z.array(z.uuid()),
  alertCount: z.int(),
  firstAt: z.iso.datetime(),
});
export type StoryEdge = z.infer<typeof StoryEdge>;

/** A technique (or, where alerts name none, a tactic) of the incident. In the order of `firstAt` they are the attack's path. */
export const PathStep = z.object({
  tactic: z.string(),
  /** `T1059.001`; empty where alerts name none. */
  technique: z.string(),
  /** MITRE's name of the technique; empty where it is not known. */
  name: z.string(),
  firstAt: z.iso.datetime(),
  lastAt: z.iso.datetime(),
  alertCount: z.int(),
  /** The first 20. */
  alertIds: z.array(z.uuid()),
});
export type PathStep = z.infer<typeof PathStep>;

/** Something to do next, with the place where it is done. */
export const NextStep = z.object({
  id: z.string(),
  title: z.string(),
  why: z.string(),
  /** The rules' authors wrote it, or it is what one does at this tactic with this kind of entity. */
  source: z.enum(['rule', 'guide']),
  tactics: z.array(z.string()),
  link: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('hunt'), query: z.string(), from: z.iso.datetime(), to: z.iso.datetime() }),
    z.object({ kind: z.literal('entity'), id: z.string() }),
    z.object({ kind: z.literal('rule'), id: z.string() }),
  ]),
});
export type NextStep = z.infer<typeof NextStep>;

export const IncidentStory = z.object({
  number: z.int(),
  /** `lastUpdatedAt` of the incident from before the story was read: one that changed later has another story. */
  incidentUpdatedAt: z.iso.datetime(),
  /** In order of time. */
  alerts: z.array(StoryAlert),
  /** Those of most alerts first. */
  evidence: z.array(Evidence),
  edges: z.array(StoryEdge),
  path: z.array(PathStep),
  nextSteps: z.array(NextStep),
  /** What is past the bounds of 1,000 alerts, 2,000 entities and 4,000 edges, how many of each. */
  leftOut: z.object({ alerts: z.int(), evidence: z.int(), edges: z.int() }),
});
export type IncidentStory = z.infer<typeof IncidentStory>;

export const ProcessNode = z.object({
  /** Of the process, on its host. */
  key: z.string(),
  /** Null at the top: nothing tells of what started it. */
  parentKey: z.string().nullable(),
  startedAt: z.iso.datetime().nullable(),
  processId: z.number().nullable(),
  image: z.string(),
  fileName: z.string(),
  commandLine: z.string(),
  account: z.string(),
  integrityLevel: z.string(),
  sha256: z.string(),
  /** Alerts of the incident about this process. */
  alertIds: z.array(z.uuid()),
  /** How many processes it started, shown or not. */
  childCount: z.int(),
  /** False: its start was not seen, only what its children say of it. */
  wasSeen: z.boolean(),
});
export type ProcessNode = z.infer<typeof ProcessNode>;

export const ProcessTree = z.object({
  /** Hosts of the incident, those of most alerts first. */
  hosts: z.array(z.object({ id: z.string(), name: z.string(), alertCount: z.int() })),
  hostId: z.string().nullable(),
  /** `alerts`: begun at the processes that alerts name. `time`: none was found, so at what started when they did. */
  basis: z.enum(['alerts', 'time']),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  nodes: z.array(ProcessNode),
  /** What a bound left out, in words. */
  partial: z.string().nullable(),
  /** KQL for all processes of the host in the time. */
  query: z.string(),
});
export type ProcessTree = z.infer<typeof ProcessTree>;

/** What the logs tell about an incident's time, beside its alerts and its own log. */
export const StoryEvent = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  /** A row behind an alert; an anomaly; an activity of behaviour analytics about one of the entities. */
  kind: z.enum(['row', 'anomaly', 'activity']),
  title: z.string(),
  text: z.string(),
  alertIds: z.array(z.uuid()),
  entityIds: z.array(z.string()),
  fields: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type StoryEvent = z.infer<typeof StoryEvent>;

export const StoryEvents = z.object({
  events: z.array(StoryEvent),
  /** Where to go on; null at the end. */
  next: z.int().nullable(),
  /** What could not be read or was cut, in words. */
  notes: z.array(z.string()),
});
export type StoryEvents = z.infer<typeof StoryEvents>;

export const SimilarIncident = z.object({
  number: z.int(),
  title: z.string(),
  severity: Severity,
  status: IncidentStatus,
  classification: Classification.nullable(),
  determination: Determination.nullable(),
  classificationComment: z.string(),
  owner: z.string().nullable(),
  alertCount: z.int(),
  createdAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
  /** 0 to 1. */
  similarity: z.number(),
  /** Why, in words: shared rules, entities, techniques. */
  reasons: z.array(z.string()),
});
export type SimilarIncident = z.infer<typeof SimilarIncident>;

export const EvidenceChange = z
  .object({
    verdict: Verdict,
    remediation: RemediationStatus,
    /** Why. */
    reason: z.string().trim().max(2_000),
  })
  .partial()
  .refine((change) => change.verdict !== undefined || change.remediation !== undefined, {
    message: 'a `verdict` or a `remediation` is needed',
  });
export type EvidenceChange = z.infer<typeof EvidenceChange>;

const IncidentNumber = z.object({ number: z.coerce.number().int().min(1).max(2_147_483_647) });
const read = { method: 'GET', permission: 'securityData.read', params: IncidentNumber } as const;

export const incidentStoryRoutes = {
  getIncidentStory: route({
    ...read,
    path: '/api/incidents/:number/story',
    summary: 'What happened: alerts, evidence with verdicts, what ties entities, the path over ATT&CK, next steps',
    response: IncidentStory,
  }),
  setEvidenceVerdict: route({
    method: 'PATCH',
    path: '/api/incidents/:number/evidence/:entityId',
    permission: 'alerts.manage',
    summary: 'Set the verdict or remediation state of an entity in an incident, with the reason',
    params: IncidentNumber.extend({ entityId: z.string().min(1).max(200) }),
    body: EvidenceChange,
    response: Evidence,
  }),
  getIncidentProcesses: route({
    ...read,
    path: '/api/incidents/:number/processes',
    summary: 'The processes that alerts of a host are about, with what started them and what they started',
    query: z.object({
      /** A host of the incident. Default: that of most alerts. */
      host: z.string().max(200).optional(),
      /** Key of a process: only what it started, up to 200. */
      parent: z.string().max(512).optional(),
    }),
    response: ProcessTree,
  }),
  listIncidentEvents: route({
    ...read,
    path: '/api/incidents/:number/events',
    summary: 'Rows behind the alerts, anomalies and activities about the entities, a page at a time',
    query: z.object({ page: z.coerce.number().int().min(0).max(10_000).default(0) }),
    response: StoryEvents,
  }),
  listSimilarIncidents: route({
    ...read,
    path: '/api/incidents/:number/similar',
    summary: 'Incidents with the same rules, entities and techniques, and how they were closed',
    response: z.object({ incidents: z.array(SimilarIncident) }),
  }),
  exportIncidentPdf: route({
    ...read,
    path: '/api/incidents/:number/pdf',
    summary: 'The incident as a PDF',
    response: 'raw',
  }),
} as const;
