import { describe, expect, it } from 'vitest';
import { binnedQuery } from './binned.ts';
import { inlined } from './inlined.ts';
import { mayGiveRowsOfNothing, rowLevelPart } from './row-level.ts';

const tables: Readonly<Record<string, readonly string[]>> = {
  T: ['TimeGenerated', 'a', 'b', 'x', 'Operation'],
  U: ['TimeGenerated', 'a', 'x', 'y'],
  SecurityEvent: ['TimeGenerated', 'EventID'],
  Operation: ['TimeGenerated', 'Detail'],
};
const part = (query: string) => rowLevelPart(query, (table) => tables[table]?.map((name) => ({ name })));

describe('the row-level part of a query', () => {
  it.each([
    'T',
    'T | where a == \'x | y\' // summarize\n| extend b = strcat(a, "|")',
    "let names = dynamic(['a;b']); T | where a in (names) | project TimeGenerated, a",
    'union T, (U | where x == 1) | where y == 2',
    'union kind=outer isfuzzy=true (T | where a has @"\\"), U\n| extend z = 1',
    "let rows = union (T | project TimeGenerated, a), (U | where a == ';');\nrows | where a != 1",
    "['T'] | mv-expand a | sort by TimeGenerated asc",
    "T | where Operation == 'x' | extend c = strcat(Operation, a) | where a in (Operation)",
    'T | project TimeGenerated, Operation | where Operation has a',
    'U | extend Operation = a | where Operation == 1',
    '(T | where Operation == 1) | where Operation == 2',
  ])('is all of %s', (query) => expect(part(query)?.whole).toBe(true));

  it.each([
    ['T | where a == 1 | summarize count() by b | where count_ > 3', 'T | where a == 1 '],
    ['T | where TimeGenerated > ago(1h) | extend b = 1', 'T '],
    ['T | extend TimeGenerated = StartTime | where a', 'T '],
    ['T | where a in (U | project a)', 'T '],
    ['T | where a in (U)', 'T '],
    ['T | take 5', 'T '],
    [
      'T | where Operation == 1 | project TimeGenerated, a | where a in (Operation)',
      'T | where Operation == 1 | project TimeGenerated, a ',
    ],
    ['T | project-away Operation | where a in (Operation)', 'T | project-away Operation '],
    ['U | where a in (Operation)', 'U '],
    ['T | where Operation == 1 | summarize count() by b', 'T | where Operation == 1 '],
    ['T | sort by a | extend b = prev(a)', 'T | sort by a '],
    ['T | join (U) on a', 'T '],
  ])('of %s is %s', (query, text) => expect(part(query)).toMatchObject({ text, whole: false }));

  it.each([
    'print 1',
    'Unknown | where a',
    'let since = ago(1h); T | where TimeGenerated > since',
    'let f = (U | summarize by a); T | where a in (f)',
    'union T, (U | summarize count() by TimeGenerated)',
    'union T, (U | where TimeGenerated > ago(1h))',
    'T(1)',
    'union T, (U | where a in (Operation))',
    '',
  ])('there is none in %s', (query) => expect(part(query)).toBeUndefined());

  it('keeps the let statements before it', () => {
    expect(part('let x = 1;\nT | where a == x | count')).toMatchObject({
      text: 'let x = 1;\n\nT | where a == x ',
      whole: false,
    });
  });
});

describe('a query over all windows at once', () => {
  const binned = (query: string, step = 900) => binnedQuery(part(query)!, step);
  it('groups by the window too', () => {
    expect(
      binned('T | where a // x\n| summarize n = count() by b // y\n| where n > 3 | project b, n | distinct b'),
    ).toBe(
      'T | where a // x\n\n| extend _SweepWindow = bin(TimeGenerated, 900s)\n| summarize n = count() by b, _SweepWindow\n| where n > 3 \n| project b, n, _SweepWindow\n| distinct b, _SweepWindow',
    );
    expect(binned('T | summarize arg_max(TimeGenerated, *) by a | extend TimeGenerated = x')).toContain(
      'by a, _SweepWindow',
    );
  });
  it.each([
    ['T | summarize count() by a | where a in (Operation)', 900],
    ['T | summarize count()', 900],
    ['T | summarize count() by a', 1_000],
    ['T | summarize count() by a', 172_800],
    ['T | summarize by a | join (U) on a', 900],
    ['T | summarize by a | where a in (U)', 900],
    ['T | summarize by a | top 5 by a', 900],
    ['T | summarize make_set(pack_all()) by a', 900],
    ['T | summarize x = min(TimeGenerated) by a | where x > ago(1h)', 900],
    ['T | where a', 900],
  ])('is not made of %s (%d s)', (query, step) => expect(binned(query, step)).toBeUndefined());
});

describe('rows of nothing', () => {
  it.each([
    ['T | summarize count() by a', false],
    ['T | where a | project b', false],
    ['T | summarize count()', true],
    ['T | count', true],
    ['print 1', true],
    ['T | summarize n = count() | join (U | summarize count() by a) on $left.n == $right.a', true],
    ["T | where a == 'print' | summarize dcount(a) by bin(TimeGenerated, 1h)", false],
  ])('%s: %s', (query, may) => expect(mayGiveRowsOfNothing(query)).toBe(may));
});

describe('stored functions in a query', () => {
  const functions = [
    { name: 'Audit', parameters: '()', body: 'union (T | project a), U\n' },
    { name: 'Of', parameters: '(x:long)', body: 'T | where a == x' },
    { name: 'Long', parameters: '()', body: 'let n = 1; T | where a == n' },
  ];
  it.each([
    ['Audit | where a == 1', 'let Audit = union (T | project a), U;\nAudit | where a == 1'],
    ["T | where b == 'Audit'", undefined],
    ['T | extend Audit = 1 | where x.Audit == 2', undefined],
    ['let Audit = T; Audit', undefined],
    ['Audit() | take 1', undefined],
    ['Of(1)', undefined],
    ['Long | take 1', undefined],
  ])('of %s', (query, expected) => expect(inlined(query, functions)).toBe(expected ?? query));
});
