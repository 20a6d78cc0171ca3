import type { Cell, Column } from '@sallyport/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ColumnarRows, rowsOf } from './rows.ts';
import { linesOf, moved, plainView } from './view.ts';

const columns: Column[] = [
  { name: 'n', type: 'long' },
  { name: 's', type: 'string' },
];
const rows: Cell[][] = [
  [2, 'b'],
  [10, 'a'],
  [null, 'b'],
  ['9223372036854775807', ''],
];
const columnar = (all: Cell[][]): ColumnarRows => {
  const made = new ColumnarRows(columns);
  for (const row of all) made.push(row);
  return made.seal();
};

test('columns keep cells as they came', () => {
  const cells = fc.tuple(
    fc.oneof(fc.double({ noNaN: true }), fc.constant(null), fc.constant('9223372036854775807')),
    fc.oneof(fc.string(), fc.constant(null)),
  );
  fc.assert(
    fc.property(fc.array(cells, { maxLength: 300 }), (all) => {
      const kept = columnar(all);
      expect(Array.from({ length: kept.count }, (_, row) => kept.row(row))).toEqual(all);
    }),
  );
});

test.each([rowsOf(columns, rows), columnar(rows)])('rows are sorted, empty cells last', (all) => {
  const sorted = (column: number, order: 'asc' | 'desc') => [
    ...linesOf(all, { ...plainView, sort: { column, order } }).lines,
  ];
  expect(sorted(0, 'asc')).toEqual([0, 1, 3, 2]);
  expect(sorted(0, 'desc')).toEqual([3, 1, 0, 2]);
  expect(sorted(1, 'asc')).toEqual([3, 1, 0, 2]);
});

test('rows are filtered and grouped, the largest group first', () => {
  const all = columnar(rows);
  expect([...linesOf(all, { ...plainView, filters: [{ column: 1, way: 'is', text: 'b' }] }).lines]).toEqual([0, 2]);
  expect([...linesOf(all, { ...plainView, filters: [{ column: 0, way: 'is', text: null }] }).lines]).toEqual([2]);
  const grouped = linesOf(all, { ...plainView, group: 1, closed: new Set(['a']) });
  expect([...grouped.lines]).toEqual([-1, 0, 2, -2, -3, 3]);
  expect(grouped.groups.map((group) => group.rows)).toEqual([2, 1, 1]);
});

test('columns change places', () => {
  expect(moved(3, undefined, 2, -1)).toEqual([0, 2, 1]);
  expect(moved(3, [2, 0], 2, 1)).toEqual([0, 2]);
  expect(moved(3, undefined, 0, -1)).toEqual([0, 1, 2]);
});
