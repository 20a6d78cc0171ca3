import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockAt, blocksOf, joinBlocks, spanOfTarget } from './blocks.ts';

const texts = (text: string): string[] => blocksOf(text).map((block) => block.text);

test('blank lines part queries', () => {
  expect(texts('A | take 1\n\nB\n| take 2\n')).toEqual(['A | take 1', 'B\n| take 2']);
});

test('let statements, comments and pipes hold a query together', () => {
  expect(texts('let a = 1;\n\nT | where x == a')).toHaveLength(1);
  expect(texts('T\n\n| take 1')).toHaveLength(1);
  expect(texts('// what it is for\n\nT')).toHaveLength(1);
  expect(joinBlocks('let a = 1;\n\n\nT\n\n| take 1')).toBe('let a = 1;\nT\n| take 1');
});

test('the query at the cursor', () => {
  const text = 'A\n\nB';
  expect(blockAt(text, 0)?.text).toBe('A');
  expect(blockAt(text, 2)?.text).toBe('A');
  expect(blockAt(text, 4)?.text).toBe('B');
  expect(blockAt('  \n ', 1)).toBeUndefined();
});

test('blocks lie in the text where they say, and nothing but space is left out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('A', '\n', ' ', '|', ';', '//', 'x')).map((parts) => parts.join('')),
      (text) => {
        for (const block of blocksOf(text)) expect(text.slice(block.from, block.to)).toBe(block.text);
        expect(texts(text).join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
      },
    ),
  );
});

test('spans of errors', () => {
  expect(spanOfTarget('12..18')).toEqual({ from: 12, to: 18 });
  expect(spanOfTarget('body.query')).toBeUndefined();
});
