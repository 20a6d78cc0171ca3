import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql, sqlIdentifier, sqlString } from '@sallyport/kql';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { createQueries } from '../../hunting/index.ts';
import { SourceRules } from './pass.ts';
import { systemPrincipal } from '../../platform/principal.ts';

let test: TestLake;
beforeAll(async () => {
  test = await startTestLake();
  await test.lake.createTable({
    name: 'Rows_CL',
    columns: [
      { name: 'TimeGenerated', type: 'datetime' },
      { name: 'A', type: 'string' },
      { name: 'B', type: 'string' },
      { name: 'N', type: 'int' },
      { name: 'D', type: 'dynamic' },
    ],
  });
});
afterAll(() => test.stop());

/** Signs on which letters' case, terms, patterns, quoting and Unicode turn. */
const signs = [
  'a',
  'A',
  'b',
  'k',
  'K',
  '\u212a',
  's',
  '\u017f',
  'é',
  'É',
  'ß',
  '1',
  ' ',
  '.',
  '*',
  '(',
  '\\',
  "'",
  '"',
  '\n',
  '-',
  '日',
  'ж',
  'Ж',
  'ё',
  'Ё',
  '\u202e',
];
const text = (max: number) => fc.array(fc.constantFrom(...signs), { maxLength: max }).map((parts) => parts.join(''));
const kqlText = (value: string): string => JSON.stringify(value).replaceAll("'", String.raw`\'`);

const subject = fc.constantFrom('A', 'B', 'tolower(A)', 'tostring(D.m)', 'strcat(A, B)');
const wanted = fc.array(text(3), { minLength: 1, maxLength: 3 }).map((texts) => texts.map(kqlText).join(', '));
const leaf = fc.oneof(
  fc
    .tuple(
      subject,
      fc.constantFrom(
        'contains',
        '!contains',
        'contains_cs',
        'startswith',
        '!startswith',
        'startswith_cs',
        'endswith',
        'endswith_cs',
        'has',
        '!has',
        'has_cs',
        'hasprefix',
        'hassuffix',
        '==',
        '!=',
        '=~',
        '!~',
      ),
      text(3),
    )
    .map(([s, op, t]) => `${s} ${op} ${kqlText(t)}`),
  fc
    .tuple(subject, fc.constantFrom('in', 'in~', '!in', '!in~', 'has_any', 'has_all'), wanted)
    .map(([s, op, list]) => `${s} ${op} (${list})`),
  fc.tuple(fc.constantFrom('==', '!=', '>'), fc.integer({ min: 0, max: 3 })).map(([op, n]) => `N ${op} ${n}`),
  fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }).map((list) => `N in (${list.join(', ')})`),
  fc
    .tuple(
      subject,
      fc.constantFrom(
        'a+b',
        '(?i)ab|k1',
        '^a.*s$',
        String.raw`\\.a`,
        '(a|b)(1|k)',
        '[ab]ks?',
        String.raw`\w+1`,
        'a{2}b',
      ),
    )
    .map(([s, pattern]) => `${s} matches regex @'${pattern}'`),
  fc.constantFrom('isempty(A)', 'isnotempty(B)', 'isnull(N)', 'coalesce(N > 1, false)', 'strlen(A) > 2'),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    leaf,
    fc.tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('condition').map((inner) => `not(${inner})`),
  ),
}));
const query = fc.oneof(
  condition.map((text) => `Rows_CL | where ${text}`),
  fc.tuple(condition, condition).map(([a, b]) => `Rows_CL | where ${a} | extend A = strcat(B, '') | where ${b}`),
);
const row = fc.record({
  A: text(6),
  B: text(6),
  N: fc.option(fc.integer({ min: 0, max: 3 })),
  D: fc.record({ m: text(4) }),
});

it('finds what each query finds by itself, whatever the queries and rows', { timeout: 300_000 }, async () => {
  const { lake } = test;
  const queries = createQueries(lake);
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(query, { minLength: 25, maxLength: 40 }),
      fc.array(row, { minLength: 20, maxLength: 60 }),
      fc.uuid(),
      async (texts, rows, segment) => {
        await lake.insertRows(
          'Rows_CL',
          rows.map((one, n) => ({ TimeGenerated: new Date(1_767_225_600_000 + n * 1_000), ...one })),
          { segmentId: segment },
        );
        const source = (table: { name: string }) =>
          sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _SegmentId = ${sqlString(segment)})`;
        const expected = await Promise.all(
          texts.map(async (query) => {
            const compiled = queries.compile(`${query} | count`, {
              now: new Date(0),
              source,
              as: systemPrincipal('test'),
            });
            return (await lake.query(compiled.sql)).rows[0]![0] as number;
          }),
        );
        const members = texts.map((text, rule) => {
          const planned = queries.kql.rowQuery(text);
          if ('fault' in planned) throw new Error(`${text}: ${planned.fault}`);
          return { rule, query: planned };
        });
        const rules = new SourceRules('Rows_CL', members);
        for (const measured of [false, true]) {
          if (measured) await rules.measure({ lake, queries }, { source });
          // Of few rows the conditions are asked of all.
          const over = measured ? { source, most: rows.length } : { source };
          const found = new Map((await rules.hits({ lake, queries }, over)).map((hit) => [hit.rule, hit]));
          const counts = texts.map((_, rule) => found.get(rule)?.rows ?? 0);
          const wrong = texts.flatMap((text, rule) =>
            counts[rule] === expected[rule] ? [] : [{ text, expected: expected[rule], got: counts[rule] }],
          );
          expect(wrong).toEqual([]);
          for (const hit of found.values()) expect(hit.times?.length).toBe(hit.rows);
        }
        hits += expected.filter((n) => n > 0).length;
      },
    ),
    { numRuns: 5 },
  );
  expect(hits).toBeGreaterThan(30);
});
