import { expect, test } from 'vitest';
import { minutesOf, minutesText } from './minutes.ts';

test('times are minutes, hours or days', () => {
  expect(['15', '15 min', '2 h', '1.5h', '3 d', ' ', 'soon', '0', '9999 d'].map(minutesOf)).toEqual([
    15,
    15,
    120,
    90,
    4_320,
    null,
    undefined,
    undefined,
    undefined,
  ]);
  expect([15, 120, 4_320, null].map(minutesText)).toEqual(['15 min', '2 h', '3 d', '']);
});
