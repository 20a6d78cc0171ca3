import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('identity protection: a user at risk, why, and what is said of it', async () => {
  const { page, client } = portal;
  await portal.goto('/identity-protection?tab=workloads');
  await page.getByText('No risky workload identities').waitFor();
  const { id, userPrincipalName } = await client.getMe();
  await client.judgeRiskySubjects({ params: { kind: 'user' }, body: { ids: [id], judgement: 'confirmCompromised' } });
  await portal.goto('/identity-protection');
  await page.getByRole('row').filter({ hasText: userPrincipalName }).click();
  const panel = page.getByRole('complementary', { name: 'Risky user' });
  await panel.getByText('Admin confirmed user compromised').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('risky-users');
  await panel.getByRole('button', { name: 'Dismiss risk' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Dismiss risk' }).click();
  await panel.getByText('Dismissed').first().waitFor();
  await page.getByRole('tab', { name: 'Risk detections' }).click();
  await page.getByRole('row').nth(1).click();
  await page.getByRole('complementary', { name: 'Risk detection' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('risk-detections');
  await page.getByRole('tab', { name: 'Risky sign-ins' }).click();
  await page.getByText('No risky sign-ins').waitFor();
  expect(portal.complaints).toEqual([]);
}, 90_000);
