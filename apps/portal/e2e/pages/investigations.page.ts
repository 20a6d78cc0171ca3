import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('investigations: playbooks say what they ask, a level is set', async () => {
  const { page } = portal;
  await portal.goto('/investigations');
  await page.getByRole('tab', { name: 'Playbooks' }).click();
  await page.getByText('Command and control').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('investigation-playbooks');
  await page.getByRole('tab', { name: 'Automation levels' }).click();
  const level = page.getByLabel('Automation level of Devices in no group');
  await level.selectOption('full');
  await page.getByText('The automation level is set').first().waitFor();
  expect(await level.inputValue()).toBe('full');
  expect(await portal.barriers()).toEqual([]);
  expect(portal.complaints).toEqual([]);
}, 90_000);
