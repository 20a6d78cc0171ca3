import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  brokenBytesKept,
  joinedSplitter,
  lineSplitter,
  objectSplitter,
  recordBytesMax,
  type RecordSink,
  type Splitter,
} from './splitter.ts';

type Make = (sink: RecordSink) => Splitter;

/** Records of `text`, given in pieces of `size` bytes; broken ones begin with `!`. */
function recordsOf(make: Make, text: string | Uint8Array, size = 7): string[] {
  const records: string[] = [];
  const splitter = make((record, broken) => records.push((broken ? '!' : '') + Buffer.from(record).toString()));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
  splitter.end();
  return records;
}

describe('lineSplitter', () => {
  it('gives each line that is not blank', () => {
    expect(recordsOf(lineSplitter, 'a\r\n\r\n  \nb c\n\nd')).toEqual(['a', 'b c', 'd']);
  });

  it('keeps the beginning of a line that is too long, as broken', () => {
    const [first, second] = recordsOf(lineSplitter, `${'x'.repeat(recordBytesMax + 1)}\nshort`, 100_000);
    expect(first).toBe(`!${'x'.repeat(brokenBytesKept)}`);
    expect(second).toBe('short');
  });

  it('gives as many records as there are lines, whatever the bytes and the pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 255, maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
        const lines = Buffer.from(bytes)
          .toString('latin1')
          .split('\n')
          .filter((l) => /[^ \t\r]/.test(l));
        expect(recordsOf(lineSplitter, bytes, size)).toHaveLength(lines.length);
      }),
    );
  });
});

describe('joinedSplitter', () => {
  const joined = (sink: RecordSink): Splitter => joinedSplitter(sink, /(^|\n)AT [^\n]*$/u);

  it('gives what stands before the first beginning, then one record for each', () => {
    expect(recordsOf(joined, 'head\r\nmore\nAT 1\r\nstep\n\nAT 2\nAT 3\nlast')).toEqual([
      'head\nmore',
      'AT 1\nstep',
      'AT 2',
      'AT 3\nlast',
    ]);
  });

  it('gives a record that grows too long as broken, in pieces, and the next whole', () => {
    const line = `${'x'.repeat(1_000)}\n`;
    const records = recordsOf(joined, `AT 1\n${line.repeat(1_500)}AT 2\n`, 100_000);
    expect(records.map((r) => r.slice(0, 5))).toEqual(['!AT 1', '!xxxx', 'AT 2']);
    expect(records.join('').replaceAll(/[^x]/g, '')).toHaveLength(1_500_000);
  });
});

describe('objectSplitter', () => {
  it.each([
    ['an array', '[{"a":1},\n{"b":"}]"}]'],
    ['one after another', '{"a":1} {"b":"}]"}'],
    ['over lines', '{\n"a":1}\r\n{"b":\r\n"}]"}\n'],
  ])('finds objects in %s', (_, text) => {
    expect(recordsOf(objectSplitter, text).map((r) => JSON.parse(r) as unknown)).toEqual([{ a: 1 }, { b: '}]' }]);
  });

  it('finds objects inside the wrapper alone', () => {
    const text = '{"meta":{"Records":[{"no":1}]},"x":"Records","Records":[{"a":[1]},{"b":{}}],"next":{"c":3}}';
    expect(recordsOf((sink) => objectSplitter(sink, 'Records'), text)).toEqual(['{"a":[1]}', '{"b":{}}']);
  });

  it('loses one object to a missing quote, and not the rest', () => {
    expect(recordsOf(objectSplitter, '{"a":"x}\n{"b":2}\n{"c":3')).toEqual(['!{"a":"x}', '{"b":2}', '!{"c":3']);
  });

  it('keeps what is no object', () => {
    expect(recordsOf(objectSplitter, '[{"a":1}, 5, "x"\n{"b":2}]')).toEqual(['{"a":1}', '!5, "x"', '{"b":2}']);
  });

  it('cuts an object that is too long', () => {
    const long = JSON.stringify({ a: 'x'.repeat(recordBytesMax) });
    expect(recordsOf(objectSplitter, `[${long},{"b":2}]`, 100_000)).toEqual([
      `!${long.slice(0, brokenBytesKept)}`,
      '{"b":2}',
    ]);
  });

  it('gives back every object of any array, however it is indented and cut', () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, 2), fc.integer({ min: 1, max: 60 }), (rows, indent, size) => {
        const records = recordsOf(objectSplitter, JSON.stringify(rows, undefined, indent), size);
        expect(records.map((r) => JSON.parse(r) as unknown)).toEqual(JSON.parse(JSON.stringify(rows)));
      }),
    );
  });

  it('never fails, and keeps every byte that says something, on any input', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'{}[]",:\\\n\r ab1'.split('')), maxLength: 200 });
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 30 }), (text, size) => {
        const kept = recordsOf(objectSplitter, text, size)
          .join('')
          .replaceAll(/[^ab1]/g, '');
        expect(kept).toBe(text.replaceAll(/[^ab1]/g, ''));
      }),
      { numRuns: 500, endOnFailure: true },
    );
  });
});
