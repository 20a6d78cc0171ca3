import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

/** Looks at rows as they arrive, so that nothing waits for a window. */
const rule = {
  id: 'b1f0a3c2-6c3e-4b57-9b6d-0f2f4a9e7711',
  text: `id: b1f0a3c2-6c3e-4b57-9b6d-0f2f4a9e7711
name: A door of the branch was forced
kind: NRT
severity: High
tactics: [InitialAccess]
query: SecurityEvent | where EventID == 4624 and Activity == 'forced'
entityMappings: [{ entityType: Host, fieldMappings: [{ identifier: FullName, columnName: Computer }] }]
`,
};

test('workspaces: one is made, its rows raise an incident of its own in the one queue, and a rule is switched off there', async () => {
  const { page, client } = portal;
  await portal.goto('/settings?tab=workspaces');
  await page.getByRole('button', { name: 'New workspace' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('branch');
  await dialog.getByRole('textbox', { name: 'Name' }).press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('row').filter({ hasText: 'branch' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('workspaces');

  await client.saveRule({ params: { id: rule.id }, body: { text: rule.text, version: null } });
  const branch = (await client.listWorkspaces({})).workspaces.find(({ name }) => name === 'branch');
  if (!branch) throw new Error('there is no workspace branch');
  const { secret } = await client.createToken({
    body: { name: 'agent of the branch', scopes: ['data.ingest'], workspaceId: branch.id },
  });
  const sent = await page.request.post(
    `${portal.url}/dataCollectionRules/dcr-default/streams/Microsoft-SecurityEvent?api-version=2023-01-01`,
    {
      headers: { authorization: `Bearer ${secret}` },
      data: [
        {
          TimeGenerated: new Date().toISOString(),
          Computer: 'till-1.branch.example.com',
          EventID: 4624,
          Activity: 'forced',
          LogonType: 2,
          TargetDomainName: 'BRANCH',
          TargetUserName: 'thief',
        },
      ],
    },
  );
  expect(sent.status()).toBe(204);

  // Rules that other tests made run in this workspace, too.
  const ofRule = () => client.listIncidents({ query: { workspace: branch.id, rule: rule.id } });
  const raised = async () => (await ofRule()).total;
  await expect.poll(raised, { timeout: 120_000, interval: 500 }).toBe(1);
  await portal.goto(`/incidents?workspace=${branch.id}`);
  const row = page.getByRole('row').filter({ hasText: 'A door of the branch was forced' });
  await row.getByText('branch', { exact: true }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('incidents-of-workspaces');
  await portal.goto('/incidents?workspace=none');
  expect(await row.count()).toBe(0);
  await portal.goto(`/incidents?workspace=${branch.id}`);
  await row.getByRole('link').click();
  await page.getByRole('complementary', { name: 'Properties' }).getByText('branch', { exact: true }).waitFor();
  await page.getByRole('tab', { name: /^Alerts/ }).click();
  await page.getByRole('row').filter({ hasText: 'A door of the branch was forced' }).click();
  await page.getByRole('button', { name: 'Show query' }).click();
  await page.waitForURL(new RegExp(`workspace=${branch.id}`));

  // From an alert to what it is about: to that of its workspace.
  const [incident] = (await ofRule()).incidents;
  await portal.goto(`/incidents/${incident?.number}?tab=alerts`);
  await page.getByRole('row').filter({ hasText: 'A door of the branch was forced' }).click();
  const thing = page.getByRole('button', { name: /till-1/ }).first();
  await thing.click();
  await page.getByRole('menuitem', { name: 'Hunt for it' }).click();
  await page.waitForURL(new RegExp(`/hunting.*workspace=${branch.id}`));
  // The first workspace has no row of this table.
  await page.getByRole('grid', { name: 'Results' }).getByText('SecurityEvent', { exact: true }).waitFor();
  await page.goBack();
  await thing.click();
  await page.getByRole('menuitem', { name: 'Open its page' }).click();
  await page.waitForURL(new RegExp(`/entities/.*workspace=${branch.id}`));
  const workspace = page.getByRole('combobox', { name: 'Workspace' });
  expect(await workspace.inputValue()).toBe(branch.id);
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('entity-of-workspace');
  await page.getByRole('tab', { name: 'Timeline' }).click();
  const items = page.getByRole('tabpanel', { name: 'Timeline' });
  await items.getByText('A door of the branch was forced').waitFor();
  await items.getByText('BRANCH\\thief logged on').waitFor();
  await workspace.selectOption('main');
  await items.getByText('Nothing in this time').waitFor();
  await page.waitForURL((url) => !url.searchParams.has('workspace'));
  await page.goBack();
  await items.getByText('A door of the branch was forced').waitFor();

  // A workbook asks the workspace that is chosen.
  const document = JSON.stringify({
    version: 'Notebook/1.0',
    items: [
      { type: 3, content: { title: 'Computers', query: 'SecurityEvent | summarize Rows = count() by Computer' } },
    ],
  });
  const workbook = await client.createWorkbook({ body: { name: 'Computers of a workspace', document } });
  await portal.goto(`/workbooks/${workbook.id}`);
  const part = page.getByRole('region', { name: 'Computers' });
  await part.getByText('No rows in this time').waitFor();
  await workspace.selectOption('branch');
  await part.getByText('till-1.branch.example.com').waitFor();
  await page.waitForURL(new RegExp(`workspace=${branch.id}`));
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('workbook-of-workspace');
  await part.getByRole('button', { name: /in Hunting/ }).click();
  await page.waitForURL(new RegExp(`/hunting.*workspace=${branch.id}`));

  // A file is loaded into it, and a sender pinned to it.
  await portal.goto('/data?tab=upload');
  const line = '2026-02-03T04:05:06Z till-2 sshd[7]: Failed password for root from 10.0.0.7 port 22 ssh2';
  await page
    .getByLabel('Files to upload')
    .setInputFiles({ name: 'till-2.log', mimeType: 'text/plain', buffer: Buffer.from(`${line}\n`) });
  const staged = page.getByRole('region', { name: 'Files to load' });
  await staged.getByRole('combobox', { name: 'Workspace' }).selectOption('branch');
  await page.getByText('Failed password for root').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('upload-to-workspace');
  await staged.getByRole('button', { name: 'Load', exact: true }).click();
  await page.getByRole('article', { name: 'till-2.log' }).getByRole('link', { name: '1 row' }).click();
  await page.waitForURL(new RegExp(`/hunting.*workspace=${branch.id}`));
  await page.getByRole('grid', { name: 'Results' }).getByText('till-2').first().waitFor();
  await portal.goto('/data?tab=pins');
  await page.getByRole('button', { name: 'New pin' }).click();
  await dialog.getByLabel('Address').fill('10.2.0.0/16');
  await dialog.getByLabel('Workspace').selectOption('branch');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('pin-to-workspace');
  await dialog.getByRole('button', { name: 'Pin', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('row').filter({ hasText: '10.2.0.0/16' }).getByText('branch', { exact: true }).waitFor();
  await portal.goto('/data?tab=connectors');
  await page.getByRole('button', { name: 'New connector' }).click();
  await dialog.getByLabel('Workspace').selectOption('branch');
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await portal.goto(`/rules/${rule.id}?tab=workspaces`);
  const there = page.getByRole('row').filter({ hasText: 'branch' });
  await there.getByRole('switch').click();
  await there.getByText('disabled in branch').waitFor();
  await page.getByRole('row').filter({ hasText: 'main' }).getByRole('switch', { checked: true }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('rule-workspaces');
  expect(portal.complaints).toEqual([]);
}, 300_000);
