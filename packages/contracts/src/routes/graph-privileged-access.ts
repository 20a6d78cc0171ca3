import { z } from 'zod';
import { route } from '../route.ts';
import { graphAccessReviewRoutes } from './graph-access-reviews.ts';
import { graphRoleAlertRoutes } from './graph-role-alerts.ts';

/** Microsoft Graph's `roleManagement/directory` and `policies/roleManagement…`: paths, options and objects are theirs, and read by the face in that service's words. */

const text = z.string().max(16_384);
const query = z.record(z.string().max(128), z.union([text, z.array(text).max(20)]));
const response = z.record(z.string(), z.unknown());
const body = z.record(z.string().max(128), z.unknown());
const params = z.object({ id: z.string().min(1).max(320) });
const ruleParams = params.extend({ ruleId: z.string().min(1).max(128) });
const stepParams = params.extend({ stepId: z.string().min(1).max(128) });

/** `RoleManagement.Read.Directory` of Graph. */
const read = { method: 'GET', permission: 'authorization.read', query, response } as const;
/** What is the caller's own, and more for those who may read all. */
const own = { ...read, permission: 'privilegedAccess.request' } as const;
const write = { method: 'POST', permission: 'privilegedAccess.request', response: 'raw' } as const;
const directory = '/v1.0/roleManagement/directory';

/** `get` answers `filterByCurrentUser(on='…')` as well, which stands where an id does. */
const listed = <const P extends string>(path: P, what: string) => ({
  list: route({ ...read, path, summary: `Microsoft Graph: ${what}` }),
  get: route({ ...own, path: `${path}/:id`, summary: `Microsoft Graph: one of ${what}, or those of the caller`, params }), // prettier-ignore
});
const requested = <const P extends string>(path: P, what: string) => ({
  ...listed(path, what),
  create: route({ ...write, path, summary: `Microsoft Graph: ask for one of ${what}`, body }),
  cancel: route({ ...write, path: `${path}/:id/cancel`, summary: `Microsoft Graph: cancel one of ${what}`, params }),
});
const assignmentRequests = requested(`${directory}/roleAssignmentScheduleRequests`, 'requests for active roles');
const eligibilityRequests = requested(`${directory}/roleEligibilityScheduleRequests`, 'requests for eligible roles');
const assignmentSchedules = listed(`${directory}/roleAssignmentSchedules`, 'active roles');
const eligibilitySchedules = listed(`${directory}/roleEligibilitySchedules`, 'eligible roles');
const assignmentInstances = listed(`${directory}/roleAssignmentScheduleInstances`, 'roles that are active now');
const eligibilityInstances = listed(`${directory}/roleEligibilityScheduleInstances`, 'roles that are eligible now');

const group = '/v1.0/identityGovernance/privilegedAccess/group';
const groupAssignmentRequests = requested(`${group}/assignmentScheduleRequests`, 'requests for active memberships');
const groupEligibilityRequests = requested(`${group}/eligibilityScheduleRequests`, 'requests for eligible memberships');
const groupAssignmentSchedules = listed(`${group}/assignmentSchedules`, 'active memberships');
const groupEligibilitySchedules = listed(`${group}/eligibilitySchedules`, 'eligible memberships');
const groupAssignmentInstances = listed(`${group}/assignmentScheduleInstances`, 'memberships that are active now');
const groupEligibilityInstances = listed(`${group}/eligibilityScheduleInstances`, 'memberships that are eligible now');

export const graphPrivilegedAccessRoutes = {
  ...graphRoleAlertRoutes,
  ...graphAccessReviewRoutes,
  graphListGroupAssignmentRequests: groupAssignmentRequests.list,
  graphGetGroupAssignmentRequest: groupAssignmentRequests.get,
  graphCreateGroupAssignmentRequest: groupAssignmentRequests.create,
  graphCancelGroupAssignmentRequest: groupAssignmentRequests.cancel,
  graphListGroupEligibilityRequests: groupEligibilityRequests.list,
  graphGetGroupEligibilityRequest: groupEligibilityRequests.get,
  graphCreateGroupEligibilityRequest: groupEligibilityRequests.create,
  graphCancelGroupEligibilityRequest: groupEligibilityRequests.cancel,
  graphListGroupAssignmentSchedules: groupAssignmentSchedules.list,
  graphGetGroupAssignmentSchedule: groupAssignmentSchedules.get,
  graphListGroupEligibilitySchedules: groupEligibilitySchedules.list,
  graphGetGroupEligibilitySchedule: groupEligibilitySchedules.get,
  graphListGroupAssignmentInstances: groupAssignmentInstances.list,
  graphGetGroupAssignmentInstance: groupAssignmentInstances.get,
  graphListGroupEligibilityInstances: groupEligibilityInstances.list,
  graphGetGroupEligibilityInstance: groupEligibilityInstances.get,
  graphGetGroupApproval: route({
    ...own,
    path: `${group}/assignmentApprovals/:id`,
    summary: 'Microsoft Graph: the approval of a request for a membership',
    params,
  }),
  graphListGroupApprovalStages: route({
    ...own,
    path: `${group}/assignmentApprovals/:id/stages`,
    summary: 'Microsoft Graph: the stages of an approval',
    params,
  }),
  graphGetGroupApprovalStage: route({
    ...own,
    path: `${group}/assignmentApprovals/:id/stages/:stepId`,
    summary: 'Microsoft Graph: one stage of an approval',
    params: stepParams,
  }),
  graphDecideGroupApprovalStage: route({
    ...write,
    method: 'PATCH',
    path: `${group}/assignmentApprovals/:id/stages/:stepId`,
    summary: 'Microsoft Graph: approve or deny a stage',
    params: stepParams,
    body,
  }),
  graphListAssignmentRequests: assignmentRequests.list,
  graphGetAssignmentRequest: assignmentRequests.get,
  graphCreateAssignmentRequest: assignmentRequests.create,
  graphCancelAssignmentRequest: assignmentRequests.cancel,
  graphListEligibilityRequests: eligibilityRequests.list,
  graphGetEligibilityRequest: eligibilityRequests.get,
  graphCreateEligibilityRequest: eligibilityRequests.create,
  graphCancelEligibilityRequest: eligibilityRequests.cancel,
  graphListAssignmentSchedules: assignmentSchedules.list,
  graphGetAssignmentSchedule: assignmentSchedules.get,
  graphListEligibilitySchedules: eligibilitySchedules.list,
  graphGetEligibilitySchedule: eligibilitySchedules.get,
  graphListAssignmentInstances: assignmentInstances.list,
  graphGetAssignmentInstance: assignmentInstances.get,
  graphListEligibilityInstances: eligibilityInstances.list,
  graphGetEligibilityInstance: eligibilityInstances.get,
  graphListRoleDefinitions: route({
    ...own,
    path: `${directory}/roleDefinitions`,
    summary: 'Microsoft Graph: roles',
  }),
  graphGetRoleDefinition: route({
    ...own,
    path: `${directory}/roleDefinitions/:id`,
    summary: 'Microsoft Graph: one role',
    params,
  }),
  graphGetApproval: route({
    ...own,
    path: '/beta/roleManagement/directory/roleAssignmentApprovals/:id',
    summary: 'Microsoft Graph: the approval of a request',
    params,
  }),
  graphListApprovalSteps: route({
    ...own,
    path: '/beta/roleManagement/directory/roleAssignmentApprovals/:id/steps',
    summary: 'Microsoft Graph: the steps of an approval',
    params,
  }),
  graphGetApprovalStep: route({
    ...own,
    path: '/beta/roleManagement/directory/roleAssignmentApprovals/:id/steps/:stepId',
    summary: 'Microsoft Graph: one step of an approval',
    params: stepParams,
  }),
  graphDecideApprovalStep: route({
    ...write,
    method: 'PATCH',
    path: '/beta/roleManagement/directory/roleAssignmentApprovals/:id/steps/:stepId',
    summary: 'Microsoft Graph: approve or deny a step',
    params: stepParams,
    body,
  }),
  graphListRolePolicies: route({
    ...read,
    path: '/v1.0/policies/roleManagementPolicies',
    summary: 'Microsoft Graph: policies of privileged access',
  }),
  graphGetRolePolicy: route({
    ...read,
    path: '/v1.0/policies/roleManagementPolicies/:id',
    summary: 'Microsoft Graph: one policy of privileged access',
    params,
  }),
  graphListRolePolicyRules: route({
    ...read,
    path: '/v1.0/policies/roleManagementPolicies/:id/rules',
    summary: 'Microsoft Graph: the rules of a policy',
    params,
  }),
  graphGetRolePolicyRule: route({
    ...read,
    path: '/v1.0/policies/roleManagementPolicies/:id/rules/:ruleId',
    summary: 'Microsoft Graph: one rule of a policy',
    params: ruleParams,
  }),
  graphUpdateRolePolicyRule: route({
    method: 'PATCH',
    permission: 'authorization.manage',
    response: 'raw',
    path: '/v1.0/policies/roleManagementPolicies/:id/rules/:ruleId',
    summary: 'Microsoft Graph: change a rule of a policy',
    params: ruleParams,
    body,
  }),
  graphListRolePolicyAssignments: route({
    ...read,
    path: '/v1.0/policies/roleManagementPolicyAssignments',
    summary: 'Microsoft Graph: which policy is of which role',
  }),
  graphGetRolePolicyAssignment: route({
    ...read,
    path: '/v1.0/policies/roleManagementPolicyAssignments/:id',
    summary: 'Microsoft Graph: the policy of a role',
    params,
  }),
} as const;
