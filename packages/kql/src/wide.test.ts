import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { compile, kqlTypes, KqlError, type KqlCatalogue } from './index.ts';

/** Many wide tables at once: each has columns of its own of every type, and some that others have too. */
const tables = Array.from({ length: 20 }, (_, n) => ({
  name: `T${n}`,
  columns: [
    { name: 'TimeGenerated', type: 'datetime' as const },
    ...kqlTypes.flatMap((type) => [1, 2, 3].map((i) => ({ name: `c${n}_${type}_${i}`, type }))),
    { name: `shared${n % 7}`, type: 'string' as const },
    { name: 'both', type: n % 2 ? ('string' as const) : ('long' as const) },
  ],
}));
const catalogue: KqlCatalogue = { version: 'wide', tables, functions: [] };
const few: KqlCatalogue = { version: 'few', tables: tables.slice(0, 3), functions: [] };
const values: Readonly<Record<string, string>> = {
  bool: 'true', int: '-7', long: '9223372036854775807', real: '0.1', decimal: '1.5', string: "'two words'", dynamic: `'{"a":[1]}'`,
  datetime: "'1850-02-03 04:05:06.0000007'", timespan: '863999999999', guid: "'b2b5a1e6-0000-4000-8000-000000000001'",
}; // prettier-ignore

let engine: Engine;
beforeAll(() => {
  engine = openEngine();
  for (const table of tables) engine.create(table);
  for (const { name } of tables.slice(0, 3)) {
    const own = kqlTypes.map((type) => [`c${name.slice(1)}_${type}_1`, values[type] ?? 'NULL']);
    engine.run(
      `INSERT INTO ${name} (TimeGenerated, both, ${own.map(([c]) => c).join(', ')}) VALUES ('2026-01-01', '5', ${own.map(([, v]) => v).join(', ')})`,
    );
  }
});
afterAll(() => engine.close());

const answer = (kql: string, of: KqlCatalogue): Record<string, unknown>[] => {
  const { sql, columns } = compile(kql, of, { now: new Date(0) });
  const held = (row: unknown[]) =>
    columns.flatMap((c, i): [string, unknown][] => (row[i] === '' || row[i] === null ? [] : [[c.name, row[i]]]));
  return engine.rows(sql).map((row) => Object.fromEntries(held(row)));
};

describe('a union of many wide tables', () => {
  it.each([
    'union withsource=From * | sort by From asc',
    'search "words" | sort by $table asc',
    'union * | where c1_long_1 > 5 or c2_dynamic_1.a[0] == 1 | extend n = c1_int_1 + 1 | sort by c1_int_1 asc',
    'union * | summarize max(c0_datetime_1), sum(c1_real_1), count() by both_long',
  ])('gives what a union of few gives: %s', (kql) => {
    const wide = answer(kql, catalogue);
    expect(wide.length).toBeGreaterThan(0);
    expect(wide).toEqual(answer(kql, few));
  });

  it('is refused with what to do where it is too wide even so', () => {
    const columns = Array.from({ length: 3_000 }, (_, i) => ({
      name: `AColumnWithALongName${i}`,
      type: 'string' as const,
    }));
    const many = Array.from({ length: 12 }, (_, n) => ({ name: `Wide${n}`, columns }));
    const search = () =>
      compile('search "x"', { version: 'too wide', tables: many, functions: [] }, { now: new Date(0) });
    expect(search).toThrow(KqlError);
    expect(search).toThrow(/too many tables and columns at once: name the tables/);
  });
});
