import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { compile } from './index.ts';

let engine: Engine;
beforeAll(() => void (engine = openEngine()));
afterAll(() => engine.close());

const catalogue = {
  version: 'json',
  tables: [{ name: 'T', columns: [{ name: 'S', type: 'string' }] }],
  functions: [],
} as const;
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
/** The cells of a query over rows of one text. */
const asked = (texts: readonly string[], query: string): unknown[][] => {
  engine.run('DROP TABLE IF EXISTS T');
  engine.create(catalogue.tables[0]);
  engine.run(`INSERT INTO T (S) VALUES ${texts.map((t) => `(${quoted(t)})`).join(', ')}`);
  return engine.rows(compile(query, catalogue, { now: new Date() }).sql);
};

/** Numbers as text, many of them around the ends of what the engine takes. */
const numbers = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc
    .constantFrom(2n ** 63n, 2n ** 64n, -(2n ** 63n))
    .chain((n) => fc.integer({ min: -2, max: 2 }).map((d) => String(n + BigInt(d)))),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.integer(), fc.integer({ min: 15, max: 400 })).map(([m, e]) => `${m}.5E+${e}`),
  fc.bigInt({ min: 10n ** 60n, max: 10n ** 61n }).map(String),
);
const texts = fc.oneof(
  fc.string().map((t) => JSON.stringify(t)),
  fc.constantFrom(
    '"\\ud800"',
    '"\\\\ud800 \\udc00x"',
    '"\\ud83d\\ude00\\ud83d"',
    '"99999999999999999999"',
    '"\\"9{99999999999999999999,"',
  ),
);

describe('parse_json', () => {
  it('keeps the members of an object that holds numbers the engine has no place for', () => {
    const cases = fc.sample(fc.tuple(numbers, numbers, texts, texts), { numRuns: 300, seed: 7 });
    const rows = cases.map(([a, b, c, d]) => `{"a":${a}, "o":{"n":[${b},1],"t":${c}},"t":${d},"z":"end"}`);
    const answers = asked(
      rows,
      'T | extend j = parse_json(S) | extend o = j.o | project tostring(j.a), tostring(o.n[0]), tostring(o.t), tostring(j.t), tostring(j.z), array_length(o.n)',
    );
    answers.forEach(([a, b, t, own, z, n], i) => {
      const [wantA, wantB, wantT, wantOwn] = cases[i]!;
      const whole = (text: string): string => String(JSON.parse(text)).toWellFormed();
      // With the row, so that a failure tells it.
      expect([rows[i], z, n]).toEqual([rows[i], 'end', 2]);
      expect([rows[i], Number(a) + 0, Number(b) + 0]).toEqual([rows[i], Number(wantA) + 0, Number(wantB) + 0]);
      expect([rows[i], t, own]).toEqual([rows[i], whole(wantT), whole(wantOwn)]);
    });
  });
  it('keeps every digit of an integer beyond 64 bits, as text', () => {
    const query = 'T | extend a = parse_json(S).a | project tostring(a), todouble(a), tolong(a), a > 5';
    expect(asked(['{"a":123456789012345678901234567890}'], query)).toEqual([
      ['123456789012345678901234567890', 1.2345678901234568e29, null, true],
    ]);
  });
  it('leaves what is no JSON a text', () => {
    const broken = [
      '{"a":99999999999999999999',
      '[99999999999999999999,]',
      'x 99999999999999999999',
      '{"a":099999999999999999999}',
    ];
    expect(asked(broken, 'T | project j = parse_json(S) | project gettype(j), tostring(j)')).toEqual(
      broken.map((t) => ['string', t]),
    );
  });
  it('reads scalars', () => {
    const scalars = ['1', '1.50', ' true ', 'null', '', '"x"', '[ 1, 2 ]', 'word'];
    expect(asked(scalars, 'T | project tostring(parse_json(S))').flat()).toEqual([
      '1',
      '1.50',
      'true',
      '',
      '',
      'x',
      '[1,2]',
      'word',
    ]);
  });
});
