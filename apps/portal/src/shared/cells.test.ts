import { expect, test } from 'vitest';
import { cellBlock, cellText, columnWidths, compareCells } from './cells.ts';

test('cells as text', () => {
  expect(cellText('2026-11-24T12:00:00.1234567Z', 'datetime', 'utc')).toBe('2026-11-24 12:00:00.123 UTC');
  expect(cellText(null, 'string', 'utc')).toBe('');
  expect(cellText('a\u202eb', 'string', 'utc')).toBe('a⟦U+202E⟧b');
  expect(cellText(true, 'bool', 'utc')).toBe('true');
});

test('dynamic cells are laid out, broken ones shown as they are', () => {
  expect(cellBlock('{"a":[1]}', 'dynamic')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(cellBlock('{a', 'dynamic')).toBe('{a');
});

test('numbers sort as numbers, nulls last both ways', () => {
  const sorted = (order: 'asc' | 'desc') => [10, null, 9].toSorted((a, b) => compareCells(a, b, 'long', order));
  expect(sorted('asc')).toEqual([9, 10, null]);
  expect(sorted('desc')).toEqual([10, 9, null]);
});

test('columns are as wide as what they hold, within bounds', () => {
  expect(columnWidths([{ name: 'a', type: 'int' }], [[1]])).toEqual([88]);
  expect(columnWidths([{ name: 'a', type: 'string' }], [['x'.repeat(500)]])).toEqual([380]);
});
