import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { barriersOf } from '../axe.ts';
import { takePicture } from '../pictures.ts';
import { codeOf, otherPage, signIn, takeUp } from './person.ts';
import { openPortal, type Portal } from './portal.ts';

const name = 'rena@contoso.com';
/** Of each page, what a Security Reader sees and may not do, and the right that it takes. */
const refused: readonly (readonly [path: string, button: string, right: string])[] = [
  ['/', 'Upload a log', 'Data (manage)'],
  ['/cases', 'New case', 'Alerts (manage)'],
  ['/hunts', 'New hunt', 'Alerts (manage)'],
  ['/rules', 'New rule', 'Detection tuning (manage)'],
  ['/exceptions', 'New exception', 'Detection tuning (manage)'],
  ['/watchlists', 'New watchlist', 'Detection tuning (manage)'],
  ['/test-bench', 'Keep a run', 'Detection tuning (manage)'],
  ['/repositories', 'New repository', 'Detection tuning (manage)'],
  ['/people', 'Invite', 'Users (manage)'],
  ['/applications', 'New application', 'Applications (manage)'],
  ['/conditional-access', 'New policy', 'Conditional Access (manage)'],
  ['/conditional-access?tab=locations', 'New location', 'Conditional Access (manage)'],
  ['/conditional-access?tab=emergency', 'Change', 'Core security settings (manage)'],
  ['/roles', 'New role', 'Authorization (manage)'],
  ['/privileged-access', 'Assign…', 'Authorization (manage)'],
  ['/privileged-access?tab=reviews', 'New review…', 'Authorization (manage)'],
  ['/data?tab=connectors', 'New connector', 'Data (manage)'],
  ['/data?tab=pins', 'New pin', 'Data (manage)'],
  ['/data?tab=searchJobs', 'New search job', 'Analytics Jobs Schedule (manage)'],
  ['/data?tab=holds', 'New hold', 'Legal holds (manage)'],
  ['/settings?tab=tokens', 'New token', 'Authorization (manage)'],
  ['/settings?tab=groups', 'New group', 'Users (manage)'],
  ['/settings?tab=workspaces', 'New workspace', 'Data (manage)'],
  ['/settings?tab=identity-providers', 'New identity provider', 'Core security settings (manage)'],
  ['/settings?tab=shared-signals', 'Take the signals of a transmitter', 'Core security settings (manage)'],
  ['/settings?tab=work', 'New template', 'Detection tuning (manage)'],
  ['/settings?tab=notifications', 'New subscription', 'System settings (manage)'],
];

let portal: Portal;
let rena: Page;
const complaints: string[] = [];
beforeAll(async () => {
  portal = await openPortal();
  const { invitation } = await portal.client.invitePerson({
    body: { displayName: 'Rena', userPrincipalName: name, role: 'Security Reader' },
  });
  await portal.client.createToken({ body: { name: 'edge collector', scopes: ['data.ingest', 'data.read'] } });
  rena = await otherPage(portal.page.context());
  const secret = await takeUp(rena, invitation.url);
  await signIn(rena, portal.url, name, codeOf(secret, 1));
  await rena.waitForURL((url) => !url.pathname.startsWith('/signin'));
  rena.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  rena.on('pageerror', (error) => complaints.push(error.message));
}, 120_000);

test('what a Security Reader may not do is greyed on every page, with the right that it takes', async () => {
  await rena.goto(portal.url);
  for (const [path, button, right] of refused) {
    // Within the page, as a click on a link goes: loading it anew for each costs a minute in all.
    await rena.evaluate((to) => {
      window.history.pushState({}, '', to);
      window.dispatchEvent(new PopStateEvent('popstate'));
    }, path);
    const shown = rena.getByRole('button', { name: button, exact: true }).first();
    await shown.waitFor();
    expect([path, await shown.getAttribute('aria-disabled')]).toEqual([path, 'true']);
    const why = await shown.evaluate((element) =>
      (element.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id) => element.ownerDocument.getElementById(id)?.textContent ?? '')
        .join(''),
    );
    expect([path, why]).toEqual([
      path,
      `This takes the right “${right}”, which your roles do not have. My access shows what you can ask for.`,
    ]);
  }
  // By keyboard, too: it can be reached, says why, and does nothing.
  await rena.goto(`${portal.url}/roles`);
  const make = rena.getByRole('button', { name: 'New role', exact: true });
  await make.waitFor();
  await make.focus();
  await rena.getByRole('tooltip').filter({ hasText: 'Authorization (manage)' }).waitFor();
  await make.press('Enter');
  expect(await rena.getByRole('dialog').count()).toBe(0);
  expect(await barriersOf(rena)).toEqual([]);
  await takePicture(rena, 'refused-button');

  await rena.goto(`${portal.url}/settings?tab=tokens`);
  await rena.getByRole('row').filter({ hasText: 'edge collector' }).click();
  const panel = rena.getByRole('complementary', { name: 'API token' });
  await panel.getByText('Never used').first().waitFor();
  expect(await panel.getByRole('button', { name: 'Cut to what was used' }).getAttribute('aria-disabled')).toBe('true');
  expect(await barriersOf(rena)).toEqual([]);
  await takePicture(rena, 'token-rights');
  expect(complaints).toEqual([]);
}, 180_000);
