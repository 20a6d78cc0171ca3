import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { call, startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';
import { createApplicationCommands } from '../openid/applications/commands.ts';
import { manualClock } from '../platform/clock.ts';
import { errorOf } from '../testing.ts';
import { graphFailure, signedInPerson, type SignedInPerson } from './testing/index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const clock = manualClock(new Date());
const hourMs = 3_600_000;
const operator = '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f';
const administrator = '194ae4cb-b126-40b2-bd5b-6091b380977d';
const ofGroups = '/identityGovernance/privilegedAccess/group';

let server: FaceServer;
let boss: SignedInPerson;
let made = 0;
const someone = () => signedInPerson(server, `grouped${(made += 1)}`);
const domain = () => server.test.server.domains.privilegedAccess;

const assign = (principal: string, roleId: string, kind: 'eligible' | 'active' = 'eligible') =>
  (kind === 'active' ? server.admin : boss.browser).managePrivilegedAccess({
    body: {
      action: 'adminAssign',
      kind,
      target: { type: 'role', id: roleId, access: '' },
      principal,
      justification: 'work',
    },
  });
const activate = (person: SignedInPerson, roleId: string) =>
  person.browser.askForPrivilegedAccess({
    body: {
      action: 'selfActivate',
      target: { type: 'role', id: roleId, access: '' },
      justification: 'incident 7',
      expiration: { type: 'afterDuration', duration: 'PT1H' },
    },
  });

beforeAll(async () => {
  server = await startFaceServer({ sessionMax: '30 d', sessionIdle: '24 h' }, clock);
  boss = await signedInPerson(server, 'boss');
  await assign(boss.person.id, administrator, 'active');
});
afterAll(() => server.stop());

describe('groups', () => {
  it('have members for as long as they are active, through Microsoft’s client, under their policy', async () => {
    const { database, outbox } = server.test.platform;
    const groupId = randomUUID();
    await database.execute(`INSERT INTO groups (id, name) VALUES ($1, 'Firefighters')`, [groupId]);
    const [ann, art] = [await someone(), await someone()];
    const members = async () =>
      (await database.query<{ id: string }>('SELECT person_id AS id FROM group_members WHERE group_id = $1', [groupId])).map(({ id }) => id); // prettier-ignore
    const known = async () => {
      await outbox.flush();
      const { rows } = await boss.browser.runQuery({
        body: { query: `IdentityInfo | where AccountObjectId == '${ann.person.id}' | summarize arg_max(ingestion_time(), GroupMembership) | project GroupMembership` }, // prettier-ignore
      });
      return JSON.stringify(rows);
    };
    const own = { accessId: 'member', groupId, principalId: ann.person.id };
    const ask = (client: SignedInPerson['graph'], path: string, more: object) =>
      client.api(`${ofGroups}/${path}ScheduleRequests`).post({ ...own, justification: 'fire', ...more });
    const made = await ask(boss.graph, 'eligibility', { action: 'adminAssign', scheduleInfo: { expiration: { type: 'afterDuration', duration: 'P30D' } } }); // prettier-ignore
    expect(made).toMatchObject({ ...own, status: 'Provisioned', action: 'adminAssign' });
    expect(await members()).toEqual([]);
    const [policy] = (await boss.graph.api('/policies/roleManagementPolicyAssignments').filter(`scopeId eq '${groupId}' and scopeType eq 'Group' and roleDefinitionId eq 'member'`).get()).value; // prettier-ignore
    await boss.graph
      .api(`/policies/roleManagementPolicies/${policy.policyId}/rules/Approval_EndUser_Assignment`)
      .patch({
        '@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyApprovalRule',
        setting: {
          isApprovalRequired: true,
          approvalMode: 'SingleStage',
          approvalStages: [
            { primaryApprovers: [{ '@odata.type': '#microsoft.graph.singleUser', userId: art.person.id }] },
          ],
        },
      });
    const hour = { expiration: { type: 'afterDuration', duration: 'PT1H' } };
    const asked = await ask(ann.graph, 'assignment', { action: 'selfActivate', scheduleInfo: hour });
    expect(asked.status).toBe('PendingApproval');
    const stages = `${ofGroups}/assignmentApprovals/${asked.approvalId}/stages`;
    const { value: open } = await art.graph.api(stages).get();
    expect(open).toMatchObject([{ status: 'InProgress', assignedToMe: true }]);
    await art.graph.api(`${stages}/${open[0].id}`).patch({ reviewResult: 'Approve', justification: 'seen' });
    expect(await members()).toEqual([ann.person.id]);
    expect(await known()).toContain('Firefighters');
    const { value: mine } = await ann.graph.api(`${ofGroups}/assignmentScheduleInstances/filterByCurrentUser(on='principal')`).expand('group').get(); // prettier-ignore
    expect(mine).toMatchObject([{ ...own, assignmentType: 'activated', memberType: 'direct', group: { displayName: 'Firefighters' } }]); // prettier-ignore
    const { value: eligible } = await boss.graph.api(`${ofGroups}/eligibilitySchedules`).filter(`groupId eq '${groupId}' and accessId eq 'member'`).get(); // prettier-ignore
    expect(eligible).toMatchObject([{ ...own, status: 'Provisioned' }]);
    clock.advance(hourMs);
    await domain().sweep();
    expect(await members()).toEqual([]);
    expect(await known()).not.toContain('Firefighters');
    await database.execute('INSERT INTO group_members (group_id, person_id) VALUES ($1, $2)', [groupId, ann.person.id]);
    expect(await graphFailure(ask(ann.graph, 'assignment', { action: 'selfActivate', scheduleInfo: hour }))).toMatchObject({ status: 400, code: 'RoleAssignmentExists' }); // prettier-ignore
  });

  it('are eligible for roles, and their members activate; not those by rule', async () => {
    const { database } = server.test.platform;
    const [assigned, byRule] = [randomUUID(), randomUUID()];
    await database.execute(
      `INSERT INTO groups (id, name, membership_rule) VALUES ($1, 'On call', NULL), ($2, 'By rule', 'user.department -eq "SOC"')`,
      [assigned, byRule],
    );
    const ann = await someone();
    expect((await errorOf(assign(byRule, operator))).code).toBe('BadRequest');
    await assign(assigned, operator);
    expect((await errorOf(activate(ann, operator))).message).toContain('EligibilityRule');
    await database.execute('INSERT INTO group_members (group_id, person_id) VALUES ($1, $2)', [
      assigned,
      ann.person.id,
    ]);
    const { eligible } = await ann.browser.listMyAccess();
    expect(eligible).toMatchObject([{ memberType: 'Group', targetName: 'Security Operator' }]);
    await activate(ann, operator);
    expect((await ann.browser.getMe()).permissions).toContain('alerts.manage');
    clock.advance(hourMs);
    expect((await ann.browser.getMe()).permissions).not.toContain('alerts.manage');
  });
});

describe('an owner of a group', () => {
  it('changes who is in it for as long as it is theirs', async () => {
    const { database } = server.test.platform;
    const id = randomUUID();
    await database.execute(`INSERT INTO groups (id, name) VALUES ($1, 'Rescuers')`, [id]);
    const [ann, art] = [await someone(), await someone()];
    const add = () =>
      ann.browser.addOwnedGroupMember({ params: { id }, body: { userPrincipalName: art.person.userPrincipalName } });
    expect((await errorOf(add())).code).toBe('NotFound');
    const given = await boss.graph.api(`${ofGroups}/assignmentScheduleRequests`).post({
      action: 'adminAssign',
      accessId: 'owner',
      groupId: id,
      principalId: ann.person.id,
      justification: 'leads them',
      scheduleInfo: { expiration: { type: 'afterDuration', duration: 'PT2H' } },
    });
    expect(given).toMatchObject({ status: 'Provisioned', accessId: 'owner' });
    await add();
    expect((await ann.browser.listOwnedGroups()).groups).toMatchObject([{ id, canChange: true, members: [{ id: art.person.id }] }]); // prettier-ignore
    await ann.browser.removeOwnedGroupMember({ params: { id, memberId: art.person.id } });
    expect((await ann.browser.listOwnedGroups()).groups).toMatchObject([{ members: [] }]);
    clock.advance(2 * hourMs);
    expect((await ann.browser.listOwnedGroups()).groups).toEqual([]);
    expect((await errorOf(add())).code).toBe('NotFound');
  });
});

describe('a role of an application', () => {
  const roleId = '11111111-2222-4333-8444-555555555556';

  it('is in tokens for as long as it is given, and of people for as long as it is active', async () => {
    const commands = createApplicationCommands(server.test.platform);
    const by = { id: boss.person.id, name: boss.person.userPrincipalName, ipAddress: '', requestId: '' };
    const orders = await commands.add(
      {
        displayName: 'Orders',
        identifierUris: ['api://orders'],
        appRoles: [{ id: roleId, value: 'Orders.All', displayName: 'All', allowedMemberTypes: ['Application', 'User'] }], // prettier-ignore
      },
      by,
      true,
    );
    const worker = await commands.add({ displayName: 'Worker' }, by, true);
    const { secretText } = await commands.addPassword({ by: 'id', value: worker.id }, {}, by, { ...by, grants: [] });
    const principals = await server.test.platform.database.query<{ id: string; appId: string }>(
      'SELECT id, app_id AS "appId" FROM service_principals',
    );
    const principalOf = ({ appId }: { appId: string }) => principals.find((one) => one.appId === appId)?.id ?? '';
    const rolesInToken = async () => {
      const { text } = await call(server, '/oauth2/v2.0/token', {
        method: 'POST',
        bearer: undefined,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`${worker.appId}:${secretText}`).toString('base64')}`,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'api://orders' }),
      });
      const { access_token: token } = z.object({ access_token: z.string() }).parse(JSON.parse(text));
      return decodeJwt(token)['roles'] ?? [];
    };
    const target = { type: 'application' as const, id: principalOf(orders), access: roleId };
    const hour = { type: 'afterDuration' as const, duration: 'PT1H' };
    const assignTo = (
      principal: string,
      kind: 'eligible' | 'active',
      expiration: typeof hour | { type: 'noExpiration' },
    ) =>
      // prettier-ignore
      boss.browser.managePrivilegedAccess({
        body: { action: 'adminAssign', kind, target, principal, justification: 'runs orders', expiration },
      });
    expect(await rolesInToken()).toEqual([]);
    await assignTo(principalOf(worker), 'active', hour);
    expect(await rolesInToken()).toEqual(['Orders.All']);
    const ann = await someone();
    await assignTo(ann.person.id, 'eligible', { type: 'noExpiration' });
    const given = async () =>
      (
        await server.test.platform.database.query<{ id: string }>(
          'SELECT principal_id AS id FROM app_role_assignments WHERE resource_id = $1',
          [target.id],
        )
      ).map(({ id }) => id);
    expect(await given()).toEqual([principalOf(worker)]);
    clock.advance(30 * 60_000);
    await ann.browser.askForPrivilegedAccess({
      body: { action: 'selfActivate', target, justification: 'order 7', expiration: hour },
    });
    expect(new Set(await given())).toEqual(new Set([principalOf(worker), ann.person.id]));
    clock.advance(30 * 60_000);
    await domain().sweep();
    expect(await rolesInToken()).toEqual([]);
    expect(await given()).toEqual([ann.person.id]);
    clock.advance(30 * 60_000);
    await domain().sweep();
    expect(await given()).toEqual([]);
  });
});
