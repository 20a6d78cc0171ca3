import { expect, test } from 'vitest';
import { changedSince } from './changed.ts';

test('changed are those that were seen as they were before', () => {
  const seen = new Map([
    [1, 'a'],
    [2, 'b'],
  ]);
  const rows = [
    { number: 1, lastUpdatedAt: 'a' },
    { number: 2, lastUpdatedAt: 'c' },
    { number: 3, lastUpdatedAt: 'd' },
  ];
  expect([...changedSince(seen, rows)]).toEqual([2]);
});
