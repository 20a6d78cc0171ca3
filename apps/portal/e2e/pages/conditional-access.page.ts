import { beforeAll, expect, test } from 'vitest';
import { codeOf, otherPage, signIn, takeUp } from './person.ts';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

const name = 'olav.lie@contoso.com';
const policy = 'Require phishing-resistant multifactor authentication for admins';

/** Waits until the lake has a sign-in of theirs that ended so. */
const seen = (resultType: string) =>
  expect
    .poll(
      async () =>
        (
          await portal.client.runQuery({
            body: {
              query: `SigninLogs | where UserPrincipalName == '${name}' and ResultType == '${resultType}' | count`,
            },
          })
        ).rows[0]?.[0],
      { timeout: 60_000, interval: 500 },
    )
    .toBeGreaterThan(0);

test('a policy from a template reports, is turned on, and refuses a sign-in that the log explains', async () => {
  const { page, url, client } = portal;
  const { invitation, person } = await client.invitePerson({
    body: { userPrincipalName: name, displayName: 'Olav Lie', role: 'Security Operator' },
  });
  const theirs = await otherPage(page.context());
  const authenticator = await takeUp(theirs, invitation.url);
  await signIn(theirs, url, name, codeOf(authenticator, 1));
  await theirs.waitForURL(`${url}/`);
  await seen('0');

  await portal.goto('/conditional-access');
  await page.getByText('No policies').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await page.getByRole('button', { name: 'New policy' }).first().click();
  await page.getByRole('menuitem', { name: 'From a template' }).click();
  expect(await portal.barriers()).toEqual([]);
  await page.getByRole('button', { name: `Use ${policy}` }).click();
  await page.getByRole('heading', { level: 1, name: 'New policy' }).waitFor();

  // The form and its JSON are one; what is wrong is told with its place.
  const json = page.getByRole('textbox', { name: 'The policy as JSON' });
  const good = await json.inputValue();
  await json.fill(good.replace('"operator": "OR"', '"operator": "XOR"'));
  await page.getByRole('status', { name: 'Problems' }).getByText('grantControls.operator').waitFor();
  await json.fill(good);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`${policy} (ours)`);
  expect(JSON.parse(await json.inputValue())).toMatchObject({ displayName: `${policy} (ours)` });
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(policy);
  await page.getByRole('tab', { name: 'What would it change' }).click();
  await page.getByRole('table', { name: 'Sign-ins that it meets' }).getByText(name).first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('conditional-access-editor');
  await page.getByRole('button', { name: 'Save' }).click();

  const panel = page.getByRole('complementary', { name: 'Policy' });
  await panel.getByText('Report-only').first().waitFor();
  await panel.getByRole('table', { name: 'Sign-ins that it meets' }).getByText(name).first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('conditional-access');
  await panel.getByRole('button', { name: 'State' }).click();
  await page.getByRole('menuitem', { name: 'On', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('table', { name: 'Sign-ins that it meets' }).waitFor();
  await dialog.getByText('You are an emergency account').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('row').filter({ hasText: policy }).getByText('On', { exact: true }).waitFor();

  await expect
    .poll(
      async () => {
        await signIn(theirs, url, name, codeOf(authenticator, 1));
        await theirs.getByRole('alert').first().waitFor();
        return theirs.getByRole('alert').first().innerText();
      },
      // A code is good once, so the next one may have to be waited for.
      { timeout: 70_000, interval: 8_000 },
    )
    .toContain('AADSTS50074');
  await seen('50074');

  await portal.goto('/sign-ins?outcome=interrupted');
  await page.getByRole('row').filter({ hasText: name }).first().click();
  const signInPanel = page.getByRole('complementary', { name: 'Sign-in' });
  await signInPanel.getByText('Strong authentication is required').waitFor();
  await signInPanel.getByRole('tab', { name: 'Conditional Access' }).click();
  const said = signInPanel.getByRole('listitem').filter({ hasText: policy });
  await said.getByText('Not satisfied').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('sign-in-log');
  await said.getByRole('link', { name: policy }).click();
  await panel.waitFor();

  // What if they had used a passkey is for the page to say; as they are, they are asked.
  await portal.goto(`/conditional-access?tab=what-if&user=${person.id}&app=5a96d9f1-02de-48ff-84f1-137a7cbb9134`);
  await page.getByText('Asked for more').waitFor();
  await page.getByText('All conditions hold').click();
  await page
    .getByRole('table', { name: `Conditions of ${policy}` })
    .getByText('holds')
    .first()
    .waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('what-if');

  await page.getByRole('tab', { name: 'Named locations' }).click();
  await page.getByRole('button', { name: 'New location' }).first().click();
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Office');
  await dialog.getByRole('textbox', { name: 'Ranges' }).fill('192.0.2.0/4');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Nothing was saved').waitFor();
  await dialog.getByRole('textbox', { name: 'Ranges' }).fill('192.0.2.0/24');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row').filter({ hasText: 'Office' }).click();
  expect(await portal.barriers()).toEqual([]);
  for (const tab of [
    'Coverage',
    'Authentication strengths',
    'Authentication contexts',
    'Terms of use',
    'Emergency accounts',
  ]) {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByRole('tab', { name: tab, selected: true }).waitFor();
    await expect.poll(() => page.getByLabel(/^(Loading|Looking)/).count(), { timeout: 30_000 }).toBe(0);
    expect({ tab, barriers: await portal.barriers() }).toEqual({ tab, barriers: [] });
  }

  await portal.goto('/conditional-access');
  await page.getByRole('row').filter({ hasText: policy }).click();
  await panel.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No policies').waitFor();
  await theirs.context().close();
  // The refused range, and nothing else.
  expect(portal.complaints.filter((one) => !one.includes('400'))).toEqual([]);
}, 300_000);
