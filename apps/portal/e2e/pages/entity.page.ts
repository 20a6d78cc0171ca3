import { beforeAll, expect, test } from 'vitest';
import { attackOf } from './attack.ts';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
  await attackOf(portal.client, 'Entities of the test');
}, 120_000);

test('a cell of an answer leads to the entity that it names', async () => {
  const { page } = portal;
  const query = Buffer.from('print UserPrincipalName = "petra.novak@contoso.com"').toString('base64url');
  await page.goto('about:blank');
  await page.goto(`${portal.url}/hunting?range=all#query=${query}`);
  const grid = page.getByRole('grid', { name: 'Results' });
  await grid.getByText('petra.novak@contoso.com').waitFor();
  await grid.focus();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: /page/i }).click();
  await page.getByRole('heading', { level: 1, name: 'petra.novak@contoso.com' }).waitFor();
  expect(portal.complaints).toEqual([]);
}, 120_000);
