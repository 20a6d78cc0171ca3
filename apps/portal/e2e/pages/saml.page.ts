import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

/** A service provider that shows who signs in to it by what it was posted. */
const shop = createServer((request, response) => {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString()));
  request.on('end', () => {
    const form = new URLSearchParams(body);
    const xml = Buffer.from(form.get('SAMLResponse') ?? '', 'base64').toString();
    const name = /<saml:NameID[^>]*>([^<]*)</.exec(xml)?.[1] ?? 'nobody';
    response.setHeader('content-type', 'text/html').end(`<h1>${request.method ?? ''} by ${name}</h1>`);
  });
});
let acs: string;
let portal: Portal;
beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  acs = `http://localhost:${(shop.address() as AddressInfo).port}/acs`;
  portal = await openPortal();
}, 60_000);
afterAll(() => {
  shop.closeAllConnections();
  shop.close();
});

test('an application that speaks SAML is registered by its metadata, and a person signs in to it from here', async () => {
  const { page, url } = portal;
  const metadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://wiki.example.org"><SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acs}" index="0"/></SPSSODescriptor></EntityDescriptor>`;
  await portal.goto('/applications');
  await page.getByRole('button', { name: 'New application' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Wiki');
  await dialog.getByRole('radio', { name: 'An application that speaks SAML 2.0' }).click();
  const text = dialog.getByRole('textbox', { name: 'Or the metadata itself' });
  await text.fill('<!DOCTYPE a>');
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.getByText('a document type is not taken').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await text.fill(metadata);
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.waitFor({ state: 'detached' });
  const panel = page.getByRole('complementary', { name: 'Application' });
  await panel.getByText('/saml2/metadata').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('application-saml');

  const found = (await portal.client.listApplications()).applications.find(({ displayName }) => displayName === 'Wiki');
  await page.goto(`${url}/saml2/start/${found?.appId ?? ''}`);
  await page.getByRole('heading', { name: 'POST by' }).waitFor();
  expect(page.url()).toBe(acs);
  expect(await page.getByRole('heading').textContent()).toMatch(/^POST by .+@/);
  await portal.goto('/applications');
  await page.getByRole('row').filter({ hasText: 'Wiki' }).click();
  await panel.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await panel.waitFor({ state: 'detached' });
  // The refused metadata, and nothing else.
  expect(portal.complaints.filter((one) => !one.includes('400'))).toEqual([]);
}, 240_000);
