import { wholeScope } from '@sallyport/contracts';
import { expect, test } from 'vitest';
import { isReady, linesOf, scopeWords } from './scope.ts';

test('a scope in words', () => {
  expect(scopeWords(wholeScope, String)).toBe('Everything');
  expect(
    scopeWords(
      {
        ...wholeScope,
        workspaces: ['w'],
        deviceGroups: ['Servers', ''],
        rows: [{ table: 'SigninLogs', where: 'x == 1' }],
      },
      (id) => `“${id}”`,
    ),
  ).toBe('workspaces “w”; devices in Servers, no group; of SigninLogs rows where x == 1');
});

test('a list that is empty, or a condition that says nothing, is not ready', () => {
  expect(isReady(wholeScope)).toBe(true);
  expect(isReady({ ...wholeScope, tables: [] })).toBe(false);
  expect(isReady({ ...wholeScope, rows: [{ table: 'T', where: ' ' }] })).toBe(false);
  expect(linesOf(' a \n\n b')).toEqual(['a', 'b']);
});
