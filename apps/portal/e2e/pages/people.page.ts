import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 120_000);

test('somebody is invited, makes a passkey by the link, signs in with it, and keeps their own ways to sign in', async () => {
  const { page, url } = portal;
  await portal.goto('/people');
  await page.getByRole('button', { name: 'Invite' }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite somebody' });
  await dialog.getByLabel('Name', { exact: true }).fill('Nora Falk');
  await dialog.getByLabel('User name').fill('nora.falk@contoso.com');
  await dialog.getByLabel('Department').fill('Research');
  await dialog.getByRole('button', { name: 'Invite' }).click();
  const shown = page.getByRole('dialog', { name: 'The invitation of Nora Falk' });
  const link = await shown.getByText('/invitation#token=').textContent();
  await shown.getByRole('button', { name: 'Done' }).click();
  await page.getByText('nora.falk@contoso.com').click();
  await page.getByRole('complementary', { name: 'Person' }).getByText('Research').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('people');

  const context = await page
    .context()
    .browser()!
    .newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  const nora = await context.newPage();
  nora.setDefaultTimeout(30_000);
  const devtools = await context.newCDPSession(nora);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await nora.goto(link ?? '');
  await nora.getByRole('heading', { name: 'Welcome, Nora Falk' }).waitFor();
  await nora.getByRole('button', { name: 'Make a passkey' }).click();
  await nora.getByRole('button', { name: 'Go to sign-in' }).click();
  await nora.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await nora.waitForURL(`${url}/`);
  await nora.goto(`${url}/security-info`);
  await nora.getByRole('button', { name: 'Rename' }).click();
  await nora.getByRole('dialog').getByLabel('Name').fill('This laptop');
  await nora.getByRole('button', { name: 'Save' }).click();
  await nora.getByText('This laptop').waitFor();
  // The last way to sign in stays.
  await nora.getByRole('button', { name: 'Remove' }).click();
  await nora.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await nora.getByText('this is the last way to sign in').waitFor();
  await nora.getByRole('tab', { name: 'My sign-ins' }).click();
  await nora.getByRole('grid', { name: 'My sign-ins' }).getByText('Passkey (FIDO2)').first().waitFor();
  await context.close();
  expect(portal.complaints).toEqual([]);
}, 180_000);
