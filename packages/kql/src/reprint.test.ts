import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { catalogue, data, golden } from '../test/golden.ts';
import { spaced } from '../test/mutate.ts';
import { printer, type Printer } from '../test/reprint.ts';
import { compile, KqlError } from './index.ts';

/** A query printed anew gives the same rows. More, and others: `REPRINT_RUNS=2000 REPRINT_SEED=7`. */
const runs = Number(process.env['REPRINT_RUNS'] ?? 40);
const seed = Number(process.env['REPRINT_SEED'] ?? 1);

const suite = new URL('../../../../shared/suites/kql/cases.jsonl', import.meta.url);
const recorded = existsSync(suite)
  ? readFileSync(suite, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { query: string }).query)
  : [];
/** Other rows each time, or what the text itself looks like. */
const unsteady =
  /\b(?:rand|new_guid|dice|sample|sample-distinct|take_any|any|take|limit|estimate_data_size|hash_many)\b/;
const corpus = [...golden.map((g) => g.kql), ...recorded].filter((kql) => kql.length < 1_500 && !unsteady.test(kql));

let engine: Engine;
let print: Printer;
beforeAll(() => {
  engine = openEngine();
  for (const table of catalogue.tables) engine.create(table);
  for (const insert of data) engine.run(insert);
  print = printer(catalogue);
});
afterAll(() => engine.close());

const now = new Date('2026-01-03T00:00:00Z');
/** Rows in no order, or why there are none. */
const answer = (kql: string): unknown => {
  try {
    const rows = engine.rows(compile(kql, catalogue, { now, maxRows: 1_000, noData: true, several: true }).sql);
    return rows.map((row) => JSON.stringify(row)).toSorted();
  } catch (error) {
    return error instanceof KqlError ? error.code : 'the engine refuses';
  }
};
const query = fc.constantFrom(...corpus);
const turns = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 });
const gaps = fc.array(fc.nat(5), { minLength: 3, maxLength: 9 });

describe('a query printed anew gives the same rows', { timeout: 300_000 }, () => {
  it.each<[string, fc.Arbitrary<[string, string]>]>([
    ['as Microsoft’s formatter prints it', query.map((kql) => [kql, print.formatted(kql)])],
    ['with operands in brackets', fc.tuple(query, turns).map(([kql, t]) => [kql, print.bracketed(kql, t)])],
    [
      'in brackets, formatted, and with other white space',
      fc.tuple(query, turns, gaps).map(([kql, t, g]) => [kql, spaced(print.formatted(print.bracketed(kql, t)), g)]),
    ],
  ])('%s', (_how, said) => {
    fc.assert(
      fc.property(said, ([kql, otherwise]) => {
        expect([otherwise, answer(otherwise)]).toEqual([otherwise, answer(kql)]);
      }),
      { numRuns: runs, seed },
    );
  });
});
