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
