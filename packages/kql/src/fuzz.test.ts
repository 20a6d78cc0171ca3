import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { catalogue, data, golden } from '../test/golden.ts';
import { bracketed, mutated, spaced } from '../test/mutate.ts';
import { compile, KqlError } from './index.ts';

/** The same queries each time; more, and others: `FUZZ_RUNS=5000 FUZZ_SEED=7 npx vitest run packages/kql/src/fuzz`. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 300);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
/** Longest compilation, ms: many times what the largest query of the corpus takes on a busy machine. */
const compileMsMax = 20_000;

const suite = new URL('../../../../shared/suites/kql/cases.jsonl', import.meta.url);
const recorded = existsSync(suite)
  ? readFileSync(suite, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { query: string }).query)
      .filter((query) => query.length < 1_500)
  : [];
const corpus = [...golden.map((g) => g.kql), ...recorded];

const now = new Date('2026-01-03T00:00:00Z');
const compiled = (kql: string) => {
  try {
    return compile(kql, catalogue, { now, maxRows: 1_000, noData: true });
  } catch (error) {
    if (error instanceof KqlError) return error;
    throw error;
  }
};

let engine: Engine;
beforeAll(() => {
  engine = openEngine();
  for (const table of catalogue.tables) engine.create(table);
  for (const insert of data) engine.run(insert);
});
afterAll(() => engine.close());

/** Faults of the statement, which are ours; those of the data (a cast, a limit) are the query's. */
const ours =
  /\((SYNTAX_ERROR|UNKNOWN_[A-Z]+|LOGICAL_ERROR|AMBIGUOUS_[A-Z]+|MULTIPLE_EXPRESSIONS_FOR_ALIAS|CANNOT_PARSE_[A-Z_]+)\)/;

/** Names that are read from: what follows FROM or JOIN and opens no bracket. */
const readFrom = (sql: string): string[] =>
  [
    ...sql
      .replaceAll(/'(?:[^'\\]|\\.)*'/gs, "''")
      .matchAll(
        /\b(?:(?:FROM|(?<!ARRAY )JOIN)\s+(`(?:[^`\\]|\\.)*`|[\w.]+)|IN\s+(`(?:[^`\\]|\\.)*`|[\w.]+)(?!\s*[\w(]))/gi,
      ),
  ].map((m) => (m[1] ?? m[2] ?? '').replaceAll('`', ''));
const own = new Set([...catalogue.tables.map((t) => t.name), 'values', 'numbers', 'system.one', 'null']);

const misplaced = ({ span }: KqlError, kql: string): unknown[] =>
  span.start <= span.end && span.end <= kql.length ? [] : [span];
/** What a statement reads that is not its own, and what the engine says of it that is our fault. */
function faultsOf(sql: string): string[] {
  const strange = readFrom(sql).filter((name) => !own.has(name) && !/^(?:__|\$\$)\w+$/.test(name));
  try {
    engine.rows(sql);
    return strange;
  } catch (error) {
    return ours.test(String(error)) ? [...strange, String(error)] : strange;
  }
}

describe('mutated queries', () => {
  it('are run or refused with a place, soon, and read nothing but their tables', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(mutated(corpus), (kql) => {
        const started = performance.now();
        const result = compiled(kql);
        expect(performance.now() - started).toBeLessThan(compileMsMax);
        expect(result instanceof KqlError ? misplaced(result, kql) : faultsOf(result.sql)).toEqual([]);
      }),
      { numRuns: runs, seed },
    );
  });
});

describe('a query said otherwise', () => {
  const rowsOf = (kql: string): unknown => {
    const result = compiled(kql);
    if (result instanceof KqlError) return result.code;
    try {
      return engine.rows(result.sql);
    } catch {
      return 'the engine refuses';
    }
  };
  it('with other white space and comments gives the same rows', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...golden.map((g) => g.kql)),
        fc.array(fc.nat(5), { minLength: 3, maxLength: 9 }),
        (kql, gaps) => {
          expect(rowsOf(spaced(kql, gaps))).toEqual(rowsOf(kql));
        },
      ),
      { numRuns: Math.ceil(runs / 5), seed },
    );
  });
  it('with conditions in brackets gives the same rows', () => {
    const queries = golden.map((g) => g.kql).filter((kql) => bracketed(kql) !== kql);
    expect(queries.length).toBeGreaterThan(5);
    for (const kql of queries) expect([kql, rowsOf(bracketed(kql))]).toEqual([kql, rowsOf(kql)]);
  });
});
