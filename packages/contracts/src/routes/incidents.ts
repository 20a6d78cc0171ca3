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
  entities: z.array(Entity),
  customDetails: z.record(z.string(), z.array(z.string())),
  /** The KQL and window that gave it: its rows can be asked for again. */
  query: z.string(),
  queryFrom: z.iso.datetime(),
  queryTo: z.iso.datetime(),
});
export type Alert = z.infer<typeof Alert>;

export const IncidentSummary = z.object({
  number: z.int(),
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
});
export type IncidentSummary = z.infer<typeof IncidentSummary>;

export const IncidentActivity = z.object({
  at: z.iso.datetime(),
  by: z.string(),
  kind: z.enum(['created', 'alertAdded', 'changed', 'comment', 'merged']),
  text: z.string(),
});

export const Incident = IncidentSummary.extend({
  description: z.string(),
  classificationReason: ClassificationReason.nullable(),
  classificationComment: z.string(),
  determination: Determination.nullable().optional(),
  labels: z.array(z.string()),
  /** The incident that this one went up in: it is closed, and its alerts are there. */
  mergedInto: z.int().nullable().optional(),
  alerts: z.array(Alert),
  entities: z.array(Entity),
  activities: z.array(IncidentActivity),
});
export type Incident = z.infer<typeof Incident>;

export const IncidentChange = z
  .object({
    title: z.string().trim().min(1).max(512),
    description: z.string().max(5_000),
    severity: Severity,
    status: IncidentStatus,
    /** A user principal name, or null for nobody. */
    owner: z.string().nullable(),
    classification: Classification,
    classificationReason: ClassificationReason.nullable(),
    classificationComment: z.string().max(30_000),
    /** Null: not said. A new classification without one takes the old one away. */
    determination: Determination.nullable(),
    labels: z.array(z.string().min(1).max(64)).max(50),
  })
  .partial();
export type IncidentChange = z.infer<typeof IncidentChange>;

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
      owner: z.string().optional(),
      search: z.string().max(200).optional().describe('Title, entity name or number'),
      sort: z.enum(['lastUpdatedAt', 'createdAt', 'severity', 'number', 'alertCount']).default('lastUpdatedAt'),
      order: z.enum(['asc', 'desc']).default('desc'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
    }),
    response: z.object({ total: z.int(), incidents: z.array(IncidentSummary) }),
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
    body: z.object({ message: z.string().trim().min(1).max(30_000) }),
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
