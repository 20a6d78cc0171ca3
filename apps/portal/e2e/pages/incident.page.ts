import { beforeAll, expect, test } from 'vitest';
import { attackOf } from './attack.ts';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
let number: number;
beforeAll(async () => {
  portal = await openPortal();
  number = await attackOf(portal.client, 'Triage of the test');
}, 120_000);

test('an incident is taken from the queue to its closure, by keyboard alone', async () => {
  const { page, client } = portal;
  await portal.goto('/incidents?search=Triage%20of%20the%20test');
  const grid = page.getByRole('grid', { name: 'Incidents' });
  await grid.getByText('Triage of the test').waitFor();
  await grid.focus();
  await page.keyboard.press('Enter');
  await page
    .getByRole('complementary', { name: `Incident ${number}` })
    .getByText('3 alerts')
    .waitFor();
  expect(await portal.barriers()).toEqual([]);
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/incidents/${number}$`));
  await page.locator('.react-flow__node').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await page.keyboard.press('s');
  await page.getByRole('button', { name: 'Status: Active' }).waitFor();
  await page.keyboard.press('a');
  await page.getByRole('dialog').getByRole('combobox').waitFor();
  await page.keyboard.type('admin@contoso.com');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'admin@contoso.com' }).waitFor();
  await page.keyboard.press('c');
  await page.getByRole('textbox', { name: 'Add a comment' }).focus();
  await page.keyboard.type('The session is ended');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('tabpanel').getByText('The session is ended').waitFor();
  await page.getByRole('tab', { name: /^Comments/ }).focus();
  await page.keyboard.press('s');
  await page.getByRole('dialog').getByRole('radio').first().focus();
  await page.keyboard.press('Space');
  expect(await portal.barriers()).toEqual([]);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Status: Closed' }).waitFor();
  expect(await client.getIncident({ params: { number } })).toMatchObject({
    status: 'Closed',
    classification: 'TruePositive',
    owner: 'admin@contoso.com',
  });
}, 120_000);

test('its story is played step by step; what a person finds of evidence stays', async () => {
  const { page } = portal;
  await portal.goto(`/incidents/${number}`);
  await page.getByRole('slider', { name: 'Time of the story' }).focus();
  await page.keyboard.press('Home');
  await page.getByText('Nothing has happened yet.').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('status').filter({ hasText: 'Mail with a link' }).waitFor();
  await page.getByRole('tab', { name: /^Evidence/ }).click();
  // What is chosen while the search still settles stays chosen.
  await page.getByRole('searchbox', { name: 'Name' }).fill('192.0.2.66');
  const row = page.getByRole('row').filter({ hasText: '192.0.2.66' });
  await row.click();
  await page.waitForURL(/find=/);
  const panel = page.getByRole('complementary', { name: 'Entity' });
  await panel.getByRole('button', { name: /verdict/i }).click();
  await page.getByRole('menuitemradio', { name: 'Malicious' }).click();
  await row.getByText('Malicious').waitFor();
  expect(await portal.barriers()).toEqual([]);
  const pdf = await page.request.get(`${portal.url}/api/incidents/${number}/pdf`);
  expect((await pdf.body()).subarray(0, 5).toString()).toBe('%PDF-');
  expect(portal.complaints).toEqual([]);
}, 120_000);
