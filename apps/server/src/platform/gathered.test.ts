import { expect, test } from 'vitest';
import { gathered } from './gathered.ts';

test('what comes while some are worked on goes together, in order and in bounded pieces; what fails fails those it was of', async () => {
  const pieces: number[][] = [];
  const take = gathered(3, async (items: readonly number[]) => {
    pieces.push([...items]);
    await Promise.resolve();
    if (items.includes(5)) throw new Error('no');
  });
  const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map(take));
  expect(pieces).toEqual([[1], [2, 3, 4], [5, 6, 7], [8]]);
  expect(results.map(({ status }) => status)).toEqual([
    ...Array<string>(4).fill('fulfilled'),
    ...Array<string>(3).fill('rejected'),
    'fulfilled',
  ]);
  await take(9);
  expect(pieces.at(-1)).toEqual([9]);
});
