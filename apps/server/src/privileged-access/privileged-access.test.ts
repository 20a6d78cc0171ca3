import type { Client, PageCollection } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import { ruleIds } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';
import { tokenOf } from '../incidents/faces/testing.ts';
import { manualClock } from '../platform/clock.ts';
import { errorOf } from '../testing.ts';
import { graphFailure, signedInPerson, tokenClient, type SignedInPerson } from './testing.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const clock = manualClock(new Date());
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const operator = '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f';
const reader = '5d6b6bb7-de71-4623-b4af-96380a352509';
const directory = '/roleManagement/directory';
const assignments = `${directory}/roleAssignmentScheduleRequests`;
const eligibilities = `${directory}/roleEligibilityScheduleRequests`;
const policies = '/policies/roleManagementPolicies';

let server: FaceServer;
let admin: Client;
let made = 0;

type Request = Graph.UnifiedRoleAssignmentScheduleRequest;
const ask = async (client: Client, path: string, body: object): Promise<Request> =>
  (await client.api(path).post({ directoryScopeId: '/', ...body })) as Request;
const listOf = async <T>(client: Client, path: string, filter?: string): Promise<readonly T[]> => {
  const api = client.api(path);
  const { value } = (await (filter === undefined ? api : api.filter(filter)).get()) as PageCollection;
  return value as T[];
};
const hours = (count: number) => ({ expiration: { type: 'afterDuration', duration: `PT${count}H` } });
const days = (count: number) => ({ expiration: { type: 'afterDuration', duration: `P${count}D` } });
const sweep = () => server.test.server.domains.privilegedAccess.sweep();
const later = async (milliseconds: number) => {
  clock.advance(milliseconds);
  return sweep();
};

const someone = () => signedInPerson(server, `person${(made += 1)}`);
const makeEligible = async (person: SignedInPerson, role = operator, scheduleInfo: object = days(90)) =>
  ask(admin, eligibilities, {
    action: 'adminAssign',
    principalId: person.person.id,
    roleDefinitionId: role,
    justification: 'on call',
    scheduleInfo,
  });
const activate = (person: SignedInPerson, more: object = {}, role = operator) =>
  ask(person.graph, assignments, {
    action: 'selfActivate',
    principalId: person.person.id,
    roleDefinitionId: role,
    justification: 'incident 7',
    scheduleInfo: hours(1),
    ...more,
  });
const policyOf = async (role: string): Promise<string> => {
  const filter = `scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '${role}'`;
  const [found] = await listOf<Graph.UnifiedRoleManagementPolicyAssignment>(
    admin,
    '/policies/roleManagementPolicyAssignments',
    filter,
  );
  return found?.policyId ?? '';
};
const setRule = async (role: string, id: string, type: string, body: object) =>
  admin
    .api(`${policies}/${await policyOf(role)}/rules/${id}`)
    .patch({ '@odata.type': `#microsoft.graph.unifiedRoleManagementPolicy${type}`, ...body });
const enable = (role: string, ...enabledRules: string[]) =>
  setRule(role, 'Enablement_EndUser_Assignment', 'EnablementRule', { enabledRules });
const single = (person: SignedInPerson) => ({
  '@odata.type': '#microsoft.graph.singleUser',
  userId: person.person.id,
});
const stage = (approvers: readonly SignedInPerson[], more: object = {}) => ({
  approvalStageTimeOutInDays: 1,
  isApproverJustificationRequired: true,
  escalationTimeInMinutes: 0,
  isEscalationEnabled: false,
  primaryApprovers: approvers.map(single),
  escalationApprovers: [],
  ...more,
});
const demandApproval = (
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
const stepsOf = async (person: SignedInPerson, { approvalId }: Request): Promise<readonly Step[]> => {
  const path = `${directory}/roleAssignmentApprovals/${approvalId}/steps`;
  return ((await person.graph.api(path).version('beta').get()) as PageCollection).value as Step[];
};
const decide = async (person: SignedInPerson, request: Request, reviewResult: string, justification = 'seen') => {
  const open = (await stepsOf(person, request)).find((step) => step.status === 'InProgress' && step.assignedToMe);
  return person.graph
    .api(`${directory}/roleAssignmentApprovals/${request.approvalId}/steps/${open?.id ?? 'none'}`)
    .version('beta')
    .patch({ reviewResult, justification });
};
const statusOf = async (person: SignedInPerson, { id }: Request) =>
  ((await person.graph.api(`${assignments}/${id}`).get()) as Request).status;
const activeNow = async (person: SignedInPerson, role = operator) =>
  (
    await listOf<Graph.UnifiedRoleAssignmentScheduleInstance>(
      admin,
      `${directory}/roleAssignmentScheduleInstances`,
      `principalId eq '${person.person.id}' and roleDefinitionId eq '${role}'`,
    )
  ).length;

beforeAll(async () => {
  server = await startFaceServer({ sessionMax: '30 d', sessionIdle: '24 h' }, clock);
  admin = tokenClient(
    server,
    await tokenOf(server, [
      'authorization.manage',
      'authorization.read',
      'conditionalAccess.manage',
      'privilegedAccess.request',
    ]),
  );
});
afterAll(() => server.stop());

describe('policies', () => {
  it('are there for every role, with the 17 documented rules', async () => {
    const filter = `scopeId eq '/' and scopeType eq 'DirectoryRole'`;
    const { value } = (await admin.api(policies).filter(filter).expand('rules').get()) as PageCollection;
    const roles = await listOf<Graph.UnifiedRoleDefinition>(admin, `${directory}/roleDefinitions`);
    expect(value).toHaveLength(roles.length);
    for (const policy of value as Graph.UnifiedRoleManagementPolicy[])
      expect(policy.rules?.map(({ id }) => id)).toEqual([...ruleIds]);
    const rule = async (id: string) => admin.api(`${policies}/${await policyOf(operator)}/rules/${id}`).get();
    expect(await rule('Expiration_EndUser_Assignment')).toMatchObject({
      '@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyExpirationRule',
      isExpirationRequired: true,
      maximumDuration: 'PT8H',
      target: { caller: 'EndUser', operations: ['all'], level: 'Assignment' },
    });
    expect(await rule('Enablement_EndUser_Assignment')).toMatchObject({
      enabledRules: ['MultiFactorAuthentication', 'Justification'],
    });
  });

  it('refuse rules that are none, and keep those that are', async () => {
    const id = 'Expiration_EndUser_Assignment';
    for (const [type, body] of [
      ['ExpirationRule', { maximumDuration: 'PT25H' }],
      ['ExpirationRule', { maximumDuration: 'soon' }],
      ['ExpirationRule', { isExpirationRequired: false }],
      ['EnablementRule', { enabledRules: [] }],
    ] as const)
      expect(await graphFailure(setRule(reader, id, type, body))).toMatchObject({ status: 400 });
    await setRule(reader, id, 'ExpirationRule', { maximumDuration: 'PT2H' });
    expect(await admin.api(`${policies}/${await policyOf(reader)}/rules/${id}`).get()).toMatchObject({
      isExpirationRequired: true,
      maximumDuration: 'PT2H',
    });
    const dana = await someone();
    expect(await graphFailure(dana.graph.api(`${policies}/${await policyOf(reader)}/rules`).get())).toMatchObject({
      status: 403,
    });
  });
});

describe('an activation', () => {
  it('needs an eligibility, a justification, a ticket, a factor, and no more time than there is', async () => {
    const bob = await someone();
    const failed = async (more: object = {}) => (await graphFailure(activate(bob, more))).message;
    expect(await graphFailure(activate(bob))).toEqual({
      status: 400,
      code: 'RoleAssignmentRequestPolicyValidationFailed',
      message: 'The following policy rules failed: ["EligibilityRule"]',
    });
    expect(await makeEligible(bob)).toMatchObject({ status: 'Provisioned', action: 'adminAssign' });
    expect(await failed({ justification: ' ' })).toContain('["JustificationRule"]');
    expect(await failed({ scheduleInfo: hours(9) })).toContain('["ExpirationRule"]');
    expect(await failed({ justification: '', scheduleInfo: hours(9) })).toContain(
      '["ExpirationRule","JustificationRule"]',
    );
    await enable(operator, 'MultiFactorAuthentication', 'Justification', 'Ticketing');
    expect(await failed()).toContain('["TicketingRule"]');
    const { database } = server.test.platform;
    const method = (name: string) =>
      database.execute('UPDATE sessions SET method = $2 WHERE person_id = $1', [bob.person.id, name]);
    const ticketInfo = { ticketNumber: 'INC0125967', ticketSystem: 'ServiceNow' };
    await method('federatedSingleFactor');
    expect(await failed({ ticketInfo })).toContain('["MfaRule"]');
    await method('passwordTotp');
    expect(await activate(bob, { ticketInfo })).toMatchObject({ status: 'Provisioned', ticketInfo });
    await enable(operator, 'MultiFactorAuthentication', 'Justification');
    expect(await graphFailure(activate(bob))).toMatchObject({ status: 400, code: 'RoleAssignmentExists' });
    expect(await activeNow(bob)).toBe(1);
  });

  it('is of those who ask, and of scopes that they have', async () => {
    const [bob, eve] = [await someone(), await someone()];
    await makeEligible(bob);
    expect(await graphFailure(activate(eve, { principalId: bob.person.id }))).toMatchObject({ status: 403 });
    expect(await graphFailure(activate(bob, { directoryScopeId: '/scopes/none' }))).toMatchObject({
      code: 'InvalidScope',
    });
    const nobody = '00000000-0000-4000-8000-000000000000';
    expect(await graphFailure(activate(bob, { roleDefinitionId: nobody }))).toMatchObject({ code: 'RoleNotFound' });
    expect(
      await graphFailure(
        ask(eve.graph, eligibilities, {
          action: 'adminAssign',
          principalId: eve.person.id,
          roleDefinitionId: operator,
        }),
      ),
    ).toMatchObject({ status: 403 });
    expect(await activate(bob, { isValidationOnly: true })).toMatchObject({ isValidationOnly: true });
    expect(await activeNow(bob)).toBe(0);
  });

  it('ends when it is given up, not within five minutes, and when its time is over', async () => {
    const bob = await someone();
    await makeEligible(bob);
    const giveUp = () =>
      ask(bob.graph, assignments, { action: 'selfDeactivate', principalId: bob.person.id, roleDefinitionId: operator });
    expect(await graphFailure(giveUp())).toMatchObject({ code: 'RoleAssignmentDoesNotExist' });
    await activate(bob);
    expect(await graphFailure(giveUp())).toMatchObject({ code: 'ActiveDurationTooShort' });
    clock.advance(5 * minuteMs);
    expect(await giveUp()).toMatchObject({ status: 'Revoked' });
    expect(await activeNow(bob)).toBe(0);
    await activate(bob);
    await later(hourMs - 1_000);
    expect(await activeNow(bob)).toBe(1);
    expect((await later(1_000)).ended).toBeGreaterThan(0);
    expect(await activeNow(bob)).toBe(0);
  });

  it('begins later when it is asked to, and can be taken back before', async () => {
    const bob = await someone();
    await makeEligible(bob);
    const startDateTime = new Date(clock.now().getTime() + 2 * hourMs).toISOString();
    const scheduleInfo = { startDateTime, ...hours(1) };
    const planned = await activate(bob, { scheduleInfo });
    expect(planned.status).toBe('Granted');
    expect(await activeNow(bob)).toBe(0);
    await bob.graph.api(`${assignments}/${planned.id}/cancel`).post({});
    expect(await statusOf(bob, planned)).toBe('Canceled');
    const again = await activate(bob, { scheduleInfo });
    await later(2 * hourMs);
    expect(await statusOf(bob, again)).toBe('Provisioned');
    expect(await activeNow(bob)).toBe(1);
    expect(await graphFailure(bob.graph.api(`${assignments}/${again.id}/cancel`).post({}))).toMatchObject({
      code: 'InvalidRequestStatus',
    });
    await later(hourMs);
    expect(await activeNow(bob)).toBe(0);
  });

  it('ends with the eligibility that it came from', async () => {
    const bob = await someone();
    await makeEligible(bob);
    await activate(bob);
    const removal = { action: 'adminRemove', principalId: bob.person.id, roleDefinitionId: operator };
    expect(await ask(admin, eligibilities, removal)).toMatchObject({ status: 'Revoked' });
    expect(await activeNow(bob)).toBe(0);
    expect(await graphFailure(ask(admin, eligibilities, removal))).toMatchObject({
      code: 'RoleAssignmentDoesNotExist',
    });
    const carl = await someone();
    await makeEligible(carl, operator, hours(2));
    clock.advance(90 * minuteMs);
    await activate(carl);
    await later(30 * minuteMs);
    expect(await activeNow(carl)).toBe(0);
  });

  it('asks for the authentication context of Conditional Access', async () => {
    const bob = await someone();
    await makeEligible(bob, reader);
    const context = (isEnabled: boolean) =>
      setRule(reader, 'AuthenticationContext_EndUser_Assignment', 'AuthenticationContextRule', {
        isEnabled,
        claimValue: 'c1',
      });
    await context(true);
    // No policy is about it: multifactor authentication will do.
    const first = await activate(bob, {}, reader);
    expect(first.status).toBe('Provisioned');
    await later(2 * hourMs);
    await admin.api('/identity/conditionalAccess/authenticationContextClassReferences').post({
      id: 'c1',
      displayName: 'Activation',
      isAvailable: true,
    });
    const policy = (await admin.api('/identity/conditionalAccess/policies').post({
      displayName: 'A key for activations',
      state: 'enabled',
      conditions: {
        users: { includeUsers: [bob.person.id] },
        applications: { includeAuthenticationContextClassReferences: ['c1'] },
      },
      grantControls: {
        operator: 'OR',
        builtInControls: [],
        authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' },
      },
    })) as { id: string };
    const refused = await graphFailure(activate(bob, {}, reader));
    expect(refused).toMatchObject({ status: 400, code: 'RoleAssignmentRequestAcrsValidationFailed' });
    expect(decodeURIComponent(refused.message)).toBe(
      '&claims={"access_token":{"acrs":{"essential":true,"value":"c1"}}}',
    );
    await server.test.platform.database.execute(`UPDATE sessions SET method = 'passkey' WHERE person_id = $1`, [
      bob.person.id,
    ]);
    expect((await activate(bob, {}, reader)).status).toBe('Provisioned');
    await context(false);
    await admin.api(`/identity/conditionalAccess/policies/${policy.id}`).delete();
    await later(2 * hourMs);
  });
});

describe('an approval', () => {
  it('of one stage is by those who are named, with a justification, never by whoever asks; then the clock starts', async () => {
    const [bob, ann, eve] = [await someone(), await someone(), await someone()];
    await makeEligible(bob);
    await demandApproval(operator, 'SingleStage', [stage([ann, bob])]);
    const request = await activate(bob);
    expect(request).toMatchObject({ status: 'PendingApproval', approvalId: request.id });
    expect(await graphFailure(activate(bob))).toMatchObject({ code: 'PendingRoleAssignmentRequest' });
    expect(await listOf<Request>(ann.graph, `${assignments}/filterByCurrentUser(on='approver')`)).toMatchObject([
      { id: request.id },
    ]);
    expect(await listOf(eve.graph, `${assignments}/filterByCurrentUser(on='approver')`)).toEqual([]);
    const path = async (who: SignedInPerson) => {
      const [step] = await stepsOf(ann, request);
      return who.graph
        .api(`${directory}/roleAssignmentApprovals/${request.id}/steps/${step?.id}`)
        .version('beta')
        .patch({ reviewResult: 'Approve', justification: 'for me' });
    };
    expect(await graphFailure(path(bob))).toMatchObject({ status: 403, code: 'UnauthorizedApprover' });
    expect(await graphFailure(path(eve))).toMatchObject({ status: 403 });
    expect(await graphFailure(decide(ann, request, 'Approve', ''))).toMatchObject({ status: 400 });
    await later(3 * hourMs);
    await decide(ann, request, 'Approve');
    expect(await statusOf(bob, request)).toBe('Provisioned');
    await later(hourMs - 1_000);
    expect(await activeNow(bob)).toBe(1);
    await later(1_000);
    expect(await activeNow(bob)).toBe(0);
    expect(await graphFailure(path(ann))).toMatchObject({ code: 'InvalidRequestStatus' });
  });

  it('that two give at once grants once', async () => {
    const [bob, ann, art] = [await someone(), await someone(), await someone()];
    await makeEligible(bob);
    await demandApproval(operator, 'SingleStage', [stage([ann, art])]);
    for (let round = 0; round < 5; round++) {
      const request = await activate(bob);
      const results = await Promise.allSettled([
        decide(ann, request, 'Approve'),
        decide(art, request, 'Approve'),
        decide(ann, request, 'Approve'),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const granted = await server.test.platform.database.query(
        'SELECT id FROM role_assignments WHERE request_id = $1',
        [request.id],
      );
      expect(granted).toHaveLength(1);
      await later(hourMs);
    }
  });

  it('of serial stages is by each after the other, of parallel ones by all', async () => {
    const [bob, ann, art] = [await someone(), await someone(), await someone()];
    await makeEligible(bob);
    await demandApproval(operator, 'Serial', [stage([ann]), stage([art])]);
    const serial = await activate(bob);
    expect((await stepsOf(ann, serial)).map(({ status }) => status)).toEqual(['InProgress', 'Initializing']);
    expect(await graphFailure(decide(art, serial, 'Approve'))).toMatchObject({ status: 404 });
    await decide(ann, serial, 'Approve');
    expect(await statusOf(bob, serial)).toBe('PendingApproval');
    await decide(art, serial, 'Approve');
    expect(await statusOf(bob, serial)).toBe('Provisioned');
    await later(hourMs);
    await demandApproval(operator, 'Parallel', [stage([ann]), stage([art])]);
    const parallel = await activate(bob);
    await decide(art, parallel, 'Approve');
    expect(await statusOf(bob, parallel)).toBe('PendingApproval');
    await decide(ann, parallel, 'Deny');
    expect(await statusOf(bob, parallel)).toBe('Denied');
    expect(await activeNow(bob)).toBe(0);
  });

  it('goes to others after the time of escalation, to delegates, and is over after days', async () => {
    const [bob, ann, art, del] = [await someone(), await someone(), await someone(), await someone()];
    await makeEligible(bob);
    const escalating = { isEscalationEnabled: true, escalationTimeInMinutes: 30, escalationApprovers: [single(art)] };
    await demandApproval(operator, 'SingleStage', [stage([ann], escalating)]);
    const request = await activate(bob);
    const waiting = async (who: SignedInPerson) => (await who.browser.listApprovals()).waiting.map(({ id }) => id);
    expect(await waiting(art)).toEqual([]);
    await later(30 * minuteMs);
    expect(await waiting(art)).toEqual([request.id]);
    expect(await waiting(del)).toEqual([]);
    await ann.browser.addApprovalDelegation({
      body: {
        userPrincipalName: del.person.userPrincipalName,
        endsAt: new Date(clock.now().getTime() + dayMs).toISOString(),
      },
    });
    expect(await waiting(del)).toEqual([request.id]);
    expect((await later(dayMs)).decided).toBeGreaterThan(0);
    for (const person of [bob, ann, del]) await person.again();
    expect(await statusOf(bob, request)).toBe('TimedOut');
    const again = await activate(bob);
    await ann.browser.addApprovalDelegation({
      body: {
        userPrincipalName: del.person.userPrincipalName,
        endsAt: new Date(clock.now().getTime() + dayMs).toISOString(),
      },
    });
    const decided = await del.browser.decideApprovals({
      body: { requestIds: [again.id ?? ''], result: 'Approve', justification: 'for Ann' },
    });
    expect(decided.results).toEqual([{ requestId: again.id, problem: '' }]);
    expect(await statusOf(bob, again)).toBe('Provisioned');
    await demandApproval(operator, 'SingleStage', [stage([])], false);
    await later(hourMs);
  });
});

describe('an assignment', () => {
  it('is bound by the policy’s rules, changed, extended, renewed and ended', async () => {
    const bob = await someone();
    const own = { principalId: bob.person.id, roleDefinitionId: reader, justification: 'audit' };
    const assign = (more: object) => ask(admin, assignments, { action: 'adminAssign', ...own, ...more });
    await setRule(reader, 'Expiration_Admin_Assignment', 'ExpirationRule', {
      isExpirationRequired: true,
      maximumDuration: 'PT15H',
    });
    expect((await graphFailure(assign({ scheduleInfo: { expiration: { type: 'noExpiration' } } }))).message).toContain(
      '["ExpirationRule"]',
    );
    expect((await graphFailure(assign({ scheduleInfo: hours(16), justification: '' }))).message).toContain(
      '["ExpirationRule","JustificationRule"]',
    );
    expect(await assign({ scheduleInfo: hours(10) })).toMatchObject({ status: 'Provisioned' });
    expect(await graphFailure(assign({ scheduleInfo: hours(5) }))).toMatchObject({ code: 'RoleAssignmentExists' });
    expect(await ask(admin, assignments, { action: 'adminUpdate', ...own, scheduleInfo: hours(5) })).toMatchObject({
      status: 'Provisioned',
    });
    expect(await ask(admin, assignments, { action: 'adminExtend', ...own, scheduleInfo: hours(12) })).toMatchObject({
      status: 'Provisioned',
    });
    const schedules = () =>
      listOf<Graph.UnifiedRoleAssignmentSchedule>(
        admin,
        `${directory}/roleAssignmentSchedules`,
        `principalId eq '${bob.person.id}'`,
      );
    const end = new Date(clock.now().getTime() + 12 * hourMs).toISOString();
    expect(await schedules()).toMatchObject([
      { assignmentType: 'Assigned', scheduleInfo: { expiration: { endDateTime: end } } },
    ]);
    await later(12 * hourMs);
    expect(await schedules()).toEqual([]);
    expect(await ask(admin, assignments, { action: 'adminRenew', ...own, scheduleInfo: hours(1) })).toMatchObject({
      status: 'Provisioned',
    });
    expect(await activeNow(bob, reader)).toBe(1);
    expect(await ask(admin, assignments, { action: 'adminRemove', ...own })).toMatchObject({ status: 'Revoked' });
    expect(await activeNow(bob, reader)).toBe(0);
  });

  it('is extended and renewed by whoever has it once an administrator says so', async () => {
    const [bob, boss] = [await someone(), await someone()];
    await ask(admin, assignments, {
      action: 'adminAssign',
      principalId: boss.person.id,
      roleDefinitionId: '194ae4cb-b126-40b2-bd5b-6091b380977d',
      justification: 'decides',
    });
    const own = { principalId: bob.person.id, roleDefinitionId: operator, justification: 'still on call' };
    await makeEligible(bob, operator, days(15));
    const extend = () => ask(bob.graph, eligibilities, { action: 'selfExtend', ...own, scheduleInfo: days(16) });
    expect(await graphFailure(extend())).toMatchObject({ code: 'InvalidScheduleInfo' });
    await later(2 * dayMs);
    for (const person of [bob, boss]) await person.again();
    const pending = await extend();
    expect(pending.status).toBe('PendingAdminDecision');
    const answer = await boss.browser.decideApprovals({
      body: { requestIds: [pending.id ?? ''], result: 'Approve', justification: 'yes' },
    });
    expect(answer.results).toEqual([{ requestId: pending.id, problem: '' }]);
    const eligible = await listOf<Graph.UnifiedRoleEligibilityScheduleInstance>(
      bob.graph,
      `${directory}/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')`,
    );
    expect(eligible).toMatchObject([{ endDateTime: new Date(clock.now().getTime() + 16 * dayMs).toISOString() }]);
    await later(17 * dayMs);
    for (const person of [bob, boss]) await person.again();
    const renewal = await ask(bob.graph, eligibilities, { action: 'selfRenew', ...own, scheduleInfo: days(10) });
    expect(renewal.status).toBe('PendingAdminDecision');
    await boss.browser.decideApprovals({
      body: { requestIds: [renewal.id ?? ''], result: 'Deny', justification: 'no more' },
    });
    expect((await bob.browser.listMyPrivilegedRequests()).requests[0]).toMatchObject({ status: 'AdminDenied' });
  });
});

describe('what stays', () => {
  it('is in AuditLogs in Microsoft’s words, and in one’s own history', async () => {
    const bob = await someone();
    await makeEligible(bob);
    await activate(bob);
    await later(hourMs);
    await server.test.platform.outbox.flush();
    const { rows } = await server.test.platform.lake.query(
      `SELECT OperationName FROM AuditLogs WHERE LoggedByService = 'PIM' AND position(TargetResources, '${bob.person.id}') > 0 ORDER BY toUInt64(Id)`,
    );
    expect(rows.flat()).toEqual([
      'Add eligible member to role in PIM completed (timebound)',
      'Add member to role completed (PIM activation)',
      'Remove member from role (PIM activation expired)',
    ]);
    const { entries } = await bob.browser.listMyPrivilegedAudit();
    expect(entries.map(({ activity }) => activity)).toEqual(rows.flat().map(String).toReversed());
    const error = await errorOf(bob.browser.listPrivilegedAudit());
    expect(error.code).toBe('Forbidden');
  });
});
