import type { PageCollection } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import { ruleIds } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { approvals } from './testing/approvals.ts';
import { assigned } from './testing/assignments.ts';
import { graphFailure } from './testing/index.ts';
import {
  clock,
  minuteMs,
  hourMs,
  operator,
  reader,
  directory,
  assignments,
  eligibilities,
  policies,
  server,
  admin,
  ask,
  listOf,
  hours,
  later,
  someone,
  makeEligible,
  activate,
  policyOf,
  setRule,
  enable,
  statusOf,
  activeNow,
  startLifeCycle,
  stopLifeCycle,
} from './testing/life-cycle.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

beforeAll(startLifeCycle);
afterAll(() => stopLifeCycle());

describe('policies', () => {
  it('are there for every role, with the 17 documented rules', async () => {
    const filter = `scopeId eq '/' and scopeType eq 'DirectoryRole'`;
    const { value } = (await admin().api(policies).filter(filter).expand('rules').get()) as PageCollection;
    const roles = await listOf<Graph.UnifiedRoleDefinition>(admin(), `${directory}/roleDefinitions`);
    expect(value).toHaveLength(roles.length);
    for (const policy of value as Graph.UnifiedRoleManagementPolicy[])
      expect(policy.rules?.map(({ id }) => id)).toEqual([...ruleIds]);
    const rule = async (id: string) =>
      admin()
        .api(`${policies}/${await policyOf(operator)}/rules/${id}`)
        .get();
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
    expect(
      await admin()
        .api(`${policies}/${await policyOf(reader)}/rules/${id}`)
        .get(),
    ).toMatchObject({
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
    const { database } = server().test.platform;
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
    expect(await ask(admin(), eligibilities, removal)).toMatchObject({ status: 'Revoked' });
    expect(await activeNow(bob)).toBe(0);
    expect(await graphFailure(ask(admin(), eligibilities, removal))).toMatchObject({
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
    await admin().api('/identity/conditionalAccess/authenticationContextClassReferences').post({
      id: 'c1',
      displayName: 'Activation',
      isAvailable: true,
    });
    const policy = (await admin()
      .api('/identity/conditionalAccess/policies')
      .post({
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
    await server().test.platform.database.execute(`UPDATE sessions SET method = 'passkey' WHERE person_id = $1`, [
      bob.person.id,
    ]);
    expect((await activate(bob, {}, reader)).status).toBe('Provisioned');
    await context(false);
    await admin().api(`/identity/conditionalAccess/policies/${policy.id}`).delete();
    await later(2 * hourMs);
  });
});

approvals();
assigned();
