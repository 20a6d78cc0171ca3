import { expect, it } from 'vitest';
import { conditionFault, inWordsOf } from './condition.ts';

it('a condition can not leave its brackets', () => {
  for (const text of [
    `User == 'a'`,
    `User in ((_GetWatchlist('x') | project SearchKey))`,
    `Text has ") | summarize count() //"`,
    `User == 'a' // | where true`,
    `a == "it's; fine"`,
  ])
    expect([text, conditionFault(text)]).toEqual([text, undefined]);
  for (const text of [`true) | summarize count() | where (true`, `true | take 1`, `true; Logs`, `(true`, `true)`])
    expect([text, conditionFault(text)]).toEqual([text, expect.any(String)]);
});

const mappings = [
  { kind: 'Account' as const, columns: [{ identifier: 'FullName', column: 'User' }] },
  { kind: 'IP' as const, columns: [{ identifier: 'Address', column: 'SrcIp' }] },
  { kind: 'IP' as const, columns: [{ identifier: 'Address', column: 'DstIp' }] },
];

it('names of entities are the columns that the rule maps to them, each where it maps several', () => {
  const said = (condition: string) => inWordsOf(condition, { entityMappings: mappings }).replaceAll('\n', '');
  expect(said(`Account_FullName =~ "Account_FullName"`)).toBe(`(tostring(['User']) =~ "Account_FullName")`);
  expect(said(`IP_Address == '1' and Account_FullName == 'a'`)).toBe(
    `(tostring(['SrcIp']) == '1' and tostring(['User']) == 'a') or (tostring(['DstIp']) == '1' and tostring(['User']) == 'a')`,
  );
  expect(said(`Host_HostName == 'x' or Some.IP_Address == 1`)).toBe(`Host_HostName == 'x' or Some.IP_Address == 1`);
});
