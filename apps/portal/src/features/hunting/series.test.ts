import type { QueryResult } from '@sallyport/contracts';
import { expect, test } from 'vitest';
import { plotOf, SERIES_MAX } from './series.ts';

const statistics = { elapsedSeconds: 0, rowsRead: 0, bytesRead: 0 };
const result = (kind: string, part: Pick<QueryResult, 'columns' | 'rows'>): QueryResult => ({
  ...part,
  visualization: { kind, properties: {} },
  statistics,
});

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
  const columns: QueryResult['columns'] = [
    { name: 't', type: 'datetime' },
    { name: 's', type: 'string' },
    { name: 'n', type: 'long' },
  ];
  const rows = Array.from({ length: 30 }, (_, index) => ['2026-01-01T00:00:00Z', `s${index}`, index]);
  expect(plotOf(result('timechart', { columns, rows }))).toMatchObject({ leftOut: 30 - SERIES_MAX });
  expect(plotOf(result('timechart', { columns: columns.slice(0, 2), rows: [] }))).toBeUndefined();
  expect(plotOf(result('table', { columns, rows }))).toBeUndefined();
});
