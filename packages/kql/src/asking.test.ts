import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { compile, compileAsking } from './index.ts';

const catalogue = { version: 'asking', tables: [], functions: [] };
const now = new Date('2026-01-01T00:00:00Z');
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());

it('a regular expression that the data holds is asked for, once', async () => {
  const query = `let rx = toscalar(datatable(a:string)['b(.)d'] | project a);
    datatable(t:string)['abcd', 'x'] | project m = extract(rx, 1, t), all = extract_all(rx, t), n = replace_regex(t, rx, '-')`;
  const asked: string[] = [];
  const { sql } = await compileAsking(query, catalogue, { now }, (question) => {
    asked.push(question);
    return Promise.resolve(engine.rows(question));
  });
  expect(engine.rows(sql)).toEqual([
    ['c', '["c"]', 'a-'],
    ['', '', 'x'],
  ]);
  expect(asked).toHaveLength(1);
  expect(() => compile(query, catalogue, { now })).toThrow('toscalar');
  expect(compile(query, catalogue, { now, noData: true }).columns).toHaveLength(3);
});

it('a fuzzy union leaves out a table that lacks a column of the data, and says what the text itself gets wrong', async () => {
  const ask = (question: string) => Promise.resolve(engine.rows(question));
  const bags = `datatable(d:dynamic)[dynamic({"a": 1})] | evaluate bag_unpack(d)`;
  const asked = async (leg: string, fuzzy = true): Promise<unknown> =>
    engine.rows(
      (
        await compileAsking(
          `union isfuzzy=${fuzzy} (print a = 2), (${leg}) | project a | order by a asc`,
          catalogue,
          { now },
          ask,
        )
      ).sql,
    );
  expect(await asked(`${bags} | project a = tolong(a)`)).toEqual([[1], [2]]);
  expect(await asked(`${bags} | project a = tolong(b)`)).toEqual([[2]]);
  await expect(asked(`${bags} | project a = tolong(b)`, false)).rejects.toThrow("name 'b'");
  await expect(asked(`${bags.replace(' | ', ' | where c == 1 | ')} | project a = 3`)).rejects.toThrow("name 'c'");
  await expect(asked(`${bags}: (a:long) | project a = b`)).rejects.toThrow("name 'b'");
});
