import { expect, test } from 'vitest';
import { comparisonsOf } from './literals.ts';
import { madeRows } from './made-rows.ts';

test.each([
  [
    'T | where a == \'x\' and b =~ "Y"',
    [
      ['a', 'equal', 'x'],
      ['b', 'equal', 'Y'],
    ],
  ],
  ["T | where a in~ ('x', @'c:\\d') // == 'no'", [['a', 'equal', 'x', 'c:\\d']]],
  ["let l = dynamic(['p', 'q']);\nT | where tolower(tostring(a.b[0].c)) has_any (l)", [['a.b.0.c', 'part', 'p', 'q']]],
  ["T | where a != 'x' and b !in ('y') and c !has 'z'", []],
  [
    "T | extend n = tostring(parse_json(tostring(d)).user.name) | where n contains 'eve'",
    [['d.user.name', 'part', 'eve']],
  ],
  ["T | mv-expand t = Targets | where t.kind == 'User'", [['Targets.0.kind', 'equal', 'User']]],
  ["T | mv-expand Targets | where Targets['kind'] == 'User'", [['Targets.0.kind', 'equal', 'User']]],
  [
    'T | where n > 5 and m <= -2',
    [
      ['n', 'above', 5],
      ['m', 'below', -2],
    ],
  ],
  ['T | where x ==', []],
  ['T | where ( [ {', []],
])('what %s compares', (query, expected) => {
  expect(comparisonsOf(query).map(({ path, how, values }) => [path.join('.'), how, ...values])).toEqual(expected);
});

test('rows meet what is asked, and differ', () => {
  const columns = [
    { name: 'TimeGenerated', type: 'datetime' },
    { name: 'EventID', type: 'int' },
    { name: 'Account', type: 'string' },
    { name: 'Targets', type: 'dynamic' },
    { name: '__proto__', type: 'string' },
  ] as const;
  const query =
    "T | where EventID in (1, 2) and Account endswith '$' and tostring(Targets[0].kind) == 'User' and Targets[0].__proto__.x == 'y'";
  const [from, to] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')];
  const rows = madeRows({ columns }, comparisonsOf(query), { from, to, recentMs: 3_600_000, count: 6 });
  expect(rows.map((row) => row['EventID'])).toEqual([1, 2, 1, 2, 1, expect.any(Number)]);
  expect(rows[0]).toMatchObject({ Account: '$', Targets: [{ kind: 'User' }] });
  expect(rows[5]?.['Account']).toMatch(/^(alice|bob|carol)$/);
  expect(
    rows.every(
      (row) => String(row['TimeGenerated']) >= from.toISOString() && String(row['TimeGenerated']) < to.toISOString(),
    ),
  ).toBe(true);
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
});
