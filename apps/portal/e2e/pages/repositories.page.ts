import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';
import { repositoryFolder } from './sallyport.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('a folder of the server is named, looked at, and what it brought and what is wrong with it is shown', async () => {
  const { page } = portal;
  await portal.goto('/repositories');
  await page.getByText('No repositories').waitFor();
  await page.getByRole('button', { name: 'New repository' }).click();
  await page.getByRole('radio', { name: 'Folder of the server' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Detections');
  const folder = dialog.getByRole('textbox', { name: 'Folder', exact: true });
  await folder.fill('/etc');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('is not in a folder that may be read').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await folder.fill(repositoryFolder);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const panel = page.getByRole('complementary', { name: 'Repository' });
  // It is looked at at once, by itself.
  await panel.getByText('2 new, 0 changed, 0 removed').waitFor();
  await panel.getByRole('row').filter({ hasText: 'rules/bad.yaml:4' }).waitFor();
  await panel.getByRole('link', { name: 'From the folder' }).waitFor();
  await page.getByRole('row').filter({ hasText: '1 error' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('repositories');
  await panel.getByRole('button', { name: 'Look now' }).click();
  await panel.getByText('0 new, 0 changed, 0 removed, 2 as before').waitFor();
  await panel.getByRole('button', { name: 'Remove with content' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove with content' }).click();
  await page.getByText('No repositories').waitFor();
  // The refused folder, and nothing else.
  expect(portal.complaints.filter((one) => !one.includes('400'))).toEqual([]);
}, 240_000);
