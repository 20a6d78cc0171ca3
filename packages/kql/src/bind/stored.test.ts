import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine, type Engine } from '../../test/engine.ts';
import { compile, type KqlCatalogue } from '../index.ts';

const catalogue: KqlCatalogue = {
  version: 'stored',
  tables: [],
  functions: [
    {
      name: 'Since',
      parameters: '(since:datetime=datetime(null))',
      body: 'range n from 1 to 3 step 1 | extend At = datetime(2026-01-01) + n * 1d | where isnull(since) or At >= since | project n',
    },
  ],
};
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());
const rows = (kql: string): unknown => engine.rows(compile(kql, catalogue, { now: new Date(0) }).sql);

test('a value that is no datetime, where a function takes one, is none', () => {
  expect(rows('Since(datetime(2026-01-03)) | count')).toEqual([[2]]);
  for (const value of ['', 'false', '1h']) expect([value, rows(`Since(${value}) | count`)]).toEqual([value, [[3]]]);
});
