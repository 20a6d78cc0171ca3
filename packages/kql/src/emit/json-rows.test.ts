import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../test/engine.ts';
import { compile, type KqlCatalogue } from '../index.ts';

let engine: Engine;
const catalogue: KqlCatalogue = {
  version: 'json-rows',
  tables: [
    {
      name: 'T',
      columns: [
        { name: 'n', type: 'int' },
        { name: 'd', type: 'dynamic' },
        { name: 's', type: 'string' },
      ],
    },
  ],
  functions: [],
};
beforeAll(() => {
  engine = openEngine();
  engine.create(catalogue.tables[0]!);
});
afterAll(() => engine.close());

const now = new Date('2026-01-03T00:00:00Z');
const texts = (kql: string, shape: 'array' | 'object', dynamic: 'value' | 'text'): string[] =>
  engine.rows(compile(kql, catalogue, { now, output: { shape, dynamic } }).sql).map(([row]) => String(row));
const parsed = (kql: string): unknown[] => texts(kql, 'array', 'value').map((row) => JSON.parse(row.slice(1)));

it('a row is one line of JSON behind a comma', () => {
  const kql =
    'print a = 1, b = long(-9223372036854775807), c = real(3), d = dynamic({"x": [1, "é/"]}), e = "tab\\t\\n"';
  expect(texts(kql, 'array', 'value')).toEqual([',[1,-9223372036854775807,3.0,{"x":[1,"é/"]},"tab\\t\\n"]']);
  expect(texts(kql, 'object', 'text')).toEqual([
    ',{"a":1,"b":-9223372036854775807,"c":3.0,"d":"{\\"x\\":[1,\\"é/\\"]}","e":"tab\\t\\n"}',
  ]);
});

it('reals, times and nulls are as Kusto writes them', () => {
  const reals = 'print real(nan), real(inf), real(-inf), real(1e300), real(0.1), real(-0.5), real(null)';
  expect(parsed(reals)).toEqual([['NaN', 'Infinity', '-Infinity', 1e300, 0.1, -0.5, null]]);
  const times = `print datetime(2020-01-02), datetime(2020-01-02 03:04:05.12), datetime(2020-01-02 03:04:50.0000001), datetime(null),
    time(0s), time(-1.02:03:04.5), timespan(null), decimal(100), decimal(null), bool(null), guid(null)`;
  expect(parsed(times)).toEqual([
    ['2020-01-02T00:00:00Z', '2020-01-02T03:04:05.12Z', '2020-01-02T03:04:50.0000001Z', null].concat([
      '00:00:00',
      '-1.02:03:04.5000000',
      null,
      '100',
      null,
      null,
      null,
    ]),
  ]);
});

it('whatever stands in a dynamic, the answer stays JSON', () => {
  const stored = [
    '{"a":\n 1,\r\n"b":"é"}',
    'not json\n',
    '',
    '"text"',
    '[1,2',
    '{"a":"raw\ttab"}',
    '{"a":"raw\nline"}',
    '1',
    '{"a":1}x',
    'nan',
  ];
  stored.forEach((text, n) => {
    const literal = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    engine.run(`INSERT INTO T (n, d, s) VALUES (${n}, ${literal}, ${literal})`);
  });
  const rows = parsed('T | sort by n asc | project d, s') as [unknown, string][];
  expect(rows.map(([, s]) => s)).toEqual(stored);
  expect(rows.slice(0, 5).map(([d]) => d)).toEqual([{ a: 1, b: 'é' }, 'not json\n', null, 'text', '[1,2']);
});

it('rows keep their order', () => {
  expect(parsed('range x from 1 to 1000 step 1 | sort by x desc | take 2')).toEqual([[1000], [999]]);
});
