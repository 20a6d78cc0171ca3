import { SallyportError } from '@sallyport/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  filterSql,
  pageSql,
  parseFilter,
  Parameters,
  printFilter,
  readListOptions,
  skipToken,
  type Filter,
  type Literal,
  type Properties,
} from './index.ts';

const name = fc
  .stringMatching(/^[A-Za-z_]\w{0,8}$/)
  .filter((text) => !/^(?:and|or|not|in|true|false|null)$/.test(text));
const path = fc.array(name, { minLength: 1, maxLength: 3 });
const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
const literal: fc.Arbitrary<Literal> = fc.oneof(
  text.map((value): Literal => ({ type: 'string', value })),
  fc.integer().map((value): Literal => ({ type: 'number', value: String(value) })),
  fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((value): Literal => ({ type: 'datetime', value: value.toISOString() })),
  fc.boolean().map((value): Literal => ({ type: 'boolean', value })),
  fc.constant<Literal>({ type: 'null', value: null }),
);
const operand = fc
  .record({ path, letters: fc.constantFrom('tolower', 'toupper', undefined) })
  .map(({ path, letters }) => (letters === undefined ? { path } : { path, letters }));
const { filter } = fc.letrec<{ filter: Filter; test: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    tie('test'),
    fc.record({ kind: fc.constantFrom('and', 'or'), left: tie('filter'), right: tie('filter') }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    fc.record({ kind: fc.constantFrom('any', 'all'), path, variable: name, filter: tie('filter') }),
  ),
  test: fc.oneof(
    fc.record({
      kind: fc.constant('compare' as const),
      comparison: fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le'),
      operand,
      literal,
    }),
    fc.record({
      kind: fc.constant('in' as const),
      operand,
      literals: fc.array(literal, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('text' as const),
      test: fc.constantFrom('contains', 'startswith', 'endswith'),
      operand,
      text,
    }),
    fc.record({ kind: fc.constant('any' as const), path }),
  ),
}));

const properties: Properties = {
  single: {
    title: { sql: 't.title', type: 'string' },
    owner: { sql: 't.owner', type: 'string', nullable: true },
    severity: { sql: 't.severity', type: 'string', values: ['low', 'high'] },
    at: { sql: 't.at', type: 'datetime' },
    size: { sql: 't.size', type: 'number' },
  },
  collections: { tags: { from: 'unnest(t.tags) AS tag(name)', item: { sql: 'tag.name', type: 'string' } } },
};
const sqlOf = (source: string) => {
  const parameters = new Parameters();
  return { sql: filterSql(parseFilter(source), properties, parameters.bind), values: parameters.values };
};

/** What goes wrong in it but BadRequest: a fault of ours. */
function faultOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SallyportError && error.code === 'BadRequest')) return error;
  }
  return undefined;
}

describe('a filter', () => {
  it('printed reads as itself', () => {
    fc.assert(
      fc.property(filter, (made) => {
        expect(parseFilter(printFilter(made))).toEqual(made);
      }),
      { numRuns: 500 },
    );
  });

  it('of whatever text is read or refused', () => {
    const word = fc.constantFrom(
      ...`and or not in eq gt any all ( ) , / : ' '' null true 5 -1 2026-01-01 title tags t contains`.split(' '),
    );
    const near = fc.array(fc.oneof({ weight: 8, arbitrary: word }, fc.string({ maxLength: 4 })), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          near.map((words) => words.join(' ')),
        ),
        (source) => {
          expect(faultOf(() => sqlOf(source))).toBeUndefined();
          expect(
            faultOf(() => readListOptions({ $orderby: source, $filter: source, $skiptoken: source, $top: source })),
          ).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('binds tighter by `and`, and by `not` still more', () => {
    expect(printFilter(parseFilter(`not title eq 'a' and size gt 5 or at lt 2026-01-01`))).toBe(
      `((not (title eq 'a') and size gt 5) or at lt 2026-01-01T00:00:00Z)`,
    );
  });

  it('puts values into parameters, and enumerations at their place', () => {
    expect(sqlOf(`title eq 'it''s' and severity ge 'HIGH' and tags/any(x:x eq 'a')`)).toEqual({
      sql:
        `(((t.title = $1::text) AND (array_position(ARRAY['low','high']::text[], t.severity) >= $2::int)) AND ` +
        `EXISTS (SELECT 1 FROM unnest(t.tags) AS tag(name) WHERE true AND (tag.name = $3::text)))`,
      values: [`it's`, 2, 'a'],
    });
    expect(sqlOf(`owner eq null or owner ne 'a'`).sql).toBe(
      '((t.owner IS NULL) OR (t.owner IS DISTINCT FROM $1::text))',
    );
    expect(sqlOf(`severity in (microsoft.graph.security.alertSeverity'low')`).values).toEqual([1]);
  });

  it.each([
    ['', 'a name expected'],
    [`title eq 'a' title`, 'unexpected `title` at position 13'],
    ['title eq', 'a value expected, not `the end`'],
    ["none eq 'a'", 'could not find a property named `none`'],
    ["constructor eq 'a'", 'could not find a property'],
    ["severity eq 'worst'", '`worst` is none of low, high'],
    ['title eq 5', "a string can't be compared with a number"],
    ["at gt '2026-01-01'", "a datetime can't be compared with a string"],
    ['at gt 2026-02-30T00:00:00Z', 'is no time'],
    ["title/any(x:x eq 'a')", 'could not find a collection'],
    ["tags/some(x:x eq 'a')", '`tags/some` is no function'],
    ['('.repeat(50), 'more than 24 levels'],
    [`title in (${"'a',".repeat(300)}'a')`, 'more than 200 tests'],
    [`title eq '${'a'.repeat(9_000)}'`, 'more than 8192 characters'],
    [`title eq 'a\0'`, 'a character that no text has'],
  ])('%s is refused', (source, reason) => {
    expect(() => sqlOf(source)).toThrow(reason);
  });
});

describe('the options of a list', () => {
  it('are read', () => {
    const options = readListOptions({
      $orderby: 'at desc, title',
      $top: '5',
      $count: 'true',
      $select: 'a, b',
      other: 'x',
    });
    expect(options).toMatchObject({
      orderBy: [
        { path: 'at', descending: true },
        { path: 'title', descending: false },
      ],
      top: 5,
      skip: 0,
      count: true,
      select: ['a', 'b'],
    });
  });

  it.each([
    { $search: 'x' },
    { $top: '-1' },
    { $top: ['1', '2'] },
    { $count: 'yes' },
    { $skiptoken: 'e30' },
    { $orderby: 'a;b' },
  ])('%j is refused', (query) => {
    expect(() => readListOptions(query)).toThrow(SallyportError);
  });

  it('go on after the last row, whatever the sorts', () => {
    const parameters = new Parameters();
    const after = skipToken(['2', '2026-01-01T00:00:00.000001Z', '7']);
    const page = pageSql(
      readListOptions({ $orderby: 'severity desc,at', $skiptoken: after }),
      properties,
      { key: { sql: 't.size', type: 'number' }, defaultOrder: [] },
      parameters,
    );
    const rank = `coalesce(array_position(ARRAY['low','high']::text[], t.severity), 0)`;
    expect(page.orderBy).toBe(`${rank} DESC, t.at ASC, t.size ASC`);
    expect(page.where).toBe(
      `true AND ((${rank} < $1::int) OR (${rank} = $1::int AND t.at > $2::timestamptz) OR (${rank} = $1::int AND t.at = $2::timestamptz AND t.size > $3::int))`,
    );
    expect(() =>
      pageSql(
        readListOptions({ $skiptoken: after }),
        properties,
        { key: { sql: 't.size', type: 'number' }, defaultOrder: [] },
        parameters,
      ),
    ).toThrow('another order');
  });
});
