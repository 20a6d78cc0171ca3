import { z } from 'zod';
import { route } from '../route.ts';
import { IncidentSummary } from './incidents.ts';
import { Assignee } from './tasks.ts';

export const CaseStatus = z.enum(['New', 'Open', 'OnHold', 'Closed']);
export type CaseStatus = z.infer<typeof CaseStatus>;
export const CasePriority = z.enum(['Critical', 'High', 'Medium', 'Low']);
export type CasePriority = z.infer<typeof CasePriority>;
/** Reference 15. */
export const caseIncidentsMax = 100;
export const caseEvidenceMax = 500;

export const Case = z.object({
  number: z.int(),
  title: z.string(),
  description: z.string(),
  status: CaseStatus,
  priority: CasePriority,
  /** A user principal name, or a group's name. */
  owner: z.string().nullable(),
  dueAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
  closedAt: z.iso.datetime().nullable(),
  incidentCount: z.int(),
  evidenceCount: z.int(),
  taskCount: z.int(),
  openTaskCount: z.int(),
});
export type Case = z.infer<typeof Case>;

export const CaseEvidenceKind = z.enum(['Alert', 'Entity', 'Query', 'Note']);
export const NewCaseEvidence = z.object({
  kind: CaseEvidenceKind,
  title: z.string().trim().min(1).max(300),
  /** Of an alert its id, of an entity its id, of a query its KQL; empty for a note. */
  reference: z.string().max(30_000).default(''),
  note: z.string().max(10_000).default(''),
});
export const CaseEvidence = NewCaseEvidence.extend({
  id: z.uuid(),
  at: z.iso.datetime(),
  by: z.string(),
  /** Of an alert: the incident it is in now. */
  incident: z.int().nullable(),
});
export type CaseEvidence = z.infer<typeof CaseEvidence>;

export const CaseActivity = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  by: z.string(),
  kind: z.enum(['created', 'changed', 'comment']),
  text: z.string(),
});
export type CaseActivity = z.infer<typeof CaseActivity>;

export const CaseDetail = Case.extend({
  incidents: z.array(IncidentSummary),
  evidence: z.array(CaseEvidence),
  /** The newest 1,000, oldest first. */
  activities: z.array(CaseActivity),
});
export type CaseDetail = z.infer<typeof CaseDetail>;

export const CaseChange = z
  .object({
    title: z.string().trim().min(1).max(300),
    description: z.string().max(30_000),
    status: CaseStatus,
    priority: CasePriority,
    owner: Assignee.nullable(),
    dueAt: z.iso.datetime().nullable(),
  })
  .partial();
export type CaseChange = z.infer<typeof CaseChange>;

const CaseNumber = z.object({ number: z.coerce.number().int().min(1).max(2_147_483_647) });
const IncidentNumbers = z.array(z.int().min(1).max(2_147_483_647)).max(caseIncidentsMax);

export const caseRoutes = {
  listCases: route({
    method: 'GET',
    path: '/api/cases',
    permission: 'securityData.read',
    summary: 'Cases, newest first, in pages',
    query: z.object({
      status: z.string().max(200).optional().describe('Comma-separated CaseStatus values'),
      priority: z.string().max(200).optional().describe('Comma-separated CasePriority values'),
      owner: z.string().max(254).optional(),
      incident: z.coerce.number().int().min(1).optional().describe('Those that this incident is linked to'),
      search: z.string().max(200).optional().describe('Title, description or number'),
      before: z.coerce.number().int().min(1).optional().describe('Numbers below this one: the last of the page before'),
      limit: z.coerce.number().int().min(1).max(500).default(200),
    }),
    response: z.object({ total: z.int(), cases: z.array(Case) }),
  }),
  createCase: route({
    method: 'POST',
    path: '/api/cases',
    permission: 'alerts.manage',
    summary: 'Open a case, with incidents if wanted (at most 100,000 cases)',
    body: CaseChange.required({ title: true }).extend({ incidents: IncidentNumbers.default([]) }),
    response: CaseDetail,
  }),
  getCase: route({
    method: 'GET',
    path: '/api/cases/:number',
    permission: 'securityData.read',
    summary: 'One case with its incidents, evidence and activity log',
    params: CaseNumber,
    response: CaseDetail,
  }),
  updateCase: route({
    method: 'PATCH',
    path: '/api/cases/:number',
    permission: 'alerts.manage',
    summary: 'Change fields; each change is an activity',
    params: CaseNumber,
    body: CaseChange,
    response: CaseDetail,
  }),
  linkCaseIncidents: route({
    method: 'POST',
    path: '/api/cases/:number/incidents',
    permission: 'alerts.manage',
    summary: 'Link incidents to a case (at most 100)',
    params: CaseNumber,
    body: z.object({ numbers: IncidentNumbers.min(1) }),
    response: CaseDetail,
  }),
  unlinkCaseIncident: route({
    method: 'DELETE',
    path: '/api/cases/:number/incidents/:incident',
    permission: 'alerts.manage',
    summary: 'Unlink an incident from a case',
    params: CaseNumber.extend({ incident: z.coerce.number().int().min(1).max(2_147_483_647) }),
    response: CaseDetail,
  }),
  addCaseEvidence: route({
    method: 'POST',
    path: '/api/cases/:number/evidence',
    permission: 'alerts.manage',
    summary: 'Put an alert, an entity, a query or a note to a case (at most 500)',
    params: CaseNumber,
    body: NewCaseEvidence,
    response: CaseDetail,
  }),
  removeCaseEvidence: route({
    method: 'DELETE',
    path: '/api/cases/:number/evidence/:id',
    permission: 'alerts.manage',
    summary: 'Take a piece of evidence off a case',
    params: CaseNumber.extend({ id: z.uuid() }),
    response: CaseDetail,
  }),
  addCaseComment: route({
    method: 'POST',
    path: '/api/cases/:number/comments',
    permission: 'alerts.manage',
    summary: 'Add a comment (up to 30,000 characters, at most 1,000 a case); answers its id',
    params: CaseNumber,
    body: z.object({ message: z.string().trim().min(1).max(30_000) }),
    response: z.object({ id: z.uuid() }),
  }),
} as const;
