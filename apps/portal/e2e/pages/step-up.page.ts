import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sallyportApplicationId } from '@sallyport/contracts/conditional-access';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openPortal, type Portal } from './portal.ts';

const password = 'correct horse battery staple';
let portal: Portal;
const Created = z.object({ id: z.string() });
const Policies = z.object({ value: z.array(Created) });
async function removePolicies(): Promise<void> {
  const { client } = portal;
  for (const { id } of Policies.parse(await client.graphListPolicies()).value)
    await client.graphDeletePolicy({ params: { id } });
}
const shop = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Shop</h1>'));
beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  portal = await openPortal();
}, 60_000);
afterAll(() => {
  shop.closeAllConnections();
  shop.close();
});

test('step-up: a policy asks for a passkey over the page, and the page goes on; terms are accepted within sign-ins', async () => {
  const { page, client, url } = portal;
  // Of her own, since the administrator is an emergency account, of whom no policy asks anything.
  const { person, invitation } = await client.invitePerson({
    body: { userPrincipalName: 'ines@contoso.com', displayName: 'Ines', role: 'Security Reader' },
  });
  const token = new URLSearchParams(new URL(invitation.url).hash.slice(1)).get('token') ?? '';
  const { totp } = await client.startInvitation({ body: { token } });
  const code = (later = 0): string =>
    new TOTP({ secret: Secret.fromBase32(totp.secret) }).generate({ timestamp: Date.now() + later });
  await client.finishInvitation({ body: { method: 'passwordTotp', token, password, totpCode: code() } });

  const devtools = await page.context().newCDPSession(page);
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
  await page.context().clearCookies();
  await page.goto(`${url}/signin?to=/security-info`);
  await page.getByRole('textbox', { name: 'User name' }).fill('ines@contoso.com');
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  // The code of now was used to set it up.
  await page.getByRole('textbox', { name: 'Code' }).fill(code(30_000));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('This laptop');
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await page.getByText('This laptop').first().waitFor();

  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Blue key');
  await client.graphCreatePolicy({
    body: {
      displayName: 'A passkey for Ines',
      state: 'enabled',
      conditions: { users: { includeUsers: [person.id] }, applications: { includeApplications: ['All'] } },
      grantControls: {
        operator: 'OR',
        builtInControls: [],
        authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' },
      },
    },
  });
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  const asked = page.getByRole('alertdialog', { name: 'Confirm that it is you' });
  await asked.getByText('a stronger method, such as a passkey').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('step-up');
  // A password would not do, so it is not asked for.
  expect(await asked.getByRole('textbox').count()).toBe(0);
  await asked.getByRole('button', { name: 'Use a passkey' }).click();
  await asked.waitFor({ state: 'detached' });
  // The call that was refused has been made again.
  await page.getByText('Blue key').first().waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  // 401 of the calls that waited.
  expect(portal.complaints.filter((one) => !one.includes('401'))).toEqual([]);
  await removePolicies();

  const terms = async (displayName: string, text: string, appId: string): Promise<void> => {
    const files = [{ fileName: 'rules.md', language: 'en', fileData: { data: Buffer.from(text).toString('base64') } }];
    const { id } = Created.parse(JSON.parse(String(await client.graphCreateAgreement({ body: { displayName, isViewingBeforeAcceptanceRequired: true, files } })))); // prettier-ignore
    await client.graphCreatePolicy({
      body: {
        displayName,
        state: 'enabled',
        conditions: { users: { includeUsers: [person.id] }, applications: { includeApplications: [appId] } },
        grantControls: { operator: 'OR', termsOfUse: [id] },
      },
    });
  };
  const accept = page.getByRole('button', { name: 'Accept and go on' });
  await terms('House rules', '# Be kind\n\nAlways.', sallyportApplicationId);
  await page.context().clearCookies();
  await page.goto(`${url}/signin?to=/security-info`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('button', { name: 'Read House rules' }).waitFor();
  expect(await accept.isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Read House rules' }).click();
  await page.getByRole('heading', { name: 'Be kind' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('terms-of-use');
  await accept.click();
  await page.waitForURL(`${url}/security-info`);

  const redirectUri = `http://localhost:${(shop.address() as AddressInfo).port}/callback`;
  const { appId } = await client.createApplication({
    body: { displayName: 'Shop', spa: { redirectUris: [redirectUri] } },
  });
  await terms('Rules of the shop', '# Pay fairly', appId);
  const asks = new URLSearchParams({ client_id: appId, response_type: 'code', scope: 'openid', redirect_uri: redirectUri, state: 'x', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }); // prettier-ignore
  await page.goto(`${url}/oauth2/v2.0/authorize?${asks}`);
  await page.getByRole('heading', { name: 'Terms of use of Shop' }).waitFor();
  await page.getByRole('button', { name: 'Read Rules of the shop' }).click();
  expect(await portal.barriers()).toEqual([]);
  await accept.click();
  const agree = page.getByRole('button', { name: 'Accept', exact: true });
  await agree
    .or(page.getByRole('heading', { name: 'Shop', exact: true }))
    .first()
    .waitFor();
  if (await agree.isVisible()) await agree.click();
  await page.getByRole('heading', { name: 'Shop', exact: true }).waitFor();
  expect(new URL(page.url()).searchParams.has('code')).toBe(true);
  await removePolicies();
}, 240_000);
