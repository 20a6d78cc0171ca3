import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kqlTokens } from './kqlTokens.ts';

test('operators, strings, numbers and comments', () => {
  const kinds = kqlTokens('T // why\n| where A == "x|y" and B > ago(1d)').map(({ kind, text }) => [kind, text]);
  expect(kinds).toContainEqual(['comment', '// why']);
  expect(kinds).toContainEqual(['operator', 'where']);
  expect(kinds).toContainEqual(['string', '"x|y"']);
  expect(kinds).toContainEqual(['keyword', 'and']);
  expect(kinds).toContainEqual(['number', '1d']);
});

test('nothing is lost of any text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(
        kqlTokens(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text);
    }),
  );
});
