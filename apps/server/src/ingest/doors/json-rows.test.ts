import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonArrayToLines, JsonRowsError } from './json-rows.ts';

const linesOf = (text: string) => {
  const { rows, lines } = jsonArrayToLines(Buffer.from(text));
  return { rows, lines: Buffer.from(lines).toString() };
};

/** What JSON.parse thinks of the same text. Numbers beyond Float64 are refused. */
function isArrayOfObjects(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text, (_, v: unknown) => {
      if (v === Infinity || v === -Infinity) throw new RangeError('out of range');
      return v;
    });
    return Array.isArray(value) && value.every((v) => typeof v === 'object' && v !== null && !Array.isArray(v));
  } catch {
    return false;
  }
}

const accepts = (text: string): boolean => {
  try {
    jsonArrayToLines(Buffer.from(text));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(JsonRowsError);
    return false;
  }
};

describe('jsonArrayToLines', () => {
  it('writes one row a line', () => {
    expect(linesOf('[{"a":1},\r\n {"b":[1,{"c":"]},{"}]}\n]\n')).toEqual({
      rows: 2,
      lines: '{"a":1}\n   {"b":[1,{"c":"]},{"}]} \n',
    });
  });

  it('takes an empty array', () => expect(linesOf(' [ ] ')).toEqual({ rows: 0, lines: '' }));

  it.each([
    ['', 'a JSON array of objects expected at byte 0'],
    ['{"a":1}', 'a JSON array of objects expected at byte 0'],
    ['[{"a":1}', 'the JSON ends too early at byte 8'],
    ['[{"a":1},]', 'an object expected at byte 9'],
    ['[1]', 'an object expected at byte 1'],
    ['[{"a":tru}]', 'a value expected at byte 6'],
    ['[{"a":01}]', 'a comma expected at byte 7'],
    ['[{"a":"x\ny"}]', 'a control character inside a string at byte 8'],
    ['[{"a":"\\x"}]', 'an unknown escape at byte 7'],
    ['[{"a":"\\u12g4"}]', 'an escape that is not \\u and four hex digits at byte 7'],
    ['[{"a":1e400}]', 'a number out of range at byte 6'],
    ['[{a:1}]', 'a property name expected at byte 2'],
    ['[{"a" 1}]', 'a colon expected at byte 6'],
    ['[{"a":1}]x', 'bytes after the end of the array at byte 9'],
    [`[{"a":${'['.repeat(501)}`, 'more than 500 levels at byte 505'],
  ])('says where %j goes wrong', (text, message) => {
    expect(() => linesOf(text)).toThrow(message);
  });

  it.each([
    ['{"a":"\\ud800"}', '{"a":"\\ufffd"}'],
    ['{"a":"\\udc00\\ud83d\\ude00"}', '{"a":"\\ufffd\\ud83d\\ude00"}'],
    ['{"a":18446744073709551615}', '{"a":18446744073709551615}'],
    ['{"a":18446744073709551616}', '{"a":184467440737095516e2}'],
    ['{"a":-9223372036854775809}', '{"a":-92233720368547758e2}'],
  ])('makes %s fit for the engine', (row, line) => {
    expect(linesOf(`[${row}]`).lines).toBe(`${line}\n`);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => jsonArrayToLines(Buffer.from([0x5b, 0xff, 0x5d]))).toThrow('not UTF-8');
  });

  it('accepts what JSON.parse accepts, and gives the same rows', () => {
    const row = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(row), fc.constantFrom(undefined, 1, '\t'), (rows, indent) => {
        const { lines, rows: count } = linesOf(JSON.stringify(rows, undefined, indent));
        expect(count).toBe(rows.length);
        const back = lines
          .split('\n')
          .filter((l) => l !== '')
          .map((l) => JSON.parse(l) as unknown);
        expect(back).toEqual(JSON.parse(JSON.stringify(rows)));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const damaged = fc
      .tuple(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.nat(),
        fc.constantFrom(...'{}[],:"\\ue0-.1tn \n'.split('')),
      )
      .map(([rows, position, character]) => {
        const text = JSON.stringify(rows);
        const at = position % (text.length + 1);
        return text.slice(0, at) + character + text.slice(at + (position % 2));
      });
    fc.assert(
      fc.property(damaged, (text) => {
        fc.pre(text.isWellFormed());
        expect(accepts(text)).toBe(isArrayOfObjects(text));
      }),
      { numRuns: 1_000, endOnFailure: true },
    );
  });
});
