import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { compile } from './index.ts';

let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());

const keys = ['a', 'b', 'ab', 'é'];

/** What a key's value is: the text is cut at delimiters from left to right, so that of `|||` the first two are one `||`. */
function valueOf(text: string, key: string, pair: string, kv: string): string {
  const white = '[ \\t\\n\\f\\r]*';
  const pattern = new RegExp(`^${white}${key}${white}${kv}${white}(.*?)${white}$`, 's');
  for (const part of text.split(pair)) {
    const value = pattern.exec(part)?.[1];
    if (value !== undefined) return value;
  }
  return '';
}

test('a value is that of the first pair with its key, without the white space around it', () => {
  const texts = fc.array(
    fc.array(fc.constantFrom('a', 'b', 'ab', 'é', '=', '==', '|', '||', ' ', '\t', '\n', 'x', '"', '𝄞'), {
      maxLength: 14,
    }),
    { minLength: 1, maxLength: 60 },
  );
  const delimiters = fc.constantFrom(['|', '='], ['||', '='], ['|', '=='], ['\u001f', '=']);
  fc.assert(
    fc.property(texts, delimiters, (parts, [pair = '|', kv = '=']) => {
      const lines = parts.map((part) => part.join('').replaceAll('|', pair === '\u001f' ? pair : '|'));
      const { sql } = compile(
        `datatable(i: long, s: string) [${lines.map((line, i) => `${i}, ${JSON.stringify(line)}`).join(', ')}]
         | parse-kv s as (${keys.map((key) => `['${key}']: string`).join(', ')}) with (pair_delimiter = ${JSON.stringify(pair)}, kv_delimiter = '${kv}')
         | sort by i asc | project ${keys.map((key) => `['${key}']`).join(', ')}`,
        { version: '1', tables: [], functions: [] },
        { now: new Date(0) },
      );
      expect(engine.rows(sql)).toEqual(lines.map((line) => keys.map((key) => valueOf(line, key, pair, kv))));
    }),
    { numRuns: Number(process.env['KV_RUNS'] ?? 60) },
  );
}, 60_000);
