import type * as Graph from '@microsoft/microsoft-graph-types';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../../testing.ts';
import { graphFailure } from './index.ts';
import {
  clock,
  hourMs,
  dayMs,
  administrator,
  operator,
  reader,
  directory,
  assignments,
  eligibilities,
  server,
  admin,
  ask,
  listOf,
  hours,
  days,
  later,
  someone,
  makeEligible,
  activate,
  setRule,
  decide,
  demandApproval,
  minuteMs,
  stage,
  activeNow,
} from './life-cycle.ts';

/** What administrators assign and people ask to keep, and what stays of it. */
export function assigned(): void {
  describe('an assignment', () => {
    it('is bound by the policy’s rules, changed, extended, renewed and ended', async () => {
      const bob = await someone();
      const own = { principalId: bob.person.id, roleDefinitionId: reader, justification: 'audit' };
      const assign = (more: object) => ask(admin(), assignments, { action: 'adminAssign', ...own, ...more });
      await setRule(reader, 'Expiration_Admin_Assignment', 'ExpirationRule', {
        isExpirationRequired: true,
        maximumDuration: 'PT15H',
      });
      expect(
        (await graphFailure(assign({ scheduleInfo: { expiration: { type: 'noExpiration' } } }))).message,
      ).toContain('["ExpirationRule"]');
      expect((await graphFailure(assign({ scheduleInfo: hours(16), justification: '' }))).message).toContain(
        '["ExpirationRule","JustificationRule"]',
      );
      expect(await assign({ scheduleInfo: hours(10) })).toMatchObject({ status: 'Provisioned' });
      expect(await graphFailure(assign({ scheduleInfo: hours(5) }))).toMatchObject({ code: 'RoleAssignmentExists' });
      expect(await ask(admin(), assignments, { action: 'adminUpdate', ...own, scheduleInfo: hours(5) })).toMatchObject({
        status: 'Provisioned',
      });
      expect(await ask(admin(), assignments, { action: 'adminExtend', ...own, scheduleInfo: hours(12) })).toMatchObject(
        {
          status: 'Provisioned',
        },
      );
      const schedules = () =>
        listOf<Graph.UnifiedRoleAssignmentSchedule>(
          admin(),
          `${directory}/roleAssignmentSchedules`,
          `principalId eq '${bob.person.id}'`,
        );
      const end = new Date(clock.now().getTime() + 12 * hourMs).toISOString();
      expect(await schedules()).toMatchObject([
        { assignmentType: 'Assigned', scheduleInfo: { expiration: { endDateTime: end } } },
      ]);
      await later(12 * hourMs);
      expect(await schedules()).toEqual([]);
      expect(await ask(admin(), assignments, { action: 'adminRenew', ...own, scheduleInfo: hours(1) })).toMatchObject({
        status: 'Provisioned',
      });
      expect(await activeNow(bob, reader)).toBe(1);
      expect(await ask(admin(), assignments, { action: 'adminRemove', ...own })).toMatchObject({ status: 'Revoked' });
      expect(await activeNow(bob, reader)).toBe(0);
    });

    it('is extended and renewed by whoever has it once an administrator says so', async () => {
      const [bob, boss] = [await someone(), await someone()];
      await ask(admin(), assignments, {
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
      await server().test.platform.outbox.flush();
      const { rows } = await server().test.platform.lake.query(
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

    it('is what was done with an activation, and by whose leave; it can be ended at once', async () => {
      const { outbox } = server().test.platform;
      const [bob, eve, chief] = [await someone(), await someone(), await someone()];
      const boss = chief.browser;
      await ask(admin(), assignments, {
        action: 'adminAssign',
        principalId: chief.person.id,
        roleDefinitionId: administrator,
        justification: 'runs it',
      });
      await makeEligible(bob);
      await demandApproval(operator, 'SingleStage', [stage([eve])]);
      const asked = await activate(bob, {
        scheduleInfo: hours(4),
        ticketInfo: { ticketNumber: '7', ticketSystem: 'desk' },
      });
      await decide(eve, asked, 'Approve');
      await demandApproval(operator, 'SingleStage', [stage([eve])], false);
      clock.advance(minuteMs);
      await bob.browser.runQuery({ body: { query: 'SigninLogs | where UserPrincipalName == "x" | take 1' } });
      await outbox.flush();
      clock.advance(5 * minuteMs);
      const { sessions } = await boss.listPrivilegedSessions();
      const own = sessions.find(({ principal }) => principal.id === bob.person.id);
      expect(own).toMatchObject({
        justification: 'incident 7',
        ticket: 'desk 7',
        approvals: [{ by: eve.person.userPrincipalName, justification: 'seen' }],
      });
      const params = { id: own?.id ?? '' };
      const { done, withQueries } = await boss.getPrivilegedSession({ params });
      expect(withQueries).toBe(true);
      expect(done).toContainEqual(
        expect.objectContaining({
          kind: 'query',
          target: expect.stringContaining('UserPrincipalName == "x"') as string,
        }),
      );
      expect((await errorOf(bob.browser.endPrivilegedSession({ params, body: {} }))).code).toBe('Forbidden');
      await boss.endPrivilegedSession({ params, body: { justification: 'enough' } });
      expect((await bob.browser.getMe()).permissions).not.toContain('alerts.manage');
      expect((await bob.browser.listMyAccess()).eligible).toMatchObject([{ isActive: false }]);
      expect((await boss.getPrivilegedSession({ params })).session.removedAt).not.toBeNull();
      const over = await errorOf(boss.endPrivilegedSession({ params, body: {} }));
      expect(over.details[0]?.code).toBe('RoleAssignmentDoesNotExist');
    });
  });
}
