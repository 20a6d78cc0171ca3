import { expect, test } from 'vitest';
import { commonCondition, condition, edgesOf, relatedQuery, withStep } from './pivot.ts';

test('a cell becomes a condition of its type', () => {
  expect(condition({ name: 'User', type: 'string' }, 'CONTOSO\\a"b', true)).toBe('User == "CONTOSO\\\\a\\"b"');
  expect(condition({ name: 'a b', type: 'long' }, 7, false)).toBe("['a b'] != 7");
  expect(condition({ name: 't', type: 'datetime' }, '2026-01-01T00:00:00Z', true)).toBe(
    't == datetime(2026-01-01T00:00:00Z)',
  );
  expect(condition({ name: 't', type: 'datetime' }, null, false)).toBe('isnotnull(t)');
  expect(condition({ name: 'd', type: 'dynamic' }, '{"a":1}', true)).toBe('tostring(d) == "{\\"a\\":1}"');
});

test('a step stands before the chart', () => {
  expect(withStep('T\n| summarize count() by x\n| render piechart', 'where x == 1')).toBe(
    'T\n| summarize count() by x\n| where x == 1\n| render piechart',
  );
  expect(withStep('T // all of it', 'take 1')).toBe('T // all of it\n| take 1');
});

test('a graph at the end is asked for its edges', () => {
  expect(edgesOf('T\n| make-graph Parent --> Child with N on id')).toEqual({
    query: 'T\n| make-graph Parent --> Child with N on id\n| graph-to-table edges',
    source: 'Parent',
    target: 'Child',
  });
  expect(edgesOf('T | make-graph a --> b | graph-match (x)-[e]->(y) project x')).toBeUndefined();
});

test('related rows are near the row’s time', () => {
  expect(relatedQuery('10.0.0.1', '2026-01-01T00:00:00Z', ['Syslog', 'my table'])).toContain(
    'search in (Syslog, [\'my table\']) "10.0.0.1"\n| where TimeGenerated between',
  );
});

test('rows share a condition over what is the same in all', () => {
  const columns = [
    { name: 'User', type: 'string' },
    { name: 'Host', type: 'string' },
  ] as const;
  const rows = [
    ['a', 'x'],
    ['a', 'y'],
  ];
  expect(commonCondition(columns, rows)).toBe('User == "a"');
});
