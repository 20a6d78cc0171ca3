import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

const hunt = async (query: string): Promise<void> => {
  // An address that differs after `#` alone would not load the page anew.
  await portal.page.goto('about:blank');
  await portal.page.goto(`${portal.url}/hunting?range=all#query=${Buffer.from(query).toString('base64url')}`);
};
const logons = `datatable(TimeGenerated:datetime, User:string, IPAddress:string, Longitude:real, Latitude:real, Hits:long) [
  datetime(2026-01-01T01:00:00Z), "anna@contoso.com", "198.51.100.7", 18.06, 59.33, 4,
  datetime(2026-01-01T02:00:00Z), "bob@contoso.com", "203.0.113.9", -74.0, 40.71, 9,
  datetime(2026-01-01T03:00:00Z), "anna@contoso.com", "203.0.113.9", -74.0, 40.71, 2
]`;
const attack = { tactics: ['InitialAccess'], techniques: ['T1078'] };
const emptyHunt = {
  hypothesis: 'Somebody signs in from two places',
  description: '',
  status: 'New' as const,
  hypothesisStatus: 'Unknown' as const,
  owner: null,
  labels: [],
  ...attack,
};

test('rows are shown, and a cell leads on to a narrower query', async () => {
  const { page } = portal;
  await hunt(logons);
  const grid = page.getByRole('grid', { name: 'Results' });
  await grid.getByText('bob@contoso.com').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunting-rows');
  await grid.getByText('203.0.113.9').first().click({ button: 'right' });
  await page.getByRole('menuitem', { name: /only where IPAddress is/ }).click();
  await grid.getByText('198.51.100.7').waitFor({ state: 'detached' });
  await grid.getByText('bob@contoso.com').waitFor();
}, 120_000);

test.each([
  ['map', `${logons}\n| project Longitude, Latitude, Hits\n| render scatterchart with (kind=map)`],
  ['columns', `${logons}\n| summarize Hits = sum(Hits) by User, IPAddress\n| render columnchart`],
])(
  '%s are drawn',
  async (name, query) => {
    await hunt(query);
    await portal.page.getByRole('figure').locator('svg').first().waitFor();
    await portal.picture(`hunting-${name}`);
    expect(await portal.barriers()).toEqual([]);
  },
  90_000,
);

test('a row of an answer becomes an incident, and the query a rule', async () => {
  const { page, client } = portal;
  await hunt(logons);
  const grid = page.getByRole('grid', { name: 'Results' });
  await grid.getByText('bob@contoso.com').waitFor();
  await grid.focus();
  await page.keyboard.press('x');
  await page.getByRole('button', { name: 'Add to incident' }).click();
  expect(await portal.barriers()).toEqual([]);
  await page.getByRole('dialog').getByLabel('Name').fill('Found by the hunt of the test');
  await page.keyboard.press('Enter');
  await page
    .getByText(/put into incident/)
    .first()
    .waitFor();
  const { incidents } = await client.listIncidents({ query: { search: 'Found by the hunt of the test' } });
  expect(incidents.map(({ alertCount }) => alertCount)).toEqual([1]);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: /rule/i }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Rule of the hunt');
  await page.getByRole('button', { name: 'Save and use' }).click();
  await page.getByRole('heading', { level: 1, name: 'Rule of the hunt' }).waitFor();
  const { rules } = await client.listRules({});
  const made = rules.find(({ name }) => name === 'Rule of the hunt');
  expect(made).toMatchObject({ enabled: true, kind: 'Scheduled' });
}, 120_000);

test('rows that arrive are shown while one looks', async () => {
  const { page, client } = portal;
  await hunt('AuditLogs | where tostring(AdditionalDetails) has "Seen while one looks"');
  await page.getByRole('switch', { name: 'Live' }).check();
  await page.getByText('Nothing yet').waitFor();
  await client.createHunt({ body: { ...emptyHunt, name: 'Seen while one looks' } });
  await page.getByRole('grid', { name: 'Results' }).getByText('Seen while one looks').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
}, 120_000);

test('the queries that ship are listed', async () => {
  const { page } = portal;
  await portal.goto('/hunting');
  await page.getByRole('button', { name: 'Queries', exact: true }).click();
  await page
    .getByRole('button', { name: /^Run Archives/ })
    .first()
    .waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunting-queries');
}, 90_000);

test('a hunt and its bookmarks are shown', async () => {
  const { page, client } = portal;
  const { id } = await client.createHunt({ body: { ...emptyHunt, name: 'Travellers of the test' } });
  await client.addHuntQueries({
    params: { id },
    body: { queries: [{ name: 'Far sign-ins', query: logons, ...attack }] },
  });
  await client.createBookmarks({
    body: {
      bookmarks: [
        {
          name: 'Bob from afar',
          notes: '',
          labels: [],
          query: logons,
          queryFrom: null,
          queryTo: null,
          row: { User: 'bob@contoso.com' },
          entities: [],
          huntId: id,
          ...attack,
        },
      ],
    },
  });
  await portal.goto(`/hunts/${id}`);
  await page.getByText('Far sign-ins').first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('hunt');
  await portal.goto('/hunts?tab=bookmarks');
  await page.getByText('Bob from afar').first().click();
  await page.getByText('Show query').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('bookmarks');
}, 90_000);

test('a notebook is run as a whole; HTML in it is none', async () => {
  const { page, client } = portal;
  const cell = (kind: 'markdown', text: string) => ({ id: crypto.randomUUID(), kind, text });
  const { id } = await client.createNotebook({
    body: {
      name: 'Weekly of the test',
      description: '',
      range: 'all',
      shared: false,
      cells: [
        cell('markdown', '# Title\n\n<img src=x onerror=alert(1)> and **bold**'),
        {
          id: crypto.randomUUID(),
          kind: 'query',
          text: `${logons}\n| summarize Hits = sum(Hits) by User\n| render columnchart`,
          range: '',
        },
      ],
    },
  });
  await portal.goto(`/notebooks/${id}`);
  await page.getByText('bold').waitFor();
  expect(await page.locator('img').count()).toBe(0);
  await page.getByRole('button', { name: 'Run all' }).click();
  await page.getByRole('figure').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('notebook');
  expect(portal.complaints).toEqual([]);
}, 90_000);
