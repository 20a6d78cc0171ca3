import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeFragment,
  encodeFragment,
  fragmentValue,
  listOf,
  numberOf,
  parseSearch,
  stringifySearch,
} from './address.ts';

test('lists and texts in an address read plainly', () => {
  expect(stringifySearch({ status: ['New', 'Active'], range: '24h', none: undefined, q: 'a b' })).toBe(
    '?status=New,Active&range=24h&q=a+b',
  );
  expect(parseSearch('?status=New,Active&q=a+b')).toEqual({ status: 'New,Active', q: 'a b' });
});

test('unknown values of a list and a number are left out', () => {
  const status = listOf(['New', 'Active']);
  expect(status.parse('New,Evil')).toEqual(['New']);
  expect(status.parse(['Active'])).toEqual(['Active']);
  expect(status.parse(undefined)).toBeUndefined();
  expect(numberOf().parse('7')).toBe(7);
  expect(numberOf().parse('x')).toBeUndefined();
});

test('any text survives the fragment', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeFragment(fragmentValue(`#query=${encodeFragment(text)}`, 'query') ?? '')).toBe(text);
    }),
  );
  expect(decodeFragment('%%%')).toBeUndefined();
});
