import { beforeAll, expect, test } from 'vitest';
import { codeOf, otherPage, signIn, takeUp } from './person.ts';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('somebody is invited, takes it up and signs in; disabled they are out, deleted they come back', async () => {
  const { page, url } = portal;
  const name = 'nora.falk@contoso.com';
  await portal.goto('/people');
  await page.getByRole('button', { name: 'Invite' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Nora Falk');
  await dialog.getByRole('textbox', { name: 'User name' }).fill(name);
  await dialog.getByRole('textbox', { name: 'Department' }).fill('Research');
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Invite' }).click();
  const secret = page.getByRole('alertdialog');
  const link = (await secret.getByRole('button', { name: 'Copy link' }).locator('..').innerText()).trim();
  expect(await portal.barriers()).toEqual([]);
  await secret.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row').filter({ hasText: name });
  await row.getByText('Invited').waitFor();

  const theirs = await otherPage(page.context());
  const authenticator = await takeUp(theirs, link);
  // The link is good once.
  await theirs.goto('about:blank');
  await theirs.goto(link);
  await theirs.getByText('The link was not accepted').waitFor();
  await signIn(theirs, url, name, codeOf(authenticator, 1));
  await theirs.waitForURL(`${url}/`);

  await portal.goto('/people');
  await row.click();
  const panel = page.getByRole('complementary', { name: 'Person' });
  await panel.getByText('Live sessions (1)').waitFor();
  await panel.getByText('Authenticator app').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('people');
  await panel.getByRole('switch', { name: 'Enabled' }).click();
  await panel.getByRole('switch', { name: 'Disabled' }).waitFor();
  await panel.getByText('Live sessions (0)').waitFor();
  // The session ends at once.
  await theirs.goto(`${url}/incidents`);
  await theirs.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();

  await panel.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('tab', { name: 'Deleted' }).click();
  await row.click();
  await panel.getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('tab', { name: 'All' }).click();
  await row.waitFor();
  await theirs.context().close();
  expect(portal.complaints).toEqual([]);
}, 180_000);
