import { describe, expect, it } from 'vitest';
import { compile, type KqlCatalogue } from './index.ts';

const table = (name: string, column: string, empty = false) => ({
  name,
  columns: [
    { name: 'TimeGenerated', type: 'datetime' as const },
    { name: column, type: 'string' as const },
  ],
  ...(empty ? { empty } : {}),
});
const catalogue: KqlCatalogue = {
  version: 'fuzzy',
  tables: [table('A', 'x'), table('B', 'y', true), table('C', 'z', true)],
  functions: [
    { name: 'Sound', parameters: '(disabled:bool=false)', body: 'A | where not(disabled)' },
    { name: 'Faulty', parameters: '()', body: 'A | project x, lacking' },
    { name: 'Over', parameters: '()', body: 'Faulty | take 1' },
    { name: 'Marked', parameters: '(T:(*), column:string="x")', body: 'T | extend marked = column_ifexists(column, "none")' },
    { name: 'Listed', parameters: '(names:dynamic=dynamic([]), since:datetime=datetime(null))', body: 'A | where x in (names) and (isnull(since) or TimeGenerated > since)' },
  ],
}; // prettier-ignore
const compiled = (kql: string) => compile(kql, catalogue, { now: new Date(0) });
const columns = (kql: string) => compiled(kql).columns.map((c) => c.name);

describe('a fuzzy union', () => {
  it('passes over functions that are faulty in themselves, and what is built on them', () =>
    expect(columns('union isfuzzy=true Sound(true), Faulty, Over(), NoSuchTable, B')).toEqual([
      'TimeGenerated',
      'x',
      'y',
    ]));
  it('that is not fuzzy says what is wrong in the function', () => {
    expect(() => compiled('union A, Faulty')).toThrow(/^Faulty\(\): The name 'lacking'/);
    expect(() => compiled('Over')).toThrow(/Faulty\(\): The name 'lacking'/);
  });
});

describe('tables without rows', () => {
  it('are there where a query names them, stars in it or not', () => {
    expect(columns('union isfuzzy=true B, C | extend n = 2 * 3')).toEqual(['TimeGenerated', 'y', 'z', 'n']);
    expect(columns('B | summarize arg_max(TimeGenerated, *) by y')).toEqual(['y', 'TimeGenerated']);
    expect(columns('union C*')).toEqual(['TimeGenerated', 'z']);
  });
  it('are left out where it goes over all', () => expect(columns('union *')).toEqual(['TimeGenerated', 'x']));
});

describe('arguments of functions', () => {
  it('of an invoke may name a column', () => {
    expect(compiled('A | invoke Marked(x)').sql).toBe(compiled('A | invoke Marked("x")').sql);
    expect(compiled('A | invoke Marked()').sql).toBe(compiled('A | invoke Marked(x)').sql);
  });
  it('take a table for a list, and no timespan for a datetime', () => {
    expect(
      compiled('let names = B | project y; Listed(names)')
        .reads.map((r) => r.table)
        .toSorted(),
    ).toEqual(['A', 'B']);
    expect(compiled('Listed(since = 2d)').sql).toBe(compiled('Listed()').sql);
  });
});

it('a column that parse fills again is one column in a union', () => {
  const said = (name: string) => `A | parse x with * "a" ${name}:string "b" * | extend other = 1`;
  expect(columns(`let f = () {${said('x')}}; let g = ${said('y')}; union f, g | project-away other`)).toEqual([
    'TimeGenerated', 'x', 'y',
  ]); // prettier-ignore
});
