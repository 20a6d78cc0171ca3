import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { otherPage } from './person.ts';
import { openPortal, type Portal } from './portal.ts';

const shop = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Shop</h1>'));
let callback: string;
let portal: Portal;
beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  callback = `http://localhost:${(shop.address() as AddressInfo).port}/callback`;
  portal = await openPortal();
}, 60_000);
afterAll(() => {
  shop.closeAllConnections();
  shop.close();
});

test('an application is registered, its secret is shown once, and a person signs in to it and agrees', async () => {
  const { page, url } = portal;
  await portal.goto('/applications');
  await page.getByText('No applications').waitFor();
  await page.getByRole('button', { name: 'New application' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Shop');
  const uris = dialog.getByRole('textbox', { name: 'Redirect URIs' });
  await uris.fill('http://shop.example.org/callback');
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.getByText('must be `https`').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await uris.fill(callback);
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.waitFor({ state: 'detached' });
  const panel = page.getByRole('complementary', { name: 'Application' });
  await panel.getByText(callback).waitFor();
  await panel.getByRole('button', { name: 'Add secret' }).click();
  await panel.getByText('it is shown this once').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('applications');
  await page.reload();
  await panel.getByText('Secrets (1)').waitFor();
  expect(await panel.getByText('it is shown this once').count()).toBe(0);

  const [application] = (await portal.client.listApplications()).applications;
  const request = new URL('/oauth2/v2.0/authorize', url);
  const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url');
  const asked = { client_id: application?.appId ?? '', redirect_uri: callback, response_type: 'code', scope: 'openid profile', state: 'here', code_challenge: challenge, code_challenge_method: 'S256' }; // prettier-ignore
  request.search = new URLSearchParams(asked).toString();
  await page.goto(request.href);
  // The session of the portal is enough; only the agreement is missing.
  await page.getByRole('heading', { name: 'Shop asks for your agreement' }).waitFor();
  await page.getByText('The answer goes to localhost').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('application-consent');
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.waitForURL(`${callback}*`);
  const answer = new URL(page.url()).searchParams;
  expect([answer.get('state'), answer.get('iss'), answer.has('code')]).toEqual(['here', url, true]);
  // The next time nothing is asked.
  await page.goto(request.href);
  await page.waitForURL(`${callback}*`);
  await portal.goto('/applications');
  // The refused address, and nothing else.
  expect(portal.complaints.filter((one) => !one.includes('400'))).toEqual([]);
}, 240_000);

test('an application calls Sallyport as itself, and its page says what it may and used', async () => {
  const { page, client, url } = portal;
  const made = await client.createApplication({ body: { displayName: 'Night report' } });
  const principalId = made.servicePrincipal?.id ?? '';
  const { secretText } = await client.addApplicationSecret({ params: { id: made.id }, body: {} });
  const { roles } = await client.listRoles();
  const roleId = roles.find(({ displayName }) => displayName === 'Security Reader')?.id ?? '';
  await client.createRoleAssignment({ body: { roleId, principalId, principalType: 'servicePrincipal' } });
  const program = await otherPage(page.context());
  const answer = await program.request.post(`${url}/oauth2/v2.0/token`, {
    form: { grant_type: 'client_credentials', client_id: made.appId, client_secret: secretText, scope: 'api://sallyport/.default' }, // prettier-ignore
  });
  const { access_token: token } = z.object({ access_token: z.string() }).parse(await answer.json());
  const ask = () => program.request.get(`${url}/api/incidents`, { headers: { authorization: `Bearer ${token}` } });
  expect((await ask()).status()).toBe(200);
  const lastUses = async () => {
    const { uses } = await client.explainAccess({ params: { type: 'servicePrincipal', id: principalId } });
    return uses.filter(({ lastUsedAt }) => lastUsedAt !== null).map(({ permission }) => permission);
  };
  await expect.poll(lastUses).toEqual(['securityData.read']);

  await portal.goto('/applications');
  await page.getByRole('row').filter({ hasText: 'Night report' }).click();
  const rights = page.getByRole('complementary', { name: 'Application' }).getByRole('list', { name: 'Rights in Sallyport' }); // prettier-ignore
  const used = rights.getByRole('listitem').filter({ hasNotText: 'Never used' });
  await used.getByText('Security data basics (read)').waitFor();
  expect(await used.count()).toBe(1);
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('application-rights');
  await page.getByRole('link', { name: 'By which roles' }).click();
  await page.getByText('is assigned Security Reader').first().waitFor();
  const { assignments } = await client.listRoleAssignments({ query: { principalId } });
  await client.endRoleAssignment({ params: { id: assignments[0]?.id ?? '' } });
  expect((await ask()).status()).toBe(403);
}, 60_000);
