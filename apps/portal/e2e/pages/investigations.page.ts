import { beforeAll, expect, test } from 'vitest';
import { attackOf } from './attack.ts';
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

test('investigations: a person begins one on an alert of an incident', async () => {
  const { page, client } = portal;
  // Informational alerts begin none by themselves.
  const number = await attackOf(client, 'Looked into', 'Informational');
  const { alerts } = await client.getIncident({ params: { number } });
  const id = alerts[1]?.systemAlertId ?? '';
  await portal.goto(`/incidents/${number}?tab=alerts&alert=${id}`);
  await page.getByRole('button', { name: 'Investigate' }).click();
  const greyed = page.getByRole('button', { name: 'Investigate', disabled: true });
  await greyed.waitFor();
  await greyed.focus();
  await page.getByText('It is investigated already').waitFor();
  expect(await portal.barriers()).toEqual([]);
  const { investigation } = await client.getIncidentInvestigation({ params: { number } });
  expect(investigation).toMatchObject({ startedBy: 'admin@contoso.com', alertCount: 1 });
  expect(portal.complaints).toEqual([]);
}, 90_000);
