import type * as Graph from '@microsoft/microsoft-graph-types';
import type { PolicyRule, RuleId } from '@sallyport/contracts';
import { stageOf, type StepRow } from '../../approvers.ts';
import { targetOfRule, type Policy } from '../../policies.ts';
import type { RoleFacts } from '../../roles.ts';
import type { PrincipalFacts } from '../../targets.ts';
import type { Holding, RequestRow } from '../../types.ts';

/** Objects as Microsoft Graph writes them. */

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

const scheduleInfo = (startAt: Date | null, endAt: Date | null): Graph.RequestSchedule => ({
  startDateTime: iso(startAt),
  recurrence: null,
  expiration:
    endAt === null
      ? { type: 'noExpiration', endDateTime: null, duration: null }
      : { type: 'afterDateTime', endDateTime: iso(endAt), duration: null },
});

export const requestForm = (row: RequestRow): Graph.UnifiedRoleAssignmentScheduleRequest => ({
  id: row.id,
  status: row.status,
  createdDateTime: iso(row.created_at),
  completedDateTime: iso(row.completed_at),
  approvalId: row.status === 'PendingApproval' || row.action === 'selfActivate' ? row.id : null,
  customData: null,
  action: row.action,
  principalId: row.principal_id,
  roleDefinitionId: row.target_id,
  directoryScopeId: row.scope_id,
  appScopeId: null,
  isValidationOnly: false,
  targetScheduleId: row.assignment_id,
  justification: row.justification === '' ? null : row.justification,
  createdBy: { user: { displayName: row.created_by, id: row.created_by_id } },
  scheduleInfo: {
    startDateTime: iso(row.starts_at ?? row.created_at),
    recurrence: null,
    expiration: {
      type: row.expiration.type,
      endDateTime: 'endDateTime' in row.expiration ? row.expiration.endDateTime : null,
      duration: 'duration' in row.expiration ? row.expiration.duration : null,
    },
  },
  ticketInfo: {
    ticketNumber: row.ticket_number === '' ? null : row.ticket_number,
    ticketSystem: row.ticket_system === '' ? null : row.ticket_system,
  },
});

export const scheduleForm = (row: Holding): Graph.UnifiedRoleAssignmentSchedule => ({
  id: row.id,
  principalId: row.principal_id,
  roleDefinitionId: row.target_id,
  directoryScopeId: row.scope_id,
  appScopeId: null,
  createdUsing: row.request_id,
  createdDateTime: iso(row.created_at),
  modifiedDateTime: iso(row.removed_at),
  status: row.removed_at === null ? 'Provisioned' : 'Revoked',
  memberType: row.principal_type === 'group' ? 'Group' : 'Direct',
  ...(row.kind === 'active' ? { assignmentType: row.assignment_type } : {}),
  scheduleInfo: scheduleInfo(row.starts_at, row.ends_at),
});

export const instanceForm = (
  row: Holding,
): Graph.UnifiedRoleAssignmentScheduleInstance | Graph.UnifiedRoleEligibilityScheduleInstance => ({
  id: row.id,
  principalId: row.principal_id,
  roleDefinitionId: row.target_id,
  directoryScopeId: row.scope_id,
  appScopeId: null,
  startDateTime: iso(row.starts_at),
  endDateTime: iso(row.ends_at),
  memberType: row.principal_type === 'group' ? 'Group' : 'Direct',
  ...(row.kind === 'active'
    ? {
        assignmentType: row.assignment_type,
        roleAssignmentOriginId: row.id,
        roleAssignmentScheduleId: row.id,
      }
    : { roleEligibilityScheduleId: row.id }),
});

/** Of a group in place of a role, whose words are in small letters. https://learn.microsoft.com/graph/api/resources/privilegedaccessgroup */
const groupOf = ({ target_id: groupId, access: accessId }: Pick<Holding, 'target_id' | 'access'>) => ({
  groupId,
  accessId,
});
const small = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

export function groupRequestForm(row: RequestRow): Record<string, unknown> {
  const { roleDefinitionId: _role, directoryScopeId: _scope, appScopeId: _app, ...common } = requestForm(row);
  return { ...common, ...groupOf(row) };
}
export function groupScheduleForm(row: Holding): Record<string, unknown> {
  const { roleDefinitionId: _role, directoryScopeId: _scope, appScopeId: _app, ...common } = scheduleForm(row);
  return {
    ...common,
    ...groupOf(row),
    memberType: 'direct',
    ...(row.kind === 'active' ? { assignmentType: small(row.assignment_type) } : {}),
  };
}
export const groupInstanceForm = (row: Holding): Record<string, unknown> => ({
  id: row.id,
  principalId: row.principal_id,
  ...groupOf(row),
  startDateTime: iso(row.starts_at),
  endDateTime: iso(row.ends_at),
  memberType: 'direct',
  ...(row.kind === 'active'
    ? { assignmentType: small(row.assignment_type), assignmentScheduleId: row.id }
    : { eligibilityScheduleId: row.id }),
});

export const roleForm = (role: RoleFacts): Graph.UnifiedRoleDefinition => ({
  id: role.id,
  templateId: role.id,
  displayName: role.name,
  description: role.description,
  isBuiltIn: role.isBuiltIn,
  isEnabled: true,
  resourceScopes: ['/'],
  version: null,
  rolePermissions: [{ allowedResourceActions: [...role.permissions], condition: null }],
});

export const principalForm = (principal: PrincipalFacts): Graph.DirectoryObject & Record<string, unknown> => ({
  '@odata.type': `#microsoft.graph.${principal.type}`,
  id: principal.id,
  displayName: principal.displayName,
  ...(principal.type === 'user' ? { userPrincipalName: principal.name } : {}),
});

export const policyForm = (policy: Policy): Graph.UnifiedRoleManagementPolicy => ({
  id: policy.id,
  displayName: policy.scopeType,
  description: policy.scopeType,
  isOrganizationDefault: false,
  scopeId: policy.scopeId,
  scopeType: policy.scopeType,
  lastModifiedDateTime: iso(policy.modified?.at ?? null),
  lastModifiedBy: { displayName: policy.modified?.by ?? null, id: policy.modified?.byId ?? null },
});

export const ruleForm = (id: RuleId, rule: PolicyRule): Record<string, unknown> => ({
  ...rule,
  id,
  target: targetOfRule(id),
});

/** Of a policy's assignment to its role; Graph composes the id so. */
export const policyAssignmentId = (policy: Policy): string =>
  `${policy.id}_${policy.target.type === 'role' ? policy.target.id : policy.target.access}`;
export const policyAssignmentForm = (policy: Policy): Graph.UnifiedRoleManagementPolicyAssignment => ({
  id: policyAssignmentId(policy),
  policyId: policy.id,
  scopeId: policy.scopeId,
  scopeType: policy.scopeType,
  roleDefinitionId: policy.target.type === 'role' ? policy.target.id : policy.target.access,
});

/** Beta's approvalStep. https://learn.microsoft.com/graph/api/resources/approvalstep */
export const stepForm = (step: StepRow, assignedToMe: boolean): Record<string, unknown> => ({
  id: step.id,
  displayName: `Stage ${step.position + 1}`,
  assignedToMe,
  isApproverJustificationRequired: stageOf(step).isApproverJustificationRequired,
  justification: step.justification,
  reviewResult: step.review_result,
  reviewedBy: step.reviewed_by_id === null ? null : { id: step.reviewed_by_id, userPrincipalName: step.reviewed_by },
  reviewedDateTime: iso(step.reviewed_at),
  status: step.status,
});
