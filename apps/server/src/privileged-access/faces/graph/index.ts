import { SallyportError, type graphPrivilegedAccessRoutes } from '@sallyport/contracts';
import type { Handlers } from '../../../platform/http/index.ts';
import { metadataOf, readListOptions, selected } from '../../../platform/odata/index.ts';
import { allRoles, roleById } from '../../roles.ts';
import { isUuid } from '../../store.ts';
import { graphAlertHandlers, type AlertFaceParts } from './alerts.ts';
import { approvalHandlers } from './approvals.ts';
import { groupFace, roleFace } from './faces.ts';
import { roleForm } from './forms.ts';
import { graphPolicyHandlers, type PolicyParts } from './policies.ts';
import { graphReviewHandlers, type ReviewFaceParts } from './reviews.ts';
import { scheduleHandlers, type ScheduleParts } from './schedules.ts';

/**
 * Microsoft Graph's privileged access to roles and groups, for its unmodified clients.
 * https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview
 * https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview
 */

const { root } = roleFace;

export interface GraphParts extends PolicyParts, ScheduleParts, AlertFaceParts, ReviewFaceParts {
  readonly platform: PolicyParts['platform'] & ScheduleParts['platform'] & ReviewFaceParts['platform'];
}

export function graphPrivilegedAccessHandlers(parts: GraphParts): Handlers<typeof graphPrivilegedAccessRoutes> {
  const { database } = parts.platform;
  const roles = scheduleHandlers(roleFace, parts);
  const groups = scheduleHandlers(groupFace, parts);
  const ofRoles = approvalHandlers(roleFace, { name: 'roleAssignmentApprovals', parts: 'steps' }, parts);
  const ofGroups = approvalHandlers(groupFace, { name: 'assignmentApprovals', parts: 'stages' }, parts);

  return {
    ...graphPolicyHandlers(parts),
    ...graphAlertHandlers(parts),
    ...graphReviewHandlers(parts),
    graphListAssignmentRequests: roles.active.listRequests,
    graphGetAssignmentRequest: roles.active.getRequest,
    graphCreateAssignmentRequest: roles.active.createRequest,
    graphCancelAssignmentRequest: roles.active.cancelRequest,
    graphListEligibilityRequests: roles.eligible.listRequests,
    graphGetEligibilityRequest: roles.eligible.getRequest,
    graphCreateEligibilityRequest: roles.eligible.createRequest,
    graphCancelEligibilityRequest: roles.eligible.cancelRequest,
    graphListAssignmentSchedules: roles.active.listSchedules,
    graphGetAssignmentSchedule: roles.active.getSchedule,
    graphListEligibilitySchedules: roles.eligible.listSchedules,
    graphGetEligibilitySchedule: roles.eligible.getSchedule,
    graphListAssignmentInstances: roles.active.listInstances,
    graphGetAssignmentInstance: roles.active.getInstance,
    graphListEligibilityInstances: roles.eligible.listInstances,
    graphGetEligibilityInstance: roles.eligible.getInstance,

    graphListGroupAssignmentRequests: groups.active.listRequests,
    graphGetGroupAssignmentRequest: groups.active.getRequest,
    graphCreateGroupAssignmentRequest: groups.active.createRequest,
    graphCancelGroupAssignmentRequest: groups.active.cancelRequest,
    graphListGroupEligibilityRequests: groups.eligible.listRequests,
    graphGetGroupEligibilityRequest: groups.eligible.getRequest,
    graphCreateGroupEligibilityRequest: groups.eligible.createRequest,
    graphCancelGroupEligibilityRequest: groups.eligible.cancelRequest,
    graphListGroupAssignmentSchedules: groups.active.listSchedules,
    graphGetGroupAssignmentSchedule: groups.active.getSchedule,
    graphListGroupEligibilitySchedules: groups.eligible.listSchedules,
    graphGetGroupEligibilitySchedule: groups.eligible.getSchedule,
    graphListGroupAssignmentInstances: groups.active.listInstances,
    graphGetGroupAssignmentInstance: groups.active.getInstance,
    graphListGroupEligibilityInstances: groups.eligible.listInstances,
    graphGetGroupEligibilityInstance: groups.eligible.getInstance,
    graphGetGroupApproval: ofGroups.get,
    graphListGroupApprovalStages: ofGroups.listParts,
    graphGetGroupApprovalStage: ofGroups.getPart,
    graphDecideGroupApprovalStage: ofGroups.decidePart,

    graphListRoleDefinitions: async (_context, { query, request }) => {
      const options = readListOptions(query, ['$select']);
      const all = await allRoles(database);
      return {
        '@odata.context': metadataOf(request, `${root}/roleDefinitions`),
        value: all.map((role) => selected(roleForm(role), options)),
      };
    },
    graphGetRoleDefinition: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const role = isUuid(params.id) ? await roleById(database, params.id.toLowerCase()) : undefined;
      if (!role) throw new SallyportError('NotFound', `there is no role ${params.id.slice(0, 100)}`);
      return { '@odata.context': metadataOf(request, `${root}/roleDefinitions/$entity`), ...selected(roleForm(role), options) }; // prettier-ignore
    },

    graphGetApproval: ofRoles.get,
    graphListApprovalSteps: ofRoles.listParts,
    graphGetApprovalStep: ofRoles.getPart,
    graphDecideApprovalStep: ofRoles.decidePart,
  };
}
