import { expect, test } from 'vitest';
import { duration, exact, rangeLabel, relative, spanOf } from './time.ts';

const now = new Date('2026-11-24T12:00:00Z');
const ago = (seconds: number): string => relative(new Date(now.getTime() - seconds * 1000), now, 'utc');

test('relative times name one unit, and dates when far', () => {
  expect([10, 60, 300, 3600, 40 * 3600, 20 * 86_400].map(ago)).toEqual([
    'just now',
    '1 min ago',
    '5 min ago',
    '1 h ago',
    '2 d ago',
    '2026-11-04',
  ]);
  expect([-600, -20, -2].map(ago)).toEqual(['in 10 min', 'in a moment', 'just now']);
});

test('exact times name their zone', () => {
  expect(exact(now, 'utc')).toBe('2026-11-24 12:00:00 UTC');
  expect(exact(now, 'local')).toMatch(/^2026-11-2\d \d\d:\d\d:00 [+-]\d\d:\d\d$/);
  expect(exact(new Date(NaN), 'utc')).toBe('unknown time');
});

test('durations', () => {
  expect([0.0123, 5, 300, 5400, 1_209_600].map(duration)).toEqual(['12 ms', '5 s', '5 min', '1 h 30 min', '14 d']);
});

test('ranges of the address', () => {
  expect(spanOf('1h', now)).toEqual({ from: '2026-11-24T11:00:00.000Z', to: '2026-11-24T12:00:00.000Z' });
  expect(spanOf('2019-01-01T00:00:00Z/2019-02-01T00:00:00Z', now)?.from).toBe('2019-01-01T00:00:00.000Z');
  expect(spanOf('2019-02-01T00:00:00Z/2019-01-01T00:00:00Z', now)).toBeUndefined();
  expect(spanOf('all', now)).toBeUndefined();
  expect(rangeLabel('24h', 'utc')).toBe('Last 24 hours');
  expect(rangeLabel('2019-01-01T00:00:00Z/2019-02-01T00:00:00Z', 'utc')).toBe('2019-01-01 00:00 – 2019-02-01 00:00');
});
