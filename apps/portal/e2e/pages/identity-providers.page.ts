import { join } from 'node:path';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';
import { sharedSallyport } from './sallyport.ts';

let portal: Portal;
let issuer: string;
/** What a provider says of itself, at an address that the server trusts: it has the server's own certificate. */
const provider = createServer((request, response) => {
  const said = request.url?.startsWith('/keys') === true ? { keys: [] } : document();
  response.setHeader('content-type', 'application/json').end(JSON.stringify(said));
});
const document = () => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
});

beforeAll(async () => {
  const folder = join(sharedSallyport().dataDir, 'tls');
  provider.setSecureContext({ cert: readFileSync(join(folder, 'server.pem')), key: readFileSync(join(folder, 'server-key.pem')) }); // prettier-ignore
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `https://localhost:${(provider.address() as AddressInfo).port}`;
  portal = await openPortal();
}, 60_000);
afterAll(() => {
  provider.closeAllConnections();
  provider.close();
});

test('a provider is tested, added, shown on the sign-in page, and turned off', async () => {
  const { page, url } = portal;
  await portal.goto('/settings?tab=identity-providers');
  await page.getByText('No identity providers').waitFor();
  await page.getByRole('button', { name: 'New identity provider' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Contoso ID');
  await dialog.getByRole('textbox', { name: 'Issuer' }).fill('http://localhost:1');
  await dialog.getByRole('textbox', { name: 'Client ID' }).fill('sallyport');
  await dialog.getByText('Issuer: ').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Issuer' }).fill(issuer);
  await dialog.getByRole('textbox', { name: 'Domains' }).fill('contoso.org');
  await dialog.getByRole('button', { name: 'Test connection' }).click();
  // The server has no reason to trust the certificate: what it says of that is shown.
  await dialog.getByRole('list', { name: 'What was found' }).getByRole('listitem').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('identity-provider-new');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const panel = page.getByRole('complementary', { name: 'Identity provider' });
  await panel.getByText('/api/signin/federated/').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('identity-providers');

  await page.goto(`${url}/signin?failure=refused`);
  await page.getByText('was not accepted, or it may not sign you in here').waitFor();
  await page.getByRole('button', { name: 'Sign in with Contoso ID' }).waitFor();
  await page.getByRole('textbox', { name: 'User name' }).fill('bob@contoso.org');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('signin-federated');

  await portal.goto('/settings?tab=identity-providers');
  await page.getByRole('row').filter({ hasText: 'Contoso ID' }).click();
  await panel.getByRole('switch').click();
  await panel.getByRole('switch', { name: 'Off' }).waitFor();
  await page.goto(`${url}/signin`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Sign in with Contoso ID' }).count()).toBe(0);
  await portal.goto('/settings?tab=identity-providers');
  await page.getByRole('row').filter({ hasText: 'Contoso ID' }).click();
  await panel.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No identity providers').waitFor();
  expect(portal.complaints).toEqual([]);
}, 240_000);
