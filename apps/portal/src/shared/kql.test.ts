import { expect, test } from 'vitest';
import { entityQuery, kqlString } from './kql.ts';

test('text stays inside its literal', () => {
  expect(kqlString('a"b\\c\nd')).toBe('"a\\"b\\\\c\\u000ad"');
});

test('an entity is hunted by the identifier that rows hold', () => {
  expect(entityQuery({ name: 'CONTOSO\\anna', identifiers: { Name: 'anna', NTDomain: 'CONTOSO' } }, ['A', 'B'])).toBe(
    'search in (A, B) "anna"\n| take 200',
  );
  expect(entityQuery({ name: 'thing', identifiers: {} }, [])).toMatch(/^search in \(SecurityEvent, .*\) "thing"\n/);
});
