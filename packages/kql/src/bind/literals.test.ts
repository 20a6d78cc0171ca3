import { describe, expect, it } from 'vitest';
import { timespanTicks } from './literals.ts';

const hour = 36_000_000_000n;

describe('timespans as text', () => {
  it.each([
    ['01:10', hour + hour / 6n],
    ['01:10:00', hour + hour / 6n],
    ['-01:10:00', -(hour + hour / 6n)],
    ['1.01:10:00', 25n * hour + hour / 6n],
    ['1:01:10:00', 25n * hour + hour / 6n],
    ['1.01:10', 25n * hour + hour / 6n],
    ['00:00:00.5', 5_000_000n],
    ['time(1.02:03:04.5)', 937_845_000_000n],
    ['2', 48n * hour],
    ['1.5h', hour + hour / 2n],
  ])('%s', (text, ticks) => expect(timespanTicks(text)).toBe(ticks));
});
