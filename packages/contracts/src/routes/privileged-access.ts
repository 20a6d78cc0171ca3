import { z } from 'zod';
import { AssignmentScope } from '../access-scope.ts';
import { CloudGrantState } from '../cloud-access.ts';
import {
  AlertId,
  AlertSettings,
  Expiration,
  IsoDuration,
  PolicyRule,
  PrivilegedAction,
  PrivilegedKind,
  PrivilegedStatus,
  PrivilegedTarget,
  RuleId,
} from '../privileged-access.ts';
import { route } from '../route.ts';

/** Privileged access, for the portal. Times are ISO 8601. */

const at = z.iso.datetime();
const Named = z.object({ id: z.string(), name: z.string() });

/** How far a cloud is with what it was asked to give or to take away. */
export const CloudProvisioning = z.object({
  state: CloudGrantState,
  since: at,
  /** Why not yet, as the cloud said last. */
  error: z.string().nullable(),
});
export type CloudProvisioning = z.infer<typeof CloudProvisioning>;

/** What somebody is granted: a role, a membership, a role of an application. */
export const PrivilegedHolding = z.object({
  id: z.guid(),
  kind: PrivilegedKind,
  target: PrivilegedTarget,
  targetName: z.string(),
  principal: Named.extend({ displayName: z.string(), type: z.enum(['user', 'group', 'servicePrincipal']) }),
  /** `/` is everything. */
  scopeId: z.string(),
  scope: AssignmentScope,
  assignmentType: z.enum(['Assigned', 'Activated']),
  /** Through a group that the person is a member of. */
  memberType: z.enum(['Direct', 'Group']),
  startsAt: at,
  /** Null: no end. */
  endsAt: at.nullable(),
  removedAt: at.nullable(),
  createdBy: z.string(),
  justification: z.string(),
  /** How far the cloud is with it; null for what is in no cloud, or not begun. */
  provisioning: CloudProvisioning.nullable(),
});
export type PrivilegedHolding = z.infer<typeof PrivilegedHolding>;

/** What an activation will ask for. */
export const ActivationTerms = z.object({
  maximumDuration: IsoDuration,
  multiFactor: z.boolean(),
  authenticationContext: z.string().nullable(),
  justification: z.boolean(),
  ticket: z.boolean(),
  approval: z.boolean(),
});
export type ActivationTerms = z.infer<typeof ActivationTerms>;

export const ApprovalStep = z.object({
  id: z.guid(),
  stage: z.int(),
  status: z.enum(['Initializing', 'InProgress', 'Completed', 'Expired']),
  reviewResult: z.enum(['NotReviewed', 'Approve', 'Deny']),
  reviewedBy: z.string().nullable(),
  reviewedAt: at.nullable(),
  justification: z.string(),
  isJustificationRequired: z.boolean(),
  expiresAt: at.nullable(),
});
export type ApprovalStep = z.infer<typeof ApprovalStep>;

export const PrivilegedRequest = z.object({
  id: z.guid(),
  kind: PrivilegedKind,
  action: PrivilegedAction,
  status: PrivilegedStatus,
  target: PrivilegedTarget,
  targetName: z.string(),
  principal: Named.extend({ displayName: z.string() }),
  scopeId: z.string(),
  startAt: at.nullable(),
  expiration: Expiration,
  justification: z.string(),
  ticketNumber: z.string(),
  ticketSystem: z.string(),
  createdAt: at,
  createdBy: z.string(),
  completedAt: at.nullable(),
  /** It is pending, or its time is yet to come. */
  canCancel: z.boolean(),
  steps: z.array(ApprovalStep),
});
export type PrivilegedRequest = z.infer<typeof PrivilegedRequest>;

const text = z.string().max(2_048).default('');
const wish = z.object({
  action: PrivilegedAction,
  kind: PrivilegedKind.default('active'),
  target: PrivilegedTarget,
  /** Of something that the principal has already. */
  scopeId: z.string().max(128).default('/'),
  justification: text,
  ticketNumber: z.string().max(256).default(''),
  ticketSystem: z.string().max(256).default(''),
  /** Default: now. */
  startAt: z.iso.datetime({ offset: true }).optional(),
  /** Default: the policy's maximum for an activation, no end for an assignment. */
  expiration: Expiration.optional(),
});
const params = z.object({ id: z.guid() });
const requestsAnswer = z.object({ requests: z.array(PrivilegedRequest) });
const own = { permission: 'privilegedAccess.request' } as const;

export const ApprovalDelegation = z.object({
  id: z.guid(),
  to: Named,
  startsAt: at,
  endsAt: at,
});
export type ApprovalDelegation = z.infer<typeof ApprovalDelegation>;

export const PrivilegedPolicy = z.object({
  id: z.string(),
  target: PrivilegedTarget,
  targetName: z.string(),
  modifiedAt: at.nullable(),
  modifiedBy: z.string().nullable(),
  rules: z.array(z.object({ id: RuleId, rule: PolicyRule })),
});
export type PrivilegedPolicy = z.infer<typeof PrivilegedPolicy>;

export const PrivilegedAuditEntry = z.object({
  at,
  actor: z.string(),
  activity: z.string(),
  target: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type PrivilegedAuditEntry = z.infer<typeof PrivilegedAuditEntry>;

export const PrivilegedAlertIncident = z.object({
  id: z.guid(),
  raisedAt: at,
  clearedAt: at.nullable(),
  /** Whom or what it is about, and why. */
  subject: z.string(),
  text: z.string(),
  canFix: z.boolean(),
});
export type PrivilegedAlertIncident = z.infer<typeof PrivilegedAlertIncident>;

export const PrivilegedAlert = z.object({
  id: AlertId,
  displayName: z.string(),
  severity: z.enum(['High', 'Medium', 'Low']),
  description: z.string(),
  prevention: z.string(),
  mitigation: z.string(),
  settings: AlertSettings,
  /** Which of the settings it goes by. */
  uses: z.array(AlertSettings.keyof()),
  isActive: z.boolean(),
  incidents: z.array(PrivilegedAlertIncident),
});
export type PrivilegedAlert = z.infer<typeof PrivilegedAlert>;

export const privilegedAccessRoutes = {
  listMyAccess: route({
    ...own,
    method: 'GET',
    path: '/api/privileged-access/mine',
    summary: 'What one is eligible for, and what is active',
    response: z.object({
      eligible: z.array(
        PrivilegedHolding.extend({ terms: ActivationTerms, isActive: z.boolean(), isPending: z.boolean() }),
      ),
      active: z.array(PrivilegedHolding),
      /** Ended within the last 14 days: it may be asked for again. */
      ended: z.array(PrivilegedHolding),
    }),
  }),
  listMyPrivilegedRequests: route({
    ...own,
    method: 'GET',
    path: '/api/privileged-access/mine/requests',
    summary: 'What one has asked for, newest first',
    response: requestsAnswer,
  }),
  askForPrivilegedAccess: route({
    ...own,
    method: 'POST',
    path: '/api/privileged-access/mine/requests',
    summary: 'Activate, give up, or ask to extend or renew what is one’s own',
    body: wish,
    response: z.object({ request: PrivilegedRequest }),
  }),
  cancelPrivilegedRequest: route({
    ...own,
    method: 'POST',
    path: '/api/privileged-access/requests/:id/cancel',
    summary: 'Take back a request that is pending or yet to begin',
    params,
    response: z.object({}),
  }),
  listApprovals: route({
    ...own,
    method: 'GET',
    path: '/api/privileged-access/approvals',
    summary: 'What waits for one’s decision, and what one has decided on',
    response: z.object({ waiting: z.array(PrivilegedRequest), decided: z.array(PrivilegedRequest) }),
  }),
  decideApprovals: route({
    ...own,
    method: 'POST',
    path: '/api/privileged-access/approvals',
    summary: 'Approve or deny requests',
    body: z.object({
      requestIds: z.array(z.guid()).min(1).max(50),
      result: z.enum(['Approve', 'Deny']),
      justification: text,
    }),
    /** Of each request, why it could not be decided on; empty for those that were. */
    response: z.object({ results: z.array(z.object({ requestId: z.guid(), problem: z.string() })) }),
  }),
  listApprovalDelegations: route({
    ...own,
    method: 'GET',
    path: '/api/privileged-access/delegations',
    summary: 'Who decides in one’s place',
    response: z.object({ delegations: z.array(ApprovalDelegation) }),
  }),
  addApprovalDelegation: route({
    ...own,
    method: 'POST',
    path: '/api/privileged-access/delegations',
    summary: 'Put somebody in one’s place as an approver, for a time',
    body: z.object({
      userPrincipalName: z.string().min(1).max(320),
      startsAt: z.iso.datetime({ offset: true }).optional(),
      endsAt: z.iso.datetime({ offset: true }),
    }),
    response: z.object({ delegation: ApprovalDelegation }),
  }),
  removeApprovalDelegation: route({
    ...own,
    method: 'DELETE',
    path: '/api/privileged-access/delegations/:id',
    summary: 'Take a delegation back',
    params,
    response: z.object({}),
  }),
  listMyPrivilegedAudit: route({
    ...own,
    method: 'GET',
    path: '/api/privileged-access/mine/audit',
    summary: 'What was done by or to oneself in privileged access, newest first',
    response: z.object({ entries: z.array(PrivilegedAuditEntry) }),
  }),
  listPrivilegedAudit: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/audit',
    summary: 'What was done in privileged access, newest first; of one target or of all',
    query: z.object({ targetId: z.guid().optional() }),
    response: z.object({ entries: z.array(PrivilegedAuditEntry) }),
  }),
  listPrivilegedAssignments: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/assignments',
    summary: 'Who is eligible and who is active, newest first; those that are over too with `history`',
    query: z.object({
      kind: PrivilegedKind.optional(),
      targetId: z.guid().optional(),
      history: z.stringbool().default(false),
    }),
    response: z.object({ assignments: z.array(PrivilegedHolding) }),
  }),
  listPrivilegedRequests: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/requests',
    summary: 'All requests, newest first',
    query: z.object({ pending: z.stringbool().default(false) }),
    response: requestsAnswer,
  }),
  managePrivilegedAccess: route({
    method: 'POST',
    permission: 'authorization.manage',
    path: '/api/privileged-access/requests',
    summary: 'Assign, change, extend, renew or remove somebody’s privileged access',
    body: wish.extend({
      /** Id, or a person’s user principal name. */
      principal: z.string().min(1).max(320),
      /** Of a role that is assigned anew. Default: everything. */
      scope: AssignmentScope.optional(),
    }),
    response: z.object({ request: PrivilegedRequest }),
  }),
  listPrivilegedPolicies: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/policies',
    summary: 'Settings of roles, those of clouds too; of a group with `groupId`',
    query: z.object({ groupId: z.guid().optional() }),
    response: z.object({ policies: z.array(PrivilegedPolicy) }),
  }),
  updatePrivilegedPolicyRule: route({
    method: 'PUT',
    permission: 'authorization.manage',
    path: '/api/privileged-access/policies/:policyId/rules/:ruleId',
    summary: 'Change a rule of a policy',
    params: z.object({ policyId: z.string().min(1).max(200), ruleId: RuleId }),
    body: PolicyRule,
    response: z.object({}),
  }),
  listPrivilegedAlerts: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/alerts',
    summary: 'Alerts of privileged access, with what they are about now',
    response: z.object({ scannedAt: at.nullable(), alerts: z.array(PrivilegedAlert) }),
  }),
  refreshPrivilegedAlerts: route({
    method: 'POST',
    permission: 'authorization.manage',
    path: '/api/privileged-access/alerts/refresh',
    summary: 'Look for alerts now',
    response: z.object({ raised: z.int(), cleared: z.int() }),
  }),
  setPrivilegedAlert: route({
    method: 'PUT',
    permission: 'authorization.manage',
    path: '/api/privileged-access/alerts/:alertId',
    summary: 'Change an alert’s thresholds, or switch it off',
    params: z.object({ alertId: AlertId }),
    body: AlertSettings,
    response: z.object({}),
  }),
  dismissPrivilegedAlert: route({
    method: 'POST',
    permission: 'authorization.manage',
    path: '/api/privileged-access/alerts/:alertId/dismiss',
    summary: 'Take what an alert is about now as known',
    params: z.object({ alertId: AlertId }),
    response: z.object({}),
  }),
  fixPrivilegedAlertIncident: route({
    method: 'POST',
    permission: 'authorization.manage',
    path: '/api/privileged-access/alerts/incidents/:id/fix',
    summary: 'Do what mends what an alert is about',
    params,
    response: z.object({}),
  }),
} as const;
