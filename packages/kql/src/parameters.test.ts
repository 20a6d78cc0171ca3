import { describe, expect, it } from 'vitest';
import { KqlError } from './errors.ts';
import { withParameters } from './parameters.ts';

const declared = (type: string, value: unknown): string =>
  withParameters(`declare query_parameters(p:${type}); print p`, { p: value }).text;
const written = (literal: string, type: string): string => `declare query_parameters(p:${type} = ${literal}); print p`;

describe('values of query parameters', () => {
  it.each([
    ['long', 7, 'long(7)'],
    ['int', 'int(-7)', 'int(-7)'],
    ['real', '1.5e3', 'real(1.5e3)'],
    ['real', 2, 'real(2)'],
    ['bool', true, 'bool(true)'],
    ['string', 'a "b" \\ \n', '"a \\"b\\" \\\\ \\n"'],
    ['string', 'string(x) | take 1', '"string(x) | take 1"'],
    ['datetime', '2020-01-02T03:04:05.1234567Z', 'datetime(2020-01-02T03:04:05.1234567Z)'],
    ['datetime', 'datetime(2020-01-02)', 'datetime(2020-01-02)'],
    ['timespan', 'time(1.01:10:00)', 'timespan(1.01:10:00)'],
    ['timespan', '1d', 'timespan(1d)'],
    ['guid', '74be27de-1e4e-49d9-b579-fe0b331d3642', 'guid(74be27de-1e4e-49d9-b579-fe0b331d3642)'],
    ['decimal', 'decimal(1.25)', 'decimal(1.25)'],
    ['dynamic', 'dynamic(["a", 1])', 'dynamic(["a", 1])'],
    ['dynamic', { a: ')' }, 'dynamic({"a":")"})'],
    ['long', null, 'long(null)'],
  ])('%s: %j', (type, value, literal) => expect(declared(type, value)).toBe(written(literal, type)));

  it.each([
    ['long', '1) | take 5 //'],
    ['long', 1.5],
    ['datetime', 'now()'],
    ['datetime', '2020) | x('],
    ['timespan', '1d); print (1'],
    ['dynamic', 'dynamic([1]) | take 1'],
    ['string', { a: 1 }],
    ['bool', 'yes'],
  ])('%s is not %j', (type, value) => expect(() => declared(type, value)).toThrow(KqlError));

  it('take the place of defaults, and of those alone that are given', () => {
    const text =
      '// query_parameters(no)\ndeclare query_parameters(a:long = 1, b:string = "x", c:long=3);\nprint a, b, c';
    expect(withParameters(text, { b: 'y', c: 4, d: 5 }).text).toBe(
      '// query_parameters(no)\ndeclare query_parameters(a:long = 1, b:string = "y", c:long= long(4));\nprint a, b, c',
    );
  });

  it('leave the places of errors where they were', () => {
    const text = 'declare query_parameters(a:long, b:string = "a long default");\nprint wrong';
    const { text: changed, restore } = withParameters(text, { a: 123_456, b: '' });
    const start = changed.indexOf('wrong');
    const restored = restore(new KqlError('KS142', '', { start, end: start + 5 })) as KqlError;
    expect(text.slice(restored.span.start, restored.span.end)).toBe('wrong');
  });
});
