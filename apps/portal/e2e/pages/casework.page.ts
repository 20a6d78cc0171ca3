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
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('link', { name: /statement\.txt/ }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  expect(portal.complaints).toEqual([]);
}, 120_000);
