import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';
import { logsFolder } from './sallyport.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

test('a connector’s logs are read in the time zone that its dialog names', { timeout: 180_000 }, async () => {
  const { page, client } = portal;
  const at = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, '');
  const inTokyo = new Date(Date.parse(`${at}Z`) + 9 * 3_600_000).toISOString();
  const line = `${inTokyo.slice(0, 10)} ${inTokyo.slice(11, 19)} remove telnet:amd64 0.17+2.5-3 <none>\n`;
  writeFileSync(join(logsFolder, 'dpkg.log'), line);
  await portal.goto('/data?tab=connectors');
  await page.getByRole('button', { name: 'New connector' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Kind').selectOption('files');
  await dialog.getByLabel('Name').fill('Packages in Tokyo');
  await dialog.getByRole('textbox', { name: 'Files', exact: true }).fill(`${logsFolder}/*.log`);
  const zone = dialog.getByLabel('Time zone of the logs');
  await zone.fill('Tokyo');
  await dialog.getByText('The name of a time zone, such as Europe/Berlin').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Make connector' }).click();
  await zone.fill('asia/tokyo');
  await dialog.getByRole('button', { name: 'Test' }).click();
  await dialog.getByText('telnet:amd64').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('connector-dialog');
  await dialog.getByRole('button', { name: 'Make connector' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.getByRole('row').filter({ hasText: 'Packages in Tokyo' }).click();
  const panel = page.getByRole('complementary', { name: 'Connector' });
  await panel.getByText('Asia/Tokyo').waitFor();
  await panel.getByText('Up to date').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('connector-panel');
  const query = `Syslog | where SyslogMessage has 'telnet:amd64' | project format_datetime(TimeGenerated, 'yyyy-MM-dd HH:mm:ss')`;
  await expect
    .poll(async () => (await client.runQuery({ body: { query } })).rows, { timeout: 30_000, interval: 500 })
    .toEqual([[at.replace('T', ' ')]]);

  await panel.getByRole('button', { name: 'Change' }).click();
  await expect.poll(() => zone.inputValue()).toBe('Asia/Tokyo');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await panel.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Nothing is fetched yet').waitFor();
  expect(portal.complaints).toEqual([]);
});

test('a sender’s lines are read in the time zone that its pin names', { timeout: 60_000 }, async () => {
  const { page } = portal;
  await portal.goto('/data?tab=pins');
  await page.getByRole('button', { name: 'New pin' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address').fill('10.1.0.0/16');
  const zone = dialog.getByLabel('Time zone of its lines');
  const pin = dialog.getByRole('button', { name: 'Pin', exact: true });
  await zone.fill('New York');
  await dialog.getByText('The name of a time zone, such as Europe/Berlin').waitFor();
  expect(await pin.isDisabled()).toBe(true);
  await zone.fill('America/New_York');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('pin-dialog');
  await pin.click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('row').filter({ hasText: '10.1.0.0/16' }).filter({ hasText: 'America/New_York' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('pins');
  // Another kind of pin has no zone: what comes by it says its own.
  await page.getByRole('button', { name: 'New pin' }).click();
  await dialog.getByLabel('What is pinned').selectOption('token');
  expect(await zone.count()).toBe(0);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Nothing is pinned').waitFor();
  expect(portal.complaints).toEqual([]);
});
