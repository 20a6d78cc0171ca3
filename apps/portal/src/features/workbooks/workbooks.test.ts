import { describe, expect, it } from 'vitest';
import {
  fillQuery,
  fillText,
  Formatter,
  parseWorkbook,
  ParameterDefinition,
  textValue,
  type QueryResult,
} from '@sallyport/contracts';
import { drawingOf } from '../hunting/charts/kinds.ts';
import { chartOf } from './chart.ts';
import { formatterOf, numbersOf, numberText, shareOf, thresholdOf, webAddress } from './format.ts';
import { choicesOf, evaluateParameters } from './parameters.ts';
import { treeOf } from './tree.ts';

const result = (
  columns: readonly [string, QueryResult['columns'][number]['type']][],
  rows: QueryResult['rows'],
): QueryResult => ({
  columns: columns.map(([name, type]) => ({ name, type })),
  rows,
  statistics: { elapsedSeconds: 0, rowsRead: 0, bytesRead: 0 },
});
const content = (more: object) => {
  const [item] = parseWorkbook(
    JSON.stringify({ version: 'Notebook/1.0', items: [{ type: 3, content: { query: 'T', ...more } }] }),
  ).document.items;
  if (item?.type !== 3) throw new Error('no query');
  return item.content;
};

describe('parameters', () => {
  const define = (more: object): ParameterDefinition => ParameterDefinition.parse(more);
  const now = new Date('2026-01-02T00:00:00Z');

  it('each may use those before it; one whose options are asked for holds the next back', () => {
    const definitions = [
      define({ name: 'Time', type: 4, value: { durationMs: 3_600_000 } }),
      define({ name: 'Table', type: 2, jsonData: '["SigninLogs", "AuditLogs"]', value: 'SigninLogs' }),
      define({
        name: 'User',
        type: 2,
        query: '{Table} | distinct User',
        timeContextFromParameter: 'Time',
        isRequired: true,
      }),
      define({ name: 'App', type: 2, query: "T | where User == '{User}' | distinct App" }),
    ];
    const asked: string[] = [];
    const ask = (known: Record<string, QueryResult>) =>
      evaluateParameters(
        definitions,
        { User: ['anna'] },
        new Map(),
        { now, workspace: 'main' },
        ({ query, timespan }) => {
          asked.push(`${query} from ${timespan?.from ?? 'always'}`);
          return { data: known[query], error: undefined };
        },
      );
    const first = ask({});
    expect(asked).toEqual(['SigninLogs | distinct User from 2026-01-01T23:00:00.000Z']);
    expect(first.states.map(({ pending }) => pending)).toEqual([false, false, true, true]);
    const second = ask({ 'SigninLogs | distinct User': result([['User', 'string']], [['anna'], ['bob']]) });
    expect(asked.at(-1)).toBe("T | where User == 'anna' | distinct App from always");
    expect(second.states[2]).toMatchObject({ pending: false, value: { values: ['anna'], trusted: false } });
  });

  it('there is one subscription and one workspace, and criteria decide without a query', () => {
    const resource = { queryType: 1, isRequired: true };
    const definitions = [
      define({ name: 'Subscription', type: 6, multiSelect: true, value: ['value::all'] }),
      define({
        ...resource,
        name: 'Workspace',
        type: 5,
        query: "Resources | where type =~ 'microsoft.operationalinsights/workspaces'",
        value: '',
      }),
      define({
        ...resource,
        name: 'Machines',
        type: 2,
        query: 'Resources | where type =~ "machines"',
        isRequired: false,
      }),
      define({
        name: 'Status',
        type: 2,
        isRequired: true,
        multiSelect: true,
        jsonData: '["New"]',
        value: null,
        defaultValue: 'value::all',
      }),
      define({
        name: 'Shown',
        type: 1,
        criteriaData: [
          {
            criteriaContext: {
              leftOperand: 'Tab',
              operator: '==',
              rightValType: 'static',
              rightVal: 'AC',
              resultValType: 'static',
              resultVal: 'yes',
            },
          },
          { criteriaContext: { operator: 'Default', resultValType: 'static', resultVal: 'not {Tab}' } },
        ],
      }),
    ];
    const ask = (tab: string) =>
      evaluateParameters(definitions, {}, new Map([['Tab', textValue(tab)]]), { now, workspace: 'main' }, () => {
        throw new Error('nothing is asked');
      });
    const { values, states } = ask('AC');
    expect(states.every(({ pending, error }) => !pending && error === undefined)).toBe(true);
    expect(fillText('{Workspace:name} of {Subscription:subid}', values)).toBe(
      'main of 00000000-0000-0000-0000-000000000000',
    );
    expect(fillQuery("workspace('{Workspace}').T | where X == '{Machines}'", values)).toMatch(
      /^workspace\('\/subscriptions\/.*\/workspaces\/main'\).*''$/,
    );
    expect(values.get('Status')).toMatchObject({ values: ['New'], labels: ['All'] });
    expect(values.get('Shown')).toMatchObject({ values: ['yes'], trusted: true });
    expect(ask('AU').values.get('Shown')).toMatchObject({ values: ['not AU'], trusted: false });
  });

  it('a choice that an address brings is data, however it looks', () => {
    const definitions = [
      define({ name: 'Where', type: 2, jsonData: '["| where A == 1"]' }),
      define({ name: 'Options', type: 2, query: 'T {Where}' }),
    ];
    const states = (choice: string) =>
      evaluateParameters(definitions, { Where: [choice] }, new Map(), { now, workspace: 'main' }, () => ({
        data: undefined,
        error: undefined,
      })).states;
    expect(states('| where A == 1')[1]?.error).toBeUndefined();
    expect(String(states('| union SigninLogs')[1]?.error)).toContain('can’t stand outside of quotes');
  });

  it('what a row gave goes before the default, and an address that is no JSON is nothing', () => {
    const { values } = evaluateParameters(
      [],
      {},
      new Map([['Row', textValue('x')]]),
      { now, workspace: 'main' },
      () => ({
        data: undefined,
        error: undefined,
      }),
    );
    expect(values.get('Row')).toMatchObject({ values: ['x'] });
    expect(choicesOf('{')).toEqual({});
    expect(choicesOf('{"A":["x"],"B":{"durationMs":5}}')).toEqual({ A: ['x'], B: { durationMs: 5 } });
  });
});

describe('cells', () => {
  const formatter = (more: object): Formatter => Formatter.parse({ columnMatch: 'N', ...more });
  it('a column finds its formatter by name, or by a pattern that can’t run for ever', () => {
    const list = [
      formatter({ formatter: 3 }),
      formatter({ columnMatch: '^Count.*', formatter: 8 }),
      formatter({ columnMatch: '^(a+)+$', formatter: 9 }),
    ];
    expect(['N', 'CountOf', 'aaaa', 'x'].map((name) => formatterOf(list, name)?.formatter)).toEqual([
      3,
      8,
      undefined,
      undefined,
    ]);
  });
  it.each([
    [1_234.567, {}, '1,234.57'],
    [12_000, { numberFormat: { unit: 17 } }, '12K'],
    [0.5, { numberFormat: { unit: 0, options: { style: 'percent' } } }, '50%'],
    [12, { numberFormat: { unit: 1 } }, '12 %'],
    [2_048, { numberFormat: { unit: 2 } }, '2 KiB'],
    [3, { numberFormat: { unit: 24, options: { maximumFractionDigits: 0 } } }, '3 s'],
  ])('%d is written as its unit says', (value, more, text) => {
    expect(numberText(value, formatter(more))).toBe(text);
  });
  it('shares, numbers of arrays, thresholds and addresses', () => {
    expect(shareOf(5, [0, 10], undefined)).toBe(0.5);
    expect(shareOf(5, [5, 5], formatter({ formatOptions: { min: 0, max: 20 } }))).toBe(0.25);
    expect(numbersOf('[1,2,"3"]')).toEqual([1, 2, 3]);
    expect(numbersOf('["a"]')).toBeUndefined();
    const thresholds = formatter({
      formatOptions: {
        thresholdsOptions: 'icons',
        thresholdsGrid: [
          { operator: '>', thresholdValue: '10', representation: 'Sev0', text: 'much: {0}{1}' },
          { operator: 'Default', representation: 'success', text: '{0}' },
        ],
      },
    });
    expect(thresholdOf(12, '12', thresholds)).toMatchObject({ text: 'much: 12', representation: 'Sev0' });
    expect(thresholdOf(3, '3', thresholds)).toMatchObject({ text: '3', representation: 'success' });
    expect(webAddress('https://example.com/x')).toBe('https://example.com/x');
    expect(['javascript:alert(1)', 'data:text/html,x', 'x'].map(webAddress)).toEqual([undefined, undefined, undefined]);
  });
});

describe('trees', () => {
  const rows = result(
    [
      ['Id', 'string'],
      ['Parent', 'string'],
    ],
    [
      ['nl', 'root'],
      ['ams', 'nl'],
      ['a', 'b'],
      ['b', 'a'],
    ],
  );
  it('by parent, also where rows name each other in a circle', () => {
    const tree = treeOf({ idColumn: 'Id', parentColumn: 'Parent' }, rows, [0, 1, 2, 3]);
    const closed = tree?.lines(new Set());
    expect(closed?.map(({ id, hasChildren }) => [id, hasChildren])).toEqual([
      ['id:nl', true],
      ['id:b', true],
    ]);
    expect(tree?.lines(new Set(['id:nl'])).map(({ id, depth }) => [id, depth])).toContainEqual(['id:ams', 1]);
  });
  it('by group', () => {
    const tree = treeOf({ treeType: 1, groupBy: ['Parent'], expandTopLevel: true }, rows, [0, 1, 2, 3]);
    expect(tree?.lines(new Set()).map(({ label, row }) => label ?? row)).toEqual([
      'root (1)',
      0,
      'nl (1)',
      1,
      'b (1)',
      2,
      'a (1)',
      3,
    ]);
  });
});

describe('charts', () => {
  it('kinds of a workbook are drawn as render would', () => {
    const rows = result(
      [
        ['K', 'string'],
        ['N', 'long'],
      ],
      [
        ['a', 1],
        ['b', 2],
      ],
    );
    const kinds = ['piechart', 'barchart', 'categoricalbar', 'unstackedbar'];
    expect(kinds.filter((kind) => drawingOf(chartOf(rows, content({}), kind)) === undefined)).toEqual([]);
    const places = result(
      [
        ['Name', 'string'],
        ['Lat', 'real'],
        ['Lon', 'real'],
      ],
      [['x', 52, 4]],
    );
    const map = chartOf(
      places,
      content({ mapSettings: { locInfo: 'LatLong', latitude: 'Lat', longitude: 'Lon' } }),
      'map',
    );
    expect(drawingOf(map)?.kind).toBe('map');
    const links = result(
      [
        ['Kind', 'string'],
        ['A', 'string'],
        ['B', 'string'],
      ],
      [
        ['edge', 'x', 'y'],
        ['node', '', ''],
      ],
    );
    const graph = chartOf(links, content({ graphSettings: { sourceIdField: 'A', targetIdField: 'B' } }), 'graph');
    expect(drawingOf(graph)?.kind).toBe('graph');
    expect(drawingOf(chartOf(links, content({}), 'graph'))).toBeUndefined();
  });
});
