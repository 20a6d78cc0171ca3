import type { Column } from '@sallyport/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aggregates, fromKql, operatorsOf, toKql, type Guided } from './guided.ts';

const columns: Column[] = [
  { name: 'User', type: 'string' },
  { name: 'Count', type: 'long' },
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'is odd', type: 'bool' },
];
const name = fc.constantFrom(...columns.map((column) => column.name));
const values: Record<string, fc.Arbitrary<string>> = {
  string: fc.string({ minLength: 1 }).filter((text) => !/[,\s]/.test(text)),
  long: fc.integer().map(String),
  datetime: fc.constantFrom('1d', '2026-01-01T00:00:00Z'),
  bool: fc.constantFrom('true', 'false'),
};
const condition = fc.constantFrom(...columns).chain(({ name: column, type }) =>
  fc.record({ operator: fc.constantFrom(...operatorsOf(type)), value: values[type]! }).map((one) => ({
    column,
    operator: one.operator,
    value: one.operator.startsWith('is') ? '' : one.value,
  })),
);
const guided: fc.Arbitrary<Guided> = fc.record({
  table: fc.constantFrom('SigninLogs', 'my table'),
  conditions: fc.array(condition, { maxLength: 4 }),
  columns: fc.uniqueArray(name, { maxLength: 3 }),
  summarize: fc.option(
    fc.record({
      what: fc.constantFrom(...aggregates),
      of: name,
      by: fc.uniqueArray(name, { maxLength: 2 }),
      bin: fc.constantFrom('', '1h'),
    }),
    { nil: undefined },
  ),
  sort: fc.option(fc.record({ column: name, order: fc.constantFrom('asc' as const, 'desc' as const) }), {
    nil: undefined,
  }),
  take: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
});

test('what is put together is read back as it was', () => {
  fc.assert(
    fc.property(guided, (one) => {
      const text = toKql(one, columns);
      const back = fromKql(text);
      expect(back && toKql(back, columns)).toBe(text);
    }),
  );
});

test('other KQL is left to the editor', () => {
  for (const text of [
    'SigninLogs | extend x = 1',
    'let a = 1; SigninLogs',
    'SigninLogs | where a == b',
    'union SigninLogs, AuditLogs',
    'SigninLogs // all',
  ])
    expect(fromKql(text)).toBeUndefined();
});

test('plain KQL of people is understood', () => {
  expect(fromKql("SigninLogs | where User has 'x | y' | where Count > 3 | limit 5")).toMatchObject({
    table: 'SigninLogs',
    conditions: [
      { column: 'User', operator: 'has', value: 'x | y' },
      { column: 'Count', operator: '>', value: '3' },
    ],
    take: 5,
  });
});
