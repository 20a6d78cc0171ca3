import type { TableInfo } from '@sallyport/contracts';
import { expect, test } from 'vitest';
import { arrivingOf, arrivingQuery, arrivingTables } from './arriving.ts';

const now = new Date('2026-11-24T12:30:00Z');
const table = (name: string, lastRowAt: string | null): TableInfo => ({
  name,
  custom: false,
  columns: 1,
  rows: 1,
  bytesOnDisk: 1,
  firstRowAt: lastRowAt,
  lastRowAt,
  plan: 'Analytics',
  retentionInDays: 90,
  totalRetentionInDays: 90,
  rowsLastDay: 1,
  longTerm: { rows: 0, bytesOnDisk: 0, bytesUncompressed: 0 },
  interactive: { rows: 1, bytesOnDisk: 1, bytesUncompressed: 1 },
  held: false,
  policed: false,
  droppedLastDay: { rows: 0, bytes: 0 },
});

test('only tables of the last day', () => {
  const tables = [table('A', '2026-11-24T12:00:00Z'), table('B', '2026-11-20T12:00:00Z'), table('C', null)];
  expect(arrivingTables(tables, now)).toEqual(['A']);
});

test('one query for all of them', () => {
  expect(arrivingQuery(['A'])).not.toContain('union');
  expect(arrivingQuery(['A', 'B', 'C'])).toMatch(/^A \|[^]*\n\| union \(B \|[^]*\),\n {2}\(C \|[^]*\)$/);
});

test('hours without rows are zero, the newest is last', () => {
  const result = {
    columns: [
      { name: 'Hour', type: 'datetime' as const },
      { name: 'Rows', type: 'long' as const },
      { name: 'Table', type: 'string' as const },
    ],
    rows: [
      ['2026-11-24T12:00:00Z', 5, 'A'],
      ['2026-11-24T10:00:00Z', 2, 'A'],
      ['2026-11-22T10:00:00Z', 9, 'A'],
    ],
    statistics: { elapsedSeconds: 0, rowsRead: 0, bytesRead: 0 },
  };
  const [line] = arrivingOf(result, ['A'], now);
  expect(line?.hours.slice(-3)).toEqual([2, 0, 5]);
  expect(line?.rows).toBe(7);
});
