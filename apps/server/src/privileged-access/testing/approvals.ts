import { describe, expect, it } from 'vitest';
import { graphFailure, type SignedInPerson } from './index.ts';
import {
  clock,
  minuteMs,
  hourMs,
  dayMs,
  operator,
  directory,
  assignments,
  server,
  type Request,
  listOf,
  later,
  someone,
  makeEligible,
  activate,
  single,
  stage,
  demandApproval,
  stepsOf,
  decide,
  statusOf,
  activeNow,
} from './life-cycle.ts';

/** Who approves, in which stages, and what happens when nobody does. */
export function approvals(): void {
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
        const granted = await server().test.platform.database.query(
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
}
