import { expect, test } from 'vitest';
import { step } from './Matrix.tsx';

const columns = [3, 0, 1].map((length) => ({ shown: Array.from({ length }, () => 0) }));

test('arrows move from cell to cell, over empty columns, and stop at the edges', () => {
  expect(step(columns, [0, 1], 'ArrowDown')).toEqual([0, 2]);
  expect(step(columns, [0, 2], 'ArrowDown')).toBeUndefined();
  expect(step(columns, [0, 0], 'ArrowUp')).toBeUndefined();
  expect(step(columns, [0, 2], 'ArrowRight')).toEqual([2, 0]);
  expect(step(columns, [2, 0], 'ArrowLeft')).toEqual([0, 0]);
  expect(step(columns, [2, 0], 'ArrowRight')).toBeUndefined();
  expect(step(columns, [0, 0], 'a')).toBeUndefined();
});
