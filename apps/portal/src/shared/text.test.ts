import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elide, hasHidden, prose, visible, words } from './text.ts';

test('control characters become control pictures', () => {
  expect(visible('a\u0000b\u001b[31mc\u007f')).toBe('a␀b␛[31mc␡');
});

test('directional overrides, zero-width and tag characters are named', () => {
  expect(visible('invoice\u202efdp.exe')).toBe('invoice⟦U+202E⟧fdp.exe');
  expect(visible('ad\u200bmin')).toBe('ad⟦U+200B⟧min');
  expect(visible('x\u{e0041}')).toBe('x⟦U+E0041⟧');
});

test('lone surrogates are named and pairs are left alone', () => {
  expect(visible('\ud800x😀')).toBe('⟦U+D800⟧x😀');
});

test('lines and tabs stay only in a block', () => {
  expect(visible('a\n\tb')).toBe('a␊␉b');
  expect(visible('a\n\tb\u202e', { lines: true })).toBe('a\n\tb⟦U+202E⟧');
});

test('what is shown never hides anything, and plain text is unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(hasHidden(visible(text))).toBe(false);
      expect(visible(visible(text))).toBe(visible(text));
    }),
  );
  expect(visible('Ærøskøbing – 東京 \\\\host\\share')).toBe('Ærøskøbing – 東京 \\\\host\\share');
});

test('elide keeps both ends', () => {
  expect(elide('abcdefghij', 5)).toBe('ab…ij');
  expect(elide('abc', 5)).toBe('abc');
});

test('names of enumerations read as words', () => {
  expect(words('SuspiciousButExpected')).toBe('Suspicious but expected');
  expect(words('NRT')).toBe('NRT');
  expect(words('runQuery')).toBe('Run query');
  expect(words('anna@contoso.com')).toBe('anna@contoso.com');
});

test('prose is not wrapped where its author wrapped it', () => {
  expect(prose('A hidden window\nwithout a profile.\n\nOr:\n- one\n- two\r\nmore')).toBe(
    'A hidden window without a profile.\n\nOr:\n- one\n- two more',
  );
});
