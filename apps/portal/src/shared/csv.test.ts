import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCsv } from './csv.ts';

test('quotes, commas and line ends are kept inside one cell', () => {
  expect(toCsv([{ name: 'a' }, { name: 'b' }], [['x,"y"', 'l1\nl2']])).toBe('a,b\r\n"x,""y""","l1\nl2"\r\n');
});

test('formulas do not run', () => {
  expect(toCsv([{ name: 'a' }], [['=HYPERLINK("x")'], ['+1'], ['-1'], ['@x'], ['\tx']])).toBe(
    'a\r\n"\'=HYPERLINK(""x"")"\r\n"\'+1"\r\n"\'-1"\r\n"\'@x"\r\n"\'\tx"\r\n',
  );
  expect(toCsv([{ name: 'n' }], [[-1], [null], [true]])).toBe('n\r\n-1\r\n\r\ntrue\r\n');
});

test('no cell of others’ text begins as a formula', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const line = toCsv([{ name: 'a' }], [[text]]).slice(3);
      expect(line).not.toMatch(/^"?[=+\-@\t\r](?!\n$)/);
    }),
  );
});
