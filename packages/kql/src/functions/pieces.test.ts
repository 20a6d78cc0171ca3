import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine, type Engine } from '../../test/engine.ts';
import { compile, type KqlCatalogue } from '../index.ts';
import { cuttable } from './pieces.ts';

/** Patterns of `parse` cut at their texts give what their regular expression gives. */

const catalogue: KqlCatalogue = { version: 'pieces', tables: [], functions: [] };
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());

const rows = (kql: string, cutPatterns: boolean): unknown =>
  engine.rows(compile(kql, catalogue, { now: new Date(0), rewrites: { cutPatterns } }).sql);

// Few and alike, so that texts stand several times, overlap, and begin or end numbers.
const word = fc.constantFrom('a', 'aa', 'ab', ' ', ';', 'a=', '=', '(', '.', 'é', '5', '-', '\n', 'e1');
const filling = fc.constantFrom(
  '',
  'a',
  'b',
  '7',
  ' 12',
  '-3',
  '+4',
  '2.5',
  '.5',
  '1e5',
  '99999999999',
  'x',
  '\t',
  '\\',
  '"',
  '2024-01-01',
);
const line = fc.array(fc.oneof(word, filling), { maxLength: 12 }).map((parts) => parts.join(''));
const gap = fc.constantFrom(
  '*',
  'V',
  'V',
  'V:long',
  'V:int',
  'V:real',
  'V:long *',
  'V:real *',
  'V:datetime',
  'V:dynamic',
);
const pattern = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 4 }), fc.boolean(), gap)
  .map(([gapFirst, pairs, textLast, first]) => {
    const parts = pairs.flatMap(([text, of]) => [JSON.stringify(text), of]);
    const all = [...(gapFirst ? [first] : []), ...(textLast ? parts.slice(0, -1) : parts)];
    return all.map((part, i) => part.replace(/^V/, `V${i}`)).join(' ');
  });
const operator = fc.constantFrom('parse', 'parse', 'parse-where', 'parse kind=relaxed');

test('a pattern gives the same cut as by its expression', () => {
  fc.assert(
    fc.property(operator, pattern, fc.array(line, { minLength: 20, maxLength: 60 }), (how, by, lines) => {
      const kql = `datatable(S:string)[${lines.map((l) => JSON.stringify(l)).join(', ')}] | ${how.replace(/^(\S+)(.*)$/, `$1$2 S`)} with ${by}`;
      expect([kql, rows(kql, true)]).toEqual([kql, rows(kql, false)]);
    }),
    { numRuns: Number(process.env['PIECES_RUNS'] ?? 40) },
  );
}, 120_000);

test('what must go on past its first place is taken by the expression', () => {
  const kql = 'print S = "k=a;k=5;" | parse S with * "k=" N:long ";" Rest | project N, Rest';
  expect(rows(kql, true)).toEqual([[5, '']]);
});

test('patterns that texts alone do not decide are not cut', () => {
  const group = { group: 1 };
  expect(cuttable([group])).toBeUndefined();
  expect(cuttable([{ group: 0 }, group, { text: 'x' }])).toBeUndefined();
  expect(cuttable([{ group: 1, number: 'whole' }, { text: '5' }])).toBeUndefined();
  expect(cuttable([{ text: 'a' }, { text: '' }, { text: 'b' }, group])).toEqual([{ text: 'ab' }, group]);
});

test('a long pattern is not cut: each place would stand in all that follow', () => {
  const fields = Array.from({ length: 20 }, (_, i) => `'<f${i}>' V${i}${i % 3 ? '' : ':long'} '</f${i}>'`);
  const { sql } = compile(`print S = '' | parse S with * ${fields.join(' ')} *`, catalogue, { now: new Date(0) });
  expect(sql).not.toContain('position(');
});
