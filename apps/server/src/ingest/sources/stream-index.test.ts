import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSources, shippedSources, type SourceStream } from './load.ts';
import { digit, firstOf, prefilterOf } from './prefilter.ts';
import { fits, sampleRecord, type SampleRecord } from './recognise.ts';
import { StreamIndex } from './stream-index.ts';

const { sources } = await loadSources(shippedSources);
const candidates = sources.flatMap((source) => source.streams.map((stream) => ({ stream })));
const index = new StreamIndex(candidates);

/** What the index stands for: each stream is asked in turn. */
const plainly = (record: SampleRecord): SourceStream | undefined =>
  candidates.find(({ stream }) => (stream.format === 'lines' || record.object !== undefined) && fits(stream, record))
    ?.stream;

const lines = globSync('*/fixtures/*.{log,jsonl}', { cwd: shippedSources }).flatMap((file) =>
  readFileSync(join(shippedSources, file), 'utf8').split('\n').slice(0, 40),
);

describe('the index of streams', () => {
  it('finds for every line of a fixture what asking each stream in turn does', () => {
    expect(lines.length).toBeGreaterThan(800);
    for (const line of lines) {
      const record = sampleRecord(line);
      expect([line, index.find(record)?.stream.name]).toEqual([line, plainly(record)?.name]);
    }
  });

  it('and for any line made of such', () => {
    const part = fc
      .tuple(fc.constantFrom(...lines), fc.nat(400), fc.nat(400))
      .map(([line, from, length]) => line.slice(from, from + length));
    const head = fc.constantFrom(
      '',
      ' ',
      '<38>',
      '<13>1 - - - - - ',
      'Jan  5 10:00:00 web1 app[1]: ',
      '\x1b[33m',
      'é',
      '{',
    );
    const whole = fc.tuple(head, fc.constantFrom(...lines)).map((parts) => parts.join(''));
    const pieces = fc.tuple(head, part, part).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(whole, pieces, fc.string()), (line) => {
        const record = sampleRecord(line);
        expect(index.find(record)?.stream.name).toBe(plainly(record)?.name);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('what an expression needs', () => {
  it.each<[string, string[] | undefined, string[] | undefined]>([
    ['^type=\\w+ msg=audit\\(', ['t'], [' msg=audit(']],
    ['^(<\\d{1,3}>)?CEF:', ['<', 'C'], ['CEF:']],
    ['^(a|b)', ['a', 'b'], ['a', 'b']],
    ['^[A-C]x?', ['A', 'B', 'C'], undefined],
    ['^a*b', ['a', 'b'], ['b']],
    ['^\\d{9,10}\\.\\d{3} ', '0123456789'.split(''), ['000000000.000 ']],
    ['x[0-9]{2}-(?:[12]T)?', undefined, ['x00-']],
    ['^(?:a(?:bc)){2}', ['a'], ['abc']],
    ['^\\{(?=.*"key":)', ['{'], ['"key":']],
  ])('%s', (source, first, literals) => {
    const found = prefilterOf(new RegExp(source, 'u'));
    const codes = Array.from({ length: 128 }, (_, code) => code).filter((code) => found.first?.[code] === 1);
    expect(found.first === undefined ? undefined : codes.map((code) => String.fromCharCode(code)).toSorted()).toEqual(
      first?.toSorted(),
    );
    expect(found.literals).toEqual(literals);
  });

  it.each(['^', '^a?', 'a|', '^(?!x)', 'A'])('nothing of the first character: %s', (source) => {
    expect(prefilterOf(new RegExp(source, 'u')).first).toBeUndefined();
  });

  it('never refuses a text that the expression matches', () => {
    const expressions = [
      '^(x|yz)+a',
      '\\bfoo(bar)?baz',
      '^.é',
      '^[^a]b',
      '(?<=q)r|s{2,}',
      '^(\\w)\\1',
      '^\\u{1F600}?z',
      'a(?=bc)b',
      '^a{0}b',
      '\\d{2,3}-[0-9]a',
      '[13]b{2}(?:x|\\d)',
      'a{20}',
    ];
    const text = fc.string({
      unit: fc.constantFrom(
        'a',
        'b',
        'c',
        'x',
        'y',
        'z',
        'q',
        'r',
        's',
        'foo',
        'bar',
        'baz',
        'é',
        '😀',
        ' ',
        '1',
        '23',
        '-',
        'aaaaaaaaaaaaaaaaaaaa',
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(...expressions), text, (source, given) => {
        const expression = new RegExp(source, 'u');
        const { first, literals } = prefilterOf(expression);
        if (!expression.test(given)) return;
        expect(first === undefined || first[firstOf(given)] === 1).toBe(true);
        expect(
          literals === undefined || literals.some((literal) => given.replaceAll(/\d/g, digit).includes(literal)),
        ).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
