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
