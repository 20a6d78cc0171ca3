import { Secret, TOTP } from 'otpauth';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openPortal, type Portal } from './portal.ts';

const password = 'correct horse battery staple';
let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('step-up: a policy asks for a passkey over the page, and the page goes on', async () => {
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
  const Policies = z.object({ value: z.array(z.object({ id: z.string() })) });
  for (const { id } of Policies.parse(await client.graphListPolicies()).value)
    await client.graphDeletePolicy({ params: { id } });
}, 240_000);
