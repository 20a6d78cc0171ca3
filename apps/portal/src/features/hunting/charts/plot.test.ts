import { expect, test } from 'vitest';
import { plotOf, SERIES_MAX, type Drawable } from './plot.ts';
import { barsOf, netOf, pivotKey, pivotOf, placesOf, treeOf } from './shapes.ts';

const result = (
  kind: string,
  part: Pick<Drawable, 'columns' | 'rows'>,
  properties: Drawable['properties'] = {},
): Drawable => ({ ...part, kind, properties });

test('a time chart splits by its text column and sorts by time', () => {
  const plot = plotOf(
    result('timechart', {
      columns: [
        { name: 'Computer', type: 'string' },
        { name: 'TimeGenerated', type: 'datetime' },
        { name: 'Count', type: 'long' },
      ],
      rows: [
        ['a', '2026-01-02T00:00:00Z', 2],
        ['a', '2026-01-01T00:00:00Z', 1],
        ['b', '2026-01-01T00:00:00Z', 9],
        ['b', null, 9],
      ],
    }),
  );
  expect(plot?.series.map(({ name, points }) => [name, points.map(({ y }) => y)])).toEqual([
    ['b', [9]],
    ['a', [1, 2]],
  ]);
  expect([plot?.xTitle, plot?.yTitle]).toEqual(['TimeGenerated', 'Count']);
});

test('a pie takes the first column as its slices', () => {
  const plot = plotOf(
    result('piechart', {
      columns: [
        { name: 'Kind', type: 'string' },
        { name: 'n', type: 'long' },
      ],
      rows: [['x', 1]],
    }),
  );
  expect(plot?.series).toEqual([{ name: 'n', points: [{ x: 'x', y: 1 }] }]);
});

test('series are bounded; no numbers, no plot', () => {
  const columns: Drawable['columns'] = [
    { name: 't', type: 'datetime' },
    { name: 's', type: 'string' },
    { name: 'n', type: 'long' },
  ];
  const rows = Array.from({ length: 30 }, (_, index) => ['2026-01-01T00:00:00Z', `s${index}`, index]);
  expect(plotOf(result('timechart', { columns, rows }))).toMatchObject({ leftOut: 30 - SERIES_MAX });
  expect(plotOf(result('timechart', { columns: columns.slice(0, 2), rows: [] }))).toBeUndefined();
  expect(plotOf(result('table', { columns, rows }))).toBeUndefined();
});

test('arrays of make-series are drawn value by value, and anomalies marked', () => {
  const plot = plotOf(
    result(
      'anomalychart',
      {
        columns: [
          { name: 'n', type: 'dynamic' },
          { name: 't', type: 'dynamic' },
          { name: 'host', type: 'string' },
          { name: 'flag', type: 'dynamic' },
        ],
        rows: [
          ['[1,null,9]', '["2026-01-01T00:00:00Z","2026-01-02T00:00:00Z","2026-01-03T00:00:00Z"]', 'a', '[0,0,1]'],
        ],
      },
      { anomalycolumns: 'flag' },
    ),
  );
  expect(plot?.series).toEqual([
    {
      name: 'a',
      points: [
        { x: new Date('2026-01-01T00:00:00Z'), y: 1 },
        { x: new Date('2026-01-03T00:00:00Z'), y: 9, anomaly: true },
      ],
    },
  ]);
});

const text = { type: 'string' } as const;
const number = { type: 'real' } as const;

test('places come from columns by name, and from GeoJSON', () => {
  const columns = [
    { name: 'Latitude', ...number },
    { name: 'Longitude', ...number },
    { name: 'Hits', ...number },
  ];
  expect(
    placesOf(
      result('scatterchart', {
        columns,
        rows: [
          [59.3, 18.1, 4],
          [95, 0, 1],
        ],
      }),
    ),
  ).toEqual([{ longitude: 18.1, latitude: 59.3, size: 4, name: '' }]);
  const point = {
    columns: [{ name: 'p', type: 'dynamic' as const }],
    rows: [['{"type":"Point","coordinates":[1,2]}']],
  };
  expect(placesOf(result('scatterchart', point))).toMatchObject([{ longitude: 1, latitude: 2 }]);
});

test('trees, pivots, bars and nets of rows', () => {
  const columns = [
    { name: 'from', ...text },
    { name: 'to', ...text },
    { name: 'n', ...number },
  ];
  const rows = [
    ['a', 'b', 2],
    ['a', 'c', 3],
    ['a', 'b', 1],
  ];
  expect(treeOf(result('treemap', { columns, rows }))).toEqual({
    name: '',
    children: [
      {
        name: 'a',
        children: [
          { name: 'c', value: 3 },
          { name: 'b', value: 3 },
        ],
      },
    ],
  });
  const pivot = pivotOf(result('pivotchart', { columns, rows }));
  expect(pivot?.cells.get(pivotKey('a', 'b'))).toBe(3);
  expect(netOf(result('graph', { columns, rows }))).toMatchObject({
    nodes: [{ id: 'a', links: 2 }, { id: 'b' }, { id: 'c' }],
    links: [
      { source: 'a', target: 'b', rows: 2 },
      { target: 'c', rows: 1 },
    ],
  });
  const times = [
    { name: 'x', ...text },
    { name: 's', type: 'datetime' as const },
    { name: 'e', type: 'datetime' as const },
  ];
  expect(
    barsOf(result('ladderchart', { columns: times, rows: [['a', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z']] })),
  ).toMatchObject([{ name: 'a', end: new Date('2026-01-01T01:00:00Z') }]);
});
