import { expect, it } from 'vitest';
import { CpuShares } from './cpu-shares.ts';

it('processor time goes to the statements that ran meanwhile, and all of it', () => {
  let used = 5;
  const shares = new CpuShares(() => used);
  const long = shares.begin();
  used += 2;
  const short = shares.begin();
  used += 4;
  expect(shares.end(short)).toBe(2);
  used += 1;
  expect(shares.end(long)).toBe(5);
  // Nobody's.
  used += 10;
  const next = shares.begin();
  expect(shares.end(next)).toBe(0);
});
