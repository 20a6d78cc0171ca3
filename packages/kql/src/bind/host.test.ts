import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile, compileAsking, type KqlCatalogue } from '../index.ts';
import { openEngine, type Engine } from '../../test/engine.ts';

// Functions outside of the engine, seen through one of them: geo_from_wkt.
let engine: Engine;
const table = {
  name: 'Texts',
  columns: [
    { name: 'Wkt', type: 'string' as const },
    { name: 'N', type: 'long' as const },
  ],
};
const catalogue: KqlCatalogue = { version: 'host', tables: [table], functions: [] };
const now = new Date(0);
let questions: string[] = [];
const ask = (sql: string): Promise<unknown[][]> => {
  questions.push(sql);
  return Promise.resolve(engine.rows(sql));
};
const rows = async (query: string): Promise<unknown[][]> => {
  questions = [];
  return engine.rows((await compileAsking(query, catalogue, { now }, ask)).sql);
};
const point = (x: number): string => `{"type":"Point","coordinates":[${x}.0,0.0]}`;

beforeAll(() => {
  engine = openEngine();
  engine.create(table);
  engine.run(
    "INSERT INTO Texts SELECT concat('POINT (', toString(number % 3), ' 0)'), number, now(), '' FROM numbers(30)",
  );
});
afterAll(() => engine.close());

test('a call of constants is its value, and asks nothing', async () => {
  expect(compile("print geo_from_wkt('POINT (1 0)')", catalogue, { now }).sql).toContain('"Point"');
  expect(await rows("print geo_from_wkt('POINT (1 0)')")).toEqual([[point(1)]]);
  expect(questions).toEqual([]);
});

test('columns: one question for the distinct values, wherever the call stands', async () => {
  const count = [0, 1, 2].map((x) => [point(x), 10]);
  expect(await rows('Texts | summarize count() by p = tostring(geo_from_wkt(Wkt)) | sort by p asc')).toEqual(count);
  expect(questions).toHaveLength(1);
  expect(
    await rows('Texts | where isnotempty(geo_from_wkt(Wkt)) and N < 3 | project geo_from_wkt(Wkt) | take 1'),
  ).toHaveLength(1);
  expect(
    await rows('Texts | where N < 2 | union (Texts | where N == 2) | extend p = geo_from_wkt(Wkt) | count'),
  ).toEqual([[3]]);
  expect(
    await rows('let P = Texts | extend p = tostring(geo_from_wkt(Wkt)); P | join kind=inner (P) on p, N | count'),
  ).toEqual([[30]]);
  expect(questions).toHaveLength(1);
  expect(await rows('Texts | where N < 0 | project geo_from_wkt(Wkt)')).toEqual([]);
});

test('calls of calls, and of what an aggregate gives', async () => {
  const nested =
    'Texts | where N < 1 | summarize l = make_list(geo_line_buffer(geo_from_wkt("LINESTRING (0 0, 1 0)"), 1000.0 + N)) | project isnotnull(geo_union_polygons_array(l))';
  expect(await rows(nested)).toEqual([[true]]);
  expect(await rows('Texts | summarize isempty(geo_from_wkt(max(Wkt)))')).toEqual([[false]]);
});

test('without anyone to ask, the call is refused with its place', () => {
  const query = 'Texts | project geo_from_wkt(Wkt)';
  expect(() => compile(query, catalogue, { now })).toThrow(expect.objectContaining({ code: 'NeedsData' }));
});

test('a row that was not there when the question was asked stops the query', async () => {
  const { sql } = await compileAsking('Texts | project geo_from_wkt(Wkt)', catalogue, { now }, ask);
  engine.run("INSERT INTO Texts SELECT 'POINT (7 0)', 99, now(), ''");
  expect(() => engine.rows(sql)).toThrow(/rows changed/);
  engine.run('DELETE FROM Texts WHERE N = 99');
});

test('too many distinct values are refused', async () => {
  await expect(
    rows('range x from 1 to 10001 step 1 | project geo_from_wkt(strcat("POINT (", x, " 0)"))'),
  ).rejects.toThrow(/more than 10000/);
});
