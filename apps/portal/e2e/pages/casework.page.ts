import { beforeAll, expect, test } from 'vitest';
import { attackOf } from './attack.ts';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
let number: number;
beforeAll(async () => {
  portal = await openPortal();
  number = await attackOf(portal.client, 'Casework of the test');
}, 120_000);

test('a case is opened, holds an incident, a task, and a comment with a file', async () => {
  const { page } = portal;
  await portal.goto('/cases');
  await page.getByRole('button', { name: 'New case' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill('Intrusion of the test');
  expect(await portal.barriers()).toEqual([]);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Intrusion of the test' }).waitFor();
  await page.getByLabel('Link incidents by number').fill(String(number));
  await page.keyboard.press('Enter');
  await page.getByRole('grid').getByText('Casework of the test').waitFor();
  await page.getByRole('tab', { name: /^Tasks/ }).click();
  await page.getByLabel('Task', { exact: true }).fill('Tell the bank');
  await page.keyboard.press('Enter');
  await page.getByRole('checkbox', { name: 'Completed: Tell the bank' }).click();
  await page.getByText('Tasks, 1 of 1 done').waitFor();
  await page.getByRole('tab', { name: /^Comments/ }).click();
  await page
    .getByLabel('Files to attach')
    .setInputFiles({ name: 'statement.txt', mimeType: 'text/plain', buffer: Buffer.from('paid') });
  await page.getByRole('textbox', { name: 'Add a comment' }).fill('Stopped @admin');
  await page.getByRole('option', { name: /admin@contoso\.com/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('link', { name: /statement\.txt/ }).waitFor();
  expect(await portal.barriers()).toEqual([]);
}, 120_000);

test('a shift is handed over, and figures and settings of the work are shown', async () => {
  const { page } = portal;
  await portal.goto('/handover');
  await page.getByRole('list', { name: 'Open incidents' }).getByText('Casework of the test').waitFor();
  await page.getByRole('combobox', { name: 'For' }).click();
  await page.keyboard.type('admin@');
  await page.getByRole('option', { name: /admin@contoso\.com/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Hand over', exact: true }).last().click();
  await page.getByText('Handed over').first().waitFor();
  await portal.goto('/soc-metrics');
  await page.getByRole('region', { name: 'Over time' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.goto('/settings?tab=work');
  await page.getByRole('button', { name: 'New template' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('First hour');
  await dialog.getByRole('textbox', { name: 'Tasks' }).fill('Isolate the device (4 h)');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('list', { name: 'Task templates' }).getByText('First hour').waitFor();
  await portal.goto('/settings?tab=notifications');
  await page.getByRole('button', { name: 'New subscription' }).click();
  await dialog.getByLabel('Name').fill('Leads');
  await dialog.getByLabel('By').selectOption('mail');
  await dialog.getByLabel('Mail addresses').fill('leads@contoso.com');
  expect(await portal.barriers()).toEqual([]);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('row').filter({ hasText: 'leads@contoso.com' }).waitFor();
  expect(portal.complaints).toEqual([]);
}, 120_000);
