import { z } from 'zod';
import { route } from '../route.ts';
import { Verdict } from './incident-story.ts';
import { Entity, InvestigationState } from './incidents.ts';

/** What happens by itself on the devices of a group. https://learn.microsoft.com/defender-endpoint/automation-levels */
export const AutomationLevel = z.enum([
  'full',
  'semiAllFolders',
  'semiCoreFolders',
  'semiNonTempFolders',
  'noAutomatedResponse',
]);
export type AutomationLevel = z.infer<typeof AutomationLevel>;

/** What can be proposed; named as Microsoft's response actions are, where there is one. */
export const ResponseActionKind = z.enum([
  'isolateDevice',
  'collectInvestigationPackage',
  'runAntivirusScan',
  'stopAndQuarantineFile',
  'disableUser',
  'revokeSignInSessions',
  'forceUserPasswordReset',
  'softDeleteEmail',
  'disableInboxRule',
  'disableOAuthApp',
  'disableAccessKeys',
  'blockIndicator',
]);
export type ResponseActionKind = z.infer<typeof ResponseActionKind>;

export const ResponseActionState = z.enum(['pendingApproval', 'approved', 'rejected', 'skipped']);
export type ResponseActionState = z.infer<typeof ResponseActionState>;

/** Something that an investigation proposes to do. Nothing has been done: no connector carries actions out yet. */
export const ProposedAction = z.object({
  id: z.uuid(),
  kind: ResponseActionKind,
  target: Entity,
  /** What else is needed to do it: the device that a file lies on. */
  parameters: z.record(z.string(), z.string()),
  reason: z.string(),
  requestedBy: z.string(),
  onBehalfOf: z.string().nullable(),
  incident: z.int(),
  state: ResponseActionState,
  /** Why it is in this state: the automation level, or what who decided wrote. */
  stateReason: z.string(),
  /** What takes it back; null where nothing does. */
  inverse: z.string().nullable(),
  idempotencyKey: z.string(),
  proposedAt: z.iso.datetime(),
  /** A person's name, or Sallyport where the automation level decided. */
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  /** An action that nobody approved until then is rejected. */
  expiresAt: z.iso.datetime(),
});
export type ProposedAction = z.infer<typeof ProposedAction>;

export const InvestigationReason = z.object({ text: z.string(), score: z.number() });

/** A thing that the investigation looked at or came upon. */
export const InvestigationEvidence = z.object({
  entity: Entity,
  verdict: Verdict,
  /** 0 to 100: from 80 malicious, from 40 suspicious. */
  score: z.number(),
  reasons: z.array(InvestigationReason),
  firstSeenAt: z.iso.datetime().nullable(),
  lastSeenAt: z.iso.datetime().nullable(),
  /** Devices that it was seen on, the first ten. */
  devices: z.array(z.string()),
  /** How many rows tell of it, at least: the most that one query found. */
  rows: z.int(),
  /** Ids of the log's entries whose queries found it. */
  foundBy: z.array(z.int()),
  /** 0: an alert named it; n: found n steps away from the alerts. */
  depth: z.int(),
});
export type InvestigationEvidence = z.infer<typeof InvestigationEvidence>;

export const InvestigationLogEntry = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  kind: z.enum(['alert', 'asked', 'skipped', 'failed', 'widened', 'bound', 'ended', 'decided']),
  text: z.string(),
  /** Name of the playbook and of its step; empty where it is about none. */
  playbook: z.string(),
  step: z.string(),
  rows: z.int().nullable(),
  seconds: z.number().nullable(),
  /** KQL that asks the same again; null where nothing was asked. */
  query: z.string().nullable(),
});
export type InvestigationLogEntry = z.infer<typeof InvestigationLogEntry>;

export const InvestigationSummary = z.object({
  id: z.uuid(),
  incidentNumber: z.int(),
  incidentTitle: z.string(),
  state: InvestigationState,
  stateReason: z.string(),
  /** A person's name; Sallyport where an alert did. */
  startedBy: z.string(),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  alertCount: z.int(),
  /** Names. */
  playbooks: z.array(z.string()),
  malicious: z.int(),
  suspicious: z.int(),
  pendingActions: z.int(),
  queries: z.int(),
});
export type InvestigationSummary = z.infer<typeof InvestigationSummary>;

export const Investigation = InvestigationSummary.extend({
  /** The gravest first, up to 500. */
  evidence: z.array(InvestigationEvidence),
  evidenceCount: z.int(),
  actions: z.array(ProposedAction),
  /** Newest last, up to 1,000. */
  log: z.array(InvestigationLogEntry),
});
export type Investigation = z.infer<typeof Investigation>;

export const InvestigationPlaybook = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** KQL over an alert: which ones it is for. */
  condition: z.string(),
  steps: z.array(z.object({ id: z.string(), name: z.string(), for: z.string(), tables: z.array(z.string()) })),
});
export type InvestigationPlaybook = z.infer<typeof InvestigationPlaybook>;

export const DeviceGroupAutomation = z.object({
  /** `MachineGroup` of DeviceInfo; empty: devices in no group. */
  name: z.string(),
  level: AutomationLevel,
  /** False: nobody has said it, so the default counts. */
  isSet: z.boolean(),
  devices: z.int(),
  updatedBy: z.string().nullable(),
  updatedAt: z.iso.datetime().nullable(),
});
export type DeviceGroupAutomation = z.infer<typeof DeviceGroupAutomation>;

const ById = z.object({ id: z.uuid() });
const ByIncident = z.object({ number: z.coerce.number().int().min(1).max(2_147_483_647) });

export const investigationRoutes = {
  listInvestigations: route({
    method: 'GET',
    path: '/api/investigations',
    permission: 'securityData.read',
    summary: 'Automated investigations, the newest first, up to 500',
    query: z.object({ state: z.string().max(300).optional().describe('States, joined by commas') }),
    response: z.object({ investigations: z.array(InvestigationSummary) }),
  }),
  getInvestigation: route({
    method: 'GET',
    path: '/api/investigations/:id',
    permission: 'securityData.read',
    summary: 'An automated investigation: its log, evidence with verdicts, proposed actions',
    params: ById,
    response: Investigation,
  }),
  getIncidentInvestigation: route({
    method: 'GET',
    path: '/api/incidents/:number/investigation',
    permission: 'securityData.read',
    summary: 'The automated investigation of an incident',
    params: ByIncident,
    response: z.object({ investigation: Investigation.nullable() }),
  }),
  startInvestigation: route({
    method: 'POST',
    path: '/api/incidents/:number/investigation',
    permission: 'alerts.manage',
    summary:
      'Investigate an incident, or one of its alerts, now; alerts that were not looked at join the investigation that there is',
    params: ByIncident,
    body: z.object({ alertId: z.uuid().optional() }),
    response: Investigation,
  }),
  stopInvestigation: route({
    method: 'POST',
    path: '/api/investigations/:id/stop',
    permission: 'alerts.manage',
    summary: 'End an investigation that runs; what it found stays',
    params: ById,
    body: z.object({}),
    response: Investigation,
  }),
  decideAction: route({
    method: 'POST',
    path: '/api/investigation-actions/:id/decision',
    permission: 'response.manage',
    summary: 'Approve or reject a proposed action. The same decision again changes nothing; another one is a Conflict',
    params: ById,
    body: z.object({ decision: z.enum(['approve', 'reject']), comment: z.string().trim().max(2_000).default('') }),
    response: ProposedAction,
  }),
  listInvestigationPlaybooks: route({
    method: 'GET',
    path: '/api/investigation-playbooks',
    permission: 'securityData.read',
    summary: 'The playbooks that investigations follow',
    response: z.object({ playbooks: z.array(InvestigationPlaybook) }),
  }),
  listDeviceGroupAutomation: route({
    method: 'GET',
    path: '/api/device-groups/automation',
    permission: 'securityData.read',
    summary: 'Device groups that DeviceInfo tells of, with their automation levels',
    response: z.object({ groups: z.array(DeviceGroupAutomation) }),
  }),
  setDeviceGroupAutomation: route({
    method: 'PUT',
    path: '/api/device-groups/automation',
    permission: 'systemSettings.manage',
    summary: 'Set the automation level of a device group (at most 1,000 groups); an empty name is devices in no group',
    body: z.object({ name: z.string().max(200), level: AutomationLevel }),
    response: z.object({ groups: z.array(DeviceGroupAutomation) }),
  }),
} as const;
