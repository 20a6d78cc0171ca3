import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

const hunt = async (query: string, more = ''): Promise<void> => {
  // The address after `#` alone would not load the page anew.
  await portal.page.goto(`${portal.url}/hunting?range=all${more}#query=${Buffer.from(query).toString('base64url')}`);
  await portal.page.reload();
};
const logons = `datatable(TimeGenerated:datetime, User:string, IPAddress:string, Country:string, Longitude:real, Latitude:real, Hits:long, Details:dynamic) [
  datetime(2026-01-01T01:00:00Z), "anna@contoso.com", "198.51.100.7", "SE", 18.06, 59.33, 4, dynamic({"os":{"name":"Linux"}}),
  datetime(2026-01-01T02:00:00Z), "bob@contoso.com", "203.0.113.9", "US", -74.0, 40.71, 9, dynamic(null),
  datetime(2026-01-01T03:00:00Z), "anna@contoso.com", "203.0.113.9", "US", -74.0, 40.71, 2, dynamic(null)
]`;

test('rows are filtered, grouped and inspected, and a cell leads on', async () => {
  const { page } = portal;
  await hunt(logons);
  const grid = page.getByRole('grid', { name: 'Results' });
  await grid.getByText('bob@contoso.com').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await page.getByRole('button', { name: 'Column User' }).click();
  await page.getByRole('menuitem', { name: 'Group by it' }).click();
  await grid.getByText('2 rows').waitFor();
  await portal.picture('hunting-grouped');
  await grid.getByText('bob@contoso.com').first().click();
  await page.getByRole('button', { name: 'Column User' }).click();
  await page.getByRole('menuitem', { name: 'Group no more' }).click();
  await grid.getByText('{"os":{"name":"Linux"}}').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Inspect' }).click();
  await page.getByRole('dialog').getByText('"Linux"').waitFor();
  await page.getByRole('button', { name: 'Close' }).last().click();
  await grid.getByText('203.0.113.9').first().click({ button: 'right' });
  await page.getByRole('menuitem', { name: /only where IPAddress is/ }).click();
  await page.getByText('2 rows', { exact: true }).waitFor();
  expect(new URL(page.url()).hash).toContain('query=');
}, 120_000);

test.each([
  ['map', `${logons}\n| project Longitude, Latitude, Hits\n| render scatterchart with (kind=map)`],
  ['treemap', `${logons}\n| summarize Hits = sum(Hits) by Country, User\n| render treemap`],
  ['pivot', `${logons}\n| summarize Hits = sum(Hits) by User, Country\n| render pivotchart`],
  ['column', `${logons}\n| summarize Hits = sum(Hits) by User, Country\n| render columnchart with (kind=stacked)`],
  [
    'series',
    'range t from datetime(2026-01-01) to datetime(2026-01-05) step 1h\n| make-series n = count() on t step 6h\n| render timechart',
  ],
  ['ladder', `${logons}\n| project User, TimeGenerated, End = TimeGenerated + 30m\n| render ladderchart`],
  ['card', `${logons}\n| count\n| render card`],
])(
  '%s is drawn',
  async (name, query) => {
    const { page } = portal;
    await hunt(query);
    const figure = page.getByRole('figure');
    await figure.locator('svg, table, span').first().waitFor();
    await portal.picture(`hunting-${name}`);
    expect(await portal.barriers()).toEqual([]);
  },
  60_000,
);

test('half a million rows are sorted and scrolled', async () => {
  const { page } = portal;
  await hunt(
    'range n from 1 to 500000 step 1 | extend host = strcat("host-", n % 1000), address = format_ipv4(n), t = datetime(2026-01-01) + n * 1s',
    '&rows=500000',
  );
  await page.getByText('500,000 rows', { exact: true }).waitFor({ timeout: 120_000 });
  const grid = page.getByRole('grid', { name: 'Results' });
  await grid.getByRole('button', { name: 'n', exact: true }).click();
  await grid.getByRole('button', { name: 'n', exact: true }).click();
  await grid.getByText('500000', { exact: true }).waitFor();
  await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await grid.getByText('1', { exact: true }).first().waitFor();
  const memory = await page.evaluate(() => {
    const { memory: heap } = performance as Performance & { memory?: { usedJSHeapSize: number } };
    return heap?.usedJSHeapSize ?? 0;
  });
  expect(memory).toBeLessThan(600_000_000);
  if (process.env['MEASURE'] === '1') console.log({ memoryMb: Math.round(memory / 1e6) });
}, 180_000);

test('a query and a function are saved; the shipped ones are there', async () => {
  const { page } = portal;
  await hunt(logons);
  await page.getByRole('grid', { name: 'Results' }).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByLabel('As', { exact: true }).selectOption('function');
  await page.getByRole('textbox', { name: 'Name' }).fill('Logons of the test');
  await page.getByLabel('Called as').fill('TestLogons');
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunting-save');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('Queries may now call TestLogons()').waitFor();
  await page.getByRole('button', { name: 'Queries', exact: true }).click();
  await page.getByRole('button', { name: 'Run Logons of the test' }).waitFor();
  await page.getByRole('button', { name: /^Run Archives/ }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunting-queries');
  await page.getByRole('button', { name: 'Run Logons of the test' }).click();
  await page.getByRole('grid', { name: 'Results' }).getByText('bob@contoso.com').waitFor();
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('dialog').getByText('TestLogons').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunting-history');
  await page.getByRole('button', { name: 'Close' }).last().click();
}, 120_000);

test('a query is put together without KQL', async () => {
  const { page } = portal;
  await portal.goto('/hunting?mode=guided');
  await page.getByLabel('Rows of').fill('LAQueryLogs');
  await page.getByRole('button', { name: 'Condition', exact: true }).click();
  await page
    .getByRole('combobox', { name: 'Column' })
    .or(page.getByLabel('Column', { exact: true }))
    .fill('QueryText');
  await page.getByLabel('How').selectOption('contains');
  await page.getByLabel('Value', { exact: true }).fill('TestLogons');
  await portal.picture('hunting-guided');
  expect(await portal.barriers()).toEqual([]);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('grid', { name: 'Results' }).waitFor();
}, 60_000);

test('rows become an incident, and a hunt has them', async () => {
  const { page } = portal;
  await portal.goto('/hunts');
  await page.getByRole('button', { name: 'New hunt' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Travellers');
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.getByRole('heading', { name: 'Travellers' }).waitFor();
  await page.getByRole('button', { name: 'Add queries' }).click();
  await page
    .getByRole('button', { name: /^Add Archives/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'Run all' }).click();
  await page.getByText('0 rows').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunt');
  await hunt('TestLogons()');
  await page.getByLabel('Select row 2').check();
  await page.getByRole('button', { name: 'Add to incident' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Bob from afar');
  await page.getByLabel('Hunt', { exact: true }).selectOption({ label: 'Travellers' });
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunting-keep');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('1 row put into incident 1').waitFor();
  await portal.goto('/hunts?tab=bookmarks');
  await page.getByText('Bob from afar').click();
  await page.getByRole('link', { name: 'Incident 1' }).first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('bookmarks');
}, 120_000);

test('a notebook is written, run and kept', async () => {
  const { page } = portal;
  await portal.goto('/notebooks');
  await page.getByRole('button', { name: 'New notebook' }).click();
  await page.getByRole('button', { name: 'Write in cell 1' }).click();
  await page.getByLabel('Text in Markdown').fill('# Title\n\n<img src=x onerror=alert(1)> and **bold**');
  await page.getByRole('button', { name: 'Show cell 1' }).click();
  await page.getByRole('heading', { name: 'Title' }).waitFor();
  expect(await page.locator('img').count()).toBe(0);
  await page.getByRole('button', { name: 'Run all' }).click();
  await page.getByRole('figure').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('version 2').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('notebook');
  expect(portal.complaints).toEqual([]);
}, 120_000);
