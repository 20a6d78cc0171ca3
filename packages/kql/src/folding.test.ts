import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { scalarFunctions } from './functions/index.ts';
import { minimumArity, parameterAt, type ScalarFunction } from './functions/registry.ts';
import { compileAsking, KqlError, type KqlCatalogue } from './index.ts';
import { kqlTypes, type KqlType } from './types.ts';

/**
 * A function of constants is the function of a column that holds them, and no value of a column makes a query fail: nulls and the ends of
 * every type among them. The engine computes constants by another way than rows, so each is the other's check.
 */
const values: Readonly<Record<KqlType, readonly string[]>> = {
  string: ["'abc'", "''", "'12'", "'héllo😀'", "'1.2.3.4'", `'{"a":1}'`, "'2020-02-03'"],
  bool: ['true', 'false', 'bool(null)'],
  int: ['int(3)', 'int(0)', 'int(-2)', 'int(null)', 'int(2147483647)'],
  long: ['3', '0', '-2', 'long(null)', '9223372036854775807'],
  real: ['1.5', '0.0', '-2.25', 'real(null)', 'real(nan)', 'real(+inf)', '1e300'],
  decimal: ['decimal(1.5)', 'decimal(0)', 'decimal(null)', 'decimal(12345678901234567890)'],
  datetime: ['datetime(2020-02-29 12:34:56.7891234)', 'datetime(null)', 'datetime(0001-01-01)', 'datetime(9999-12-31)'],
  timespan: ['1h', '0s', '-1.5d', 'timespan(null)', '10675199d'],
  guid: ['guid(74be27de-1e4e-49d9-b579-fe0b331d3642)', 'guid(null)'],
  dynamic: [
    'dynamic([1,2,3])',
    'dynamic(null)',
    'dynamic({"a":1})',
    'dynamic("s")',
    'dynamic([1.5,null,"x"])',
    'dynamic(true)',
  ],
};
const rowsEach = 7;
/** Chance, what must hold, and an order of numbers with NaN, which the engine's constants and rows put differently. */
const apart = new Set(['rand', 'new_guid', 'assert', 'min_of', 'max_of']);

const catalogue: KqlCatalogue = { version: 'folding', tables: [], functions: [] };
const now = new Date('2026-01-03T00:00:00Z');
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());

/** The rows of a query; undefined where it is refused. */
async function run(kql: string): Promise<unknown[][] | undefined> {
  try {
    const compiled = await compileAsking(kql, catalogue, { now }, async (sql) => engine.rows(sql));
    return engine.rows(compiled.sql);
  } catch (error) {
    if (error instanceof KqlError) return undefined;
    throw new Error(`${String(error)}\n${kql}`, { cause: error });
  }
}
/** The types of the arguments of one call: the declared ones, and `free` for those that may be any. */
const signature = (fn: ScalarFunction, free: KqlType): readonly KqlType[] =>
  Array.from({ length: Math.max(minimumArity(fn.parameters), 1) }, (_, i) => {
    const declared = parameterAt(fn.parameters, i) ?? 'any';
    return declared === 'any' ? free : declared;
  });
/** Values of the types, so that the later arguments go through theirs at another pace than the first. */
const argumentsOf = (types: readonly KqlType[]): readonly (readonly string[])[] =>
  Array.from({ length: rowsEach }, (_, row) =>
    types.map((type, i) => values[type][(row + i * (row + 1)) % values[type].length]!),
  );

const named = [...scalarFunctions.values()].filter(
  (fn) => /^[a-z]/.test(fn.name) && fn.parameters.length > 0 && !apart.has(fn.name),
);

describe('constants and columns agree', () => {
  it.each(kqlTypes.filter((type) => type !== 'bool'))(
    'with %s where any type may stand',
    { timeout: 300_000 },
    async (free) => {
      const faults: string[] = [];
      for (const fn of named) {
        const takesAny = signature(fn, 'string').join() !== signature(fn, 'guid').join();
        // A function of declared types is asked once.
        if (!takesAny && free !== 'string') continue;
        const types = signature(fn, free);
        const rows = argumentsOf(types);
        const call = (args: readonly string[]): string => `${fn.name}(${args.join(', ')})`;
        const names = types.map((_, i) => `c${i}`);
        const table = `datatable(${names.map((n, i) => `${n}:${types[i]}`).join(', ')})[${rows.flat().join(', ')}]`;
        const ofColumns = await run(`${table} | extend r=${call(names)} | project r`);
        const ofConstants =
          ofColumns && (await run(`print ${rows.map((args, i) => `r${i}=${call(args)}`).join(', ')}`));
        if (!ofConstants) continue;
        rows.forEach((args, i) => {
          const [a, b] = [JSON.stringify(ofConstants[0]![i]), JSON.stringify(ofColumns[i]![0])];
          if (a !== b) faults.push(`${call(args)}: ${a} of constants, ${b} of columns`);
        });
      }
      expect(faults).toEqual([]);
    },
  );
});
