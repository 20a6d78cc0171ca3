import { beforeAll, expect, test } from 'vitest';
import { codeOf, otherPage, signIn, takeUp } from './person.ts';
import { barriersOf } from '../axe.ts';
import { takePicture } from '../pictures.ts';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('a role is made, assigned over a part, seen in the explorer, changed with its preview, and ended', async () => {
  const { page, client } = portal;
  const { person } = await client.invitePerson({
    body: { userPrincipalName: 'tove.lind@contoso.com', displayName: 'Tove Lind' },
  });
  await portal.goto('/roles');
  await page.getByRole('row').filter({ hasText: 'Global Administrator' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('roles');

  await page.getByRole('button', { name: 'New role' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Night hunters');
  await dialog.getByRole('combobox', { name: 'Security operations' }).selectOption('custom');
  await dialog.getByRole('checkbox', { name: /^Security data basics/ }).check();
  await dialog.getByRole('combobox', { name: 'Data operations' }).selectOption('read');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('role-editor');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Night hunters' });
  await row.click();
  const panel = page.getByRole('complementary', { name: 'Role' });
  await panel.getByText('Custom', { exact: true }).waitFor();

  await panel.getByRole('button', { name: 'Assign' }).click();
  await dialog.getByRole('combobox', { name: 'Who' }).click();
  await page.keyboard.type('tove');
  await page.getByRole('option', { name: /tove\.lind/ }).click();
  await dialog.getByRole('combobox', { name: 'Tables' }).selectOption('these');
  await dialog.getByRole('textbox', { name: 'Tables, one a line' }).fill('SigninLogs\nAuditLogs');
  await dialog.getByRole('button', { name: 'Condition on rows' }).click();
  await dialog.getByRole('textbox', { name: 'Of the table' }).fill('AuditLogs');
  await dialog.getByRole('textbox', { name: 'only rows where (KQL)' }).fill('Category == "RoleManagement"');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('role-assign');
  await dialog.getByRole('button', { name: 'Assign' }).click();
  await panel.getByText('tove.lind@contoso.com').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('role');

  await panel.getByRole('button', { name: 'Change' }).click();
  await dialog.getByRole('checkbox', { name: /^Alerts \(manage\)/ }).check();
  await dialog.getByText('tove.lind@contoso.com could also: Alerts (manage).').waitFor();
  await portal.picture('role-preview');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await panel.getByText('Alerts (manage)').first().waitFor();

  await portal.goto(`/roles?tab=explorer&permission=alerts.manage&principal=${person.id}&type=user`);
  await page.getByText('is assigned Night hunters, over a part').first().waitFor();
  await page.getByText('rows where Category == "RoleManagement"').waitFor();
  // Whom the address names stands in the picker.
  await page.locator('input[value="tove.lind@contoso.com"]').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('role-explorer');

  await portal.goto('/roles?tab=assignments');
  const assignment = page.getByRole('row').filter({ hasText: 'tove.lind@contoso.com' });
  await assignment.waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('role-assignments');
  await assignment.getByRole('button', { name: 'End' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click();
  await assignment.waitFor({ state: 'detached' });

  await portal.goto('/roles?tab=unused');
  await page.getByText('Nothing to remove').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.goto('/roles?tab=duties');
  await page.getByRole('row').filter({ hasText: 'Rules and responses' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('role-duties');
  expect(portal.complaints).toEqual([]);
}, 120_000);

test('a token is cut to what it used', async () => {
  const { page, client, url } = portal;
  const { token, secret } = await client.createToken({
    body: { name: 'night report', scopes: ['securityData.read', 'audit.read', 'data.read'] },
  });
  const program = await otherPage(page.context());
  const authorization = `Bearer ${secret}`;
  const ask = async (path: string): Promise<number> =>
    (await program.request.get(`${url}${path}`, { headers: { authorization } })).status();
  expect([await ask('/api/incidents'), await ask('/api/audit')]).toEqual([200, 200]);
  const used = async () => {
    const one = (await client.listTokens()).tokens.find(({ id }) => id === token.id);
    return one?.uses.filter(({ lastUsedAt }) => lastUsedAt !== null).length;
  };
  await expect.poll(used).toBe(2);

  await portal.goto('/settings?tab=tokens');
  await page.getByRole('row').filter({ hasText: 'night report' }).click();
  const panel = page.getByRole('complementary', { name: 'API token' });
  await panel.getByText('Never used').waitFor();
  await panel.getByRole('button', { name: 'Cut to what was used' }).click();
  const confirm = page.getByRole('alertdialog');
  await confirm.getByText('It may no longer: Data (read).').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('token-cut');
  await confirm.getByRole('button', { name: 'Cut to what was used' }).click();
  await panel.getByText('Never used').waitFor({ state: 'detached' });
  expect([await ask('/api/incidents'), await ask('/api/sources')]).toEqual([200, 403]);
  expect(portal.complaints).toEqual([]);
}, 60_000);

test('somebody whose role is over a part hands over, and sees the sources that are theirs', async () => {
  const { page, client, url } = portal;
  const name = 'sera@contoso.com';
  const { person, invitation } = await client.invitePerson({ body: { userPrincipalName: name, displayName: 'Sera' } });
  const roleId =
    (await client.listRoles()).roles.find(({ displayName }) => displayName === 'Security Reader')?.id ?? '';
  const scope = { tables: ['Syslog'] };
  await client.createRoleAssignment({ body: { roleId, principalId: person.id, principalType: 'user', scope } });
  const sera = await otherPage(page.context());
  await signIn(sera, url, name, codeOf(await takeUp(sera, invitation.url), 1));
  await sera.waitForURL((at) => !at.pathname.startsWith('/signin'));
  await sera.goto(`${url}/data?tab=sources`);
  const rows = sera.getByRole('grid', { name: 'Sources' }).getByRole('row');
  await rows.nth(1).waitFor();
  const { sources } = await client.listSources();
  const own = sources.filter(({ tables }) => tables.length > 0 && tables.every((table) => table === 'Syslog'));
  expect(own.length).toBeLessThan(sources.length);
  // One is the head; not all that there are need be in sight.
  expect(await sera.getByRole('grid', { name: 'Sources' }).getAttribute('aria-rowcount')).toBe(String(own.length + 1));
  expect(await barriersOf(sera)).toEqual([]);
  await takePicture(sera, 'sources-of-a-part');
  await sera.goto(`${url}/handover`);
  await sera.getByText('None by those who see what you see').waitFor();
  await sera.getByText('Nothing is open').waitFor();
  // What they are not told of is no trouble.
  expect(await sera.getByText('Sallyport does not answer').count()).toBe(0);
  expect(await barriersOf(sera)).toEqual([]);
  await takePicture(sera, 'handover-of-a-part');
}, 60_000);
