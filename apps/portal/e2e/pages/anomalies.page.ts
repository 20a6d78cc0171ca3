import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('anomalies: an empty list says why, and the rules tell what they look at', async () => {
  const { page } = portal;
  await portal.goto('/anomalies');
  await page
    .getByText(/no anomalies/i)
    .first()
    .waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('anomalies');
  await page.getByRole('tab', { name: /^Rules/ }).click();
  await page.getByRole('row').nth(3).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('anomaly-kinds');
  await page.getByRole('row').nth(3).click();
  await page.getByRole('complementary').last().waitFor();
  expect(await portal.barriers()).toEqual([]);
  expect(portal.complaints).toEqual([]);
}, 90_000);
