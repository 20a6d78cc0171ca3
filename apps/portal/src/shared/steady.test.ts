import { expect, test } from 'vitest';
import { steady } from './steady.ts';

const row = (id: number, value: string): { id: number; value: string } => ({ id, value });

test('shown rows keep their place and take new values; new ones wait', () => {
  const result = steady([row(1, 'a'), row(2, 'b')], [row(3, 'n'), row(2, 'B'), row(1, 'A')], (r) => r.id);
  expect(result).toEqual({ rows: [row(1, 'A'), row(2, 'B')], waiting: 1 });
});

test('a row that is gone from the answer stays until asked', () => {
  expect(steady([row(1, 'a')], [], (r) => r.id)).toEqual({ rows: [row(1, 'a')], waiting: 0 });
});

test('rows below the last shown one are put there, those between wait', () => {
  const newest = [row(2, 'b'), row(4, 'd'), row(1, 'a'), row(5, 'e'), row(6, 'f')];
  expect(steady([row(1, 'a'), row(2, 'b')], newest, (r) => r.id)).toEqual({
    rows: [row(1, 'a'), row(2, 'b'), row(5, 'e'), row(6, 'f')],
    waiting: 1,
  });
});
