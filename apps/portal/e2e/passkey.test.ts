import { startSallyport, type RunningSallyport } from '@sallyport/testkit/running';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './browser.ts';

let sallyport: RunningSallyport;
let browser: Browser;

beforeAll(async () => {
  sallyport = await startSallyport({ args: ['--collect-host', 'off'], readySeconds: 170 });
  browser = await launchBrowser({ trust: sallyport.dataDir });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await sallyport?.stop();
}, 60_000);

test('the first administrator makes a passkey, signs out, and signs in with it', async () => {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(30_000);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });

  await page.goto(sallyport.setupLink!);
  await page.getByLabel('Your name').fill('Maria Lind');
  await page.getByLabel('User name').fill('maria.lind@contoso.com');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await page.waitForURL(`${sallyport.url}/`);
  const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
  expect(credentials).toHaveLength(1);

  await page.context().clearCookies();
  await page.goto(`${sallyport.url}/incidents`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor();

  // A passkey is bound to this installation: one that is gone from the device can't be talked around.
  await page.context().clearCookies();
  await devtools.send('WebAuthn.clearCredentials', { authenticatorId });
  await page.goto(`${sallyport.url}/incidents`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('The passkey was not accepted').waitFor();
  expect(new URL(page.url()).pathname).toBe('/signin');
}, 120_000);
