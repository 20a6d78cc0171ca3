import type { Client, PageCollection } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import { startFaceServer, type FaceServer } from '../../hunting/faces/testing.ts';
import { tokenOf } from '../../incidents/faces/testing.ts';
import { manualClock } from '../../platform/clock.ts';
import { signedInPerson, tokenClient, type SignedInPerson } from './index.ts';

/** The life of a request, through Microsoft's client: one server for all suites of a file. */

export const clock = manualClock(new Date());
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** Manages authorization. */
export const administrator = '194ae4cb-b126-40b2-bd5b-6091b380977d';
export const operator = '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f';
export const reader = '5d6b6bb7-de71-4623-b4af-96380a352509';
export const directory = '/roleManagement/directory';
export const assignments = `${directory}/roleAssignmentScheduleRequests`;
export const eligibilities = `${directory}/roleEligibilityScheduleRequests`;
export const policies = '/policies/roleManagementPolicies';

let running: { readonly server: FaceServer; readonly admin: Client } | undefined;
let made = 0;
const started = () => {
  if (!running) throw new Error('it was not started');
  return running;
};
export const server = (): FaceServer => started().server;
/** A token that manages authorization. */
export const admin = (): Client => started().admin;

export type Request = Graph.UnifiedRoleAssignmentScheduleRequest;
export const ask = async (client: Client, path: string, body: object): Promise<Request> =>
  (await client.api(path).post({ directoryScopeId: '/', ...body })) as Request;
export const listOf = async <T>(client: Client, path: string, filter?: string): Promise<readonly T[]> => {
  const api = client.api(path);
  const { value } = (await (filter === undefined ? api : api.filter(filter)).get()) as PageCollection;
  return value as T[];
};
export const hours = (count: number) => ({ expiration: { type: 'afterDuration', duration: `PT${count}H` } });
export const days = (count: number) => ({ expiration: { type: 'afterDuration', duration: `P${count}D` } });
export const sweep = () => server().test.server.domains.privilegedAccess.sweep();
export const later = async (milliseconds: number) => {
  clock.advance(milliseconds);
  return sweep();
};

export const someone = () => signedInPerson(server(), `person${(made += 1)}`);
export const makeEligible = async (person: SignedInPerson, role = operator, scheduleInfo: object = days(90)) =>
  ask(admin(), eligibilities, {
    action: 'adminAssign',
    principalId: person.person.id,
    roleDefinitionId: role,
    justification: 'on call',
    scheduleInfo,
  });
export const activate = (person: SignedInPerson, more: object = {}, role = operator) =>
  ask(person.graph, assignments, {
    action: 'selfActivate',
    principalId: person.person.id,
    roleDefinitionId: role,
    justification: 'incident 7',
    scheduleInfo: hours(1),
    ...more,
  });
export const policyOf = async (role: string): Promise<string> => {
  const filter = `scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '${role}'`;
  const [found] = await listOf<Graph.UnifiedRoleManagementPolicyAssignment>(
    admin(),
    '/policies/roleManagementPolicyAssignments',
    filter,
  );
  return found?.policyId ?? '';
};
export const setRule = async (role: string, id: string, type: string, body: object) =>
  admin()
    .api(`${policies}/${await policyOf(role)}/rules/${id}`)
    .patch({ '@odata.type': `#microsoft.graph.unifiedRoleManagementPolicy${type}`, ...body });
export const enable = (role: string, ...enabledRules: string[]) =>
  setRule(role, 'Enablement_EndUser_Assignment', 'EnablementRule', { enabledRules });
export const single = (person: SignedInPerson) => ({
  '@odata.type': '#microsoft.graph.singleUser',
  userId: person.person.id,
});
export const stage = (approvers: readonly SignedInPerson[], more: object = {}) => ({
  approvalStageTimeOutInDays: 1,
  isApproverJustificationRequired: true,
  escalationTimeInMinutes: 0,
  isEscalationEnabled: false,
  primaryApprovers: approvers.map(single),
  escalationApprovers: [],
  ...more,
});
export const demandApproval = (
  role: string,
  approvalMode: string,
  approvalStages: readonly object[],
  isApprovalRequired = true,
) =>
  setRule(role, 'Approval_EndUser_Assignment', 'ApprovalRule', {
    setting: {
      isApprovalRequired,
      isApprovalRequiredForExtension: false,
      isRequestorJustificationRequired: true,
      approvalMode,
      approvalStages,
    },
  });
interface Step {
  readonly id: string;
  readonly status: string;
  readonly reviewResult: string;
  readonly assignedToMe: boolean;
}
export const stepsOf = async (person: SignedInPerson, { approvalId }: Request): Promise<readonly Step[]> => {
  const path = `${directory}/roleAssignmentApprovals/${approvalId}/steps`;
  return ((await person.graph.api(path).version('beta').get()) as PageCollection).value as Step[];
};
export const decide = async (
  person: SignedInPerson,
  request: Request,
  reviewResult: string,
  justification = 'seen',
) => {
  const open = (await stepsOf(person, request)).find((step) => step.status === 'InProgress' && step.assignedToMe);
  return person.graph
    .api(`${directory}/roleAssignmentApprovals/${request.approvalId}/steps/${open?.id ?? 'none'}`)
    .version('beta')
    .patch({ reviewResult, justification });
};
export const statusOf = async (person: SignedInPerson, { id }: Request) =>
  ((await person.graph.api(`${assignments}/${id}`).get()) as Request).status;
export const activeNow = async (person: SignedInPerson, role = operator) =>
  (
    await listOf<Graph.UnifiedRoleAssignmentScheduleInstance>(
      admin(),
      `${directory}/roleAssignmentScheduleInstances`,
      `principalId eq '${person.person.id}' and roleDefinitionId eq '${role}'`,
    )
  ).length;

export async function startLifeCycle(): Promise<void> {
  const face = await startFaceServer({ sessionMax: '30 d', sessionIdle: '24 h' }, clock);
  const token = await tokenOf(face, [
    'authorization.manage',
    'authorization.read',
    'conditionalAccess.manage',
    'privilegedAccess.request',
  ]);
  running = { server: face, admin: tokenClient(face, token) };
}
export const stopLifeCycle = (): Promise<void> | undefined => running?.server.stop();
