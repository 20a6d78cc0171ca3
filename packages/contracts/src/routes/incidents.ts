import { z } from 'zod';
import { route } from '../route.ts';
import { Cell, Column } from './hunting.ts';

/** Microsoft Sentinel's enumerations (reference 04). */
export const Severity = z.enum(['High', 'Medium', 'Low', 'Informational']);
export type Severity = z.infer<typeof Severity>;
export const IncidentStatus = z.enum(['New', 'Active', 'Closed']);
export type IncidentStatus = z.infer<typeof IncidentStatus>;
export const Classification = z.enum(['Undetermined', 'TruePositive', 'BenignPositive', 'FalsePositive']);
export type Classification = z.infer<typeof Classification>;
export const ClassificationReason = z.enum([
  'SuspiciousActivity',
  'SuspiciousButExpected',
  'IncorrectAlertLogic',
  'InaccurateData',
]);
/** Microsoft Graph's alertDetermination, but for `unknown`. */
export const Determination = z.enum([
  'apt',
  'malware',
  'securityPersonnel',
  'securityTesting',
  'unwantedSoftware',
  'other',
  'multiStagedAttack',
  'compromisedAccount',
  'phishing',
  'maliciousUserActivity',
  'notMalicious',
  'notEnoughDataToValidate',
  'confirmedActivity',
  'lineOfBusinessApplication',
]);
export type Determination = z.infer<typeof Determination>;
export const EntityKind = z.enum([
  'Account',
  'Host',
  'IP',
  'File',
  'FileHash',
  'Process',
  'RegistryKey',
  'RegistryValue',
  'URL',
  'DNS',
  'Malware',
  'Mailbox',
  'MailMessage',
  'MailCluster',
  'SubmissionMail',
  'CloudApplication',
  'AzureResource',
  'SecurityGroup',
]);
export type EntityKind = z.infer<typeof EntityKind>;

export const Entity = z.object({
  id: z.string(),
  kind: EntityKind,
  /** What a person calls it: `CONTOSO\\anna`, `10.0.0.4`. */
  name: z.string(),
  /** Its identifiers, named as Sentinel names them (`Name`, `UPNSuffix`, `HostName`, `Address`, …). */
  identifiers: z.record(z.string(), z.string()),
  /** Whether one of its identifier sets is strong, so that it joins alerts. */
  strong: z.boolean(),
});
export type Entity = z.infer<typeof Entity>;

/**
 * Microsoft Graph's investigationState as far as it happens here, and the portal's "threats found", for what no action is proposed or approved against.
 * `pendingResource`: what was approved waits for a connector that carries it out.
 */
export const InvestigationState = z.enum([
  'queued',
  'running',
  'pendingApproval',
  'pendingResource',
  'threatsFound',
  'benign',
  'partiallyInvestigated',
  'unsupportedAlertType',
  'failed',
  'terminatedByUser',
]);
export type InvestigationState = z.infer<typeof InvestigationState>;

export const Alert = z.object({
  systemAlertId: z.uuid(),
  ruleId: z.string(),
  alertName: z.string(),
  description: z.string(),
  severity: Severity,
  status: z.enum(['New', 'InProgress', 'Resolved', 'Dismissed']),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  startTime: z.iso.datetime(),
  endTime: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  incidentNumber: z.int(),
  /** The workspace whose rows it tells of; null: the first. */
  workspaceId: z.uuid().nullable(),
  entities: z.array(Entity),
  customDetails: z.record(z.string(), z.array(z.string())),
  /** The KQL and window that gave it: its rows can be asked for again. */
  query: z.string(),
  queryFrom: z.iso.datetime(),
  queryTo: z.iso.datetime(),
  /** Why it is in its incident: what it shares with it. Empty for the first, and where a person put it elsewhere. */
  linkedBy: z.string().optional(),
  /** The automated investigation that it is in; null: none. */
  investigation: z.object({ id: z.uuid(), state: InvestigationState }).nullable(),
});
export type Alert = z.infer<typeof Alert>;

export const IncidentSummary = z.object({
  number: z.int(),
  /** The workspace whose rows it tells of; null: the first. */
  workspaceId: z.uuid().nullable(),
  title: z.string(),
  severity: Severity,
  status: IncidentStatus,
  classification: Classification.nullable(),
  owner: z.string().nullable(),
  alertCount: z.int(),
  entityCount: z.int(),
  tactics: z.array(z.string()),
  createdAt: z.iso.datetime(),
  lastUpdatedAt: z.iso.datetime(),
  firstActivityAt: z.iso.datetime(),
  lastActivityAt: z.iso.datetime(),
  /** How sure it is that its alerts are one real attack: 0 to 100. */
  confidence: z.int().min(0).max(100).optional(),
  techniques: z.array(z.string()),
  labels: z.array(z.string()),
  determination: Determination.nullable(),
  commentCount: z.int(),
  /** A person's first change or comment. */
  firstModifiedAt: z.iso.datetime().nullable(),
  /** When it first had an owner, or a status beyond New. */
  acknowledgedAt: z.iso.datetime().nullable(),
  closedAt: z.iso.datetime().nullable(),
});
export type IncidentSummary = z.infer<typeof IncidentSummary>;

export const IncidentActivity = z.object({
  /** Of a comment: by which it is changed. */
  id: z.uuid().optional(),
  modifiedAt: z.iso.datetime().nullable().optional(),
  at: z.iso.datetime(),
  by: z.string(),
  kind: z.enum(['created', 'alertAdded', 'changed', 'comment', 'merged']),
  text: z.string(),
});

/** Why an incident is called, rated and filled as it is: sentences for people. */
export const IncidentReasons = z.object({
  title: z.string(),
  severity: z.string(),
  tactics: z.string(),
  /** What adds to the confidence, and what takes from it. */
  confidence: z.array(z.string()),
  /** What ties its alerts together, the most frequent first. */
  links: z.array(z.object({ text: z.string(), alerts: z.int() })),
});
export type IncidentReasons = z.infer<typeof IncidentReasons>;

export const Incident = IncidentSummary.extend({
  description: z.string(),
  classificationReason: ClassificationReason.nullable(),
  classificationComment: z.string(),
  /** The incident that this one went up in: it is closed, and its alerts are there. */
  mergedInto: z.int().nullable().optional(),
  /** The first 500 by time; `alertsNext` is the `cursor` of `listIncidentAlerts` for the rest. */
  alerts: z.array(Alert),
  alertsNext: z.string().nullable().optional(),
  /** The 500 that most alerts name; `entityCount` says how many there are. */
  entities: z.array(Entity),
  reasons: IncidentReasons.optional(),
  activities: z.array(IncidentActivity),
  /** What of it the caller does not see, in words. */
  leftOut: z.string().optional(),
});
export type Incident = z.infer<typeof Incident>;

export const IncidentChange = z
  .object({
    title: z.string().trim().min(1).max(512),
    description: z.string().max(5_000),
    severity: Severity,
    status: IncidentStatus,
    /** A user principal name, a group's name, or null for nobody. */
    owner: z.string().trim().min(1).max(254).nullable(),
    classification: Classification,
    classificationReason: ClassificationReason.nullable(),
    classificationComment: z.string().max(30_000),
    /** Null: not said. A new classification without one takes the old one away. */
    determination: Determination.nullable(),
    labels: z.array(z.string().min(1).max(64)).max(50),
  })
  .partial();
export type IncidentChange = z.infer<typeof IncidentChange>;

/** What merging incidents by hand would make. */
export const MergePreview = z.object({
  target: z.int(),
  merged: z.array(z.int()),
  /** Incidents that the rules of merging keep apart: with one of these nothing is merged. */
  refused: z.array(z.object({ number: z.int(), reason: z.string() })),
  owner: z.string().nullable(),
  alertCount: z.int(),
  entityCount: z.int(),
});
export type MergePreview = z.infer<typeof MergePreview>;

/** Reference 01: up to five incidents are merged at a time, the one that stays among them. */
const mergedMax = 4;
const MergedNumbers = z
  .string()
  .regex(/^[1-9]\d{0,8}(,[1-9]\d{0,8}){0,3}$/, 'one to four numbers of incidents, comma-separated');
const AlertIds = z.object({ alerts: z.array(z.uuid()).min(1).max(500) });

const IncidentNumber = z.object({ number: z.coerce.number().int().min(1) });

export const incidentRoutes = {
  listIncidents: route({
    method: 'GET',
    path: '/api/incidents',
    permission: 'securityData.read',
    summary: 'The queue, newest activity first unless sorted otherwise',
    query: z.object({
      status: z.string().optional().describe('Comma-separated IncidentStatus values'),
      severity: z.string().optional().describe('Comma-separated Severity values'),
      owner: z.string().max(2_000).optional().describe('Comma-separated owners; `none` for unassigned ones'),
      workspace: z.string().max(4_000).optional().describe('Comma-separated ids of workspaces; `none` for the first'),
      classification: z.string().max(200).optional().describe('Comma-separated Classification values; `none`'),
      determination: z.string().max(500).optional().describe('Comma-separated Determination values'),
      tactic: z.string().max(500).optional().describe('Comma-separated tactics, one of which it has'),
      technique: z.string().max(200).optional().describe('A technique, or one that others are below: `T1059`'),
      rule: z.string().max(200).optional().describe('Id of a rule that an alert in it is of'),
      label: z.string().max(200).optional(),
      serviceLevel: z.string().max(100).optional().describe('Comma-separated: onTime, breaching, breached, missed'),
      time: z.enum(['created', 'updated', 'activity', 'closed']).default('created').describe('What from and to bound'),
      from: z.iso.datetime().optional(),
      to: z.iso.datetime().optional(),
      alertsMin: z.coerce.number().int().min(0).max(100_000).optional(),
      search: z.string().max(200).optional().describe('Title, entity name or number'),
      sort: z.enum(['lastUpdatedAt', 'createdAt', 'severity', 'number', 'alertCount']).default('lastUpdatedAt'),
      order: z.enum(['asc', 'desc']).default('desc'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
      cursor: z
        .string()
        .max(200)
        .optional()
        .describe('`nextCursor` of the page before, with the same filters and sort'),
    }),
    response: z.object({
      total: z.int(),
      incidents: z.array(IncidentSummary),
      /** Where the next page begins; null: there is none. */
      nextCursor: z.string().nullable().optional(),
    }),
  }),
  getIncident: route({
    method: 'GET',
    path: '/api/incidents/:number',
    permission: 'securityData.read',
    summary: 'One incident with its alerts, entities and activity log',
    params: IncidentNumber,
    response: Incident,
  }),
  updateIncident: route({
    method: 'PATCH',
    path: '/api/incidents/:number',
    permission: 'alerts.manage',
    summary:
      'Change fields. Closing needs a classification. Each change is an activity, an audit row and a SecurityIncident row',
    params: IncidentNumber,
    body: IncidentChange,
    response: Incident,
  }),
  addComment: route({
    method: 'POST',
    path: '/api/incidents/:number/comments',
    permission: 'alerts.manage',
    summary: 'Add a comment (up to 30,000 characters)',
    params: IncidentNumber,
    body: z.object({
      message: z.string().trim().min(1).max(30_000),
      id: z.uuid().optional().describe('What it shall be known by; default: any'),
    }),
    response: Incident,
  }),
  editComment: route({
    method: 'PATCH',
    path: '/api/incidents/:number/comments/:id',
    permission: 'alerts.manage',
    summary: 'Change one’s own comment',
    params: IncidentNumber.extend({ id: z.uuid() }),
    body: z.object({ message: z.string().trim().min(1).max(30_000) }),
    response: Incident,
  }),
  listIncidentAlerts: route({
    method: 'GET',
    path: '/api/incidents/:number/alerts',
    permission: 'securityData.read',
    summary: 'An incident’s alerts by time, a page at a time',
    params: IncidentNumber,
    query: z.object({
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(500),
    }),
    response: z.object({ alerts: z.array(Alert), nextCursor: z.string().nullable() }),
  }),
  previewMerge: route({
    method: 'GET',
    path: '/api/incidents/:number/merge',
    permission: 'securityData.read',
    summary: 'What merging up to four others into this incident would make, and which are refused and why',
    params: IncidentNumber,
    query: z.object({ incidents: MergedNumbers.describe('Numbers, comma-separated') }),
    response: MergePreview,
  }),
  mergeIncidents: route({
    method: 'POST',
    path: '/api/incidents/:number/merge',
    permission: 'alerts.manage',
    summary: 'Merge up to four others into this incident: all or none. They are closed and lead here',
    params: IncidentNumber,
    body: z.object({ incidents: z.array(z.int().min(1)).min(1).max(mergedMax) }),
    response: Incident,
  }),
  splitIncident: route({
    method: 'POST',
    path: '/api/incidents/:number/split',
    permission: 'alerts.manage',
    summary: 'Take alerts out into a new incident, which is answered. The engine does not merge the two again',
    params: IncidentNumber,
    body: AlertIds,
    response: Incident,
  }),
  linkAlerts: route({
    method: 'POST',
    path: '/api/incidents/:number/alerts',
    permission: 'alerts.manage',
    summary: 'Put alerts of other incidents, or of none, into this one',
    params: IncidentNumber,
    body: AlertIds,
    response: Incident,
  }),
  unlinkAlerts: route({
    method: 'POST',
    path: '/api/incidents/:number/alerts/unlink',
    permission: 'alerts.manage',
    summary: 'Take alerts out of this incident, into none',
    params: IncidentNumber,
    body: AlertIds,
    response: Incident,
  }),
  deleteComment: route({
    method: 'DELETE',
    path: '/api/incidents/:number/comments/:id',
    permission: 'alerts.manage',
    summary: 'Delete one’s own comment; the log tells that there was one',
    params: IncidentNumber.extend({ id: z.uuid() }),
    response: Incident,
  }),
  getAlertEvents: route({
    method: 'GET',
    path: '/api/alerts/:id/events',
    permission: 'securityData.read',
    summary: 'The rows behind an alert, as its rule found them',
    params: z.object({ id: z.uuid() }),
    response: z.object({ columns: z.array(Column), rows: z.array(z.array(Cell)) }),
  }),
} as const;
