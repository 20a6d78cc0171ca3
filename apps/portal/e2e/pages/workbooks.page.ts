import { beforeAll, expect, test } from 'vitest';
import { openPortal, type Portal } from './portal.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await openPortal();
}, 60_000);

/** Parts of every kind, as Sentinel's workbooks have them. */
const kinds = {
  version: 'Notebook/1.0',
  items: [
    {
      type: 1,
      content: {
        json: '## All kinds <script>alert(1)</script> [a link](https://example.com) ![x](https://example.com/x.png)',
      },
    },
    {
      type: 9,
      content: {
        parameters: [
          {
            name: 'TimeRange',
            type: 4,
            isRequired: true,
            value: { durationMs: 86_400_000 },
            typeSettings: {
              selectableValues: [{ durationMs: 3_600_000 }, { durationMs: 86_400_000 }],
              allowCustom: true,
            },
          },
          {
            name: 'Kind',
            label: 'Kind',
            type: 2,
            multiSelect: true,
            quote: "'",
            delimiter: ',',
            value: ['value::all'],
            query: "datatable(Value: string, Label: string)['a', 'Letter a', \"b'c\", 'Letter b']",
            typeSettings: { additionalResourceOptions: ['value::all'], selectAllValue: '*' },
          },
        ],
      },
    },
    {
      type: 11,
      content: {
        style: 'tabs',
        links: [
          { cellValue: 'Tab', linkTarget: 'parameter', linkLabel: 'Rows', subTarget: 'rows' },
          { cellValue: 'Tab', linkTarget: 'parameter', linkLabel: 'Charts', subTarget: 'charts' },
        ],
      },
    },
    {
      type: 3,
      name: 'rows',
      conditionalVisibility: { parameterName: 'Tab', comparison: 'isEqualTo', value: 'rows' },
      content: {
        title: 'Rows of {Kind:label}',
        query:
          "datatable(Name: string, N: long, Trend: dynamic, State: string)['one', 5, dynamic([1, 2, 3, 1]), 'success', \"b'c\", 9, dynamic([3, 1, 4, 1]), 'critical']\n| where Name in ({Kind}) or '*' in ({Kind})",
        exportFieldName: 'Name',
        exportParameterName: 'Name',
        exportDefaultValue: 'nothing',
        gridSettings: {
          filter: true,
          formatters: [
            { columnMatch: 'N', formatter: 3, formatOptions: { palette: 'blue' } },
            { columnMatch: 'Trend', formatter: 9 },
            { columnMatch: 'State', formatter: 11 },
          ],
        },
      },
    },
    {
      type: 3,
      conditionalVisibility: { parameterName: 'Tab', comparison: 'isEqualTo', value: 'rows' },
      content: {
        title: 'Chosen',
        query: "print Chosen = '{Name}'",
        visualization: 'tiles',
        tileSettings: { titleContent: { columnMatch: 'Chosen', formatter: 1 } },
      },
    },
    {
      type: 3,
      conditionalVisibility: { parameterName: 'Tab', comparison: 'isEqualTo', value: 'charts' },
      content: { title: 'A pie', query: "datatable(K: string, N: long)['a', 3, 'b', 4]", visualization: 'piechart' },
    },
    { type: 3, content: { title: 'Wrong', query: 'NoSuchTable | take 1' } },
    { type: 3, content: { title: 'Elsewhere', query: 'resources', queryType: 1 } },
    { type: 77 },
  ],
};

test('a workbook that ships is opened from the list', { timeout: 90_000 }, async () => {
  const { page } = portal;
  await portal.goto('/workbooks');
  await page.getByRole('row').filter({ hasText: 'Windows security events' }).waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('workbooks');
  await page.getByRole('link', { name: 'Security operations' }).click();
  await page.getByRole('heading', { level: 1, name: 'Security operations' }).waitFor();
  const open = page.getByRole('region', { name: 'Open incidents, oldest first' });
  await open.getByText('No rows in this time').or(open.getByRole('row')).first().waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('workbook-operations');
});

test('a workbook of Sentinel’s form is brought, and its parts answer to each other', { timeout: 90_000 }, async () => {
  const { page } = portal;
  await portal.goto('/workbooks');
  await page.getByRole('button', { name: 'Add workbook' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('From a file').setInputFiles({
    name: 'All kinds.workbook',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(kinds)),
  });
  await expect.poll(() => dialog.getByLabel('Name').inputValue()).toBe('All kinds');
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'All kinds' }).waitFor();

  // Others' text is text; a part that fails leaves the rest alone.
  await page.getByText('This part is not understood').waitFor();
  await page.getByText('This part asks a service that is not here').waitFor();
  await page.getByText('This query did not run').waitFor();
  expect(await page.locator('script:has-text("alert(1)")').count()).toBe(0);
  expect(await page.locator('img').count()).toBe(0);

  // A row gives a parameter; what it says stays text in the query that takes it.
  const rows = page.getByRole('region', { name: /^Rows of/ }).last();
  await rows.getByRole('row').filter({ hasText: "b'c" }).click();
  await page.getByRole('region', { name: 'Chosen' }).getByText("b'c").waitFor();

  // A choice is in the address, and filters.
  await page.getByRole('combobox', { name: 'Kind' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Letter b' }).click();
  await page.keyboard.press('Escape');
  await expect.poll(() => rows.getByRole('row').count()).toBe(2);
  expect(new URL(page.url()).searchParams.get('p')).toContain("b'c");
  expect(await portal.barriers()).toEqual([]);

  await page.getByRole('tab', { name: 'Charts' }).click();
  await page.getByRole('figure').waitFor();
  await portal.picture('workbook-kinds');
  expect(portal.complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
});
