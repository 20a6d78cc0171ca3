import { AccessReviewSettings, type PrivilegedPolicy, type RuleId } from '@sallyport/contracts';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { barriersOf } from '../axe.ts';
import { takePicture } from '../pictures.ts';
import { codeOf, otherPage, signIn, takeUp } from './person.ts';
import { openPortal, type Portal } from './portal.ts';

const name = 'petra@contoso.com';
/** Nobody else's test looks at this role. */
const role = 'Security Operator';

let portal: Portal;
let petra: Page;
let petraId = '';
beforeAll(async () => {
  portal = await openPortal();
  const { invitation, person } = await portal.client.invitePerson({
    body: { displayName: 'Petra', userPrincipalName: name, role: '' },
  });
  petraId = person.id;
  petra = await otherPage(portal.page.context());
  const secret = await takeUp(petra, invitation.url);
  await signIn(petra, portal.url, name, codeOf(secret, 1));
  await petra.waitForURL((url) => !url.pathname.startsWith('/signin'));
}, 120_000);

const policyOfRole = async (): Promise<PrivilegedPolicy> => {
  const { policies } = await portal.client.listPrivilegedPolicies({ query: {} });
  const policy = policies.find(({ targetName }) => targetName === role);
  if (!policy) throw new Error(`there is no policy of ${role}`);
  return policy;
};
const change = async (ruleId: RuleId, more: object) => {
  const policy = await policyOfRole();
  const rule = policy.rules.find(({ id }) => id === ruleId)?.rule;
  if (!rule) throw new Error(`there is no rule ${ruleId}`);
  await portal.client.updatePrivilegedPolicyRule({
    params: { policyId: policy.id, ruleId },
    body: { ...rule, ...more },
  });
};

test('privileged access: assigned, asked for, approved on a telephone, used, and over', async () => {
  const { page } = portal;
  await change('Expiration_EndUser_Assignment', { maximumDuration: 'PT25S' });
  await portal.goto('/privileged-access');
  await page.getByRole('button', { name: 'Assign…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Who' }).fill(name);
  await dialog.getByRole('combobox', { name: 'Who' }).press('Enter');
  await dialog.getByLabel('Role').selectOption({ label: role });
  await dialog.getByLabel('Justification').fill('On call');
  await portal.picture('privileged-access-assign');
  await dialog.getByRole('button', { name: 'Assign', exact: true }).click();
  await page.getByRole('row').filter({ hasText: 'Petra' }).filter({ hasText: role }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access');

  await page.getByRole('tab', { name: 'Role settings' }).click();
  await page.getByRole('row').filter({ hasText: role }).click();
  await page.getByRole('button', { name: 'Change…' }).click();
  await dialog.getByLabel('Others approve each activation').check();
  await dialog.getByLabel('Stages').selectOption({ label: 'Stages one after the other' });
  await dialog.getByRole('group', { name: 'Stage 2' }).getByLabel('Others may decide as well').check();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access-settings');
  // The first alone decides here; what the second says stays for when it is to.
  await dialog.getByLabel('Stages').selectOption({ label: 'One stage' });
  await dialog.getByRole('tab', { name: 'Mails' }).click();
  await dialog.getByLabel('More addresses: Somebody activates, administrators').fill('soc@contoso.com; ');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access-mails');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('complementary', { name: 'Role settings' }).getByText('who manages authorization').waitFor();

  const { rules } = await policyOfRole();
  const now = (id: RuleId) => rules.find((one) => one.id === id)?.rule;
  expect(now('Approval_EndUser_Assignment')).toMatchObject({
    setting: { approvalMode: 'SingleStage', approvalStages: [{}, { isEscalationEnabled: true, escalationTimeInMinutes: 60 }] }, // prettier-ignore
  });
  expect(now('Notification_Admin_EndUser_Assignment')).toMatchObject({ notificationRecipients: ['soc@contoso.com'] });

  await petra.goto(`${portal.url}/my-access`);
  await petra.getByRole('button', { name: 'Activate…' }).click();
  await petra.getByRole('dialog').getByLabel('Justification').fill('Incident 7');
  expect(await barriersOf(petra)).toEqual([]);
  await petra.getByRole('dialog').getByRole('button', { name: 'Ask' }).click();
  await petra.getByText('A request waits for approval').waitFor();

  await page.setViewportSize({ width: 390, height: 844 });
  await portal.goto('/my-access?tab=approvals');
  await page.getByRole('button', { name: 'Approve…' }).click();
  await page.getByRole('dialog').getByLabel('Justification').fill('Seen');
  expect(await portal.barriers()).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // What stood behind the dialog is given back a moment later.
  await page.locator('#root:not([aria-hidden="true"])').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('my-access-approvals-phone');
  await page.getByRole('button', { name: 'Approve…' }).click();
  await page.getByRole('dialog').getByLabel('Justification').fill('Seen');
  await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByText('Nothing waits for you').waitFor();
  await page.setViewportSize({ width: 1440, height: 900 });
  const delegated = await petra.request.post(`${portal.url}/api/privileged-access/delegations`, {
    headers: { 'x-sallyport-csrf': '1', origin: portal.url },
    data: { userPrincipalName: 'admin@contoso.com', endsAt: new Date(Date.now() + 86_400_000).toISOString() },
  });
  expect(delegated.status()).toBe(200);
  await portal.goto('/privileged-access?tab=sessions');
  await page.getByRole('row').filter({ hasText: 'Petra' }).click();

  const active = petra.getByRole('list', { name: 'Active' });
  await active.getByText('Activated').waitFor();
  expect(await barriersOf(petra)).toEqual([]);
  expect((await petra.request.get(`${portal.url}/api/incidents`)).status()).toBe(200);
  const session = page.getByRole('complementary', { name: 'Session' });
  await session.getByText(/: Seen$/).waitFor();
  await session.getByText('addApprovalDelegation').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access-sessions');
  await petra.getByText('Nothing is active.').waitFor();
  expect((await petra.request.get(`${portal.url}/api/incidents`)).status()).toBe(403);
  await petra.getByRole('tab', { name: 'My audit' }).click();
  await petra.getByText('Remove member from role (PIM activation expired)').waitFor();
  expect(await barriersOf(petra)).toEqual([]);
}, 180_000);

test('what is activated is ended now, and its assignment removed', async () => {
  const { page, client } = portal;
  const { policies } = await client.listPrivilegedPolicies({ query: {} });
  const reader = policies.find(({ targetName }) => targetName === 'Global Reader');
  if (!reader) throw new Error('there is no policy of Global Reader');
  await client.managePrivilegedAccess({
    body: { action: 'adminAssign', kind: 'eligible', target: reader.target, principal: petraId },
  });
  await petra.goto(`${portal.url}/my-access`);
  const eligible = petra.getByRole('listitem').filter({ hasText: 'Global Reader' });
  await eligible.getByRole('button', { name: 'Activate…' }).click();
  await petra.getByRole('dialog').getByLabel('Justification').fill('Incident 8');
  await petra.getByRole('dialog').getByRole('button', { name: 'Activate' }).click();
  const active = petra.getByRole('list', { name: 'Active', exact: true });
  await active.getByText('Global Reader').waitFor();
  expect((await petra.request.get(`${portal.url}/api/incidents`)).status()).toBe(200);

  await portal.goto('/privileged-access?tab=sessions');
  await page.getByRole('row').filter({ hasText: 'Global Reader' }).click();
  const session = page.getByRole('complementary', { name: 'Session' });
  await session.getByRole('button', { name: 'End now…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Justification').fill('The incident is over');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access-end');
  await dialog.getByRole('button', { name: 'End now', exact: true }).click();
  await session.getByText('Over', { exact: true }).first().waitFor();
  await page.getByText('Nothing is activated now').waitFor();
  expect((await petra.request.get(`${portal.url}/api/incidents`)).status()).toBe(403);

  // What it came from is left, until that is taken away too.
  await portal.goto('/privileged-access');
  await page.getByRole('row').filter({ hasText: 'Petra' }).filter({ hasText: 'Global Reader' }).click();
  const assignment = page.getByRole('complementary', { name: 'Assignment' });
  await assignment.getByText('Eligible').waitFor();
  await assignment.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await assignment.waitFor({ state: 'detached' });
  await petra.goto(`${portal.url}/my-access`);
  await petra.getByText('Ended of late').waitFor();
  await eligible.filter({ hasText: 'Eligible until' }).waitFor();
  expect(await eligible.getByRole('button', { name: 'Activate…' }).count()).toBe(0);
}, 120_000);

test('whoever owns a group puts somebody into it and takes them out', async () => {
  const { client } = portal;
  const made = await client.graphCreateGroup({
    body: { displayName: 'Night shift', mailEnabled: false, mailNickname: 'night', securityEnabled: true },
  });
  const target = {
    type: 'group',
    id: z.object({ id: z.guid() }).parse(JSON.parse(String(made))).id,
    access: 'owner',
  } as const;
  await client.managePrivilegedAccess({
    body: { action: 'adminAssign', kind: 'active', target, principal: petraId, justification: 'Plans the nights' },
  });
  await petra.goto(`${portal.url}/my-access?tab=groups`);
  await petra.getByText('Nobody is in it.').waitFor();
  await petra.getByRole('button', { name: 'Add member…' }).click();
  const dialog = petra.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Who' }).fill('admin@contoso.com');
  await dialog.getByRole('combobox', { name: 'Who' }).press('Enter');
  expect(await barriersOf(petra)).toEqual([]);
  await takePicture(petra, 'my-access-groups-add');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  const members = petra.getByRole('list', { name: 'Night shift' });
  await members.getByText('admin@contoso.com').waitFor();
  expect(await barriersOf(petra)).toEqual([]);
  await takePicture(petra, 'my-access-groups');
  await members.getByRole('button', { name: 'Remove' }).click();
  await petra.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await petra.getByText('Nobody is in it.').waitFor();
}, 120_000);

test('a role in a cloud: connected, assigned, and seen by who may activate it', async () => {
  const { page } = portal;
  await portal.goto('/privileged-access?tab=clouds');
  await page.getByRole('button', { name: 'Connect…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: /^Name/ }).fill('Production');
  await dialog.getByLabel('Directory (tenant) id').fill('3f0a0f56-2b4e-4a36-9a11-6c2d9f1b7e01');
  await dialog.getByLabel('Application (client) id').fill('3f0a0f56-2b4e-4a36-9a11-6c2d9f1b7e02');
  for (const address of ['Authority', 'Resource Manager']) await dialog.getByLabel(address).fill('https://localhost:1');
  await dialog.getByLabel('Client secret').fill('of the application');
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('row').filter({ hasText: 'Production' }).click();
  await page.getByRole('button', { name: 'Add role…' }).click();
  await dialog.getByLabel('Scope').fill('/subscriptions/3f0a0f56-2b4e-4a36-9a11-6c2d9f1b7e03/resourceGroups/web');
  await dialog.getByLabel('Role definition id').fill('b24988ac-6180-42a0-ab88-20f7382dd24c');
  await dialog.getByRole('textbox', { name: /^Name/ }).fill('Contributor on web');
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Assignments' }).click();
  await page.getByRole('button', { name: 'Assign…' }).click();
  await dialog.getByRole('combobox', { name: 'Who' }).fill(name);
  await dialog.getByRole('combobox', { name: 'Who' }).press('Enter');
  await dialog.getByLabel('Role').selectOption({ label: 'Contributor on web (Production)' });
  await dialog.getByLabel('State').selectOption({ label: 'Active' });
  await dialog.getByLabel('Object id in Entra').fill('3f0a0f56-2b4e-4a36-9a11-6c2d9f1b7e04');
  await dialog.getByLabel('Justification').fill('Runs it');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access-assign-cloud');
  await dialog.getByRole('button', { name: 'Assign', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  // Nothing answers there: it says so, and goes on trying.
  await page.getByRole('tab', { name: 'Clouds' }).click();
  await page.getByText('Failing').first().waitFor();
  await page.getByRole('row').filter({ hasText: 'Production' }).click();
  await page.getByRole('complementary', { name: 'Cloud' }).getByText(name).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access-clouds');
  await petra.goto(`${portal.url}/my-access`);
  await petra.getByText('Not there yet').waitFor();
  expect(await barriersOf(petra)).toEqual([]);
}, 120_000);

test('access review: from its start to what it removes', async () => {
  const { page, client } = portal;
  const policy = await policyOfRole();
  await portal.goto('/privileged-access?tab=reviews');
  await page.getByRole('button', { name: 'New review…' }).click();
  expect(await portal.barriers()).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  const { review } = await client.createAccessReview({
    body: AccessReviewSettings.parse({
      displayName: 'Who is on call',
      descriptionForReviewers: 'Ask the desk who is on the plan.',
      targets: [policy.target],
      stages: [{ reviewers: 'self' }],
      autoApply: false,
    }),
  });
  await portal.goto(`/privileged-access?tab=reviews&selected=${review.id}`);
  const panel = page.getByRole('complementary', { name: 'Access review' });
  await panel.getByRole('button', { name: 'Send reminder' }).click();
  await page.getByText('Those who have not decided yet are reminded').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('access-review-running');
  await petra.goto(`${portal.url}/my-access?tab=reviews`);
  await petra.getByRole('button', { name: 'Remove…' }).click();
  await petra.getByRole('dialog').getByLabel('Justification').fill('No more on call');
  await petra.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await petra.getByText('Denied').waitFor();
  expect(await barriersOf(petra)).toEqual([]);
  await portal.goto(`/privileged-access?tab=reviews&selected=${review.id}`);
  await panel.getByText('No more on call').waitFor();
  await panel.getByRole('button', { name: 'End now' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End now' }).click();
  await panel.getByRole('button', { name: 'Apply' }).click();
  await panel.getByText('At the end: removed').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('access-review');
  const { assignments } = await client.listPrivilegedAssignments({ query: { targetId: policy.target.id } });
  expect(assignments.filter(({ principal }) => principal.id === petraId)).toEqual([]);

  await portal.goto('/privileged-access?tab=alerts');
  await page.getByRole('button', { name: 'Look now' }).click();
  await page.getByRole('heading', { name: 'Potential stale accounts in a privileged role' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('privileged-access-alerts');
  expect(portal.complaints).toEqual([]);
}, 120_000);
