import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { AccessReviewSettings, AlertSettings, type AlertId } from '@sallyport/contracts';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';
import { manualClock } from '../platform/clock.ts';
import { errorOf } from '../testing.ts';
import { nextRun } from './reviews/index.ts';
import { signedInPerson, type SignedInPerson } from './testing/index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const clock = manualClock(new Date());
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const operator = '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f';
const reader = '5d6b6bb7-de71-4623-b4af-96380a352509';
const administrator = '194ae4cb-b126-40b2-bd5b-6091b380977d';
const administrators = [administrator, '62e90394-69f5-4237-9190-012177145e10'];
const role = (id: string) => ({ type: 'role' as const, id, access: '' });

let server: FaceServer;
let smtp: SMTPServer;
let boss: SignedInPerson;
const mails: ParsedMail[] = [];
let made = 0;
const someone = () => signedInPerson(server, `governed${(made += 1)}`);
const domain = () => server.test.server.domains.privilegedAccess;

const assign = (principal: string, roleId: string, kind: 'eligible' | 'active' = 'eligible', days = 90) =>
  boss.browser.managePrivilegedAccess({
    body: {
      action: 'adminAssign',
      kind,
      target: role(roleId),
      principal,
      justification: 'work',
      expiration: { type: 'afterDuration', duration: `P${days}D` },
    },
  });
const activate = (person: SignedInPerson, roleId: string, minutes = 60) =>
  person.browser.askForPrivilegedAccess({
    body: {
      action: 'selfActivate',
      target: role(roleId),
      justification: 'incident 7',
      expiration: { type: 'afterDuration', duration: `PT${minutes}M` },
    },
  });
const alertOf = async (id: AlertId) => {
  await boss.browser.refreshPrivilegedAlerts();
  const { alerts } = await boss.browser.listPrivilegedAlerts();
  const alert = alerts.find((one) => one.id === id);
  if (!alert) throw new Error(`there is no alert ${id}`);
  return { ...alert, live: alert.incidents.filter(({ clearedAt }) => clearedAt === null) };
};
/** Mails that came since the last call, in the order of their subjects. */
const arrived = async () => {
  await domain().deliver();
  return mails.splice(0).toSorted((a, b) => (a.subject ?? '').localeCompare(b.subject ?? ''));
};
const addressesOf = (mail: ParsedMail | undefined): string =>
  [mail?.to]
    .flat()
    .map((to) => to?.text ?? '')
    .join(', ');

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      const take = async (): Promise<void> => {
        mails.push(await simpleParser(stream));
        done();
      };
      void take();
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const { port } = smtp.server.address() as AddressInfo;
  server = await startFaceServer(
    { smtpUrl: `smtp://127.0.0.1:${port}`, smtpFrom: 'sallyport@contoso.com', sessionMax: '30 d', sessionIdle: '24 h' },
    clock,
  );
  boss = await signedInPerson(server, 'boss');
  await server.admin.managePrivilegedAccess({
    body: {
      action: 'adminAssign',
      kind: 'active',
      target: role(administrator),
      principal: boss.person.id,
      justification: 'runs it',
    },
  });
});
afterAll(async () => {
  await server.stop();
  smtp.close();
});

describe('mails', () => {
  it('tell administrators and whoever it is about, by the rules of the policy', async () => {
    await arrived();
    const ann = await someone();
    await assign(ann.person.id, operator);
    const made = await arrived();
    expect(made.map(({ subject }) => subject)).toEqual(Array(2).fill(`PIM: ${ann.person.displayName} was made eligible for Security Operator`)); // prettier-ignore
    expect(made.map(addressesOf).join(' ')).toContain(ann.person.userPrincipalName);
    expect(made.map(addressesOf).join(' ')).toContain(boss.person.userPrincipalName);
    const { policies } = await boss.browser.listPrivilegedPolicies({ query: {} });
    const policy = policies.find(({ target }) => target.id === operator);
    const change = (recipient: 'Admin' | 'Requestor', more: object) =>
      boss.browser.updatePrivilegedPolicyRule({
        params: { policyId: policy?.id ?? '', ruleId: `Notification_${recipient}_EndUser_Assignment` },
        body: {
          '@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyNotificationRule',
          notificationType: 'Email',
          recipientType: recipient,
          notificationLevel: 'All',
          isDefaultRecipientsEnabled: true,
          notificationRecipients: [],
          ...more,
        },
      });
    await change('Admin', { isDefaultRecipientsEnabled: false, notificationRecipients: ['soc@contoso.com'] });
    await change('Requestor', { notificationLevel: 'Critical' });
    await activate(ann, operator);
    const [activated, ...others] = await arrived();
    expect(others).toEqual([]);
    expect(addressesOf(activated)).toBe('soc@contoso.com');
    expect(activated?.text).toContain('Justification: incident 7');
    await change('Admin', {});
    await change('Requestor', {});
  });

  it('of the week tell what was activated, and assigned inside and outside', async () => {
    await arrived();
    clock.advance(60_000);
    await domain().digest();
    const digest = (await arrived()).find(({ subject }) => subject === 'PIM: weekly digest');
    expect(addressesOf(digest)).toContain(boss.person.userPrincipalName);
    expect(digest?.text).toContain('People who activated a role: 1');
    expect(digest?.text).toContain('People made permanent: 2');
    expect(digest?.text).toContain('  Security Operator: 1');
  });
});

describe('alerts', () => {
  it('are raised and cleared, with rows of the audit', async () => {
    const id = 'SequentialActivationRenewalsAlert';
    await boss.browser.setPrivilegedAlert({
      params: { alertId: id },
      body: AlertSettings.parse({ sequentialActivationCounterThreshold: 3 }),
    });
    const ann = await someone();
    await assign(ann.person.id, operator);
    for (let i = 0; i < 3; i++) {
      expect((await alertOf(id)).isActive).toBe(false);
      await activate(ann, operator, 10);
      clock.advance(11 * 60_000);
      await domain().sweep();
    }
    const raised = await alertOf(id);
    expect(raised).toMatchObject({
      isActive: true,
      severity: 'Low',
      displayName: 'Roles are being activated too frequently',
    });
    expect(raised.live[0]).toMatchObject({ subject: ann.person.userPrincipalName });
    await boss.browser.dismissPrivilegedAlert({ params: { alertId: id } });
    expect((await alertOf(id)).isActive).toBe(false);
    clock.advance(24 * hourMs);
    for (const person of [boss, ann]) await person.again();
    expect((await alertOf(id)).live).toEqual([]);
    const { entries } = await boss.browser.listPrivilegedAudit({ query: {} });
    const names = entries.filter(({ details }) => details['alertId'] === id).map(({ activity }) => activity);
    expect(names).toEqual([
      'Resolve PIM alert',
      'Deactivate PIM alert',
      'Triggered PIM alert',
      'Update PIM alert setting',
    ]);
  });

  it('about roles without a factor, what is not used, and what was assigned outside are mended', async () => {
    const { policies } = await boss.browser.listPrivilegedPolicies({ query: {} });
    const policy = policies.find(({ target }) => target.id === reader);
    await boss.browser.updatePrivilegedPolicyRule({
      params: { policyId: policy?.id ?? '', ruleId: 'Enablement_EndUser_Assignment' },
      body: {
        '@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyEnablementRule',
        enabledRules: ['Justification'],
      },
    });
    const factors = await alertOf('NoMfaOnRoleActivationAlert');
    expect(factors.live.map(({ subject }) => subject)).toEqual(['Security Reader']);
    await boss.browser.fixPrivilegedAlertIncident({ params: { id: factors.live[0]?.id ?? '' } });
    expect((await alertOf('NoMfaOnRoleActivationAlert')).isActive).toBe(false);

    const ann = await someone();
    await server.test.platform.database.execute(
      `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by) VALUES ($1, $2, $3, 'user', 'active', $4, $4, 'eve')`,
      [randomUUID(), reader, ann.person.id, clock.now()],
    );
    const outside = await alertOf('RolesAssignedOutsidePrivilegedIdentityManagementAlert');
    const incident = outside.live.find(({ subject }) => subject === ann.person.userPrincipalName);
    expect(outside.severity).toBe('High');
    expect(incident?.text).toContain('by eve');
    await boss.browser.fixPrivilegedAlertIncident({ params: { id: incident?.id ?? '' } });
    const after = await alertOf('RolesAssignedOutsidePrivilegedIdentityManagementAlert');
    expect(after.live.map(({ subject }) => subject)).not.toContain(ann.person.userPrincipalName);

    await assign(ann.person.id, operator);
    await boss.browser.setPrivilegedAlert({
      params: { alertId: 'RedundantAssignmentAlert' },
      body: AlertSettings.parse({ days: 2 }),
    });
    clock.advance(2 * dayMs + hourMs);
    await boss.again();
    const unused = await alertOf('RedundantAssignmentAlert');
    const idle = unused.live.find(({ subject }) => subject === ann.person.userPrincipalName);
    expect(idle?.text).toContain('eligible for Security Operator, last activated: never');
    await boss.browser.fixPrivilegedAlertIncident({ params: { id: idle?.id ?? '' } });
    const { assignments } = await boss.browser.listPrivilegedAssignments({ query: { kind: 'eligible' } });
    expect(assignments.filter(({ principal }) => principal.id === ann.person.id)).toEqual([]);
    const error = await errorOf(
      boss.browser.setPrivilegedAlert({
        params: { alertId: 'RedundantAssignmentAlert' },
        body: AlertSettings.parse({ days: 101 }),
      }),
    );
    expect(error.code).toBe('BadRequest');
  });
});

describe('the export', () => {
  it('has each grant, why, by whom, how it ended and what was done with it', async () => {
    const ann = await someone();
    await assign(ann.person.id, operator);
    await activate(ann, operator, 30);
    await ann.browser.addApprovalDelegation({
      body: {
        userPrincipalName: boss.person.userPrincipalName,
        endsAt: new Date(clock.now().getTime() + hourMs).toISOString(),
      },
    });
    clock.advance(31 * 60_000);
    await domain().sweep();
    const { secret } = await boss.browser.createToken({ body: { name: 'auditor', scopes: ['authorization.read'] } });
    const get = (format: string) =>
      server.test.server.http.app.inject({
        method: 'GET',
        url: `/api/privileged-access/export?format=${format}`,
        headers: { host: 'localhost:8443', authorization: `Bearer ${secret}` },
      });
    interface Exported {
      readonly principal: string;
      readonly assignmentType: string;
      readonly justification: string;
      readonly endedBy: string | null;
      readonly done: readonly { readonly operation: string }[];
    }
    const { grants } = (await get('json')).json<{ grants: Exported[] }>();
    const own = grants.find(({ principal, assignmentType }) => principal === ann.person.userPrincipalName && assignmentType === 'Activated'); // prettier-ignore
    expect(own).toMatchObject({ justification: 'incident 7', endedBy: 'expiry' });
    expect(own?.done.map(({ operation }) => operation)).toContain('addApprovalDelegation');
    const csv = (await get('csv')).body;
    expect(csv.split('\r\n')[0]).toContain('principal,principalId,startsAt');
    expect(csv).toContain(ann.person.userPrincipalName);
  });
});

describe('an access review', () => {
  it('asks in stages, recommends by use, and removes what was denied at its end', async () => {
    const { database } = server.test.platform;
    const [ann, art, amy, chief] = [await someone(), await someone(), await someone(), await someone()];
    for (const one of [ann, art, amy]) {
      await assign(one.person.id, reader, 'eligible', 60);
      await database.execute('UPDATE people SET manager_id = $2 WHERE id = $1', [one.person.id, chief.person.id]);
    }
    clock.advance(12 * hourMs);
    await activate(ann, reader);
    await boss.again();
    const { review } = await boss.browser.createAccessReview({
      body: AccessReviewSettings.parse({
        displayName: 'Readers',
        targets: [role(reader)],
        kinds: ['eligible'],
        stages: [
          { reviewers: 'self', durationDays: 1 },
          { reviewers: 'manager', durationDays: 1 },
        ],
        recurrence: 'monthly',
        ifNotResponded: 'recommendation',
      }),
    });
    const waiting = async (person: SignedInPerson) => {
      const { reviews } = await person.browser.listMyReviews();
      return reviews.flatMap(({ decisions }) => decisions);
    };
    const decide = async (person: SignedInPerson, of: SignedInPerson, result: 'Approve' | 'Deny') => {
      const found = (await waiting(person)).find(({ holding }) => holding.principal.id === of.person.id);
      return person.browser.decideReviews({
        body: { decisionIds: [found?.id ?? ''], result, justification: 'so it is' },
      });
    };
    expect((await waiting(ann)).map(({ holding, recommendation }) => [holding.principal.id, recommendation])).toEqual([
      [ann.person.id, 'Approve'],
    ]);
    expect(await waiting(chief)).toEqual([]);
    await decide(art, art, 'Deny');
    await decide(ann, ann, 'Approve');
    const refused = await errorOf(
      ann.browser.decideReviews({ body: { decisionIds: [(await waiting(ann))[0]?.id ?? ''], result: 'Approve' } }),
    );
    expect(refused.code).toBe('BadRequest');
    clock.advance(dayMs);
    for (const person of [boss, ann, art, amy, chief]) await person.again();
    await domain().advanceReviews();
    expect((await waiting(chief)).map(({ holding }) => holding.principal.id).toSorted()).toEqual(
      [ann.person.id, amy.person.id].toSorted(),
    );
    await decide(chief, ann, 'Deny');
    clock.advance(dayMs);
    await boss.again();
    await domain().advanceReviews();
    const { review: ended, decisions } = await boss.browser.getAccessReview({ params: { id: review.id } });
    expect(ended.runs[0]?.appliedAt).not.toBeNull();
    expect(ended.nextAt).toBe(nextRun(new Date(review.runs[0]?.startedAt ?? ''), 'monthly')?.toISOString());
    const outcome = (person: SignedInPerson) =>
      decisions
        .filter(({ holding }) => holding.principal.id === person.person.id)
        .map((one) => one.outcome)
        .at(-1);
    expect([outcome(ann), outcome(art), outcome(amy)]).toEqual(['removed', 'removed', 'kept']);
    const { assignments } = await boss.browser.listPrivilegedAssignments({
      query: { kind: 'eligible', targetId: reader },
    });
    expect(assignments.map(({ principal }) => principal.id)).toContain(amy.person.id);
    expect(assignments.map(({ principal }) => principal.id)).not.toContain(ann.person.id);
  });

  it('keeps the last administrator', async () => {
    const { database } = server.test.platform;
    const { review } = await boss.browser.createAccessReview({
      body: AccessReviewSettings.parse({
        displayName: 'Administrators',
        targets: administrators.map(role),
        kinds: ['active'],
        stages: [{ reviewers: 'people', people: [boss.person.id], durationDays: 1 }],
        autoApply: false,
      }),
    });
    const { reviews } = await boss.browser.listMyReviews();
    const ids = reviews
      .filter(({ reviewId }) => reviewId === review.id)
      .flatMap(({ decisions }) => decisions.map(({ id }) => id));
    await boss.browser.decideReviews({ body: { decisionIds: ids, result: 'Deny', justification: 'all of them' } });
    await boss.browser.stopAccessReview({ params: { id: review.id } });
    const applied = await boss.browser.applyAccessReview({ params: { id: review.id } });
    expect(applied.failed).toBe(1);
    const left = await database.query(
      `SELECT 1 FROM role_assignments WHERE role_id = ANY($1::uuid[]) AND kind = 'active' AND removed_at IS NULL`,
      [administrators],
    );
    expect(left).toHaveLength(1);
  });
});

it('a run begins a month after the last, at the end of shorter months', () => {
  const next = (at: string, recurrence: 'weekly' | 'monthly' | 'quarterly' | 'once') =>
    nextRun(new Date(at), recurrence)?.toISOString().slice(0, 10);
  expect(next('2026-01-31T00:00:00Z', 'monthly')).toBe('2026-02-28');
  expect(next('2026-01-31T00:00:00Z', 'quarterly')).toBe('2026-04-30');
  expect(next('2026-12-30T00:00:00Z', 'weekly')).toBe('2027-01-06');
  expect(next('2026-12-30T00:00:00Z', 'once')).toBeUndefined();
});
