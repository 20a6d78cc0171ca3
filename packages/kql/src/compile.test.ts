import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { catalogue, golden } from '../test/golden.ts';
import { compile, createKql, KqlError, sql, sqlIdentifier, sqlString, tablesOf, type KqlCatalogue } from './index.ts';

const now = new Date('2026-01-03T00:00:00Z');
const failure = (kql: string): KqlError => {
  try {
    compile(kql, catalogue, { now });
  } catch (error) {
    if (error instanceof KqlError) return error;
    throw error;
  }
  throw new Error(`compiled: ${kql}`);
};

/** The place of the refusal, or the whole text when the query compiles. Anything but a KqlError is thrown on. */
const outcome = (kql: string): { start: number; end: number } => {
  try {
    compile(kql, catalogue, { now });
    return { start: 0, end: kql.length };
  } catch (error) {
    if (error instanceof KqlError) return error.span;
    throw error;
  }
};
const engineText = (kql: string): string => compile(kql, catalogue, { now }).sql;

describe('errors', () => {
  it('has Microsoft’s code and place for a name that is not there', () => {
    const error = failure('SigninLogs | where Nope == 1');
    expect(error.code).toBe('KS142');
    expect(error.span).toEqual({ start: 19, end: 23 });
  });

  it.each([
    ['SigninLogs | evaluate autocluster()', 'NeedsData', 'evaluate autocluster()'],
    ['print hash_combine(1, 2)', 'UnsupportedFunction', 'hash_combine(1, 2)'],
    [
      "externaldata(x:string)['https://example.org/x.csv']",
      'UnsupportedOperator',
      "externaldata(x:string)['https://example.org/x.csv']",
    ],
    [
      "SigninLogs | extend x = extractjson('$..*', UserPrincipalName)",
      'InvalidArgument',
      "extractjson('$..*', UserPrincipalName)",
    ],
  ])('%s is refused where it stands', (kql, code, at) => {
    const error = failure(kql);
    expect([error.code, kql.slice(error.span.start, error.span.end)]).toEqual([code, at]);
  });

  it('a fault inside a function is placed at its call', () => {
    const kql = 'let f = () { print x = hash_combine(1, 2) }; f()';
    expect(failure(kql).span).toEqual({ start: kql.lastIndexOf('f()'), end: kql.length });
  });

  it('keeps the compiler’s own names to itself', () => {
    expect(failure("print ['$$row1'] = 1").code).toBe('InvalidArgument');
  });
});

describe('createKql', () => {
  it('follows the catalogue’s version', () => {
    let current: KqlCatalogue = { version: 'a', tables: [], functions: [] };
    const kql = createKql(() => current);
    expect(() => kql.compile('Devices', { now })).toThrow(KqlError);
    current = { ...catalogue, version: 'b' };
    expect(kql.tablesOf('Devices | union SigninLogs, Devices')).toEqual(['Devices', 'SigninLogs']);
  });

  it('tells the tables behind functions and lets', () => {
    expect(
      tablesOf("let d = Devices; FailedFor('x') | where UserPrincipalName in ((d | project User))", catalogue),
    ).toEqual(expect.arrayContaining(['SigninLogs', 'Devices']));
  });

  it('gives what render asks for', () => {
    const { visualization } = compile(
      "SigninLogs | summarize count() by ResultType | render piechart with (title='Results')",
      catalogue,
      { now },
    );
    expect(visualization).toEqual({ kind: 'piechart', properties: { title: 'Results' } });
  });
});

describe('quoting', () => {
  let engine: Engine;
  beforeAll(() => void (engine = openEngine()));
  afterAll(() => engine.close());

  it('any text comes back from the engine as it went in', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.string({ unit: 'binary' }),
          fc.constantFrom("\\'", "'; DROP TABLE x --", '\0', '\\', '\\N', "''", '`', '{x:String}'),
        ),
        (text) => {
          expect(engine.rows(sql`SELECT ${sqlString(text)}`.text)).toEqual([[text.toWellFormed()]]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('any name comes back as the name of its column', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.constantFrom('a.b', '`', '\\', "x`y'z\\", 'a b', '*')),
        (name) => {
          const inner = sqlIdentifier(name);
          const [row] = engine.rows(sql`SELECT t.${inner} FROM (SELECT 1 AS ${inner}) AS t`.text);
          expect(row).toEqual([1]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('texts and names in a query stay texts and names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const literal = JSON.stringify(text.toWellFormed());
        const { sql: statement } = compile(
          `print a=${literal} | where a == ${literal} and a contains ${literal} and a in (${literal})`,
          catalogue,
          { now },
        );
        expect(engine.rows(statement)).toEqual([[text.toWellFormed()]]);
      }),
      { numRuns: 60 },
    );
  });

  it('nothing but Sql gets into SQL', () => {
    const smuggle = { text: '1; DROP TABLE x' } as unknown as ReturnType<typeof sqlString>;
    expect(() => sql`SELECT ${smuggle}`).toThrow(TypeError);
  });
});

describe('the whole compiler', () => {
  const queries = golden.map((g) => g.kql);
  /** Cuts, doubles, swaps and splices pieces of real queries. */
  const mutated = fc
    .record({
      one: fc.constantFrom(...queries),
      two: fc.constantFrom(...queries),
      at: fc.nat(400),
      length: fc.nat(30),
      kind: fc.nat(4),
      noise: fc.constantFrom(
        '(',
        ')',
        '|',
        '"',
        "'",
        '[',
        ']',
        '{',
        '}',
        '*',
        ';',
        'let',
        '..',
        '\\',
        '$$',
        '\0',
        'in',
        '1d',
        '-',
      ),
    })
    .map(({ one, two, at, length, kind, noise }) => {
      const i = at % (one.length + 1);
      const j = Math.min(one.length, i + length);
      if (kind === 0) return one.slice(0, i) + one.slice(j);
      if (kind === 1) return one.slice(0, i) + noise + one.slice(i);
      if (kind === 2) return one.slice(0, i) + one.slice(i, j) + one.slice(i);
      if (kind === 3) return one.slice(0, i) + two.slice(at % (two.length + 1));
      return `${one} | ${two}`;
    });

  it('ends with a result or a KqlError inside the text, whatever the query', () => {
    fc.assert(
      fc.property(mutated, (kql) => {
        const span = outcome(kql);
        expect(span.start).toBeGreaterThanOrEqual(0);
        expect(span.end).toBeLessThanOrEqual(kql.length);
      }),
      { numRuns: 250 },
    );
  });

  it('refuses nesting without end', () => {
    const deep = `print ${'('.repeat(3000)}1${')'.repeat(3000)}`;
    expect(failure(deep).code).toBe('TooComplex');
    expect(engineText(`print x = "${'('.repeat(3000)}"`)).toContain('((((');
  });

  it('brackets and white space change nothing', () => {
    const plain = compile('SigninLogs | where Attempts > 1 and ResultType == "0" | project Attempts', catalogue, {
      now,
    });
    const spaced = compile(
      'SigninLogs\n|  where ((Attempts > (1)) and (ResultType == "0")) // a note\n| project\tAttempts',
      catalogue,
      { now },
    );
    expect(spaced.sql).toBe(plain.sql);
  });
});

describe('a catalogue of Microsoft’s size', () => {
  const file = new URL('../../../../shared/reference/tables.json', import.meta.url);
  if (!existsSync(file)) console.warn('skipped: ../shared/reference/tables.json is not there');
  it.skipIf(!existsSync(file))('is built once and then only looked up', () => {
    const tables = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, 'string'>>;
    const large: KqlCatalogue = {
      version: 'large',
      tables: Object.entries(tables).map(([name, columns]) => ({
        name,
        columns: Object.entries(columns).map(([c, type]) => ({ name: c, type })),
      })),
      functions: [],
    };
    const kql = createKql(() => large);
    const time = (query: string): number => {
      const start = performance.now();
      kql.compile(query, { now });
      return performance.now() - start;
    };
    time('SigninLogs | count');
    const again = time('SigninLogs | count');
    expect(again).toBeLessThan(50);
    expect(kql.tablesOf('SecurityEvent | where EventID == 4625')).toEqual(['SecurityEvent']);
  });
});
